"""What the middleware asks of a request: which of Gradio's addresses it is for, and what it carries."""

from starlette.requests import Request
from starlette.types import Scope

API = "/gradio_api/"
UPLOAD = API + "upload"
DATA = API + "queue/data"
JOIN = API + "queue/join"  # on 503 Gradio's page shows words of its own there; on 502 it shows ours


def path_of(scope: Scope) -> str:
    """The address asked for, also where a proxy leaves its own prefix in front."""
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


async def read_body(request: Request, max_bytes: int) -> bytes | None:
    """The whole body; None as soon as it is longer than that."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            return None
    return bytes(body)
