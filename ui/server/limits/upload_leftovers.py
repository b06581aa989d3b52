"""The files of an upload go with its request, unless they were handed out.

Gradio writes each part of an upload into a file, and leaves it there when the upload ends early, has another part name,
or is refused.
"""

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import ContextVar
from tempfile import NamedTemporaryFile
from typing import Any

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.requests import is_upload, path_of

_made: ContextVar[dict[int, str] | None] = ContextVar("made", default=None)  # inode -> path, of this request


class UploadFilesMiddleware:
    """Deletes what an upload left. folder: where uploads lie; is_owned: whether a path was given to somebody."""

    def __init__(self, app: ASGIApp, *, folder: str, is_owned: Callable[[str], bool]) -> None:
        from gradio import route_utils  # noqa: PLC0415 - takes seconds; at this point it is there

        self.app, self.folder, self.is_owned = app, folder, is_owned
        route_utils.NamedTemporaryFile = _make  # its parser says nowhere else which files it made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http" or not is_upload(path_of(scope)):
            return await self.app(scope, receive, send)
        began, made, status = time.time(), dict[int, str](), 0

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        before = _made.set(made)
        try:
            await self.app(scope, receive, watched)
        finally:
            _made.reset(before)
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._clear, made, status == 200, began)

    def _clear(self, made: dict[int, str], is_answered: bool, began: float) -> None:
        for path in made.values():
            with suppress(FileNotFoundError):
                os.remove(path)
        if made and not is_answered:  # some may have been moved already to where they would have been handed out
            for path, inode in _young(self.folder, began):
                if inode in made and not self.is_owned(path):
                    with suppress(FileNotFoundError):
                        os.remove(path)


def _make(*arguments: Any, **options: Any) -> Any:
    file = NamedTemporaryFile(*arguments, **options)  # noqa: SIM115 - Gradio closes it
    made = _made.get()
    if made is not None:
        made[os.fstat(file.fileno()).st_ino] = file.name
    return file


def _young(folder: str, began: float) -> Iterable[tuple[str, int]]:
    """The files in folders that were changed since."""
    with os.scandir(folder) as found:
        folders = [one.path for one in found if one.is_dir() and one.stat().st_mtime >= began - 1]
    for path in folders:
        with suppress(FileNotFoundError), os.scandir(path) as files:
            yield from [(file.path, file.inode()) for file in files]
