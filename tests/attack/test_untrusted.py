"""Zips, model folders and detectors' processes from untrusted sources: what they may say, and no more."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from detectors.conformance import samples
from detectors.inputs.archive import ArchiveError, list_members
from detectors.inputs.images import ImageError, read_image
from detectors.jury.judge import Jury
from detectors.networks.folder import CONFIG, MAX_CONFIG_BYTES, ArtifactError, read_config
from detectors.networks.resolve import add_source
from detectors.sandbox.protocol import MAX_HEATMAP_BYTES, MAX_LINE_BYTES, receive
from detectors.scan.batch import list_items
from registry import Registry
from tests.attack import zips
from tests.attack.fuzz import seeds
from tests.attack.targets import REFUSED, TAKEN, a_config, try_message, try_zip
from tests.detectors.pictures import encode, quarters

FOUL = """
import numpy as np
import pluggy

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="half", title="Half a surrogate", load=lambda: half)
    register(key="endless", title="Endless words", load=lambda: endless)
    register(key="wide", title="A wide heat map", load=lambda: wide)

def half(image):
    raise ValueError("half of one: \\ud800")

def endless(image):
    raise ValueError("x" * 1_000_000)

def wide(image):
    return 0.5, np.zeros((5000, 5000), dtype=np.float32)
"""


@pytest.fixture
def given(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes a zip down."""

    def write(data: bytes) -> Path:
        path = tmp_path / "given.zip"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_unpacks_without_limit_is_not_used(given: Callable[[bytes], Path], how: int) -> None:
    [member] = list_members(given(zips.lying(bytes(1_000_000), how)))
    with pytest.raises(ArchiveError, match="compressed by an unusual method"):
        member.read()


@pytest.mark.parametrize("make", [zips.hidden_list, zips.crowded_list])
def test_a_list_longer_than_the_zip_admits_is_refused(
    given: Callable[[bytes], Path], make: Callable[[int], bytes]
) -> None:
    with pytest.raises(ArchiveError, match="more than 1000 files"):
        list_members(given(make(3000)))


def test_a_link_in_a_zip_is_not_followed(given: Callable[[bytes], Path], tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(encode(quarters()))
    [item] = list_items([given(zips.link(str(tmp_path / "secret.png")))])
    with pytest.raises(ImageError, match="not a picture we can read"):
        read_image(item.read())


@pytest.mark.parametrize("name", ["\x00", ".", "./", "a/../..", "\\\\host\\x", "C:x", "x" * 60_000])
def test_a_name_without_sense_is_a_sentence_and_its_neighbours_are_read(name: str) -> None:
    data = zips.pack({"q" if name == "\x00" else name: b"x", "good.png": b"y"})
    assert try_zip(data.replace(b"q", b"\x00")) == TAKEN


@pytest.mark.parametrize("number", range(6))
def test_a_zip_cut_at_any_sixteenth_is_its_files_or_one_sentence(number: int) -> None:
    data = seeds("zip")[number]
    for part in range(17):
        try_zip(data[: len(data) * part // 16])


def test_a_zip_that_was_swept_meanwhile_is_one_sentence(given: Callable[[bytes], Path]) -> None:
    path = given(zips.pack({"a.png": b"x"}))
    path.unlink()
    with pytest.raises(ArchiveError, match=r"^The zip cannot be opened\.$"):
        list_members(path)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 5000,
        "[" * 100_000,
        json.dumps(a_config() | {"title": "x" * MAX_CONFIG_BYTES}),
        json.dumps(a_config() | {"seconds": float("nan")}),
        json.dumps(a_config() | {"seconds": float("inf")}),
        json.dumps(a_config() | {"parameters": "many"}),
        json.dumps(a_config() | {"parameters": 10**400}),
        json.dumps(a_config() | {"license": {"name": "mine"}}),
        json.dumps(a_config() | {"trained_on": "abc"}),
        json.dumps(a_config() | {"trained_on": [["a"]]}),
        json.dumps(a_config() | {"key": None}),
    ],
    ids=lambda text: text[-40:],
)
def test_a_config_of_the_wrong_kind_is_refused_by_its_folders_name(tmp_path: Path, text: str) -> None:
    (tmp_path / CONFIG).write_text(text)
    with pytest.raises(ArtifactError, match=f"^{tmp_path.name}: config.json"):
        read_config(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 60_000 + b"\n",
        b'{"array": {"kind": "uint8", "shape": [1e999]}}\n',
        b'{"array": {"kind": "uint8", "shape": [NaN]}}\n',
        b'{"array": {"kind": ["uint8"], "shape": [1]}}\n',
        b'{"array": {"kind": "uint8", "shape": ' + json.dumps([1] * 100).encode() + b"}}\nx",
        b"{}" + b" " * MAX_LINE_BYTES + b"\n",
    ],
    ids=lambda line: str(line[:40]),
)
def test_what_only_looks_like_a_message_is_none(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        receive(io.BytesIO(line))
    assert try_message(line) == REFUSED


def test_half_a_line_is_the_end() -> None:
    with pytest.raises(EOFError):
        receive(io.BytesIO(b'{"p_fake": 0.5}'))


def test_a_detectors_words_and_heat_maps_are_cut_to_what_a_page_can_show(tmp_path: Path) -> None:
    (tmp_path / "foul.py").write_text(FOUL)
    specs = add_source(Registry(()), str(tmp_path / "foul.py")).detectors
    with Jury(specs) as jury:
        half, endless, wide = (jury.judge(spec, samples.flat(9)) for spec in specs)
    assert half.error == "ValueError: half of one: ?"
    assert endless.error and len(endless.error) <= 1000
    assert wide.label == "failed" and f"{MAX_HEATMAP_BYTES} bytes" in str(wide.error)
