"""`facejury detectors install | upgrade | remove`, with a real pip on local wheels, in an environment of its own."""

import hashlib
import json
import shutil
import site
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry import manager, packages, pins
from tests.command import ROOT, call

pytestmark = pytest.mark.slow  # a pip each
PLUGIN = """
import pluggy, facejury_needed
@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="{key}", title="Made", load=lambda: lambda image: 0.25, card="none")
"""


def make_wheel(index: Path, name: str, version: str, *, key: str = "", needs: str = "") -> Path:
    """A wheel of one module; with a key it is a plugin."""
    module = name.replace("-", "_")
    wheel, about = index / f"{module}-{version}-py3-none-any.whl", f"{module}-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{module}.py", PLUGIN.format(key=key) if key else "")
        needed = f"Requires-Dist: {needs}\n" if needs else ""
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/entry_points.txt", f"[facejury]\nmade = {module}\n" if key else "")
        archive.writestr(f"{about}/RECORD", f"{module}.py,,\n{about}/METADATA,,\n{about}/RECORD,,\n")
    return wheel


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A plugins.toml. This process is in an environment of its own, tmp_path/env, whose index is tmp_path/index."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    [own] = (tmp_path / "env").glob("lib/python3*/site-packages")
    borrowed = dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()])
    (own / "borrowed.pth").write_text("\n".join(borrowed))
    (tmp_path / "index").mkdir()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "env/bin/python"))
    monkeypatch.syspath_prepend(own)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("FACEJURY_BLOCK", "")
    monkeypatch.setattr(manager, "PINS", tmp_path / "plugins.toml")
    yield tmp_path / "plugins.toml"
    for name in [name for name in sys.modules if name.startswith("facejury_")]:
        del sys.modules[name]


def test_a_package_is_installed_pinned_upgraded_shared_and_removed(lock: Path, tmp_path: Path) -> None:
    needed = make_wheel(tmp_path / "index", "facejury-needed", "3.0")
    first = make_wheel(tmp_path / "index", "facejury-made", "1.0", key="made-one", needs="facejury-needed")
    done = call("detectors", "install", "facejury-made")
    assert done.exit_code == 0, done.stderr
    [package] = tomllib.loads(lock.read_text())["package"]
    hashes = {wheel["name"]: wheel["sha256"] for wheel in package["wheel"]}
    files = {"facejury-made": first, "facejury-needed": needed}
    assert hashes == {name: hashlib.sha256(wheel.read_bytes()).hexdigest() for name, wheel in files.items()}
    make_wheel(tmp_path / "index", "facejury-made", "2.0", key="made-two", needs="facejury-needed")
    assert call("detectors", "upgrade", "facejury_made").exit_code == 0
    text = lock.read_text()
    assert [wheel["version"] for wheel in tomllib.loads(text)["package"][0]["wheel"]] == ["2.0", "3.0"]

    [own] = lock.parent.glob("env/lib/python3*/site-packages")
    for part in own.glob("facejury_*"):  # a fresh environment, or a colleague's
        shutil.rmtree(part) if part.is_dir() else part.unlink()
    assert "problem: facejury-made: plugins.toml pins another version" in call("detectors", "list").stdout
    assert call("detectors", "install").exit_code == 0
    listed = json.loads(call("detectors", "list", "--json").stdout)
    made = listed["detectors"][-1]
    assert (made["key"], made["owner"], made["version"]) == ("made-two", "facejury-made", "2.0")
    assert [line[:24] for line in listed["pinned"]] == ["facejury-made 2.0 sha256"]
    assert call("detectors", "install").stdout == ""  # all of it is here

    said = call("detectors", "remove", "facejury-made", typed="n\n")
    assert said.exit_code == 1 and lock.read_text() == text
    assert call("detectors", "remove", "facejury-made", "--yes").exit_code == 0
    assert not lock.exists()
    assert not list(own.glob("facejury_*.py"))  # what it brought left with it


def test_what_cannot_be_installed_leaves_everything_as_it_was(lock: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    make_wheel(index, "facejury-needed", "3.0")
    make_wheel(index, "facejury-taken", "1.0", key="efficientnet", needs="facejury-needed")
    make_wheel(index, "facejury-old", "1.0", key="made-old", needs="numpy<1")
    make_wheel(index, "facejury-shared", "1.0", key="made-shared", needs="facejury-needed")
    wheels = (pins.PinnedWheel("facejury-shared", "1.0", "0" * 64),)
    for sources, pinned, words in [
        (["facejury-taken"], (), "registers no detector: the key 'efficientnet' is taken"),
        (["facejury-old"], (), "facejury-old 1.0 depends on numpy<1"),
        ([], (pins.PinnedPackage("facejury-shared", wheels),), "DO NOT MATCH"),
    ]:
        pins.write_pins(pinned, lock)
        done = call("detectors", "install", *sources)
        assert done.exit_code == 2 and "Traceback" not in done.stderr
        assert words in done.stderr
        assert (pins.read_pins(lock), lock.exists()) == (pinned, bool(pinned))
        assert not list(lock.parent.glob("env/lib/python3*/site-packages/facejury_*"))


@pytest.mark.parametrize(
    "asked", ["--index-url=https://example.org", "./facejury-edges", "facejury_none-1.0-py3-none-any.whl"]
)
def test_what_names_no_package_never_reaches_pip(asked: str) -> None:
    with pytest.raises(packages.InstallError, match=r"names no package|is not there"):
        packages.name_package(asked)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_make_installs_what_is_pinned_into_a_fresh_environment(target: str, tmp_path: Path) -> None:
    command = ["make", "-n", target, f"VENV={tmp_path / 'fresh'}"]
    steps = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert steps.index("--editable .") < steps.index(f"|| {tmp_path / 'fresh'}/bin/facejury detectors install")
