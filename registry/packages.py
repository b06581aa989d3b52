"""Installs plugins' packages into the environment that Facejury runs in, with the pip of that environment.

Only wheels, so that installing runs no code of theirs; no package of the application changes its version; and a package
is tried in a scratch folder before it is installed.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence, Set
from importlib.metadata import Distribution, PackageNotFoundError, distributions, requires, version
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from registry.hookspecs import PROJECT
from registry.pins import PinnedPackage, PinnedWheel

ROOT = Path(__file__).parents[1]
PIP = ("-P", "-m", "pip", "--disable-pip-version-check", "--no-input")
NO_PIP = "This environment has no pip; make one with `make demo`, or with `python3 -m venv`."
NOT_NAMED = "{asked!r} names no package: give its name, such as facejury-edges or facejury-edges==1.2, or a .whl file."

A_FOLDER = "{asked} is a folder: build a wheel of it with `pip wheel --no-deps -w dist {asked}`, and install that."


class InstallError(ValueError):
    """Nothing was installed or removed. The message is for whoever ran the command."""


def name_package(asked: str) -> str:
    """What pip is asked for: a requirement, or the whole path of a wheel. Raises InstallError."""
    if asked.endswith(".whl") and "://" not in asked:
        if not Path(asked).is_file():
            raise InstallError(f"{asked} is not there")
        return str(Path(asked).resolve())
    if Path(asked).is_dir():
        raise InstallError(A_FOLDER.format(asked=asked))
    try:
        Requirement(asked)
    except InvalidRequirement as error:
        raise InstallError(NOT_NAMED.format(asked=asked)) from error
    return asked


def resolve(asked: str, pinned: Sequence[PinnedPackage]) -> PinnedPackage:
    """What pip would install for it, with its hashes. pinned: what may change its version, unlike all else.

    Raises InstallError, also when there is nothing to install.
    """
    movable = {canonicalize_name(wheel.name) for package in pinned for wheel in package.wheels}
    with tempfile.TemporaryDirectory() as scratch:
        constraints, report = Path(scratch, "constraints.txt"), Path(scratch, "report.json")
        constraints.write_text("".join(f"{one}\n" for one in _list_fixed(movable)), encoding="utf-8")
        options = ["--dry-run", "--upgrade", "--only-binary", ":all:"]
        _pip("install", *options, "--constraint", str(constraints), "--report", str(report), name_package(asked))
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    found.sort(key=lambda one: not one["requested"])
    if not found or not found[0]["requested"]:
        raise InstallError(f"{asked} is installed already, and nothing newer fits what is here")
    wheels = {canonicalize_name(one["metadata"]["name"]): _read_wheel(one) for one in found}
    held = {canonicalize_name(wheel.name): wheel for package in pinned for wheel in package.wheels}
    needs = [need for one in found for need in one["metadata"].get("requires_dist", ())]
    while needs:  # what another plugin brought stays pinned while one needs it
        name = canonicalize_name(Requirement(needs.pop()).name)
        if name in held and name not in wheels:
            wheels[name] = held[name]
            needs += requires(name) or ()
    return PinnedPackage(name_package(asked), tuple(wheels.values()))


def _list_fixed(movable: Set[str]) -> list[str]:
    """Every package of this environment at its version, but those."""
    here = {canonicalize_name(one.name): one.version for one in distributions() if one.name}
    return [f"{name}=={number}" for name, number in sorted(here.items()) if name not in movable]


def _read_wheel(found: dict[str, Any]) -> PinnedWheel:
    about, source = found["metadata"], found["download_info"]
    digest = source.get("archive_info", {}).get("hashes", {}).get("sha256")
    if not digest:
        raise InstallError(f"{about['name']} is no file with a hash, so that it cannot be pinned; build a wheel of it")
    return PinnedWheel(about["name"], about["version"], digest, source["url"] if found["is_direct"] else "")


def is_installed(package: PinnedPackage) -> bool:
    """Whether each of its wheels is here in the pinned version."""
    return all(find_version(wheel.name) == wheel.version for wheel in package.wheels)


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
        try:
            _pip("install", *exactly)
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
    entries = [entry.name for entry in own.entry_points if entry.group == PROJECT]
    if not entries:
        raise InstallError(f"{name} is no plugin of Facejury: it has no entry point in the group {PROJECT!r}")
    for one in there.values():
        _check_needs(one, there)
    path = os.pathsep.join(filter(None, [str(trial), os.environ.get("PYTHONPATH")]))
    done = _run([sys.executable, "-m", "registry", "--json"], {"PYTHONPATH": path})
    if done.returncode:
        raise InstallError(f"{name} cannot be loaded: {_last_line(done.stderr)}")
    listed = json.loads(done.stdout)
    owners = {canonicalize_name(detector["owner"]) for detector in listed["detectors"]}
    if canonicalize_name(name) not in owners:
        said = [problem["reason"] for problem in listed["problems"] if problem["plugin"] in entries]
        raise InstallError(f"{name} registers no detector: {'; '.join(said) or 'it is blocked by FACEJURY_BLOCK'}")


def _check_needs(one: Distribution, there: Mapping[NormalizedName, Distribution]) -> None:
    """A lock from another environment may lack what was already installed there."""
    for need in map(Requirement, one.requires or ()):
        if need.marker and not need.marker.evaluate({"extra": ""}):
            continue
        held = there.get(canonicalize_name(need.name))
        number = held.version if held else find_version(need.name)
        if number is None or not need.specifier.contains(number, prereleases=True):
            here = f"{need.name} {number} is here" if number else f"{need.name} is not here"
            raise InstallError(f"{one.name} {one.version} needs {need}, and {here}")


def remove(package: PinnedPackage, others: Sequence[PinnedPackage]) -> None:
    """Uninstall it and what it brought that none of the others needs. Raises InstallError."""
    needed = {canonicalize_name(wheel.name) for other in others for wheel in other.wheels}
    names = [one.name for one in package.wheels if canonicalize_name(one.name) not in needed and find_version(one.name)]
    if names:
        _pip("uninstall", "--quiet", "--yes", *names)


def _pip(*arguments: str) -> None:
    done = _run([sys.executable, *PIP, *arguments], {})
    if not done.returncode:
        return
    if "No module named pip" in done.stderr:
        raise InstallError(NO_PIP)
    said = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    conflict = done.stdout.partition("The conflict is caused by:\n")[2].partition("\n\n")[0].splitlines()
    raise InstallError("\n".join([*(said or [_last_line(done.stderr)]), *conflict]))


def _run(command: list[str], more: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603  # our own interpreter; what is asked for was checked or is pinned
        command, cwd=ROOT, env=os.environ | more, capture_output=True, text=True, check=False
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
