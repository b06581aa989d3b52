"""plugins.toml: which plugins belong to this checkout, each pinned by its hash or its commit. To be shared by a team.

`facejury detectors install` writes it, and without an argument installs what it holds; `make` does so after an upgrade.
"""

import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.platform != "win32":
    import fcntl

HEADER = "# Written by `facejury detectors install`, which without an argument installs what stands here.\n"
RULES = {
    "name": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    "version": re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*"),
    "sha256": re.compile(r"[0-9a-f]{64}"),
    "url": re.compile(r"(?:(?:https|file)://[!-~]+)?"),
    "asked": re.compile(r"[^\s-][^\r\n]*"),
    "repo": re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII),
    "revision": re.compile(r"(?:\w[\w./-]*)?", re.ASCII),
    "commit": re.compile(r"[0-9a-f]{40}"),
}


class PinError(ValueError):
    """plugins.toml cannot be used. The message is one sentence for whoever runs the command."""


@dataclass(frozen=True)
class PinnedWheel:
    """One distribution. url: where it comes from, empty for the package index."""

    name: str
    version: str
    sha256: str
    url: str = ""


@dataclass(frozen=True)
class PinnedPackage:
    """A plugin's package, and what it brings with it. asked: what was typed, which an upgrade asks for again."""

    asked: str
    wheels: tuple[PinnedWheel, ...]

    @property
    def name(self) -> str:
        """Of the plugin's own distribution, the first wheel."""
        return self.wheels[0].name

    @property
    def shown(self) -> str:
        """One line."""
        return f"{self.name} {self.wheels[0].version} sha256:{self.wheels[0].sha256}"


@dataclass(frozen=True)
class PinnedFolder:
    """A model folder of the Hugging Face Hub. revision: what was asked for, empty for its main branch."""

    repo: str
    commit: str
    revision: str = ""

    @property
    def name(self) -> str:
        """As it is typed to upgrade or remove it."""
        return f"hub:{self.repo}"

    @property
    def shown(self) -> str:
        """One line."""
        return f"hub:{self.repo}@{self.commit}"


Pinned = PinnedPackage | PinnedFolder


def read_pins(path: Path) -> tuple[Pinned, ...]:
    """What plugins.toml holds, in order; nothing where there is no such file. Raises PinError."""
    if not path.is_file():
        return ()
    try:
        return _parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise PinError(f"{path.name} cannot be read: {error}") from error


def _parse(text: str) -> tuple[Pinned, ...]:
    held = tomllib.loads(text)
    packages = [PinnedPackage(_text(one, "asked"), _read_wheels(one)) for one in held.get("package", ())]
    keys = ("repo", "commit", "revision")
    folders = [PinnedFolder(*(_text(one, key) for key in keys)) for one in held.get("folder", ())]
    return (*packages, *folders)


def _read_wheels(package: Mapping[str, Any]) -> tuple[PinnedWheel, ...]:
    keys = ("name", "version", "sha256", "url")
    wheels = tuple(PinnedWheel(*(_text(one, key) for key in keys)) for one in package.get("wheel", ()))
    if not wheels:
        raise PinError(f"the package {package.get('asked')!r} has no [[package.wheel]]")
    return wheels


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key, "")
    if not isinstance(value, str) or not RULES[key].fullmatch(value):
        raise PinError(f"{key} = {value!r} is no {key} of a plugin")
    return value


@contextmanager
def hold_pins(path: Path) -> Iterator[None]:
    """Let no other process change the pins, and with them the environment, meanwhile; on Windows nothing keeps it away.

    Raises PinError where one does already.
    """
    if sys.platform == "win32":
        yield
        return
    folder = os.open(path.parent, os.O_RDONLY)  # a file to lock would be left behind
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go by the kernel, however the process ends
        except BlockingIOError:
            raise PinError("another command installs or removes a detector here: try again when it has ended") from None
        yield
    finally:
        os.close(folder)


def write_pins(pins: tuple[Pinned, ...], path: Path) -> None:
    """Replace plugins.toml as a whole; with no pin left it is deleted. Raises PinError, also on what is no pin."""
    try:
        text = (HEADER + "".join(map(_as_toml, pins))).encode()
        _parse(text.decode())
    except ValueError as error:
        raise PinError(f"{path.name} cannot hold this: {error}") from error
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        if not pins:
            path.unlink(missing_ok=True)
            return
        new.write_bytes(text)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise PinError(f"{path.name} cannot be written: {error.strerror or error}") from error


def _as_toml(pin: Pinned) -> str:
    if isinstance(pin, PinnedFolder):
        return "\n[[folder]]\n" + _lines(pin, "repo", "revision", "commit")
    wheels = "".join("\n[[package.wheel]]\n" + _lines(one, "name", "version", "sha256", "url") for one in pin.wheels)
    return "\n[[package]]\n" + _lines(pin, "asked") + wheels


def _lines(of: object, *keys: str) -> str:
    return "".join(f"{key} = {_as_text(getattr(of, key))}\n" for key in keys if getattr(of, key))


def _as_text(value: str) -> str:
    """A text as JSON writes it is one of TOML, where no character is escaped in two halves, and DEL is escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
