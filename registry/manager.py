"""Which detectors are here: the built-ins first, then every installed plugin, each asked separately.

Installed are the packages of this environment with our entry point, and the model folders that plugins.toml pins.
"""

import difflib
import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pluggy

from registry import hookspecs
from registry.contract import KEY, RESERVED, DetectorSpec, Load
from registry.entries import list_entries, load_entry, name_owner
from registry.guests import keep_house
from registry.hookspecs import PROJECT
from text.plain_text import show_plainly

# By name: nothing of ours is imported here.
BUILTINS = (
    "detectors.builtin.custom_cnn",
    "detectors.builtin.efficientnet",
    "detectors.builtin.efficientnet_160",
    "detectors.builtin.blend",
    "detectors.builtin.residual",
    "detectors.builtin.temporal",
    "detectors.builtin.voice",
)

PINS = Path(__file__).parents[1] / "plugins.toml"  # see registry/pins.py

# what a plugin may leave out
OPTIONS = frozenset({"card", "expects", "fake_from", "looks_for", "real_until", "seconds", "source"})


@dataclass(frozen=True)
class Problem:
    """Something that kept a plugin, or one of its detectors, out of the jury. key: as Plugin has it."""

    plugin: str
    reason: str
    key: str = ""


class UnknownDetectorError(LookupError):
    """No detector of that key is registered; the message says which are."""


@dataclass(frozen=True)
class Registry:
    """The registered detectors in order, and what went wrong while asking for them."""

    detectors: tuple[DetectorSpec, ...]
    problems: tuple[Problem, ...] = ()

    def __iter__(self) -> Iterator[DetectorSpec]:
        return iter(self.detectors)

    def keys(self) -> tuple[str, ...]:
        """The keys of all detectors, in order."""
        return tuple(spec.key for spec in self.detectors)

    def __getitem__(self, key: str) -> DetectorSpec:
        for spec in self.detectors:
            if spec.key == key:
                return spec
        raise UnknownDetectorError(_say_unknown(key, self.keys(), self.problems))

    def choose(self, only: Sequence[str] | None = None) -> tuple[DetectorSpec, ...]:
        """The detectors of these keys, in the registry's order; all of them for None or an empty list.

        Raises UnknownDetectorError.
        """
        wanted = {self[key].key for key in only or self.keys()}
        return tuple(spec for spec in self.detectors if spec.key in wanted)

    def with_plugin(self, plugin: "Plugin") -> "Registry":
        """This registry and what one plugin more offers. Raises what the plugin raises, ValueError on a taken key."""
        registry = self
        with keep_house():
            offers = ask_plugin(plugin)
        for spec in offers:
            registry = registry.with_detector(spec)
        return registry

    def with_detector(self, spec: DetectorSpec) -> "Registry":
        """This registry and one detector more. Raises ValueError when its key is taken."""
        if spec.key in self.keys():
            raise ValueError(
                f"the detector key {spec.key!r} is taken by {self[spec.key].title!r}; give yours another "
                "in its register(...) or config.json"
            )
        return replace(self, detectors=(*self.detectors, spec))


def _say_unknown(key: str, known: Sequence[str], problems: Iterable[Problem]) -> str:
    said = f"no detector named {key!r} is here; there are {', '.join(known) or 'none'}."
    names = {key, key.replace("-", "_")}  # a key is kebab-case, and a plugin may be named as its module
    if reasons := [one.reason for one in problems if one.key == key or one.plugin in names]:
        return f"{said} The plugin of that name cannot be used: {'; '.join(reasons)}"
    close = difflib.get_close_matches(key, known)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return said + hint + (" `facejury detectors list` says what kept others out." if problems else "")


def load_registry(*, blocked: Iterable[str] | None = None) -> Registry:
    """Ask every plugin for its detectors. What fails is named in `problems` and stops nobody else.

    blocked: plugin names to leave out; None reads the environment variable FACEJURY_BLOCK (comma-separated).
    """
    plugins = find_plugins()
    names = _blocked_by_environment() if blocked is None else set(blocked)
    collector = _Collector({}, [])
    for name in sorted(names - {plugin.name for plugin in plugins}):
        collector.problems.append(Problem(name, f"blocked, but no plugin has that name; there are {_list(plugins)}"))
    for plugin in plugins:
        if plugin.name not in names:
            collector.collect(plugin)
    return Registry(tuple(collector.taken.values()), tuple(collector.problems))


def _blocked_by_environment() -> set[str]:
    return {name.strip() for name in os.environ.get("FACEJURY_BLOCK", "").split(",") if name.strip()}


def check_blocked() -> None:
    """Raises ValueError where FACEJURY_BLOCK names no plugin: what it was to leave out would be asked."""
    plugins = find_plugins()
    if unknown := sorted(_blocked_by_environment() - {plugin.name for plugin in plugins}):
        raise ValueError(
            f"FACEJURY_BLOCK names {', '.join(unknown)}, and no plugin has that name; there are {_list(plugins)}"
        )


def _list(plugins: "Iterable[Plugin]") -> str:
    return ", ".join(plugin.name for plugin in plugins)


@dataclass(frozen=True)
class Plugin:
    """A discovered plugin: a name that can be blocked, who owns it, and how to import it.

    load: returns the module (or any object) that implements the hook. key: what its one detector is called here,
    whatever it calls itself; empty: as it calls itself.
    """

    name: str
    owner: str
    version: str
    load: Callable[[], object]
    builtin: bool = False
    key: str = ""


