"""What the page says of its API, with programs that work here as they are printed.

Gradio's own know no token. Its curl hands a list of files over as one and reads the event's id in a subshell that
forgets it, its JavaScript fetches the example from nowhere. And it remembers the address of whoever asked first.
"""

import json
from collections.abc import Sequence
from typing import Any

from gradio import route_utils
from gradio_client.snippet import generate_python_snippet
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.requests import API, UPLOAD

INFO = API + "info"
BEARER = "Bearer TOKEN"
WHERE = "TOKEN: made on your account page"
NO_COMMAND = f"# this command has no place for a token: take Python, JavaScript or Bash\n# {WHERE}"
FILE = {"path": "PATH", "meta": {"_type": "gradio.FileData"}}  # PATH: of the upload, in each language's own way


def api_info_routes(*, signed_in: bool) -> list[Route]:
    """In front of Gradio's own. signed_in: whether programs need a token."""
    known: dict[bool, dict[str, Any]] = {}  # of all functions, as the page itself asks, or of those for programs

    def tell(request: Request) -> Response:
        every = bool(request.query_params.get("all_endpoints"))
        if every not in known:
            known[every] = request.app.get_blocks().get_api_info(all_endpoints=every)
        if every:
            return JSONResponse(known[every])
        root = str(route_utils.get_root_url(request=request, route_path=INFO, root_path=request.app.root_path))
        named = {
            name: endpoint | {"code_snippets": _write(name, endpoint, root, signed_in=signed_in)}
            for name, endpoint in known[every]["named_endpoints"].items()
        }
        return JSONResponse(known[every] | {"named_endpoints": named})

    return [Route(path, tell) for path in (INFO, f"{INFO}/")]


def _write(name: str, endpoint: dict[str, Any], root: str, *, signed_in: bool) -> dict[str, str]:
    """One program a language. name: "/compare"; root: the page's address without a slash at its end."""
    parameters, headers = endpoint["parameters"], {"Authorization": BEARER} if signed_in else {}
    python = generate_python_snippet(name, parameters, root)
    if signed_in:
        opened = f'client = Client("{root}"'
        python = python.replace(opened, f"# {WHERE}\n{opened}, headers={json.dumps(headers)}")
    file, data = _fill(parameters)
    command = f"{{command}} predict {root} {name} '{data.replace('PATH', file or '')}'"  # the page fills in {command}
    return {
        "python": python,
        "javascript": _javascript(name, file, data, root, headers),
        "bash": _bash(name, file, data, root, headers),
        "cli": NO_COMMAND if signed_in else command,
    }


def _fill(parameters: Sequence[dict[str, Any]]) -> tuple[str | None, str]:
    """The name of the file that an example sends, if it does, and its JSON, which has PATH where the upload goes."""
    data: dict[str, Any] = {}
    file = None
    for one in parameters:
        value = one["parameter_default"] if one["parameter_has_default"] else one["example_input"]
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, dict) and "meta" in first:
            file, value = first["path"], [FILE] if isinstance(value, list) else FILE
        data[one["parameter_name"]] = value
    return file, json.dumps(data)


def _bash(name: str, file: str | None, data: str, root: str, headers: dict[str, str]) -> str:
    curl = 'curl -s -H "$AUTH"' if headers else "curl -s"
    lines = [f'AUTH="Authorization: {BEARER}"  # {WHERE}'] if headers else []
    if file:
        lines.append(f"""FILE=$({curl} -F files=@{file} {root}{UPLOAD} | cut -d '"' -f 2)""")
    sent = data.replace('"PATH"', """"'"$FILE"'\"""")
    lines += [
        f"""EVENT=$({curl} -H "Content-Type: application/json" -d '{sent}' \\""",
        f"""  {root}{API}call/v2{name} | cut -d '"' -f 4)""",
        f"{curl} -N {root}{API}call{name}/$EVENT",
    ]
    return "\n".join(lines)


def _javascript(name: str, file: str | None, data: str, root: str, headers: dict[str, str]) -> str:
    """For Node: a browser lets no other site's page in."""
    lines = ['import { readFile } from "node:fs/promises";', ""] if file else []
    lines += [
        f'const api = "{root}{API}";',
        f"const headers = {json.dumps(headers)};" + (f"  // {WHERE}" if headers else ""),
    ]
    if file:
        lines += [
            "const form = new FormData();",
            f'form.append("files", new Blob([await readFile("{file}")]), "{file}");',
            'const sent = await fetch(`${api}upload`, { method: "POST", headers, body: form });',
            "const [path] = await sent.json();",
        ]
    lines += [
        "const data = " + data.replace('"PATH"', "path") + ";",
        f"const call = await fetch(`${{api}}call/v2{name}`, {{",
        '  method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(data),',
        "});",
        "const { event_id } = await call.json();",
        f"const answer = await fetch(`${{api}}call{name}/${{event_id}}`, {{ headers }});",
        "console.log(await answer.text());",
    ]
    return "\n".join(lines)
