import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from detectors.conformance import samples
from detectors.jury.compare import compare_stepwise
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison
from detectors.networks.resolve import add_source
from detectors.sandbox import confinement, isolated_detector
from detectors.sandbox.isolated_detector import DetectorFaultError, IsolatedDetector, find_home
from registry import DetectorSpec, Registry, Verdict
from tests.command import FACEJURY

pytestmark = pytest.mark.slow  # workers are started, and waited for until they are late

FAULTS = Path(__file__).parents[1] / "faults.py"
ROOT = Path(__file__).parents[3]
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, or the places of Linux")


@pytest.fixture(scope="module")
def untrusted() -> Registry:
    return add_source(Registry(()), str(FAULTS))


def judge_twice(spec: DetectorSpec) -> list[Verdict]:
    with Jury([spec]) as jury:
        return [jury.judge(spec, samples.flat(level)) for level in (0, 9)]


def workers(parent: int | None = None) -> list[int]:
    """The process numbers of the workers that this process, or the given one, has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            of = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            if of == (parent or os.getpid()) and b"detectors.sandbox.worker" in folder.joinpath("cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition()


REASONS = {
    "hang": "it took longer than 1 s",
    "crash": "its process was ended by SIGSEGV",
    "leave": "its process ended by itself, with exit code 3",
    "killed": "its process was ended by SIGKILL",
    "exits": "SystemExit: goodbye",
    "raises": "KeyError: 'no such layer in …'",
    "huge-claim": "Unable to allocate",
    "above": "ValueError: p_fake must be a number in [0, 1], got 1.5",
    "text": "TypeError: examine must return p_fake, or (p_fake, heatmap), got '0.3'",
    "nan": "ValueError: p_fake must be a number in [0, 1], got nan",
    "function": "TypeError: examine must return p_fake",
    "many": "TypeError: examine must return p_fake",
    "in-a-list": "TypeError: examine must return p_fake, or (p_fake, heatmap), got [0.3, ",
    "flat-map": "ValueError: a heat map must have shape (h, w), got (9,)",
    "bright-map": "ValueError: a heat map must hold numbers in [0, 1]",
    "load-raises": "FileNotFoundError: weights are missing",
    "load-leaves": "its process ended by itself, with exit code 4",
    "load-number": "TypeError: load must return a callable",
}


@pytest.mark.parametrize("key", REASONS)
def test_a_fault_is_a_failed_verdict_with_its_reason_each_time(untrusted: Registry, key: str) -> None:
    for verdict in judge_twice(untrusted[key]):
        assert verdict.label == "failed"
        assert verdict.p_fake is None
        assert REASONS[key] in verdict.error


@pytest.mark.parametrize("key", ["fine", "chatty", "scribbles"])
def test_printing_and_writing_into_the_picture_harm_nobody(untrusted: Registry, key: str) -> None:
    assert [verdict.p_fake for verdict in judge_twice(untrusted[key])] == [0.3, 0.3]


def test_loading_may_take_longer_than_examining(untrusted: Registry) -> None:
    first, second = judge_twice(untrusted["load-slowly"])
    assert first.p_fake == second.p_fake == 0.3
    assert first.milliseconds < 1000


def test_loading_has_a_limit_of_its_own(untrusted: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated_detector, "LOAD_SECONDS", 2.0)
    with Jury([untrusted["load-hangs"]]) as jury:
        verdict = jury.judge(untrusted["load-hangs"], samples.flat(0))
    assert verdict.error == "it took longer than 2 s"


def test_a_detector_that_grows_past_its_memory_is_ended(untrusted: Registry) -> None:
    detector = IsolatedDetector(untrusted["hog"], memory=150_000_000)
    with pytest.raises(DetectorFaultError, match=r"exceeded its memory limit of 0\.15 GB"):
        detector(samples.flat(0))
    detector.close()


SPY = """
import pluggy

from pathlib import Path


def spy(image):
    Path(__file__).read_bytes()
    return float(bool(Path({key!r}).read_bytes()))


