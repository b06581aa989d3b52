"""What the middleware asks of a request: which of Gradio's addresses it is for, and what it carries."""

import ipaddress

from starlette.requests import Request
from starlette.types import Scope

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
IPV6_PREFIX = 64  # bits of an address that its provider gives; the others are the visitor's own
API = "/gradio_api/"
UPLOAD = API + "upload"
DATA = API + "queue/data"
MCP = API + "mcp"
RETRY_SECONDS = 10  # what a busy server asks for
JOIN = API + "queue/join"


def path_of(scope: Scope) -> str:
    """The address asked for, also where a proxy leaves its own prefix in front."""
    return below_root(scope, str(scope["path"]))


def below_root(scope: Scope, path: str) -> str:
    """The path without the proxy's prefix, if it begins with it: /gradio is none of /gradio_api/upload.

    As Starlette's own get_route_path has it, by which a route is found.
    """
    rest = path.removeprefix(root_of(scope))
    return path if rest and not rest.startswith("/") else rest


def event_of(path: str) -> str | None:
    """The page or event a path names: heartbeat/PAGE, stream/EVENT…, call/FUNCTION/EVENT, call/v2/FUNCTION/EVENT."""
    kind, *rest = path.removeprefix(API).strip("/").split("/")
    if kind in {"heartbeat", "stream"} and rest:
        return rest[0]
    rest = rest[1:] if rest[:1] == ["v2"] else rest
    return rest[1] if kind == "call" and len(rest) > 1 else None


def root_of(scope: Scope) -> str:
    """The path of a proxy below which all our addresses lie, "/jury"; empty at the root of a host."""
    return str(scope.get("root_path", ""))


def is_upload(path: str) -> bool:
    """Whether files are sent there."""
    return path.rstrip("/") == UPLOAD


def address_of(scope: Scope) -> str | None:
    """The visitor's line; None for one of a private network, which may be a proxy's, and so everybody's."""
    client = scope.get("client")
    found = read_address(client[0]) if client else None
    return line_of(found) if found and found.is_global else None


def read_address(host: str) -> Address | None:
    """An address of IPv4 also where it comes as one of IPv6, ::ffff:192.0.2.1; None for what a proxy made up."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def line_of(address: Address) -> str:
    """What one line is usually given: an address of IPv4, or a network of IPv6, in which a visitor has any number."""
    return str(address if address.version == 4 else ipaddress.ip_network((address, IPV6_PREFIX), strict=False))


async def read_body(request: Request, max_bytes: int) -> bytes | None:
    """The whole body; None as soon as it is longer than that."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            return None
    return bytes(body)
