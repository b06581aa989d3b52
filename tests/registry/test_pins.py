"""plugins.toml: what is written is read again, and what a stranger put there reaches no command."""

from dataclasses import replace
from pathlib import Path

import pytest

from registry import pins

WHEEL = pins.PinnedWheel(
    "facejury-edges", "1.0+local", "0" * 64, "https://example.org/facejury_edges-1.0-py3-none-any.whl"
)
PINNED = (
    pins.PinnedPackage('/home/\U00020bb7\x7f\t"/e.whl', (WHEEL,)),
    pins.PinnedPackage('facejury-edges>=1; python_version > "3"', (WHEEL,)),
    pins.PinnedFolder("ada/edges", "a" * 40, "v1"),
)
A_WHEEL = '[[package.wheel]]\nname = "e"\nversion = "1"\nsha256 = "' + "0" * 64 + '"'


def test_what_is_written_is_read_again_and_no_pin_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "plugins.toml"
    pins.write_pins(PINNED, path)
    assert pins.read_pins(path) == PINNED
    pins.write_pins((), path)
    assert pins.read_pins(path) == ()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "pin",
    [
        pins.PinnedPackage("e @ http://example.org/e.whl", (replace(WHEEL, url="http://example.org/e.whl"),)),
        pins.PinnedPackage("/home/\udcff/e.whl", (WHEEL,)),
        pins.PinnedFolder("ada", "a" * 40),
    ],
)
def test_what_could_not_be_read_again_is_not_written(tmp_path: Path, pin: pins.Pinned) -> None:
    path = tmp_path / "plugins.toml"
    pins.write_pins(PINNED, path)
    with pytest.raises(pins.PinError, match=r"plugins\.toml cannot hold this"):
        pins.write_pins((pin,), path)
    assert pins.read_pins(path) == PINNED
    assert [one.name for one in tmp_path.iterdir()] == ["plugins.toml"]


@pytest.mark.parametrize(
    "text",
    [
        "package = 1",
        "not toml",
        f'[[package]]\nasked = "--index-url=https://example.org"\n{A_WHEEL}',
        f'[[package]]\nasked = "e"\n{A_WHEEL}\nurl = "ftp://example.org/e.whl"',
        '[[package]]\nasked = "edges"',
        '[[package]]\nasked = "e"\n[[package.wheel]]\nname = "e"\nversion = "1 --hash=x"\nsha256 = "00"',
        '[[folder]]\nrepo = "ada/edges"\ncommit = "main"',
        '[[folder]]\nrepo = "../edges"\ncommit = "' + "a" * 40 + '"',
    ],
)
def test_what_names_no_plugin_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plugins.toml"
    path.write_text(text)
    with pytest.raises(pins.PinError, match=r"plugins\.toml cannot be read: "):
        pins.read_pins(path)
