"""Networks of our own are optimised for the processor once, and opened once."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
import platformdirs
import pytest

from detectors.networks import optimised
from detectors.networks.folder import WEIGHTS, load_folder, read_config, read_network
from detectors.networks.onnx_runtime import Session, open_kept, open_session
from registry import Image

FOLDER = WEIGHTS / "custom-cnn"

pytestmark = pytest.mark.skipif(not optimised.find_place("0"), reason="the system does not say what its CPU can do")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the network would be kept: nowhere yet."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / name)
    found = optimised.find_place(read_config(FOLDER).files["model.onnx"])
    assert found
    assert found.is_relative_to(tmp_path)
    return found


def open_ours() -> Session:
    return open_kept(read_config(FOLDER).files["model.onnx"], lambda: read_network(FOLDER))


def ask(session: Session) -> list[np.ndarray]:
    faces: Image = np.random.default_rng(0).integers(0, 256, (2, 160, 160, 3), dtype=np.uint8)
    return list(session.run(faces))


def test_what_was_kept_answers_as_the_network_itself(place: Path) -> None:
    fresh = ask(open_ours())
    assert sorted(file.name for file in place.iterdir()) == [optimised.GRAPH_FILE, optimised.WEIGHTS_FILE]
    assert [file.name for file in place.parent.iterdir()] == [place.name]
    made = place.stat().st_ino
    again = ask(open_ours())
    assert place.stat().st_ino == made
    plain = ask(open_session(read_network(FOLDER)))
    assert all(np.array_equal(one, other) for one, other in zip(fresh, again, strict=True))
    assert all(np.array_equal(one, other) for one, other in zip(fresh, plain, strict=True))


def test_the_second_time_it_is_the_kept_network_that_is_opened(place: Path) -> None:
    open_ours()
    assert ask(open_kept(place.name.split("-")[0], lambda: pytest.fail("it was read once more")))


@pytest.mark.parametrize("name", [optimised.GRAPH_FILE, optimised.WEIGHTS_FILE])
@pytest.mark.parametrize("kept", [1000, 0, None])
def test_a_broken_file_is_written_anew(place: Path, name: str, kept: int | None) -> None:
    expected = ask(open_ours())
    file = place / name
    whole = file.read_bytes()
    file.unlink()
    if kept is not None:
        file.write_bytes(whole[:kept])
    assert np.array_equal(ask(open_ours())[0], expected[0])
    assert file.stat().st_size == pytest.approx(len(whole), rel=0.01)


def test_where_nothing_can_be_kept_the_network_is_opened_all_the_same(place: Path) -> None:
    place.parent.parent.mkdir(parents=True)
    place.parent.write_text("a file where the folder should be")
    assert len(ask(open_ours())) == 2


def test_a_network_of_strangers_is_not_kept(place: Path) -> None:
    open_session(read_network(FOLDER))
    assert not place.parent.exists()


def test_another_version_and_another_processor_have_files_of_their_own(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = place.name.split("-")[0]
    names = {place}
    monkeypatch.setattr(onnxruntime, "__version__", "0.0")
    names.add(optimised.find_place(sha256) or place)
    monkeypatch.setattr(optimised, "_read_flags", lambda: "flags: none")
    names.add(optimised.find_place(sha256) or place)
    monkeypatch.setattr(optimised, "_read_flags", lambda: "")
    assert len(names) == 3
    assert optimised.find_place(sha256) is None


def test_what_nobody_opened_for_long_is_removed(place: Path) -> None:
    place.parent.mkdir(parents=True)
    old, recent = place.with_name("old.onnx"), place.with_name("recent.onnx")
    long_ago = time.time() - (optimised.UNUSED_DAYS + 1) * 86_400
    unused = place.with_name("unused")
    unused.mkdir()
    (unused / optimised.GRAPH_FILE).touch()
    for kept, when in ((old, long_ago), (unused, long_ago), (recent, time.time())):
        kept.touch()
        os.utime(kept, (when, when))
    open_ours()
    assert [kept.exists() for kept in (old, unused, recent)] == [False, False, True]
    os.utime(place, (long_ago, long_ago))
    open_ours()
    assert place.stat().st_mtime > long_ago


def test_threads_that_ask_at_once_get_one_session() -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = {id(detector.session) for detector in pool.map(lambda _: load_folder(FOLDER), range(8))}
    assert len(opened) == 1


def test_a_frugal_process_holds_less_and_says_the_same() -> None:
    program = (
        "import sys, numpy as np; from detectors.faces.centerface import open_finder\n"
        "from detectors.networks import memory\n"
        "if 'frugal' in sys.argv: memory.be_frugal()\n"
        "heat = open_finder().run(np.full((1, 3, 640, 640), 99, np.float32))[0]\n"
        "print(heat.sum(), open('/proc/self/statm').read().split()[1])"
    )
    (plain, most), (frugal, less) = (
        subprocess.run([sys.executable, "-c", program, word], capture_output=True, text=True, check=True).stdout.split()
        for word in ("plain", "frugal")
    )
    assert plain == frugal
    assert int(less) < int(most) - 5_000  # pages of 4 kB
