"""`facejury detectors install | upgrade | remove`: plugins in the application's own environment, pinned."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from detectors.commands.options import warn
from registry import manager
from registry.pins import (
    PinError,
    Pinned,
    PinnedFolder,
    PinnedPackage,
    hold_pins,
    read_pins,
    write_pins,
)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
NOTHING = "There is no plugins.toml in this checkout; name a package or hub:user/name to install."
NOT_PINNED = "{name} was not installed by this command; there {there}."
Name = Annotated[str, typer.Argument(metavar="NAME", help="A package that was installed, or hub:user/name.")]


@app.command("install")
def install_command(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[PACKAGE|hub:user/name[@revision]]",
            help="A package's name or .whl file, or a model folder on the Hub. Default: all of plugins.toml.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Install a detector, and pin it in plugins.toml.

    A package goes into the environment that Facejury runs in; a model folder of the Hub goes into your data folder.

    Example: facejury detectors install facejury-edges
    """
    with _in_a_sentence(), hold_pins(manager.PINS):
        pins = read_pins(manager.PINS)
        if source is None:
            _install_all(pins)
            return
        _keep(*_look_up(source, pins), pins)


@app.command("upgrade")
def upgrade_command(name: Name) -> None:
    """Install the newest version of a detector, and pin that.

    Example: facejury detectors upgrade facejury-edges
    """
    with _in_a_sentence(), hold_pins(manager.PINS):
        pins = read_pins(manager.PINS)
        old = _find(name, pins)
        asked = old.asked if isinstance(old, PinnedPackage) else f"{old.name}@{old.revision}".rstrip("@")
        new, others = _look_up(asked, pins)
        if new == old and isinstance(old, PinnedFolder):  # such a package is not here yet: what is, cannot be resolved
            typer.echo(_say_newest(old))
            return
        _keep(new, others, pins)


@app.command("remove")
def remove_command(
    name: Name, yes: Annotated[bool, typer.Option("--yes", help="Remove it without asking.")] = False
) -> None:
    """Uninstall a detector, and take it out of plugins.toml.

    Example: facejury detectors remove facejury-edges
    """
    with _in_a_sentence(), hold_pins(manager.PINS):
        pins = read_pins(manager.PINS)
        old = _find(name, pins)
        if not yes:
            typer.confirm(f"Remove {old.shown}?", abort=True)
        left = tuple(pin for pin in pins if pin is not old)
        with _pinned_as(left, pins):
            _uninstall(old, left)
        typer.echo(f"removed {old.shown}")


def _say_newest(pin: PinnedFolder) -> str:
    if pin.revision and pin.commit.startswith(pin.revision):
        way_out = f"`facejury detectors install {pin.name}` follows the main branch"
        return f"{pin.name} stays at the commit asked for; {way_out}"
    return f"{pin.name} is at {f'the newest commit of {pin.revision}' if pin.revision else 'its newest commit'}"


def _install_all(pins: Sequence[Pinned]) -> None:
    """What plugins.toml holds and is not here yet. Says nothing of what is."""
    from registry import packages

    if not pins:
        raise PinError(NOTHING)
    packages.check_together(_packages(pins))
    for pin in pins:
        if isinstance(pin, PinnedFolder):
            _fetch(pin.shown)
        elif not packages.is_installed(pin):
            packages.install(pin)
            typer.echo(f"installed {pin.shown}")


def _look_up(source: str, pins: Sequence[Pinned]) -> tuple[Pinned, tuple[Pinned, ...]]:
    """What there is to install, pinned, and the others as they are beside it; a model folder is fetched by then."""
    from detectors.networks.resolve import is_on_hub

    if is_on_hub(source):
        repo, commit = _fetch(source)
        new = PinnedFolder(repo, commit, source.partition("@")[2])
        return new, tuple(pin for pin in pins if not _is_named(pin, new.name))
    from registry import packages

    package, others = packages.resolve(source, _packages(pins))
    return package, (*others, *(pin for pin in pins if isinstance(pin, PinnedFolder)))


def _fetch(reference: str) -> tuple[str, str]:
    from detectors.networks import hub

    fetched = hub.fetch(reference, announce=lambda said: typer.echo(said, err=True))
    return fetched.repo, fetched.commit


def _keep(new: Pinned, others: tuple[Pinned, ...], pins: tuple[Pinned, ...]) -> None:
    """Install it, in place of what has its name. pins: as they were before."""
    from registry import packages

    with _pinned_as((*others, new), pins):
        if isinstance(new, PinnedPackage):
            packages.install(new)
    typer.echo(f"installed {new.shown}")


def _uninstall(old: Pinned, left: Sequence[Pinned]) -> None:
    from registry import packages

    if isinstance(old, PinnedPackage):
        packages.remove(old, _packages(left))
        return
    from detectors.networks import hub

    hub.forget(old.repo, old.commit)


def _packages(pins: Sequence[Pinned]) -> list[PinnedPackage]:
    return [pin for pin in pins if isinstance(pin, PinnedPackage)]


def _find(name: str, pins: Sequence[Pinned]) -> Pinned:
    for pin in pins:
        if _is_named(pin, name):
            return pin
    there = f"are {', '.join(pin.name for pin in pins)}" if pins else "is none that was"
    raise PinError(NOT_PINNED.format(name=name, there=there))


def _is_named(pin: Pinned, name: str) -> bool:
    from packaging.utils import canonicalize_name

    if isinstance(pin, PinnedFolder):
        return pin.name == name  # on the Hub a dot, a dash and an underscore are three names
    return canonicalize_name(pin.name) == canonicalize_name(name)


@contextmanager
def _pinned_as(new: tuple[Pinned, ...], old: tuple[Pinned, ...]) -> Iterator[None]:
    """plugins.toml is written first: where that fails, nothing changes; where the rest fails, it is as before."""
    write_pins(new, manager.PINS)
    try:
        yield
    except BaseException:
        write_pins(old, manager.PINS)
        raise


@contextmanager
def _in_a_sentence() -> Iterator[None]:
    from detectors.networks.hub import HubError, HubNameError
    from registry.packages import InstallError

    try:
        yield
    except (PinError, InstallError, HubError) as error:
        for line in str(error).splitlines():
            warn(line)
        is_of_hub = isinstance(error, HubError) and not isinstance(error, HubNameError)
        raise typer.Exit(1 if is_of_hub else 2) from error