@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="spy", title="Spy", load=lambda: spy)
"""


@pytest.mark.skipif("files" in confinement.name_gaps(), reason="needs Linux with Landlock")
def test_a_link_beside_a_plugin_leads_it_nowhere(tmp_path: Path) -> None:
    clone, key = tmp_path / "clone", tmp_path / "secret" / "key"
    (clone / ".git").mkdir(parents=True)
    key.parent.mkdir()
    key.write_text("nobody shall know")
    (clone / "data").symlink_to(key.parent)
    (clone / "spy.py").write_text(SPY.format(key=str(key)))
    for verdict in judge_twice(add_source(Registry(()), str(clone / "spy.py"))["spy"]):
        assert verdict.error.startswith("PermissionError"), verdict


@linux
def test_without_a_cache_a_home_is_no_place_where_the_plugin_could_put_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / "cache").touch()  # so no folder can be made there
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert find_home("/a/plugin.py", str(scratch)) == scratch


def test_picture_and_heat_map_cross_unchanged(untrusted: Registry) -> None:
    image = samples.noise(61, 47)
    detector = IsolatedDetector(untrusted["checksum"])
    said: Any = detector(image)
    p_fake, heatmap = said
    detector.close()
    assert p_fake == zlib.crc32(image.tobytes()) / 2**32
    assert np.array_equal(heatmap, (image[:, :, 0] / 255).astype(np.float32))


def test_an_untrusted_detector_runs_in_one_process_of_its_own_that_stays(untrusted: Registry) -> None:
    first, second = judge_twice(untrusted["process"])
    assert first.p_fake == second.p_fake != os.getpid() % 100_000 / 100_000


def test_our_own_detectors_stay_in_this_process() -> None:
    spec = DetectorSpec(key="own", title="Own", load=lambda: lambda image: os.getpid() % 1000 / 1000, builtin=True)
    with Jury([spec]) as jury:
        assert jury.judge(spec, samples.flat(0)).p_fake == os.getpid() % 1000 / 1000


def test_a_hanging_detector_delays_no_other_verdict_on_any_face(untrusted: Registry, tmp_path: Path) -> None:
    photo = tmp_path / "three.png"
    PIL.Image.fromarray(np.hstack([samples.photo()] * 3)).save(photo)
    own = DetectorSpec(key="own", title="Own", load=lambda: lambda image: 0.1)
    with Jury([untrusted["hang"], own]) as jury:
        order = [arrived(step) for step in compare_stepwise(photo, jury)]
    assert order[-1] == {"hang": 3, "own": 3}
    assert next(counts for counts in order if counts["hang"])["own"] == 3


def arrived(comparison: Comparison) -> dict[str, int]:
    verdicts = [verdict.detector for face in comparison.faces for verdict in face.verdicts]
    return {key: verdicts.count(key) for key in ("hang", "own")}


@linux
def test_killing_a_worker_in_the_middle_of_a_picture_loses_only_its_own_verdict(untrusted: Registry) -> None:
    slow, fine = untrusted["slow"], untrusted["fine"]
    verdicts: dict[str, Verdict] = {}
    with Jury([slow, fine]) as jury:
        jury.load(slow)
        (worker,) = workers()
        threads = [threading.Thread(target=judge_into, args=(verdicts, jury, spec)) for spec in (slow, fine)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        os.kill(worker, signal.SIGKILL)
        for thread in threads:
            thread.join()
        again = jury.judge(fine, samples.flat(0)), jury.judge(untrusted["slow"], samples.flat(0))
    assert verdicts["slow"].error == "its process was ended by SIGKILL"
    assert verdicts["fine"].p_fake == 0.3
    assert again[0].p_fake == 0.3
    assert again[1].error == "it took longer than 1 s"  # it is back, and as slow as ever


def judge_into(verdicts: dict[str, Verdict], jury: Jury, spec: DetectorSpec) -> None:
    verdicts[spec.key] = jury.judge(spec, samples.flat(0))


@linux
def test_closing_the_jury_ends_a_call_and_leaves_no_process(untrusted: Registry) -> None:
    verdicts: dict[str, Verdict] = {}
    hang = untrusted["load-hangs"]
    jury = Jury([hang])
    thread = threading.Thread(target=judge_into, args=(verdicts, jury, hang))
    thread.start()
    wait_for(workers)
    while thread.is_alive():  # it may close before the worker is known to the jury
        jury.close()
        thread.join(0.1)
    assert verdicts["load-hangs"].label == "failed"
    wait_for(lambda: not workers())


@linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_no_worker_outlives_the_program_that_started_it(number: int, tmp_path: Path) -> None:
    photo, plugin = tmp_path / "face.png", tmp_path / "endless.py"
    PIL.Image.fromarray(samples.photo()).save(photo)
    plugin.write_text(FAULTS.read_text().replace('"hang": 1,', '"hang": 300,'))
    command = [*FACEJURY, "compare", str(photo), "--only", "hang", "--add", str(plugin)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        wait_for(lambda: workers(program.pid))
        started = workers(program.pid)
        time.sleep(1)  # until it examines; before that is as good
        program.send_signal(number)
        program.wait(20)
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in started))
