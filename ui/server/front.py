"""What stands in front of a Gradio page: the account pages and the middleware for sign-in and shutdown.

front = build_front(open_database(), own_folder(), settings=Settings(), routes=[...], drain=Drain())
page.launch(**front)
"""

import contextlib
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
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
from ui.server.limits.held_files import list_held
from ui.server.limits.open_files import ROOM, count_connections
from ui.server.limits.requests import BoundsMiddleware
from ui.server.limits.upload_leftovers import UploadFilesMiddleware
from ui.server.programs.idempotency import IdempotencyMiddleware
from ui.server.views import SlashMiddleware

SWEEP_EVERY_SECONDS = 300
DROP_EVERY_SECONDS = 5
NO_UPLOADS = "{folder} is not where Gradio keeps uploads."
Round = Callable[[Any], Awaitable[None]]
Lifespan = Callable[[Any], contextlib.AbstractAsyncContextManager[None]]
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
            "lifespan": _lifespan(self.arrivals.uploads, self.waiting, self._sweep),
        }

    async def _sweep(self, app: Any) -> None:
        await sweep_uploads(self.arrivals.uploads, app)
        await anyio.to_thread.run_sync(self._sweep_database)
        self.arrivals.uploads.forget_missing()
        await self.arrivals.settle()

    def _sweep_database(self) -> None:
        with contextlib.suppress(DatabaseUnavailable):  # it is logged, and there is a next time
            sessions.sweep_sessions(self.engine)
            lockout.sweep_tries(self.engine)
            sweep_shares(self.engine)
            for number in sweep_outbox(self.engine):
                log.warning("a webhook was given up", extra={"id": number, "reason": "its time is over"})


async def sweep_uploads(uploads: Uploads, app: Any) -> None:
    """Delete old uploads, but none that work still needs."""
    held = list_held(app.get_blocks()._queue)

    def delete() -> None:
        sweep(uploads.folder, keep=uploads.find_kept(held), older_than=KEEP_SECONDS)

    await anyio.to_thread.run_sync(delete)


def _lifespan(uploads: Uploads, waiting: Waiting, sweeping: Round) -> Lifespan:
    """While the server runs the page's own files are open; what is old is swept, and what nobody hears let go of."""

    async def drop(_app: Any) -> None:
        if count := await waiting.drop_unheard():
            log.info("events were dropped", extra={"count": count})

    @contextlib.asynccontextmanager
    async def go_on(app: Any) -> AsyncIterator[None]:
        uploads.open_to_all(app.get_blocks().config)
        waiting.watch(app.get_blocks()._queue)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_repeat, sweeping, app, SWEEP_EVERY_SECONDS)
            tasks.start_soon(_repeat, drop, app, DROP_EVERY_SECONDS)
            yield
            tasks.cancel_scope.cancel()

    return go_on


async def _repeat(work: Round, app: Any, seconds: float) -> None:
    while True:
        with _carry_on():
            await work(app)
        await anyio.sleep(seconds)


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
    Raises ValueError where Gradio keeps uploads elsewhere: what is old in that folder will be deleted.
    """
    from gradio.utils import get_upload_folder  # noqa: PLC0415 - takes seconds; at this point it is there

    from ui.server.programs.wrong_calls import WRONG, refuse_wrong_call  # noqa: PLC0415  imports Gradio

    handlers: dict[Any, Any] = {OSError: refuse_when_full, **dict.fromkeys(WRONG, refuse_wrong_call)}
    mine = Uploads(str(uploads.resolve()))
    if mine.folder != os.path.realpath(get_upload_folder()):
        raise ValueError(NO_UPLOADS.format(folder=mine.folder))
    headers, draining = Middleware(HeadersMiddleware, framed=settings.framed), Middleware(DrainMiddleware, drain=drain)
    waiting = Waiting()
    once, spoken = Middleware(IdempotencyMiddleware, waiting=waiting), Middleware(LanguageMiddleware)
    inner = [draining, Middleware(SlashMiddleware), once, spoken]
    routes = [*language_routes(), *routes]
    first = [headers, Middleware(BoundsMiddleware, at_once=count_connections() - ROOM)]
    own_slashes = {"redirect_slashes": False}  # the framework's lead to the host's root; SlashMiddleware has its own
    if engine is None:
        # Without accounts a file is nobody's: what was moved to where it would be handed out is left to the sweep.
        last = [*inner, Middleware(UploadFilesMiddleware, folder=mine.folder, is_owned=lambda _path: True)]
        alone = {"routes": routes, "middleware": [*first, Middleware(SameOriginMiddleware, waiting=waiting), *last]}
        more = {"exception_handlers": handlers, "lifespan": _lifespan(mine, waiting, partial(sweep_uploads, mine))}
        return {"app_kwargs": alone | own_slashes | more}
    guard = Guard(engine, Visitors(engine), Arrivals(mine, Ledger(engine)), waiting, settings)
    last = [*inner, Middleware(UploadFilesMiddleware, folder=mine.folder, is_owned=mine.is_owned)]
    kwargs = guard.app_kwargs
    handlers |= kwargs["exception_handlers"]
    more = {
        "exception_handlers": handlers,
        "routes": [*routes, *kwargs["routes"]],
        "middleware": [*first, *kwargs["middleware"], *last],
    }
    return {"auth_dependency": guard.auth_dependency, "app_kwargs": kwargs | more | own_slashes}
