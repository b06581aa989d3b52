"""The one hook a plugin implements, and the markers for it. A plugin needs pluggy and nothing of ours."""

from typing import Protocol

import pluggy

from registry.contract import Load

PROJECT = "facejury"  # plugin manager, markers and entry-point group: one word

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Register(Protocol):
    """What a plugin calls once for each detector it offers. expects: "face", "image", "clip" or "audio".

    Raises TypeError or ValueError on a bad argument.
    """

    def __call__(
        self,
        *,
        key: str,
        title: str,
        load: Load,
        expects: str = "face",
        fake_from: float = 0.5,
        real_until: float = 0.5,
        seconds: float = 10.0,
        source: str = "",
        card: str = "",
        looks_for: str = "",
    ) -> None:
        """Offer one detector."""


@hookspec
def register_detectors(register: Register) -> None:
    """Call `register(key=…, title=…, load=…, …)` once for each detector this plugin offers."""
