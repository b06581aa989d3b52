"""A stand-in for the Hugging Face Hub on localhost: as much of its HTTP as the real client uses to publish and fetch.

It is not the Hub. It answers the way huggingface_hub 2.4 expects, keeps everything in memory, and can be told to fail.
"""

import base64
import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

IN_LARGE_STORAGE = (".onnx", ".keras", ".png")
TOKENS = {"hf_write": ("ada", "write"), "hf_read": ("ada", "read"), "hf_other": ("eve", "write")}


def git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Repo:
    kind: str
    id: str
    private: bool
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    head: str = ""

    def commit(self, changes: dict[str, bytes], *, without: Sequence[str] = ()) -> str:
        files = {**self.commits.get(self.head, {}), **changes}
        for name in without:
            del files[name]
        self.head = hashlib.sha1(repr((self.id, len(self.commits), sorted(files))).encode()).hexdigest()
        self.commits[self.head] = files
        return self.head

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[self.head]


@dataclass
class Fault:
    """Fail requests whose method and path match: with a status, or by breaking the connection. times: how often."""

    method: str
    part: str
    status: int = 0  # 0: the connection breaks
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1_000_000

    def takes(self, scope: dict[str, Any]) -> bool:
        if self.times and scope["method"] == self.method and self.part in scope["path"]:
            self.times -= 1
            return True
        return False

    async def answer(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if self.status:
            body = JSONResponse({"error": "as the test wants it"}, self.status, self.headers)
            await body(scope, receive, send)
            return
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000000")]})
        await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
        raise ConnectionAbortedError("as the test wants it")


class StandIn:
    """The server; `url` is what HF_ENDPOINT names."""

    def __init__(self) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}
        self.large: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.announced: dict[str, int] = {}  # file -> the size the Hub claims
        self.log: list[str] = []
        self.url = ""

    def repo(self, id: str, kind: str = "model") -> Repo:
        return self.repos[kind, id]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.log.append(f"{scope['method']} {scope['path']}")
            for fault in self.faults:
                if fault.takes(scope):
                    await fault.answer(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    @property
    def _app(self) -> Starlette:
        api, files = "/api/{kind}s/{owner}/{name}", "/{owner}/{name}"
        routes = [
            Route("/api/whoami-v2", self._who),
            Route("/api/repos/create", self._create, methods=["POST"]),
            Route("/api/validate-yaml", self._validate, methods=["POST"]),
            Route("/large/{oid}", self._put, methods=["PUT"]),
            Route("/large/{oid}", self._get_large, methods=["GET", "HEAD"]),
            Route(f"{api}/preupload/{{revision}}", self._preupload, methods=["POST"]),
            Route(f"{api}/commit/{{revision}}", self._commit, methods=["POST"]),
            Route(f"{api}/revision/{{revision:path}}", self._info),
            Route(api, self._info),
        ]
        for prefix in ("/spaces", ""):
            routes += [
                Route(f"{prefix}{files}.git/info/lfs/objects/batch", self._batch, methods=["POST"]),
                Route(f"{prefix}{files}/resolve/{{revision}}/{{path:path}}", self._resolve, methods=["GET", "HEAD"]),
            ]
        return Starlette(routes=routes)

    # who may do what

    def _user(self, request: Request) -> tuple[str, str] | None:
        return TOKENS.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    def _refuse(self, request: Request, owner: str) -> Response | None:
        user = self._user(request)
        if user is None:
            return _error(401, "Invalid credentials in Authorization header")
        if user != (owner, "write"):
            return _error(403, "You don't have the rights")
        return None

    async def _who(self, request: Request) -> Response:
        user = self._user(request)
        if user is None:
            return _error(401, "Invalid credentials in Authorization header")
        name, role = user
        token = {"type": "access_token", "accessToken": {"displayName": "test", "role": role}}
        return JSONResponse({"type": "user", "name": name, "orgs": [], "auth": token})

    # publishing

    async def _create(self, request: Request) -> Response:
        wanted = await request.json()
        if refused := self._refuse(request, wanted["organization"]):
            return refused
        kind, id = wanted.get("type", "model"), f"{wanted['organization']}/{wanted['name']}"
        place = {"url": f"{self.url}/{'spaces/' if kind == 'space' else ''}{id}"}
        if (kind, id) in self.repos:
            return JSONResponse({"error": "You already created this repo", **place}, 409)
        repo = self.repos[kind, id] = Repo(kind, id, wanted.get("visibility") == "private")
        repo.commit({".gitattributes": b"*.onnx filter=lfs diff=lfs merge=lfs -text\n"})
        return JSONResponse(place)

    async def _validate(self, request: Request) -> Response:
        content = (await request.json())["content"]
        if not content.startswith("---\n"):
            return JSONResponse({"errors": [{"message": "no metadata"}], "warnings": []}, 400)
        return JSONResponse({"errors": [], "warnings": []})

    async def _preupload(self, request: Request) -> Response:
        _, here = self._find(request)
        if refused := self._refuse(request, request.path_params["owner"]):
            return refused
        files = [self._mode(file["path"], here) for file in (await request.json())["files"]]
        return JSONResponse({"files": files})

    def _mode(self, path: str, here: dict[str, bytes]) -> dict[str, object]:
        mode = "lfs" if path.endswith(IN_LARGE_STORAGE) else "regular"
        return {"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": _oid(path, here.get(path))}

    async def _batch(self, request: Request) -> Response:
        if refused := self._refuse(request, request.path_params["owner"]):
            return refused
        objects = [dict(one) for one in (await request.json())["objects"]]
        for one in objects:
            if one["oid"] not in self.large:
                one["actions"] = {"upload": {"href": f"{self.url}/large/{one['oid']}"}}
        return JSONResponse({"transfer": "basic", "objects": objects})

    async def _put(self, request: Request) -> Response:
        data = await request.body()
        if hashlib.sha256(data).hexdigest() != request.path_params["oid"]:
            return _error(400, "content does not match its name")
        self.large[request.path_params["oid"]] = data
        return Response()

    async def _commit(self, request: Request) -> Response:
        repo, _ = self._find(request)
        if refused := self._refuse(request, request.path_params["owner"]):
            return refused
        header, *lines = [json.loads(line) for line in (await request.body()).splitlines()]
        if header["value"].get("parentCommit", repo.head) != repo.head:
            return _error(412, "A commit has happened since. Please refresh and try again.")
        gone = [line["value"]["path"] for line in lines if line["key"] == "deletedFile"]
        changes = {line["value"]["path"]: self._content(line) for line in lines if line["key"] != "deletedFile"}
        head = repo.commit(changes, without=gone)
        return JSONResponse({"success": True, "commitOid": head, "commitUrl": f"{self.url}/{repo.id}/commit/{head}"})

    def _content(self, line: dict[str, Any]) -> bytes:
        value = line["value"]
        return base64.b64decode(value["content"]) if line["key"] == "file" else self.large[value["oid"]]

    # looking and fetching

    def _find(self, request: Request) -> tuple[Repo | None, dict[str, bytes]]:
        wanted = request.path_params
        kind = wanted.get("kind", "space" if request.url.path.startswith("/spaces/") else "model")
        repo = self.repos.get((kind, f"{wanted['owner']}/{wanted['name']}"))
        if repo is None or (repo.private and (self._user(request) or ("",))[0] != wanted["owner"]):
            return None, {}
        revision = wanted.get("revision", "main")
        return repo, repo.commits.get(repo.head if revision == "main" else revision, {})

    async def _info(self, request: Request) -> Response:
        repo, files = self._find(request)
        if repo is None:
            return _error(404 if self._user(request) else 401, "Repository not found", "RepoNotFound")
        if not files:
            return _error(404, "Invalid rev id", "RevisionNotFound")
        commit = next(name for name, held in repo.commits.items() if held is files)
        siblings = [self._sibling(path, data) for path, data in files.items()]
        return JSONResponse({"id": repo.id, "sha": commit, "private": repo.private, "siblings": siblings})

    def _sibling(self, path: str, data: bytes) -> dict[str, object]:
        size = self.announced.get(path, len(data))
        told = {"rfilename": path, "size": size, "blobId": git_hash(data)}
        if path.endswith(IN_LARGE_STORAGE):
            told["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": size, "pointerSize": 130}
        return told

    async def _resolve(self, request: Request) -> Response:
        repo, files = self._find(request)
        path = request.path_params["path"]
        if repo is None:
            return _error(401, "Repository not found", "RepoNotFound")
        if path not in files:
            return _error(404, "Entry not found", "EntryNotFound")
        data = files[path]
        headers = {"X-Repo-Commit": request.path_params["revision"], "ETag": f'"{_oid(path, data)}"'}
        if not path.endswith(IN_LARGE_STORAGE):
            return Response(data, headers=headers)
        oid = hashlib.sha256(data).hexdigest()
        self.large[oid] = data
        headers |= {"X-Linked-Etag": f'"{oid}"', "X-Linked-Size": str(len(data))}
        elsewhere = self.url.replace("127.0.0.1", "localhost")  # the client must not take its token there
        return RedirectResponse(f"{elsewhere}/large/{oid}", 302, headers)

    async def _get_large(self, request: Request) -> Response:
        assert "authorization" not in request.headers
        return Response(self.large[request.path_params["oid"]])


def _oid(path: str, data: bytes | None) -> str | None:
    if data is None:
        return None
    return hashlib.sha256(data).hexdigest() if path.endswith(IN_LARGE_STORAGE) else git_hash(data)


def _error(status: int, message: str, code: str = "") -> Response:
    headers = {"X-Error-Message": message, **({"X-Error-Code": code} if code else {})}
    return JSONResponse({"error": message}, status, headers)


@contextlib.contextmanager
def serving(stand_in: StandIn) -> Iterator[StandIn]:
    """The stand-in on a free port of this machine, while the block runs."""
    config = uvicorn.Config(stand_in, host="127.0.0.1", port=0, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    stand_in.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield stand_in
    finally:
        server.should_exit = True
        thread.join(10)


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)
