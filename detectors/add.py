"""Add one detector to the jury without installing it: `--add SOURCE`.

A source is a plugin's .py file, a model folder (config.json, model.onnx), or an .onnx file with its config.json beside
it. What is added is a stranger like any other, and runs in a process of its own.
"""

import hashlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from detectors.artifact import CONFIG, MODEL, register_folder
from registry import Plugin, Registry, hookimpl
from registry.hookspecs import Register

OWNER = "unpackaged"
TAKEN = "a plugin's .py file, a model folder, or an .onnx file with its config.json beside it"


class SourceError(ValueError):
    """What was to be added cannot be. The message is one sentence for whoever typed it."""


def add_source(registry: Registry, source: str) -> Registry:
    """The registry and what this source offers more. Raises SourceError."""
    if source.startswith("hub:"):
        raise SourceError(f"{source}: hub sources cannot be added yet; download the model and add its folder")
    plugin = find_source(Path(source).resolve())
    try:
        return registry.with_plugin(plugin)
    except (Exception, SystemExit) as error:  # a stranger's import or registration may raise anything
        raise SourceError(f"{source} cannot be added: {type(error).__name__}: {error}") from error


def find_source(path: Path) -> Plugin:
    """Whom to ask about an absolute path; named by it. Imports nothing yet. Raises SourceError."""
    if path.is_dir() and (path / CONFIG).is_file():
        return _model_plugin(path, path / MODEL)
    if path.is_file() and path.suffix == ".onnx" and path.with_name(CONFIG).is_file():
        return _model_plugin(path, path)
    if path.is_file() and path.suffix == ".py":
        return Plugin(str(path), OWNER, _say_version(path), lambda: _import_file(path))
    raise SourceError(f"{path.name} cannot be added: it must be {TAKEN}")


def _model_plugin(path: Path, network: Path) -> Plugin:
    return Plugin(str(path), OWNER, _say_version(network), lambda: ModelPlugin(network))


def _say_version(path: Path) -> str:
    """What tells one unpackaged file from the next."""
    try:
        return f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
    except OSError:
        return ""  # that it is missing will be said when it is loaded


@dataclass(frozen=True)
class ModelPlugin:
    """A plugin of one network and the config.json beside it."""

    network: Path

    @hookimpl
    def register_detectors(self, register: Register) -> None:
        """One detector: what config.json says."""
        register_folder(register, self.network.parent, model=self.network.name)


def _import_file(path: Path) -> ModuleType:
    name = f"facejury_added_{path.stem}"
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise SourceError(f"{path.name} is no Python file")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module  # dataclasses look their module up by name
    found.loader.exec_module(module)
    return module
