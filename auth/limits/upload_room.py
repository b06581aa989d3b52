"""Uploads on their way: every byte counts as it comes, over all requests of a user and all servers."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import anyio
from starlette.formparsers import MultiPartException
from starlette.types import Message, Receive

from storage.database import DatabaseUnavailable
from storage.upload_ledger import Ledger, round_up
from storage.uploads import Uploads

# Gradio answers 413 only where it reads "maximum allowed size"
TOO_MUCH = (
    "Your uploads together have reached their maximum allowed size; each is deleted after about an hour, or once it is "
    "judged if that takes longer."
)


@dataclass
class Arrivals:
    """Of one server. ledger: what all servers hold. Used from the event loop only."""

    uploads: Uploads
    ledger: Ledger
    _noted: dict[int, int] = field(default_factory=dict)  # bytes that the ledger has for a user of this server

    @contextlib.contextmanager
    def take_in(self, user_id: int, receive: Receive) -> Iterator[tuple[Receive, Callable[[], None]]]:
        """A `receive` for an upload that ends where the user has no more room, as Gradio expects it.

        With it, what to call once what came counts as theirs: before the answer is out, for their next upload may be
        here before this request has ended.
        """
        came = 0

        async def limited() -> Message:
            nonlocal came
            message = await receive()
            count = len(message.get("body", b""))
            came += count
            if not self.uploads.take_in(user_id, count) or not await self._note(user_id):
                raise MultiPartException(TOO_MUCH)  # Gradio answers 413
            return message

        def let_go() -> None:
            nonlocal came
            self.uploads.take_in(user_id, -came)
            came = 0

        try:
            yield limited, let_go
        finally:
            let_go()

    async def _note(self, user_id: int) -> bool:
        """Tell the ledger where it has too little. Without the database each server goes by its own count."""
        wanted, before = self.uploads.size_of(user_id), self._noted.get(user_id, 0)
        if wanted <= before:
            return True
        self._noted[user_id] = round_up(wanted)
        try:
            if await anyio.to_thread.run_sync(self.ledger.note, user_id, self._noted[user_id]):
                return True
        except DatabaseUnavailable:
            return True
        self._noted[user_id] = before
        return False

    async def settle(self) -> None:
        """After a sweep: tell the ledger what is left."""
        self._noted = {user: round_up(size) for user, size in self.uploads.sizes().items()}
        with contextlib.suppress(DatabaseUnavailable):  # it is logged, and there is a next time
            await anyio.to_thread.run_sync(self.ledger.settle, dict(self._noted))
