"""What stands in front of a Gradio page: the account pages and the middleware for sign-in and shutdown.

front = build_front(open_database(), own_folder(), settings=Settings(), routes=[...], drain=Drain())
page.launch(**front)
"""

import contextlib
from collections.abc import AsyncIterator
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
from auth.middleware import AuthMiddleware, SameOriginMiddleware, visitor_of
from auth.pages import HANDLERS, Pages, Settings
from auth.visitors import Visitors
from storage.database import DatabaseUnavailable
from storage.uploads import KEEP_SECONDS, Uploads, sweep
from ui.server.disk_full import refuse_when_full
from ui.server.drain import Drain, DrainMiddleware

SWEEP_EVERY_SECONDS = 300


@dataclass(frozen=True)
class Guard:
    """What a page's launch needs to require sign-in."""

    engine: Engine
    visitors: Visitors
    uploads: Uploads
    settings: Settings

    @staticmethod
    def auth_dependency(request: Request) -> str | None:
        """The signed-in user's name; AuthMiddleware looked it up already, so this costs nothing."""
        visitor = visitor_of(request)
        return visitor.name if visitor else None

    @property
    def app_kwargs(self) -> dict[str, Any]:
        """Arguments for the FastAPI application."""
        return {
            "routes": Pages(self.engine, self.visitors, self.uploads, self.settings).routes(),
            "middleware": [Middleware(AuthMiddleware, visitors=self.visitors, uploads=self.uploads)],
            "exception_handlers": {OSError: refuse_when_full} | HANDLERS,
            "lifespan": self._lifespan,
        }

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Any) -> AsyncIterator[None]:
        """While the server runs: the page's own files are open to all who are signed in, and old uploads are swept."""
        self.uploads.open_to_all(app.get_blocks().config)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._keep_sweeping)
            yield
            tasks.cancel_scope.cancel()

    async def _keep_sweeping(self) -> None:
        while True:
            await anyio.to_thread.run_sync(self._sweep)
            self.uploads.forget_missing()
            await anyio.sleep(SWEEP_EVERY_SECONDS)

    def _sweep(self) -> None:
        sweep(self.uploads.folder, keep=self.uploads.public, older_than=KEEP_SECONDS)
        with contextlib.suppress(DatabaseUnavailable):  # it is logged, and there is a next time
            sessions.sweep_sessions(self.engine)
            lockout.sweep_tries(self.engine)


def build_front(
    engine: Engine | None, uploads: Path, *, settings: Settings, routes: list[Route], drain: Drain
) -> dict[str, Any]:
    """Arguments of launch(): the page and its API behind sign-in, or behind the same-origin check alone.

    engine: None for no accounts; uploads: storage.uploads.own_folder(); routes: our own, in front of all others.
    """
    headers, draining = Middleware(HeadersMiddleware, framed=settings.framed), Middleware(DrainMiddleware, drain=drain)
    if engine is None:
        alone = {"routes": routes, "middleware": [headers, Middleware(SameOriginMiddleware), draining]}
        return {"app_kwargs": alone | {"exception_handlers": {OSError: refuse_when_full}}}
    guard = Guard(engine, Visitors(engine), Uploads(str(uploads.resolve())), settings)
    kwargs = guard.app_kwargs
    more = {"routes": [*routes, *kwargs["routes"]], "middleware": [headers, *kwargs["middleware"], draining]}
    return {"auth_dependency": guard.auth_dependency, "app_kwargs": kwargs | more}
