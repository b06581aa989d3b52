"""Installs plugins' packages into the environment that Facejury runs in, with the pip of that environment.

Only wheels, so that installing runs no code of theirs; no package of the application changes its version; and a package
is tried in a scratch folder before it is installed.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions, requires, version
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, NormalizedName, canonicalize_name, parse_wheel_filename

from registry.entries import list_entries
from registry.hookspecs import PROJECT
from registry.pins import PinnedPackage, PinnedWheel

ROOT = Path(__file__).parents[1]
PIP = ("-P", "-m", "pip", "--disable-pip-version-check", "--no-input")
NO_PIP = "This environment has no pip; make one with `make demo`, or with `python3 -m venv`."
NOT_NAMED = "{asked!r} names no package: give its name, such as facejury-edges or facejury-edges==1.2, or a .whl file."
A_WHEEL = re.compile(r"(?:https|file)://[!-~]+\.whl(?:#[!-~]*)?")
NOT_HERE = "plugins.toml pins {other}, which needs {moved} too and is not here: run `facejury detectors install` first."
DIFFERENT = (
    "plugins.toml pins {name} {held} for {other} and another, {version}, for {package}: remove one of the two, and "
    "install it again."
)
A_FOLDER = "{asked} is a folder: build a wheel of it with `pip wheel --no-deps -w dist {asked}`, and install that."


class InstallError(ValueError):
    """Nothing was installed or removed. The message is for whoever ran the command."""


def name_package(asked: str) -> str:
    """What pip is asked for: a requirement, or the whole path of a wheel. Raises InstallError."""
    if asked.endswith(".whl") and "://" not in asked:
        if not Path(asked).is_file():
            raise InstallError(f"{asked} is not there")
        return str(Path(asked).resolve())
    if asked and Path(asked).is_dir():
        raise InstallError(A_FOLDER.format(asked=asked))
    try:
        address = Requirement(asked).url
    except InvalidRequirement as error:
        raise InstallError(NOT_NAMED.format(asked=asked)) from error
    if address and not A_WHEEL.fullmatch(address):
        raise InstallError(f"{address} is not the https:// or file:// address of a .whl file")
    return asked


def resolve(asked: str, pinned: Sequence[PinnedPackage]) -> tuple[PinnedPackage, list[PinnedPackage]]:
    """What pip would install for it, with its hashes, and the other pinned packages as they are beside it.

    pinned: what may change its version, unlike all else, where all of them can still be used. Raises InstallError, also
    when there is nothing to install.
    """
    own = _find_name(asked)
    others = [one for one in pinned if canonicalize_name(one.name) != own]
    found = _ask_pip(asked, pinned, [f"{one.name}=={here}" for one in others if (here := find_version(one.name))])
    if own not in found:
        raise InstallError(f"{asked} is installed already, and nothing newer fits what is here")
    held = {canonicalize_name(wheel.name): wheel for package in pinned for wheel in package.wheels}
    fresh = {name: _read_wheel(one) for name, one in found.items()}
    wheels = {name: wheel for name, wheel in held.items() if find_version(wheel.name)} | fresh
    needs = {name: requires(name) or [] for name in wheels if name not in found}
    needs |= {name: one["metadata"].get("requires_dist", []) for name, one in found.items()}
    for index, other in enumerate(others):
        moved = [one for one in other.wheels if fresh.get(canonicalize_name(one.name), one) != one]
        if moved and not find_version(other.name):
            raise InstallError(NOT_HERE.format(other=other.name, moved=moved[0].name))
        if moved:
            others[index] = replace(other, wheels=_gather(other.name, wheels, needs))
    return PinnedPackage(name_package(asked), _gather(own, wheels, needs)), others


def _find_name(asked: str) -> NormalizedName:
    """Whose package it is. Raises InstallError."""
    named = name_package(asked)
    if not named.endswith(".whl") or "://" in named:
        return canonicalize_name(Requirement(named).name)
    try:
        return parse_wheel_filename(Path(named).name)[0]
    except InvalidWheelFilename as error:
        raise InstallError(f"{Path(named).name} is no name of a wheel") from error


def _ask_pip(asked: str, pinned: Sequence[PinnedPackage], stay: Sequence[str]) -> dict[NormalizedName, dict[str, Any]]:
    """What pip would install for it, by name. stay: requirements of what is here and must still have what it needs."""
    movable = {canonicalize_name(wheel.name) for package in pinned for wheel in package.wheels}
    with tempfile.TemporaryDirectory() as scratch:
        constraints, report = Path(scratch, "constraints.txt"), Path(scratch, "report.json")
        constraints.write_text("".join(f"{one}\n" for one in _list_fixed(movable)), encoding="utf-8")
        options = ["--dry-run", "--upgrade", "--only-binary", ":all:"]
        _pip("install", *options, "--constraint", str(constraints), "--report", str(report), name_package(asked), *stay)
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {canonicalize_name(one["metadata"]["name"]): one for one in found}


def _gather(
    name: str, wheels: Mapping[NormalizedName, PinnedWheel], needs: Mapping[NormalizedName, Sequence[str]]
) -> tuple[PinnedWheel, ...]:
    """Of these wheels a plugin's own, first, and those that it needs, directly or through others."""
    names = [canonicalize_name(name)]
    for one in names:  # which grows meanwhile
        needed = dict.fromkeys(canonicalize_name(Requirement(need).name) for need in needs[one])
        names += [need for need in needed if need in wheels and need not in names]
    return tuple(wheels[one] for one in names)


