"""Gradio compares its components' stub files (.pyi) with their source at every import: half of its import's time.

The stubs are for editors alone and come with the package, which may well be read-only. A page starts without that.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

WRITER = "gradio.component_meta"


class _StubsAsTheyAre(MetaPathFinder, Loader):
    """Loads the module that writes the stubs as usual, and makes it write none."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != WRITER:
            return None
        sys.meta_path.remove(self)
        found = PathFinder.find_spec(name, path, target)
        if found is None or found.loader is None:
            return found
        self._loader, found.loader = found.loader, self
        return found

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        vars(module)["create_or_modify_pyi"] = leave_stub


def leave_stub(component: type, name: str, events: object) -> None:
    """In place of Gradio's `create_or_modify_pyi`."""


def leave_stubs() -> None:
    """To be called before Gradio is first imported; after that it changes nothing."""
    if WRITER not in sys.modules:
        sys.meta_path.insert(0, _StubsAsTheyAre())