def find_plugins() -> list[Plugin]:
    """All plugins, in order: the built-ins, then the installed ones by name. Imports none of them."""
    return [*_builtin_plugins(), *_installed_plugins(), *_pinned_folders()]


def reopen(plugin: str, key: str) -> DetectorSpec:
    """One detector of a known plugin, asked alone: how another process gets at its `load`.

    Raises UnknownDetectorError when the plugin is gone or offers no such key, and what the plugin raises.
    """
    offers: list[DetectorSpec] = []
    failures: list[BaseException] = []
    for candidate in find_plugins():
        if candidate.name == plugin:  # of two packages with one name, one that fails must not keep the other out
            try:
                offers += ask_plugin(candidate)
            except (Exception, SystemExit) as error:  # a plugin's import or registration may raise anything
                failures.append(error)
    if failures and key not in {spec.key for spec in offers}:
        raise failures[0]
    return Registry(tuple(offers))[key]


def _builtin_plugins() -> list[Plugin]:
    return [
        Plugin(
            name=dotted.rpartition(".")[2].replace("_", "-"),
            owner=PROJECT,
            version="built in",
            load=lambda dotted=dotted: importlib.import_module(dotted),  # type: ignore[misc]
            builtin=True,
        )
        for dotted in BUILTINS
    ]


def _installed_plugins() -> list[Plugin]:
    found: dict[tuple[str, str], Plugin] = {}
    for distribution in distributions():  # of two copies on the path the first, whose module is imported
        owner, version = name_owner(distribution)
        try:
            entries = list_entries(distribution)
        except ValueError:  # a plugin that says so when it is loaded
            found.setdefault((owner, ""), Plugin(owner, owner, version, partial(list_entries, distribution)))
            continue
        for entry in entries:
            plugin = Plugin(entry.name, owner, version, partial(load_entry, entry))
            found.setdefault((entry.name, entry.value), plugin)
    return [found[name] for name in sorted(found)]  # sorted: who keeps a key must not depend on the file system


def _pinned_folders() -> list[Plugin]:
    """The model folders that plugins.toml pins; where it cannot be read, a plugin that says so when it is loaded."""
    if not PINS.is_file():
        return []
    from registry.pins import PinError, PinnedFolder, read_pins  # noqa: PLC0415  # most checkouts have no such file

    try:
        folders = [pin for pin in read_pins(PINS) if isinstance(pin, PinnedFolder)]
    except PinError:
        return [Plugin(PINS.name, PROJECT, "", partial(read_pins, PINS))]
    return [
        Plugin(one.shown, one.repo, one.commit[:8], partial(_open_kept, one.shown), key=f"{one.name}@{one.commit[:8]}")
        for one in folders
    ]


def _open_kept(reference: str) -> object:
    """By name, as the built-ins."""
    return importlib.import_module("detectors.networks.resolve").open_kept(reference)


@dataclass(frozen=True)
class _Collector:
    """Collects detectors from plugins, one at a time; records conflicts and failures."""

    taken: dict[str, DetectorSpec]
    problems: list[Problem]

    def collect(self, plugin: Plugin) -> None:
        try:
            with keep_house():
                offers = ask_plugin(plugin)
        except (Exception, SystemExit) as error:  # a plugin's import or registration may raise anything
            self.problems.append(Problem(plugin.name, f"{type(error).__name__}: {error}", plugin.key))
            return
        for spec in offers:
            self._accept(plugin, spec)

    def _accept(self, plugin: Plugin, spec: DetectorSpec) -> None:
        holder = self.taken.setdefault(spec.key, spec)
        if holder is not spec:
            reason = f"the key {spec.key!r} is taken by {holder.title!r} of {holder.owner}"
            self.problems.append(Problem(plugin.name, reason, plugin.key))


def ask_plugin(plugin: Plugin) -> list[DetectorSpec]:
    """What one plugin offers. A manager of its own: nobody sees, or is asked with, anybody else.

    Raises what the plugin raises, PluginValidationError on a wrong hook, ValueError when it offers nothing.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    module = plugin.load()
    manager.register(module, plugin.name)  # raises on a wrong signature
    manager.check_pending()  # raises on a misspelt hook
    offers: list[DetectorSpec] = []
    manager.hook.register_detectors(register=_taker(plugin, offers))
    if not offers:
        unmarked = hasattr(module, "register_detectors") and not manager.hook.register_detectors.get_hookimpls()
        hint = f"; its register_detectors lacks @pluggy.HookimplMarker({PROJECT!r})" if unmarked else ""
        raise ValueError(f"it registers no detector{hint}")
    return offers


def _taker(plugin: Plugin, offers: list[DetectorSpec]) -> Callable[..., None]:
    def register(*, key: str, title: str, load: Load, **options: Any) -> None:
        if not isinstance(key, str) or not KEY.fullmatch(key):
            raise ValueError(f"key must be kebab-case (a-z, 0-9 and single hyphens), got {key!r}")
        if (plugin.key or key) in RESERVED:
            raise ValueError(f"the key {key!r} is the jury's own; choose another")
        if unknown := sorted(options.keys() - OPTIONS):
            raise TypeError(f"register takes key, title, load, {', '.join(sorted(OPTIONS))}; got {', '.join(unknown)}")
        shown = show_plainly(title) if isinstance(title, str) else title  # DetectorSpec refuses what is no text
        spec = DetectorSpec(key=plugin.key or key, title=shown, load=load, **options)
        offers.append(
            replace(spec, owner=plugin.owner, version=plugin.version, plugin=plugin.name, builtin=plugin.builtin)
        )

    return register
