"""What stands in front of a Gradio page: the account pages and the middleware for sign-in and shutdown.

front = build_front(open_database(), own_folder(), settings=Settings(), routes=[...], drain=Drain())
page.launch(**front)
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from sqlalchemy import Engine
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route

from auth import lockout, sessions
from auth.headers import HeadersMiddleware
from auth.limits.upload_room import Arrivals
from auth.limits.waiting import Waiting
from auth.middleware import AuthMiddleware, SameOriginMiddleware, visitor_of
from auth.pages.account_pages import HANDLERS, Pages
from auth.pages.context import PageContext, Settings
from auth.pages.operator_page import OperatorPages
from auth.visitors import Visitors
from storage.database import DatabaseUnavailable
from storage.outbox import sweep_outbox
from storage.shares import sweep_shares
from storage.upload_ledger import Ledger
from storage.uploads import KEEP_SECONDS, Uploads, sweep
from ui.server.drain import Drain, DrainMiddleware
from ui.server.languages import LanguageMiddleware, language_routes
from ui.server.limits.disk_full import refuse_when_full
from ui.server.limits.open_files import ROOM, count_connections
from ui.server.limits.requests import BoundsMiddleware
from ui.server.limits.upload_leftovers import UploadFilesMiddleware
from ui.server.programs.idempotency import IdempotencyMiddleware
from ui.server.views import SlashMiddleware

SWEEP_EVERY_SECONDS = 300
DROP_EVERY_SECONDS = 5
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Guard:
    """What a page's launch needs to require sign-in."""

    engine: Engine
    visitors: Visitors
    arrivals: Arrivals
    waiting: Waiting
    settings: Settings

    @staticmethod
    def auth_dependency(request: Request) -> str | None:
        """The signed-in user's name; AuthMiddleware looked it up already, so this costs nothing."""
        visitor = visitor_of(request)
        return visitor.name if visitor else None

    @property
    def app_kwargs(self) -> dict[str, Any]:
        """Arguments for the FastAPI application."""
        context = PageContext(self.engine, self.visitors, self.settings)
        return {
            "routes": [*Pages(context, self.arrivals.uploads).routes(), *OperatorPages(context).routes()],
            "middleware": [
                Middleware(AuthMiddleware, visitors=self.visitors, arrivals=self.arrivals, waiting=self.waiting)
            ],
            "exception_handlers": HANDLERS,
            "lifespan": self._lifespan,
        }

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Any) -> AsyncIterator[None]:
        """While the server runs: the page's own files are open to all who are signed in, and old uploads are swept."""
        self.arrivals.uploads.open_to_all(app.get_blocks().config)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._keep_sweeping)
            tasks.start_soon(self._keep_dropping, app)
            yield
            tasks.cancel_scope.cancel()

    async def _keep_sweeping(self) -> None:
        while True:
            with _carry_on():
                await anyio.to_thread.run_sync(self._sweep)
                self.arrivals.uploads.forget_missing()
                await self.arrivals.settle()
            await anyio.sleep(SWEEP_EVERY_SECONDS)

    async def _keep_dropping(self, app: Any) -> None:
        while True:
            await anyio.sleep(DROP_EVERY_SECONDS)
            with _carry_on():
                if count := await self.waiting.drop_unheard(app.get_blocks()._queue):
                    log.info("events were dropped", extra={"count": count})

    def _sweep(self) -> None:
        uploads = self.arrivals.uploads
        sweep(uploads.folder, keep=uploads.public, older_than=KEEP_SECONDS)
        with contextlib.suppress(DatabaseUnavailable):  # it is logged, and there is a next time
            sessions.sweep_sessions(self.engine)
            lockout.sweep_tries(self.engine)
            sweep_shares(self.engine)
            for number in sweep_outbox(self.engine):
                log.warning("a webhook was given up", extra={"id": number, "reason": "its time is over"})


@contextlib.contextmanager
def _carry_on() -> Iterator[None]:
    """One round of what goes on as long as the server runs: where it fails, that is logged, and the next one comes."""
    try:
        yield
    except Exception:  # one file's or account's fault would keep everything else from ever being swept
        log.exception("a sweep failed")


def build_front(
    engine: Engine | None, uploads: Path, *, settings: Settings, routes: list[Route], drain: Drain
) -> dict[str, Any]:
    """Arguments of launch(): the page and its API behind sign-in, or behind the same-origin check alone.

    engine: None for no accounts; uploads: storage.uploads.own_folder(); routes: our own, in front of all others.
    """
    from ui.server.programs.wrong_calls import WRONG, refuse_wrong_call  # noqa: PLC0415  imports Gradio

    handlers: dict[Any, Any] = {OSError: refuse_when_full, **dict.fromkeys(WRONG, refuse_wrong_call)}
    headers, draining = Middleware(HeadersMiddleware, framed=settings.framed), Middleware(DrainMiddleware, drain=drain)
    once, spoken = Middleware(IdempotencyMiddleware), Middleware(LanguageMiddleware)
    inner = [draining, Middleware(SlashMiddleware), once, spoken]
    routes = [*language_routes(), *routes]
    first = [headers, Middleware(BoundsMiddleware, at_once=count_connections() - ROOM)]
    own_slashes = {"redirect_slashes": False}  # the framework's lead to the host's root; SlashMiddleware has its own
    if engine is None:
        # Without accounts a file is nobody's: what was moved to where it would be handed out is left to the sweep.
        last = [*inner, Middleware(UploadFilesMiddleware, folder=str(uploads), is_owned=lambda _path: True)]
        alone = {"routes": routes, "middleware": [*first, Middleware(SameOriginMiddleware), *last]}
        return {"app_kwargs": alone | own_slashes | {"exception_handlers": handlers}}
    mine = Uploads(str(uploads.resolve()))
    guard = Guard(engine, Visitors(engine), Arrivals(mine, Ledger(engine)), Waiting(), settings)
    last = [*inner, Middleware(UploadFilesMiddleware, folder=mine.folder, is_owned=mine.is_owned)]
    kwargs = guard.app_kwargs
    handlers |= kwargs["exception_handlers"]
    more = {
        "exception_handlers": handlers,
        "routes": [*routes, *kwargs["routes"]],
        "middleware": [*first, *kwargs["middleware"], *last],
    }
    return {"auth_dependency": guard.auth_dependency, "app_kwargs": kwargs | more | own_slashes}
