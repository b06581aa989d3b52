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
from dataclasses import replace
from pathlib import Path

import pytest

from detectors.commands import installing
from registry import manager, packages, pins
from tests.command import ROOT, call

pytestmark = pytest.mark.slow  # a pip each
PLUGIN = """
import pluggy, facejury_needed
@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="{key}", title="Made", load=lambda: lambda image: 0.25, card="none")
"""


def make_wheel(
    index: Path, name: str, version: str, *, key: str = "", needs: str = "", entry: str = "made = {module}"
) -> Path:
    """A wheel of one module; with a key it is a plugin."""
    module = name.replace("-", "_")
    wheel, about = index / f"{module}-{version}-py3-none-any.whl", f"{module}-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{module}.py", PLUGIN.format(key=key) if key else "")
        needed = f"Requires-Dist: {needs}\n" if needs else ""
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/entry_points.txt", f"[facejury]\n{entry.format(module=module)}\n" if key else "")
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
    assert "problem: facejury-made: plugins.toml pins another version or file" in call("detectors", "list").stdout
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


def test_a_shadowed_copy_of_a_package_holds_no_plugin_back(
    lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [own] = lock.parent.glob("env/lib/python3*/site-packages")
    for version, folder in {"2.0": own, "1.0": tmp_path / "behind"}.items():
        wheel = make_wheel(tmp_path / "index", "facejury-needed", version)
        zipfile.ZipFile(wheel).extractall(folder)
        wheel.unlink()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "behind")])
    make_wheel(tmp_path / "index", "facejury-made", "1.0", key="made-one", needs="facejury-needed>=2")
    done = call("detectors", "install", "facejury-made")
    assert done.exit_code == 0, done.stderr


def test_an_upgrade_of_what_is_pinned_at_its_newest_but_not_here_installs_it(lock: Path, tmp_path: Path) -> None:
    make_wheel(tmp_path / "index", "facejury-needed", "3.0")
    make_wheel(tmp_path / "index", "facejury-made", "1.0", key="made-one", needs="facejury-needed")
    done = call("detectors", "install", "facejury-made")
    assert done.exit_code == 0, done.stderr
    [own] = lock.parent.glob("env/lib/python3*/site-packages")
    for part in own.glob("facejury_*"):
        shutil.rmtree(part) if part.is_dir() else part.unlink()
    assert call("detectors", "upgrade", "facejury-made").stdout.startswith("installed facejury-made 1.0")
    assert "made-one" in call("detectors", "list").stdout