def _list_fixed(movable: Set[str]) -> list[str]:
    """Every package of this environment at its version, but those."""
    here = {canonicalize_name(one.name): one.version for one in _list_here()}
    return [f"{name}=={number}" for name, number in sorted(here.items()) if name not in movable]


def _list_here() -> list[Distribution]:
    """Every package of this environment; of two copies on the path the first, which is the one that is imported."""
    found: dict[NormalizedName, Distribution] = {}
    for one in distributions():
        if one.name:
            found.setdefault(canonicalize_name(one.name), one)
    return list(found.values())


def _read_wheel(found: dict[str, Any]) -> PinnedWheel:
    about, source = found["metadata"], found["download_info"]
    digest = source.get("archive_info", {}).get("hashes", {}).get("sha256")
    if not digest:
        raise InstallError(f"{about['name']} is no file with a hash, so that it cannot be pinned; build a wheel of it")
    return PinnedWheel(about["name"], about["version"], digest, source["url"] if found["is_direct"] else "")


def check_together(pinned: Sequence[PinnedPackage]) -> None:
    """Raises InstallError where two packages pin a third differently: each would undo what the other installs."""
    first: dict[NormalizedName, tuple[PinnedPackage, PinnedWheel]] = {}
    for package in pinned:
        for wheel in package.wheels:
            other, held = first.setdefault(canonicalize_name(wheel.name), (package, wheel))
            if (held.version, held.sha256) != (wheel.version, wheel.sha256):
                of = {"name": wheel.name, "held": held.version, "version": wheel.version}
                raise InstallError(DIFFERENT.format(other=other.name, package=package.name, **of))


def is_installed(package: PinnedPackage) -> bool:
    """Whether each of its wheels is here, as far as pip writes that down: the version, and for one from an address or a
    file its hash. Of one from the package index the hash is checked when it is installed, and then known no more.
    """
    return all(map(_is_here, package.wheels))


def _is_here(wheel: PinnedWheel) -> bool:
    if find_version(wheel.name) != wheel.version:
        return False
    source = json.loads(distribution(wheel.name).read_text("direct_url.json") or "{}")
    digest = source.get("archive_info", {}).get("hashes", {}).get("sha256")
    return digest == wheel.sha256 if wheel.url or digest else True


