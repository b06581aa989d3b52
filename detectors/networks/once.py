"""What is opened once in a process, whoever asks for it, and from which thread."""

from collections.abc import Callable, Hashable
from functools import cache, wraps
from threading import Lock
from typing import ParamSpec, TypeVar

Asked = ParamSpec("Asked")
Opened = TypeVar("Opened")


def once(open_it: Callable[Asked, Opened]) -> Callable[Asked, Opened]:
    """The same function, called once for each set of arguments: who asks in the meantime waits for the first's answer.

    A cache alone would let both call it. Different arguments do not wait for one another. What it raises is not kept.
    """
    cached, opening = cache(open_it), dict[Hashable, Lock]()

    @wraps(open_it)
    def ask(*args: Asked.args, **kwargs: Asked.kwargs) -> Opened:
        with opening.setdefault((args, frozenset(kwargs.items())), Lock()):
            return cached(*args, **kwargs)  # type: ignore[arg-type]  # what cannot be hashed, it refuses

    return ask
