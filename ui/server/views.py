"""Addresses of views that are easy to type and to share: /learn, /check/12, /detectors/blend.

The page itself lies at one address, and names its view in the query; these lead there. They answer with a relative
address, so that they also work below a path of a proxy.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from auth.requests import API, below_root, path_of

PARAMETER = "view"  # of the page's own address: /?view=detectors/blend
TABS = ("check", "history", "learn", "detectors")
WITH_PARTS = ("check", "learn", "detectors")


def view_routes() -> list[Route]:
    """For the application, in front of the page's own. The key of a detector of the Hub has a slash in it."""
    whole = [Route(f"/{tab}", _lead_to(tab)) for tab in TABS]
    return whole + [Route(f"/{tab}/{{part:path}}", _lead_to(tab)) for tab in WITH_PARTS]


def _lead_to(tab: str) -> Callable[[Request], Awaitable[RedirectResponse]]:
    async def lead(request: Request) -> RedirectResponse:
        """To the page, with the view in the query."""
        part = request.path_params.get("part")
        view = f"{tab}/{quote(part, safe='')}" if part else tab
        return RedirectResponse(f"{_up_from(request.scope)}?{PARAMETER}={view}", 303)

    return lead


def _up_from(scope: Scope) -> str:
    """The relative address of the page, by what the browser asked for: there a slash that is escaped is none."""
    came = below_root(scope, scope["raw_path"].decode("ascii", "replace"))
    return "../" * (came.count("/") - 1) or "./"


class SlashMiddleware:
    """An address with a slash at its end leads to the one without.

    The framework's own way would lead to the host's root, which below a path of a proxy is somebody else's.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or lead it elsewhere."""
        path = path_of(scope) if scope["type"] == "http" else ""
        if not path.strip("/") or path.startswith(API) or scope["method"] not in {"GET", "HEAD"}:
            return await self.app(scope, receive, send)
        came = scope["raw_path"].decode("ascii", "replace")
        plain = came.rstrip("/")
        if came == plain:
            return await self.app(scope, receive, send)
        where = "../" * (len(came) - len(plain)) + plain.rpartition("/")[2]
        query = scope["query_string"].decode("ascii", "replace")
        await RedirectResponse(where + (query and f"?{query}"), 307)(scope, receive, send)
