"""What an installed package says of its plugins: the entry points of our group, and what each of them names."""

import inspect
from importlib.metadata import Distribution, EntryPoint

from registry.hookspecs import PROJECT

UNREADABLE = (
    "its entry_points.txt cannot be read: it must be UTF-8 text, each line below a [group] such as name = module"
)
A_FUNCTION = "its entry point must name the module alone, got the function {value!r}"
NAMELESS = "unknown"  # a package whose METADATA is gone, as an interrupted pip leaves it


def list_entries(distribution: Distribution) -> list[EntryPoint]:
    """Its entry points of our group. Raises ValueError where its entry_points.txt cannot be read."""
    try:
        return [entry for entry in distribution.entry_points if entry.group == PROJECT]
    except (OSError, TypeError, ValueError) as error:  # a line without "=" is a TypeError
        raise ValueError(UNREADABLE) from error


def load_entry(entry: EntryPoint) -> object:
    """The module that it names, imported. Raises ValueError where it names none, and what the import raises."""
    named = entry.pattern.match(entry.value)
    if not named or named["module"].startswith("."):
        raise ValueError(f"its entry point must name a module, got {entry.value!r}")
    module = entry.load()
    if inspect.isroutine(module):
        raise ValueError(A_FUNCTION.format(value=entry.value))
    return module


def name_owner(distribution: Distribution) -> tuple[str, str]:
    """The name and the version of a package, as it says itself."""
    try:
        return distribution.name or NAMELESS, distribution.version or ""
    except (OSError, ValueError):
        return NAMELESS, ""
