"""What the middleware asks of a request: which of Gradio's addresses it is for, and what it carries."""

import ipaddress

from starlette.requests import Request
from starlette.types import Scope

API = "/gradio_api/"
UPLOAD = API + "upload"
DATA = API + "queue/data"
RETRY_SECONDS = 10  # what a busy server asks for
JOIN = API + "queue/join"  # on 503 Gradio's page shows words of its own there; on 502 it shows ours


def path_of(scope: Scope) -> str:
    """The address asked for, also where a proxy leaves its own prefix in front."""
    return str(scope["path"]).removeprefix(root_of(scope))


def root_of(scope: Scope) -> str:
    """The path of a proxy below which all our addresses lie, "/jury"; empty at the root of a host."""
    return str(scope.get("root_path", ""))


def busy_status(path: str) -> int:
    """How a busy server answers: on 503 Gradio's page shows words of its own where it joins, on 502 it shows ours."""
    return 502 if path == JOIN else 503


def address_of(scope: Scope) -> str | None:
    """The visitor's address; None for one of a private network, which may be a proxy's, and so everybody's."""
    client = scope.get("client")
    try:
        return str(client[0]) if client and ipaddress.ip_address(client[0]).is_global else None
    except ValueError:  # what a proxy sent need not be one
        return None


async def read_body(request: Request, max_bytes: int) -> bytes | None:
    """The whole body; None as soon as it is longer than that."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            return None
    return bytes(body)
