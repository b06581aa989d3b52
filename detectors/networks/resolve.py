"""Add one detector to the jury without installing it: `--add SOURCE`.

A source is a plugin's .py file, a model folder (config.json, model.onnx), an .onnx file with its config.json beside it,
or hub:user/name[@revision]. What is added is untrusted like any other plugin, and runs in a process of its own.
"""

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from detectors.networks import hub
from detectors.networks.files import read_plain_file
from detectors.networks.folder import CONFIG, MAX_NETWORK_BYTES, MODEL, register_folder
from detectors.sandbox.isolated_detector import DetectorFaultError, ask_apart
from registry import Plugin, Registry, hookimpl
from registry.contract import Examine, is_card_path
from registry.hookspecs import Register

CODE = ".py"
OWNER = "unpackaged"
TAKEN = "a plugin's .py file, a model folder, an .onnx file with its config.json beside it, or hub:user/name"


class SourceError(ValueError):
    """What was to be added cannot be. The message is one sentence for whoever typed it."""


def pin_sources(sources: Iterable[str], *, announce: Callable[[str], object]) -> list[str]:
    """The sources, those on the Hub fetched and named by their commit: every process then asks for the same ones.

    announce: see hub.fetch. Raises SourceError.
    """
    try:
        return [hub.fetch(one, announce=announce).reference if is_on_hub(one) else one for one in sources]
    except hub.HubError as error:
        raise SourceError(str(error)) from error


def add_source(registry: Registry, source: str) -> Registry:
    """The registry and what this source offers more. Raises SourceError."""
    if not source:  # as a path it would be the working folder
        raise SourceError(f"'' cannot be added: it must be {TAKEN}")
    try:
        plugin = find_added(source if is_on_hub(source) else str(Path(source).resolve()))
        if plugin.name.endswith(CODE) and not is_on_hub(plugin.name):
            plugin = replace(plugin, load=lambda: ListedPlugin(plugin.name))
    except hub.HubError as error:
        raise SourceError(str(error)) from error
    try:
        return registry.with_plugin(plugin)
    except DetectorFaultError as error:
        raise SourceError(f"{source} cannot be added: {error}") from error
    except Exception as error:  # what it registers may be anything
        raise SourceError(f"{source} cannot be added: {type(error).__name__}: {error}") from error


@dataclass(frozen=True)
class ListedPlugin:
    """A plugin's .py file, which is never imported here: what it registers is asked in a process of its own."""

    name: str

    @hookimpl
    def register_detectors(self, register: Register) -> None:
        """What it says, checked as if it were said here. Raises DetectorFaultError."""
        folder = Path(self.name).parent
        for said in ask_apart(self.name):
            if is_card_path(card := said["card"], beside=folder):
                card = str((folder / card).resolve())
                if not Path(card).is_relative_to(folder):
                    raise ValueError(f"its card must lie beside it, got {said['card']}")
            register(**said | {"load": _load_here, "card": card})


def _load_here() -> Examine:
    raise SourceError("a plugin that was added runs in a process of its own")


def is_on_hub(source: str) -> bool:
    """Whether a source is a name on the Hugging Face Hub."""
    return source.startswith(hub.PREFIX)


def is_added(plugin: str) -> bool:
    """Whether a plugin of that name was added by its source, rather than installed."""
    return is_on_hub(plugin) or os.path.isabs(plugin)


def find_added(name: str) -> Plugin:
    """Whom to ask about a name on the Hub or an absolute path. Imports nothing yet. Raises SourceError, HubError."""
    if not is_on_hub(name):
        return find_source(Path(name))
    fetched = hub.fetch(name)  # named and versioned by its commit, so that every process asks for the same one
    return Plugin(fetched.reference, fetched.repo, fetched.commit[:8], lambda: HubPlugin(fetched), key=fetched.key)


def open_kept(reference: str) -> "HubPlugin":
    """The model folder that plugins.toml names by its commit; the network is not used. Raises SourceError."""
    kept = hub.find_kept(reference)
    if kept is None:
        raise SourceError("plugins.toml pins it, and it is not on this machine: run `facejury detectors install`")
    return HubPlugin(kept)


def find_source(path: Path) -> Plugin:
    """Whom to ask about an absolute path; named by it. Imports nothing yet. Raises SourceError."""
    if path.is_dir() and (path / CONFIG).is_file():
        return _model_plugin(path, path / MODEL)
    if path.is_file() and path.suffix == ".onnx" and path.with_name(CONFIG).is_file():
        return _model_plugin(path, path)
    if path.is_file() and path.suffix == CODE:
        return Plugin(str(path), OWNER, _say_version(path), lambda: _import_file(path))
    if not path.exists():
        raise SourceError(f"{path.name} cannot be added: there is no such file or folder")
    raise SourceError(f"{path.name} cannot be added: it must be {TAKEN}")


def _model_plugin(path: Path, network: Path) -> Plugin:
    return Plugin(str(path), OWNER, _say_version(network), lambda: ModelPlugin(network))


def _say_version(path: Path) -> str:
    """What tells one unpackaged file from the next."""
    try:
        return f"sha256 {hashlib.sha256(read_plain_file(path, MAX_NETWORK_BYTES)).hexdigest()[:12]}"
    except (OSError, ValueError):
        return ""  # what is wrong with it will be said when it is loaded


@dataclass(frozen=True)
class ModelPlugin:
    """A plugin of one network and the config.json beside it."""

    network: Path

    @hookimpl
    def register_detectors(self, register: Register) -> None:
        """One detector: what config.json says."""
        register_folder(register, self.network.parent, model=self.network.name)


@dataclass(frozen=True)
class HubPlugin:
    """A plugin of one model folder from the Hub."""

    fetched: hub.Fetched

    @hookimpl
    def register_detectors(self, register: Register) -> None:
        """One detector, whose title says from whom it is: it may call itself as ours are called."""

        def register_theirs(*, title: str, **options: Any) -> None:
            register(title=f"{title} ({self.fetched.repo})", **options | {"source": self.fetched.reference})

        register_folder(register_theirs, self.fetched.folder)


def _import_file(path: Path) -> ModuleType:
    name = f"facejury_added_{path.stem}"
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise SourceError(f"{path.name} is not a Python file")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module  # dataclasses look their module up by name
    if (beside := str(path.parent)) not in sys.path:
        sys.path.append(beside)  # what it imports may lie beside it; last, so that it stands in for nothing else
    found.loader.exec_module(module)
    return module
