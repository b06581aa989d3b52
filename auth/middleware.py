"""ASGI middleware in front of the page and its whole API: every request passes through it.

It refuses what another site's page sends, checks who is signed in, sends everybody else to the sign-in page, and keeps
users' uploads and events apart. Paths open without a session are listed here; all others are closed, also Gradio's.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import quote

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from auth.answers import say
from auth.calls import CallRefused, read_call
from auth.forms import is_loopback, session_secret
from auth.html import redirect, wants_page
from auth.limits.upload_room import Arrivals
from auth.limits.waiting import Waiting
from auth.requests import API, below_root, event_of, is_upload, path_of
from auth.responses import TrackedResponse
from auth.routes import MAX_PATH_CHARACTERS, Bound, find_bound
from auth.sessions import API_PREFIX, Visitor
from auth.visitors import Visitors
from storage.database import GONE, DatabaseUnavailable
from storage.uploads import TooManyPathsError

OPEN_PATHS = frozenset(
    {
        *("/signin", "/signup", "/signout", "/healthz", "/readyz"),
        *("/favicon.ico", "/robots.txt", "/manifest.json", "/theme.css"),
        API + "startup-events",  # launch() itself calls it
    }
)
OPEN_FOLDERS = ("/static/", "/assets/", "/languages/", "/shared/")  # what is shared is shown to whoever has its link
VISITOR = "facejury.visitor"  # where in the ASGI scope AuthMiddleware puts who is signed in
GRACE_SECONDS = 60  # an answer under way goes on for so long without the database, which knows of nobody who left
PATIENCE_SECONDS = 2.0  # what one event of an answer waits for a database that hangs
SIGN_IN_FIRST = "Please sign in first."
SIGNED_OUT = "Please sign in first: reload this page."  # on a page that is still open
WRONG_TOKEN = (
    "This token is not valid: it was revoked, your password has changed since, or it is not sent whole as "
    f"“Authorization: Bearer {API_PREFIX}…”. Your account page makes a new one."
)
NOT_FROM_HERE = "This request came from another site and was refused."
NOT_YOURS = "This upload or event is not yours."
NOT_THIS_HOST = "Without accounts this page answers only at this machine's own names, such as http://localhost."
NOT_FOUND = "There is nothing at this address."
TOO_LONG = f"An address may have at most {MAX_PATH_CHARACTERS:,} characters."
LOOKS_AT_ONCE = 4
MAX_AT_ONCE = 64  # requests of one user; an open page has two or three that go on
TOO_MANY = f"You have {MAX_AT_ONCE} requests under way already; try again when one of them is answered."
log = logging.getLogger(__name__)


def visitor_of(request: Request) -> Visitor | None:
    """Who sent this request, as AuthMiddleware found out."""
    found = request.scope.get(VISITOR)
    return found if isinstance(found, Visitor) else None


def is_cross_site(request: Request) -> bool:
    """True for a request made by another site's page. Following a link to us is none; posting a form to us is.

    Programs send neither header, and carry nobody's cookie.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None:  # plain http on a network: browsers leave it out
        return origin is not None and origin.partition("://")[2] != request.headers.get("host")
    follows_link = request.headers.get("sec-fetch-mode") == "navigate" and request.method in {"GET", "HEAD"}
    return site not in {"same-origin", "none"} and not follows_link


