"""What every `facejury compare` needs, begun before the rest of it is imported."""

from contextlib import suppress
from threading import Thread

from detectors.faces.centerface import open_finder
from detectors.networks.folder import open_builtin_networks
from detectors.networks.memory import be_frugal


def open_ahead() -> None:
    """Open the face finder and our own networks, in a thread. What fails is told where it is needed."""
    be_frugal()
    Thread(target=_open).start()


def _open() -> None:
    """The registry is not asked: asking it changes the environment for a moment, as Typer does meanwhile."""
    with suppress(Exception):
        open_finder()
        open_builtin_networks()
