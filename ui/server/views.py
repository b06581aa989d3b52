"""Addresses of views that are easy to type and to share: /learn, /check/12, /detectors/blend.

The page itself lies at one address, and names its view in the query; these lead there. They answer with a relative
address, so that they also work below a path of a proxy.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

PARAMETER = "view"  # of the page's own address: /?view=detectors/blend
TABS = ("check", "history", "learn", "detectors")
WITH_PARTS = ("check", "learn", "detectors")


def view_routes() -> list[Route]:
    """For the application, in front of the page's own."""
    whole = [Route(f"/{tab}", _lead_to(tab)) for tab in TABS]
    return whole + [Route(f"/{tab}/{{part}}", _lead_to(tab)) for tab in WITH_PARTS]


def _lead_to(tab: str) -> Callable[[Request], Awaitable[RedirectResponse]]:
    async def lead(request: Request) -> RedirectResponse:
        """To the page, with the view in the query."""
        part = request.path_params.get("part")
        where = f"../?{PARAMETER}={tab}/{quote(part, safe='')}" if part else f"./?{PARAMETER}={tab}"
        return RedirectResponse(where, 303)

    return lead
