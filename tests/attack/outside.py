"""Whether this process looks outside: every name it asks for, and every address it connects to, that is not its own."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

OWN = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "", None)
_watching: list[list[str]] = []


class OutsideError(OSError):
    """What was asked for is not on this machine."""


@contextmanager
def watching() -> Iterator[list[str]]:
    """The list of what was asked for, while it is also refused."""
    _install()
    asked: list[str] = []
    _watching.append(asked)
    try:
        yield asked
    finally:
        _watching.remove(asked)


@cache
def _install() -> None:
    """Once, because an audit hook stays for good: it looks at who is watching."""
    sys.addaudithook(_look)


def _look(event: str, given: tuple[object, ...]) -> None:
    if not _watching or event not in ("socket.getaddrinfo", "socket.connect"):
        return
    place = given[0] if event == "socket.getaddrinfo" else given[1]
    host = place[0] if isinstance(place, tuple) else place
    if isinstance(place, str) and event == "socket.connect":  # a socket of the file system
        return
    text = host.decode() if isinstance(host, bytes) else host
    if text not in OWN:
        _watching[-1].append(str(text))
        raise OutsideError(f"{text} is outside")
