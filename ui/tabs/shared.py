"""The address /shared/SECRET: one entry of somebody's history, for whoever has its link, without an account.

Nothing but that entry is reached by it, and no browser, proxy or search engine is to keep it.
"""

import anyio
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from auth.html import frames_for, message
from auth.requests import RETRY_SECONDS
from storage.database import GONE, DatabaseUnavailable
from storage.shares import open_shared
from ui.render.kept.report import report_shared

PLACES = 2  # pages made at once: each may have to read a large picture
MAX_WAITING = 20
ENDED = "It has expired or was ended by its owner, or a part of the address is missing."
BUSY = "Too many shared results are being opened just now."
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
UNKEPT = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}


def shared_routes(engine: Engine) -> list[Route]:
    """For the application; auth.middleware lets them through without a session."""
    places = anyio.CapacityLimiter(PLACES)

    async def show(request: Request) -> Response:
        """GET /shared/SECRET"""
        if places.statistics().tasks_waiting >= MAX_WAITING:
            return _answer_busy(request, BUSY)
        try:
            page = await anyio.to_thread.run_sync(_draw, engine, request.path_params["secret"], limiter=places)
        except DatabaseUnavailable:
            return _answer_busy(request, GONE)
        if page is None:
            return _keep_nowhere(
                message(request, "This link does not work", ENDED, status=404, target="/", link="Facejury")
            )
        policy = f"{POLICY}; {frames_for(request)}"
        return _keep_nowhere(HTMLResponse(page, headers={"Content-Security-Policy": policy}))

    return [Route("/shared/{secret}", show, methods=["GET"])]


def _draw(engine: Engine, secret: str) -> str | None:
    shared = open_shared(engine, secret)
    return report_shared(shared) if shared else None


def _answer_busy(request: Request, sentence: str) -> Response:
    answer = message(request, "Please wait", sentence, status=503, target="/", link="Facejury")
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return _keep_nowhere(answer)


def _keep_nowhere(answer: Response) -> Response:
    answer.headers.update(UNKEPT)
    return answer
