"""Slots for live cameras: few, one a visitor, and in each at most one frame in work.

Frames are not queued: while one is in work one may wait, and a newer one takes its place.

Used from the event loop only.
"""

import asyncio
from dataclasses import dataclass, field

from detectors.video.live import LiveView

IDLE_SECONDS = 5.0  # a slot whose visitor sent nothing for so long is free


class SlotsFullError(RuntimeError):
    """All slots are taken. The message is one sentence for the visitor."""


class SlotLostError(RuntimeError):
    """The same visitor started the camera again elsewhere. The message is one sentence for them."""


@dataclass
class FrameTurn:
    """One frame in work, at most one that waits."""

    busy: bool = False
    _waiting: "asyncio.Future[bool] | None" = None

    async def take(self) -> bool:
        """Wait for the frame in work. False as soon as a newer one wants to wait."""
        if not self.busy:
            self.busy = True
            return True
        self._wake(go=False)
        self._waiting = asyncio.get_running_loop().create_future()
        return await self._waiting

    def give_back(self) -> None:
        """The frame in work is done: the one that waits is next."""
        self.busy = self._wake(go=True)

    def _wake(self, *, go: bool) -> bool:
        """Tell the one that waits; False when none does."""
        waiting, self._waiting = self._waiting, None
        if waiting is None or waiting.done():  # or it was called off
            return False
        waiting.set_result(go)
        return True


@dataclass
class CameraSlot:
    """One visitor's. started: the number of the page that has it. used: seconds, of its last frame."""

    started: int
    used: float
    view: LiveView = field(default_factory=LiveView)
    turn: FrameTurn = field(default_factory=FrameTurn)


@dataclass
class CameraSlots:
    """All of one server, by visitor."""

    places: int
    _taken: dict[str, CameraSlot] = field(default_factory=dict)

    def take(self, visitor: str, started: int, *, now: float) -> CameraSlot:
        """This visitor's slot, for the page that they started last. Raises SlotsFullError, SlotLostError."""
        self._taken = {
            name: slot for name, slot in self._taken.items() if slot.turn.busy or now - slot.used < IDLE_SECONDS
        }
        slot = self._taken.get(visitor)
        if slot is None and len(self._taken) >= self.places:
            raise SlotsFullError(f"{self.places} others are using their cameras; try again in a minute.")
        if slot is None or started > slot.started:
            slot = self._taken[visitor] = CameraSlot(started, now)
        if started < slot.started:
            raise SlotLostError("You started the camera on another page; it continues there.")
        slot.used = now
        return slot