class AuthMiddleware:
    """Lets only signed-in users through, and each to their own files. All that it is given is the server's own."""

    def __init__(self, app: ASGIApp, *, visitors: Visitors, arrivals: Arrivals, waiting: Waiting) -> None:
        self.app, self.visitors, self.waiting = app, visitors, waiting
        self.arrivals, self.uploads = arrivals, arrivals.uploads
        self._threads = anyio.CapacityLimiter(LOOKS_AT_ONCE)
        self._under_way: Counter[int] = Counter()  # requests, by their user

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._admit(Request(scope, receive), send)

    async def _admit(self, request: Request, send: Send) -> None:
        path = path_of(request.scope)
        if fault := _find_fault(request, path):
            return await _refuse(request, send, *fault)
        if path in OPEN_PATHS or path.startswith(OPEN_FOLDERS):
            return await self.app(request.scope, request.receive, send)
        try:
            visitor = await self._visitor(request)
        except DatabaseUnavailable:
            return await _refuse(request, send, 503, GONE)
        if visitor is None:
            return await _turn_away(request, path, send)
        request.scope[VISITOR] = visitor
        if self._under_way[visitor.user_id] >= MAX_AT_ONCE:
            return await _refuse(request, send, 503, TOO_MANY)
        self._under_way[visitor.user_id] += 1
        try:
            await self._let_in(request, path, visitor=visitor, send=send)
        finally:
            self._under_way[visitor.user_id] -= 1
            self._under_way += Counter()  # forgets those who have none

    def _watch(self, request: Request) -> Callable[[], Awaitable[bool]]:
        """Asks whether who was let in still is. While the database is away, for a minute, nobody is put out."""
        sure = time.monotonic()

        async def is_still_in() -> bool:
            nonlocal sure
            try:
                found = await asyncio.wait_for(self._visitor(request), PATIENCE_SECONDS)
            except (DatabaseUnavailable, TimeoutError):
                return time.monotonic() - sure < GRACE_SECONDS
            sure = time.monotonic() if found else sure
            return found is not None

        return is_still_in

    async def _visitor(self, request: Request) -> Visitor | None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and token.startswith(API_PREFIX):
            return await self.visitors.find(token)
        secret = session_secret(request)
        return await self.visitors.find(secret) if secret else None

    async def _let_in(self, request: Request, path: str, *, visitor: Visitor, send: Send) -> None:
        bound = find_bound(path)
        if bound is None:
            return await _refuse(request, send, 404, NOT_FOUND)
        answer = TrackedResponse(send, uploads=self.uploads, visitor=visitor, is_still_in=self._watch(request))
        if not path.startswith(API):
            return await self.app(request.scope, request.receive, answer)
        path = self._spell_as_it_came(request, path, visitor)
        if not self._may_touch(path, request, visitor=visitor):
            return await _refuse(request, send, 403, NOT_YOURS)
        if is_upload(path):
            with self.arrivals.take_in(visitor.user_id, request.receive) as (limited, answer.on_handed_out):
                return await self.app(request.scope, limited, answer)
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            with self.waiting.hear(request):
                return await self.app(request.scope, request.receive, answer)
        await self._check_call(request, bound, visitor=visitor, answer=answer)

    def _spell_as_it_came(self, request: Request, path: str, visitor: Visitor) -> str:
        """Gradio's links do not escape names with %XX: where the file is theirs as it stands, that one is meant."""
        came = request.scope.get("raw_path", b"").decode("ascii", "replace")
        file = _named_file(below_root(request.scope, came))
        if "%" not in came or file is None or not self.uploads.is_own(visitor.user_id, file):
            return path
        request.scope["path"] = came
        return path_of(request.scope)

    def _may_touch(self, path: str, request: Request, *, visitor: Visitor) -> bool:
        names = [request.query_params.get("session_hash"), request.query_params.get("upload_id"), event_of(path)]
        files = _named_file(path)
        return all(self.uploads.reserve(visitor.user_id, name) for name in names if name) and (
            files is None or self.uploads.is_open(visitor.user_id, files)
        )

    async def _check_call(self, request: Request, bound: Bound, *, visitor: Visitor, answer: TrackedResponse) -> None:
        try:
            call = await read_call(request, bound, threads=self._threads)
            named = await anyio.to_thread.run_sync(self.uploads.find_places, call.sent, limiter=self._threads)
        except CallRefused as refusal:
            return await _refuse(request, answer.send, refusal.status, str(refusal))
        except TooManyPathsError as error:
            return await _refuse(request, answer.send, 413, str(error))
        theirs = all(self.uploads.reserve(visitor.user_id, name) for name in _events_in(call.sent))
        if not theirs or not self.uploads.are_open(visitor.user_id, named):
            return await _refuse(request, answer.send, 403, NOT_YOURS)
        path = path_of(request.scope)
        if fault := self.waiting.find_fault(request, path, visitor.name):
            return await _refuse(request, answer.send, 503, fault)
        with self.waiting.run(path, visitor.name):
            await self.app(request.scope, call.replay(request.receive), answer)


class SameOriginMiddleware:
    """For a page without accounts: no other site's page may use it, and no call may be larger than one takes.

    A name that its owner lets point at this machine would make their page one of this site: only loopback names count.
    """

    def __init__(self, app: ASGIApp, *, waiting: Waiting) -> None:
        self.app, self.waiting, self._threads = app, waiting, anyio.CapacityLimiter(LOOKS_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request, path = Request(scope, receive), path_of(scope)
        bound = find_bound(path)
        if not is_loopback(request.url.hostname or ""):
            return await _refuse(request, send, 421, NOT_THIS_HOST)
        if fault := _find_fault(request, path):
            return await _refuse(request, send, *fault)
        if bound is None:
            return await _refuse(request, send, 404, NOT_FOUND)
        if request.method != "POST" or not path.startswith(API) or is_upload(path):
            with self.waiting.hear(request):
                return await self.app(scope, receive, send)
        try:
            call = await read_call(request, bound, threads=self._threads)
        except CallRefused as refusal:
            return await _refuse(request, send, refusal.status, str(refusal))
        await self.app(scope, call.replay(receive), send)


def _find_fault(request: Request, path: str) -> tuple[int, str] | None:
    """Why this request is answered by nobody: a status of HTTP, and a sentence."""
    if is_cross_site(request):
        return 403, NOT_FROM_HERE
    return (414, TOO_LONG) if len(path) > MAX_PATH_CHARACTERS else None


def _named_file(path: str) -> str | None:
    for start in (API + "file=", API + "file/"):
        if path.startswith(start):
            return path.removeprefix(start)
    return None


def _events_in(sent: object) -> Iterator[str]:
    if isinstance(sent, dict):
        yield from (str(sent[name]) for name in ("session_hash", "event_id") if sent.get(name))


async def _turn_away(request: Request, path: str, send: Send) -> None:
    if wants_page(request) and request.method != "POST":  # a form that was filled in is told that it was not taken
        target = path + (f"?{request.url.query}" if request.url.query else "")
        where = "/signin" if target == "/" else f"/signin?next={quote(target, safe='/')}"
        response: Response = redirect(request, where)
    elif request.headers.get("authorization", "").lower().startswith(("bearer", API_PREFIX)):
        challenge = 'Bearer error="invalid_token"'  # RFC 6750, section 3
        response = say(request.scope, WRONG_TOKEN, 401, {"WWW-Authenticate": challenge})
    else:
        sentence = SIGNED_OUT if is_upload(path) else SIGN_IN_FIRST
        response = say(request.scope, sentence, 401, {"WWW-Authenticate": "Bearer"})
    await response(request.scope, request.receive, send)


async def _refuse(request: Request, send: Send, status: int, sentence: str) -> None:
    await refuse(request, status, sentence)(request.scope, request.receive, send)


def refuse(request: Request, status: int, sentence: str) -> Response:
    """An answer of one sentence, as `say` gives it, and a line in the log."""
    log.info("request refused", extra={"status": status, "why": sentence})
    return say(request.scope, sentence, status)