def find_version(name: str) -> str | None:
    """The installed version; None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def install(package: PinnedPackage) -> None:
    """Exactly these wheels, once they have registered a detector in a scratch folder. Raises InstallError."""
    before = {wheel.name: find_version(wheel.name) for wheel in package.wheels}
    with tempfile.TemporaryDirectory() as scratch:
        wanted, trial = Path(scratch, "wheels.txt"), Path(scratch, "trial")
        wanted.write_text("".join(map(_require, package.wheels)), encoding="utf-8")
        exactly = ["--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", str(wanted)]
        _pip("install", *exactly, "--target", str(trial))
        _try(package.name, trial)
        wanted.write_text("".join(_require(one) for one in package.wheels if not _is_here(one)), encoding="utf-8")
        try:  # forced: pip takes a file of the same version for the same file
            _pip("install", "--force-reinstall", *exactly)
        except InstallError:
            if new := [name for name, number in before.items() if number is None and find_version(name)]:
                _pip("uninstall", "--quiet", "--yes", *new)
            raise


def _require(wheel: PinnedWheel) -> str:
    what = f"{wheel.name} @ {wheel.url}" if wheel.url else f"{wheel.name}=={wheel.version}"
    return f"{what} --hash=sha256:{wheel.sha256}\n"


def _try(name: str, trial: Path) -> None:
    """Raises InstallError unless the package in this folder registers a detector, and has here all that it needs."""
    there = {canonicalize_name(one.name): one for one in distributions(path=[str(trial)])}
    own = there[canonicalize_name(name)]
    entries = [entry.name for entry in list_entries(own)]  # pip has read them before
    if not entries:
        raise InstallError(f"{name} is no plugin of Facejury: it has no entry point in the group {PROJECT!r}")
    for one in there.values():
        _check_needs(one, there)
    _check_others(name, there)
    path = os.pathsep.join(filter(None, [str(trial), os.environ.get("PYTHONPATH")]))
    done = _run([sys.executable, "-m", "registry", "--json"], {"PYTHONPATH": path})
    if done.returncode:
        raise InstallError(f"{name} cannot be loaded: {_last_line(done.stderr)}")
    listed = json.loads(done.stdout)
    owners = {canonicalize_name(detector["owner"]) for detector in listed["detectors"]}
    if canonicalize_name(name) not in owners:
        said = [problem["reason"] for problem in listed["problems"] if problem["plugin"] in entries]
        raise InstallError(f"{name} registers no detector: {'; '.join(said) or 'it is blocked by FACEJURY_BLOCK'}")


def _check_others(name: str, there: Mapping[NormalizedName, Distribution]) -> None:
    """Raises InstallError where something that is installed could not be used with what comes."""
    for one in _list_here():
        if canonicalize_name(one.name) in there:
            continue
        for need in _list_needs(one):
            new = there.get(canonicalize_name(need.name))
            if new is None or new.version == find_version(new.name):
                continue
            if not need.specifier.contains(new.version, prereleases=True):
                raise InstallError(f"{name} brings {new.name} {new.version}, and {one.name} {one.version} needs {need}")


def _list_needs(one: Distribution, *, extras: bool = False) -> list[Requirement]:
    """What it requires here; with extras, all that is written down. What cannot be read is left out."""
    needs = []
    for text in one.requires or ():
        with suppress(InvalidRequirement):
            needs.append(Requirement(text))
    return [need for need in needs if extras or not need.marker or need.marker.evaluate({"extra": ""})]


def _check_needs(one: Distribution, there: Mapping[NormalizedName, Distribution]) -> None:
    """A lock from another environment may lack what was already installed there."""
    for need in _list_needs(one):
        held = there.get(canonicalize_name(need.name))
        number = held.version if held else find_version(need.name)
        if number is None or not need.specifier.contains(number, prereleases=True):
            here = f"{need.name} {number} is here" if number else f"{need.name} is not here"
            raise InstallError(f"{one.name} {one.version} needs {need}, and {here}")


def remove(package: PinnedPackage, others: Sequence[PinnedPackage]) -> None:
    """Uninstall it, and what it brought that nothing else needs: none of the others, and nothing that stays installed.

    Raises InstallError.
    """
    needed = {canonicalize_name(wheel.name) for other in others for wheel in other.wheels}
    brought = {canonicalize_name(one.name): one.name for one in package.wheels if find_version(one.name)}
    while True:
        staying = [one for one in _list_here() if _is_staying(one, brought, needed)]
        # With all extras: which of them somebody has installed, nobody has written down.
        more = {canonicalize_name(need.name) for one in staying for need in _list_needs(one, extras=True)} - needed
        if not more:
            break
        needed |= more
    if names := [name for one, name in brought.items() if one not in needed]:
        _pip("uninstall", "--quiet", "--yes", *names)


def _is_staying(one: Distribution, brought: Mapping[NormalizedName, str], needed: Set[NormalizedName]) -> bool:
    name = canonicalize_name(one.name)
    return name not in brought or name in needed


def _pip(*arguments: str) -> None:
    done = _run([sys.executable, *PIP, *arguments], {})
    if not done.returncode:
        return
    if "No module named pip" in done.stderr:
        raise InstallError(NO_PIP)
    said = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    if said[-1:] == ["Exception:"]:  # a traceback of pip's own, on a wheel that it cannot read
        said[-1] = f"pip cannot use it: {_last_line(done.stderr)}"
    conflict = done.stdout.partition("The conflict is caused by:\n")[2].partition("\n\n")[0].splitlines()
    raise InstallError("\n".join([*(said or [_last_line(done.stderr)]), *conflict]))


def _run(command: list[str], more: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603  # our own interpreter; what is asked for was checked or is pinned
        command, cwd=ROOT, env=os.environ | more, capture_output=True, text=True, check=False
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
