"""Before wrong passwords lock anybody out they slow down: each lets the next try from that address wait longer.

Tries are counted by address and name, whether there is such a user or not, and by each server alone.
"""

import hashlib
import time
from collections import OrderedDict

import anyio

from auth.lockout import LOCK_SECONDS, SignInPlace
from storage.users import name_key

FIRST_SECONDS = 0.25  # after the first wrong password; twice as long after each other
LONGEST_SECONDS = 4.0
MOST_SECONDS = 8.0  # whoever would wait longer, behind their own other tries, is refused at once
MAX_KEPT = 10_000


class Slowdown:
    """When the next try may be made at each place. first: seconds; 0 for none. Used from one event loop only."""

    def __init__(self, first: float = FIRST_SECONDS) -> None:
        self.first = first
        self._kept: OrderedDict[str, tuple[int, float]] = OrderedDict()  # key: failures, when the next may be tried

    async def wait(self, place: SignInPlace, name: str) -> bool:
        """Wait until it is this try's turn; False where that would take too long, and it must not be made."""
        key, now = _key(place, name), time.monotonic()
        failures, free_at = self._kept.get(key, (0, now))
        if not failures or free_at < now - LOCK_SECONDS:
            self._kept.pop(key, None)
            return True
        turn = max(free_at, now)
        if turn - now > MOST_SECONDS:
            return False
        self._keep(key, failures, turn + self._pause(failures))
        await anyio.sleep(turn - now)
        return True

    def note(self, place: SignInPlace, name: str, *, admitted: bool) -> None:
        """Count how a try ended."""
        key, now = _key(place, name), time.monotonic()
        if admitted:
            self._kept.pop(key, None)
            return
        failures, free_at = self._kept.get(key, (0, now))
        self._keep(key, failures + 1, max(free_at, now + self._pause(failures + 1)))

    def _pause(self, failures: int) -> float:
        return float(min(self.first * 2 ** min(failures - 1, 16), LONGEST_SECONDS))

    def _keep(self, key: str, failures: int, free_at: float) -> None:
        self._kept[key] = failures, free_at
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)


def _key(place: SignInPlace, name: str) -> str:
    return hashlib.sha256(f"{place.key} {name_key(name)}".encode(errors="replace")).hexdigest()