def test_what_cannot_be_installed_leaves_everything_as_it_was(lock: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    make_wheel(index, "facejury-needed", "3.0")
    make_wheel(index, "facejury-taken", "1.0", key="efficientnet", needs="facejury-needed")
    make_wheel(index, "facejury-odd", "1.0", key="made-odd", entry="made")
    make_wheel(index, "facejury-old", "1.0", key="made-old", needs="numpy<1")
    make_wheel(index, "facejury-shared", "1.0", key="made-shared", needs="facejury-needed")
    wheels = (pins.PinnedWheel("facejury-shared", "1.0", "0" * 64),)
    for sources, pinned, words in [
        (["facejury-taken"], (), "registers no detector: the key 'efficientnet' is taken"),
        (["facejury-odd"], (), "pip cannot use it: TypeError: "),
        (["facejury-old"], (), "facejury-old 1.0 depends on numpy<1"),
        ([], (pins.PinnedPackage("facejury-shared", wheels),), "DO NOT MATCH"),
    ]:
        pins.write_pins(pinned, lock)
        done = call("detectors", "install", *sources)
        assert done.exit_code == 2 and "Traceback" not in done.stderr
        assert words in done.stderr
        assert (pins.read_pins(lock), lock.exists()) == (pinned, bool(pinned))
        assert not list(lock.parent.glob("env/lib/python3*/site-packages/facejury_*"))


def pinned_versions(lock: Path) -> dict[str, dict[str, str]]:
    """Plugin -> its wheels, name -> version."""
    held = pins.read_pins(lock)
    return {one.name: {wheel.name: wheel.version for wheel in one.wheels} for one in held}  # type: ignore[union-attr]


def test_two_plugins_share_what_both_can_use_and_what_one_cannot_is_refused(lock: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    make_wheel(index, "facejury-needed", "1.0")
    make_wheel(index, "facejury-one", "1.0", key="made-one", needs="facejury-needed<2")
    make_wheel(index, "facejury-two", "1.0", key="made-two", needs="facejury-needed>=1.5")
    make_wheel(index, "facejury-three", "1.0", key="made-three", needs="facejury-needed>=2")
    assert call("detectors", "install", "facejury-one").exit_code == 0
    make_wheel(index, "facejury-deeper", "1.0")
    make_wheel(index, "facejury-needed", "1.5", needs="facejury-deeper")
    make_wheel(index, "facejury-needed", "2.0")
    done = call("detectors", "install", "facejury-two")
    assert done.exit_code == 0, done.stderr
    shared = {"facejury-needed": "1.5", "facejury-deeper": "1.0"}
    assert pinned_versions(lock) == {"facejury-one": {"facejury-one": "1.0"} | shared} | {
        "facejury-two": {"facejury-two": "1.0"} | shared
    }
    text = lock.read_text()
    done = call("detectors", "install", "facejury-three")
    assert done.exit_code == 2 and "facejury-one 1.0 depends on facejury-needed<2" in done.stderr
    assert lock.read_text() == text and packages.find_version("facejury-needed") == "1.5"
    assert call("detectors", "install").stdout == ""
    assert call("detectors", "remove", "facejury-two", "--yes").exit_code == 0
    assert packages.find_version("facejury-deeper") == "1.0"  # which the other needs by now


def test_pins_that_undo_each_other_or_break_what_is_here_are_refused(lock: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    make_wheel(index, "facejury-needed", "1.0")
    make_wheel(index, "facejury-one", "1.0", key="made-one", needs="facejury-needed<2")
    assert call("detectors", "install", "facejury-one").exit_code == 0
    [one] = pins.read_pins(lock)
    newer = make_wheel(index, "facejury-needed", "2.0")
    two = make_wheel(index, "facejury-two", "1.0", key="made-two", needs="facejury-needed")
    wheels = (hashed(two, "facejury-two", "1.0"), hashed(newer, "facejury-needed", "2.0"))
    other = pins.PinnedPackage("facejury-two", wheels)
    for held, words in [
        ((one, other), "pins facejury-needed 1.0 for facejury-one and another, 2.0"),
        ((other,), "facejury-two brings facejury-needed 2.0, and facejury-one 1.0"),
    ]:
        pins.write_pins(held, lock)
        done = call("detectors", "install")
        assert done.exit_code == 2 and words in done.stderr
        assert packages.find_version("facejury-two") is None and packages.find_version("facejury-needed") == "1.0"


def hashed(wheel: Path, name: str, version: str, url: str = "") -> pins.PinnedWheel:
    return pins.PinnedWheel(name, version, hashlib.sha256(wheel.read_bytes()).hexdigest(), url)


def test_a_wheel_that_was_built_anew_in_the_same_version_is_another_one(lock: Path, tmp_path: Path) -> None:
    make_wheel(tmp_path / "index", "facejury-needed", "1.0")
    wheel = make_wheel(tmp_path, "facejury-made", "1.0", key="made-one", needs="facejury-needed")
    assert call("detectors", "install", wheel).exit_code == 0
    [held] = pins.read_pins(lock)
    assert isinstance(held, pins.PinnedPackage)
    make_wheel(tmp_path, "facejury-made", "1.0", key="made-anew", needs="facejury-needed")
    anew = hashed(wheel, "facejury-made", "1.0", wheel.as_uri())
    pins.write_pins((replace(held, wheels=(anew, *held.wheels[1:])),), lock)
    assert "problem: facejury-made: plugins.toml pins another version or file" in call("detectors", "list").stdout
    assert call("detectors", "install").stdout.startswith("installed facejury-made 1.0")
    [module] = lock.parent.glob("env/lib/python3*/site-packages/facejury_made.py")
    assert "made-anew" in module.read_text()
    assert call("detectors", "install").stdout == ""


def test_what_something_else_needs_stays_when_the_plugin_that_brought_it_goes(lock: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    make_wheel(index, "facejury-needed", "1.0")
    make_wheel(index, "facejury-made", "1.0", key="made-one", needs="facejury-needed")
    assert call("detectors", "install", "facejury-made").exit_code == 0
    other = make_wheel(tmp_path, "facejury-other", "1.0", needs="facejury-needed; extra == 'train'")
    [own] = lock.parent.glob("env/lib/python3*/site-packages")
    with zipfile.ZipFile(other) as archive:  # as with `pip install other[train]`, after the plugin
        archive.extractall(own)
    assert call("detectors", "remove", "facejury-made", "--yes").exit_code == 0
    assert packages.find_version("facejury-made") is None and packages.find_version("facejury-needed") == "1.0"


def test_two_names_on_the_hub_that_differ_by_a_dot_are_two_pins(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "_fetch", lambda reference: (reference.removeprefix("hub:"), "a" * 40))
    for name in ("hub:ana/face.net", "hub:ana/face-net"):
        assert call("detectors", "install", name).exit_code == 0
    assert [pin.name for pin in pins.read_pins(lock)] == ["hub:ana/face.net", "hub:ana/face-net"]
    assert call("detectors", "remove", "hub:ana/face-net", "--yes").exit_code == 0
    assert [pin.name for pin in pins.read_pins(lock)] == ["hub:ana/face.net"]


def test_of_two_commands_at_once_the_second_is_refused(lock: Path) -> None:
    with pins.hold_pins(lock):
        done = call("detectors", "install")
    assert (done.exit_code, "another command installs or removes a detector here" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "address",
    ["http://example.org/e-1-py3-none-any.whl", "https://example.org/e-1.tar.gz", "git+https://example.org/e.git"],
)
def test_an_address_that_could_not_be_pinned_or_would_run_code_never_reaches_pip(address: str) -> None:
    with pytest.raises(packages.InstallError, match=r"is not the https:// or file:// address of a \.whl file"):
        packages.name_package(f"e @ {address}")


@pytest.mark.parametrize(
    "asked", ["", " ", "--index-url=https://example.org", "./facejury-edges", "facejury_none-1.0-py3-none-any.whl"]
)
def test_what_names_no_package_never_reaches_pip(asked: str) -> None:
    with pytest.raises(packages.InstallError, match=r"names no package|is not there"):
        packages.name_package(asked)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_make_installs_what_is_pinned_into_a_fresh_environment(target: str, tmp_path: Path) -> None:
    command = ["make", "-n", target, f"VENV={tmp_path / 'fresh'}"]
    steps = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert steps.index("--editable .") < steps.index(f"|| {tmp_path / 'fresh'}/bin/facejury detectors install")


def test_a_name_that_nothing_on_the_hub_can_have_is_a_mistake_in_the_command() -> None:
    done = call("detectors", "install", "hub:foo")
    assert done.exit_code == 2 and "is named hub:user/name" in done.stderr
