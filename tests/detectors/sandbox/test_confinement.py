import json
from pathlib import Path

import pytest

from detectors.sandbox import confinement
from detectors.sandbox.confinement import Confinement, keep_apart, name_gaps


@pytest.fixture(autouse=True)
def nothing_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "_apart", set())


def test_only_listed_variables_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ("HF_TOKEN", "FACEJURY_DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "COOKIE", "HOME")
    for name in secrets:
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    passed = Confinement(variables=(("TMPDIR", "/somewhere"),)).environment()
    assert not set(secrets) & set(passed)
    assert (passed["LC_ALL"], passed["TMPDIR"]) == ("C.UTF-8", "/somewhere")


@pytest.mark.parametrize(("proxy", "is_passed"), [("http://proxy:3128", True), ("http://me:word@proxy:3128", False)])
def test_a_proxy_is_passed_on_unless_there_is_a_password_in_it(
    monkeypatch: pytest.MonkeyPatch, proxy: str, is_passed: bool
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    assert ("https_proxy" in Confinement().environment()) == is_passed


def test_a_folder_is_read_but_for_what_is_hidden_or_kept_apart(tmp_path: Path) -> None:
    for name in (".ssh/key", "data/accounts.db", "data/card.md", "plugin.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    keep_apart(tmp_path / "data" / "accounts.db")
    rules = json.loads(Confinement(folders=(tmp_path,)).rules())
    here = [path for path in rules["read"] if path.startswith(str(tmp_path))]
    assert sorted(here) == [f"{tmp_path}/data/card.md", f"{tmp_path}/plugin.py"]
    assert [path for path in rules["list"] if path.startswith(str(tmp_path))] == [str(tmp_path), f"{tmp_path}/data"]


def test_no_rule_follows_a_link_out_of_a_folder_or_to_what_it_hides(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "clone", tmp_path / "elsewhere"
    for name in ("clone/dotfiles/aws/key", "clone/spy.py", "elsewhere/key"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    (folder / ".aws").symlink_to("dotfiles/aws")
    (folder / ".all").symlink_to(".")
    (folder / ".loop").symlink_to(".loop")
    (folder / "data").symlink_to(elsewhere)
    (folder / "aws").symlink_to("dotfiles/aws")
    rules = json.loads(Confinement(folders=(folder,)).rules())
    assert [path for path in rules["read"] if path.startswith(str(tmp_path))] == [f"{folder}/spy.py"]
    assert [path for path in rules["list"] if path.startswith(str(tmp_path))] == [str(folder), f"{folder}/dotfiles"]


def test_a_named_file_is_read_wherever_it_lies(tmp_path: Path) -> None:
    keep_apart(tmp_path)
    assert str(tmp_path / "a.mp4") in json.loads(Confinement(files=(tmp_path / "a.mp4",)).rules())["read"]


@pytest.mark.parametrize(("abi", "gaps"), [(0, ["files", "signals"]), (5, ["signals"]), (6, []), (7, [])])
def test_what_a_kernel_cannot_keep_from_plugins_is_named(
    monkeypatch: pytest.MonkeyPatch, abi: int, gaps: list[str]
) -> None:
    monkeypatch.setattr(confinement, "_find_abi", lambda: abi)
    assert name_gaps() == gaps
