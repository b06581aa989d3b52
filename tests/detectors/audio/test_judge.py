"""A sound from its file to the band: scores over time, what is not judged, and what a reader is told."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from typer.testing import CliRunner

from detectors.audio import judge as judging
from detectors.audio.judge import compare_sound, judge_sound
from detectors.audio.results import BANDS, NO_DETECTOR, NOTHING_AUDIBLE, TOO_SHORT, find_band
from detectors.audio.windows import cut_windows
from detectors.commands.audio import app
from detectors.inputs.audio import read as reading
from detectors.inputs.audio.read import NO_SOUND, RATE, Sound
from detectors.jury.about import describe
from detectors.jury.judge import RESTARTING, Jury
from detectors.networks.folder import Config, load_hearing
from registry import DetectorSpec, load_registry
from registry.contract import Samples
from tests.command import call
from tests.detectors.pictures import encode, quarters
from tests.detectors.sounds import to_wav, voice, write_coded

PLUGIN = """import pluggy

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="peak", title="Peak", load=lambda: lambda samples, rate: abs(samples).max(), expects="audio")
"""
AGAIN = """    register(key="loud", title="Loud", load=lambda: lambda samples, rate: 0.75, expects="audio")
"""


def spec(p_fake: float, key: str = "ear") -> DetectorSpec:
    """A detector of sound that always says so."""
    return DetectorSpec(
        key=key, title="Ear", load=lambda: lambda samples, rate: p_fake, expects="audio", fake_from=0.8, real_until=0.2
    )


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file whose decoding gives twelve seconds: a voice between silences."""
    samples = np.concatenate([np.zeros(4 * RATE, np.float32), voice(8.0)])
    monkeypatch.setattr(judging, "read_sound", lambda path, start: Sound(samples, 700.0, start, 8000, 1, "pcm", lost=1))
    (tmp_path / "a.wav").write_bytes(b"a")
    return tmp_path / "a.wav"


@pytest.mark.parametrize(
    ("seconds", "places"), [(0.9, []), (1.0, [(0, 1)]), (4.2, [(0, 4)]), (7.0, [(0, 4), (2, 6), (3, 7)])]
)
def test_windows_cover_a_sound_to_its_end(seconds: float, places: list[tuple[float, float]]) -> None:
    found = list(cut_windows(voice(seconds), start=10.0))
    assert [(window.at - 10, window.end - 10) for window in found] == places


@pytest.mark.parametrize(
    ("p_fakes", "band"),
    [
        ([0.9] * 4, "strong"),
        ([0.9] * 3, "some"),
        ([0.1] * 5 + [0.9] * 4, "some"),
        ([0.1] * 9, "none"),
        ([0.1, 0.9] * 4 + [0.1], "none"),
        ([0.5] * 9, "inconclusive"),
    ],
)
def test_the_band_follows_from_the_detectors_own_thresholds(p_fakes: list[float], band: str) -> None:
    assert find_band(p_fakes, fake_from=0.8, real_until=0.2) == band


def test_a_sound_is_judged_window_by_window_without_its_silence(decoded: Path) -> None:
    judged = compare_sound(decoded, Jury([spec(0.95), spec(0.1, "other")]))
    assert [window.at for window in judged.windows] == [0, 2, 4, 6, 8]
    assert [len(window.verdicts) for window in judged.windows] == [0, 2, 2, 2, 2]
    assert [one.band for one in judged.scores] == ["strong", "none"]
    assert (judged.band, judged.said) == ("inconclusive", "Inconclusive: the detectors disagree")
    assert compare_sound(decoded, Jury([spec(0.95)])).said == BANDS["strong"]
    assert [note.split()[0] for note in judged.notes] == ["The", "Parts", "It"]
    assert json.loads(json.dumps(judged.as_dict()))["windows"][1]["p_fake"] == {"ear": 0.95, "other": 0.1}


def test_a_detector_that_keeps_failing_is_asked_no_more(decoded: Path) -> None:
    asked = []

    def fail(samples: Samples, rate: int) -> float:
        asked.append(samples.size)
        raise ValueError("no ears")

    broken = DetectorSpec(key="broken", title="Broken", load=lambda: fail, expects="audio")
    judged = compare_sound(decoded, Jury([broken]))
    assert (len(asked), judged.band, judged.scores[0].band) == (3, None, None)
    assert judged.said == "No detector gave a number"


def test_judging_ends_when_nobody_waits_when_the_time_is_up_and_when_the_server_stops(
    decoded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jury, waits = Jury([spec(0.95)]), iter([True, True, False])
    *_, last = judge_sound(decoded, jury, wanted=lambda: next(waits))
    assert [window.at for window in last.judged.windows] == [0, 2]
    assert last.judged.share == pytest.approx(0.5)
    monkeypatch.setattr(judging, "MAX_LISTEN_SECONDS", -1.0)
    *_, last = judge_sound(decoded, jury)
    assert last.judged.windows == () and last.judged.share == 0
    assert last.judged.notes[-1].startswith("Judging stopped after")
    assert (last.judged.end, last.judged.notes[-1][-32:]) == (0, "at 0:00; the rest was not heard.")
    jury.stop()
    assert compare_sound(decoded, jury).error == RESTARTING


@pytest.mark.parametrize(
    ("length", "heard", "said"),
    [
        (700.0, 600, "The sound is 11:40 long; only 0:00 to 10:00 was heard: choose where to start."),
        (0.0, 600, "How long the sound is, is not known; only 0:00 to 10:00 was heard: choose where to start."),
        (9.0, 4, "The sound ends at 0:04, though its length is 0:09."),
    ],
)
def test_what_was_not_heard_is_noted(
    length: float, heard: int, said: str, monkeypatch: pytest.MonkeyPatch, decoded: Path
) -> None:
    sound = Sound(np.zeros(heard * RATE, np.float32), length, 0.0, 16_000, 2, "pcm", tracks=2)
    monkeypatch.setattr(judging, "read_sound", lambda path, start: sound)
    first = next(judge_sound(decoded, Jury([spec(0.9)])))
    assert first.judged.notes == (said, "The file has 2 tracks of sound; only one of them was heard.")


def test_a_file_that_breaks_off_and_a_long_one_without_a_length_are_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_coded(tmp_path / "cut.webm", voice(20.0), codec="libopus")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (note,) = compare_sound(path, Jury([spec(0.9)])).notes
    assert re.fullmatch(r"The sound ends at 0:(09|10)\S*, though its length is 0:(19\.\d|20)\.", note)
    for module in (judging, reading):
        monkeypatch.setattr(module, "MAX_SECONDS", 10.0)
    live = write_coded(tmp_path / "live.webm", voice(20.0), codec="libopus", options={"live": "1"})
    (note,) = compare_sound(live, Jury([spec(0.9)])).notes
    assert re.fullmatch(r"The sound is 0:(19\.\d|20) long; only 0:00 to 0:10 was heard: choose where to start\.", note)


def test_the_command_prints_the_numbers_where_they_were_found_and_what_went_wrong(
    decoded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ears.py").write_text(PLUGIN.replace("abs(samples).max()", "1 / 0") + AGAIN)
    added = ("--add", tmp_path / "ears.py", "--only", "peak", "--only", "loud")
    result = call("audio", decoded, *added, columns=200)
    said = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert "failed: It failed 3 times in a row" in said and "Loud (not measured)" in said and "0.750" in said
    assert "most suspect at 0:02, 0:04, 0:06" in said
    assert "Parts of the sound are damaged" in said
    monkeypatch.undo()
    nothing = call("audio", tmp_path / "none.wav", "--only", "voice", columns=200)
    assert nothing.exit_code == 1 and "The file cannot be opened." in nothing.stdout


def test_what_cannot_be_judged_is_told_in_words(tmp_path: Path) -> None:
    for data, said in {to_wav(voice(0.5)): TOO_SHORT, to_wav(np.zeros(2 * RATE, np.float32)): NOTHING_AUDIBLE}.items():
        (tmp_path / "a.wav").write_bytes(data)
        assert compare_sound(tmp_path / "a.wav", Jury([spec(0.9)])).said == said
    assert "error" in compare_sound(tmp_path / "none.wav", Jury([])).as_dict()


def test_the_command_warns_where_no_detector_of_sound_was_chosen(tmp_path: Path) -> None:
    (tmp_path / "silent.wav").write_bytes(to_wav(np.zeros(2 * RATE, np.float32)))
    for key, warned in (("custom-cnn", f"{NO_DETECTOR}\n"), ("voice", "")):
        done = call("audio", tmp_path / "silent.wav", "--only", key, "--json")
        (judged,) = json.loads(done.stdout)
        assert (done.exit_code, done.stderr) == (int(bool(warned)), warned)
        assert (judged["said"], judged["verdicts"]) == (NOTHING_AUDIBLE, [])


def test_our_own_detector_of_sound_counts_as_measured(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(to_wav(voice(2.0)))
    (voice_spec,) = (one for one in load_registry(blocked=()) if one.expects == "audio" and one.builtin)
    judged = compare_sound(tmp_path / "a.wav", Jury([voice_spec]))
    assert judged.scores[0].measured and judged.band is not None
    seen = {one["data"]: one["in_training"] for one in describe(voice_spec)["measured"]}
    assert seen and all(is_seen == data.startswith("same sources") for data, is_seen in seen.items())
    assert True in seen.values() and False in seen.values()


def test_the_command_asks_a_plugin_of_sound_in_its_own_process(tmp_path: Path) -> None:
    (tmp_path / "peak.py").write_text(PLUGIN)
    (tmp_path / "a.wav").write_bytes(to_wav(voice(2.0)))
    (tmp_path / "a.png").write_bytes(encode(quarters()))
    files = [str(tmp_path / name) for name in ("a.wav", "a.png")]
    result = CliRunner().invoke(app, [*files, "--add", str(tmp_path / "peak.py"), "--only", "peak", "--json"])
    heard, refused = json.loads(result.stdout)
    assert result.exit_code == 0
    assert heard["verdicts"][0]["p_fake"] == pytest.approx(float(voice(2.0).max()), abs=0.01)
    assert (heard["verdicts"][0]["measured"], heard["band"]) == (False, None)
    assert refused["error"] == "This is a picture, not a sound: `facejury compare` judges it."


def test_a_sound_without_a_detector_for_it_is_told_so(decoded: Path) -> None:
    result = CliRunner().invoke(app, [str(decoded), "--only", "blend"])
    assert NO_DETECTOR in result.stdout and result.exit_code == 1
    assert NO_SOUND not in result.stdout


def test_where_every_detector_of_sound_failed_the_exit_code_says_so(tmp_path: Path) -> None:
    (tmp_path / "nan.py").write_text(PLUGIN.replace("abs(samples).max()", "float('nan')"))
    (tmp_path / "a.wav").write_bytes(to_wav(voice(2.0)))
    asked = ("audio", tmp_path / "a.wav", "--add", tmp_path / "nan.py", "--only", "peak")
    for more in ((), ("--json",)):
        done = call(*asked, *more)
        assert done.exit_code == 1 and "Every detector failed" in done.stderr
    assert call(*asked, "--only", "voice").exit_code == 0


@pytest.mark.parametrize("command", ["audio", "compare"])
def test_a_file_of_another_command_is_told_which(tmp_path: Path, command: str) -> None:
    (tmp_path / "a.wav").write_bytes(to_wav(voice(1.0)))
    (tmp_path / "a.png").write_bytes(encode(quarters()))
    other = {"audio": "a.png", "compare": "a.wav"}[command]
    done = call(command, tmp_path, tmp_path / other, "--only", {"audio": "voice", "compare": "blend"}[command])
    assert done.exit_code == 1
    assert "This is a folder: `facejury scan` judges all" in done.stdout
    assert f"`facejury {'compare' if command == 'audio' else 'audio'}` judges it." in done.stdout


def test_a_model_folder_that_expects_sound_hears_short_ones_repeated(tmp_path: Path) -> None:
    """p_fake is the mean of what it is given, so that the repetition is seen."""
    nodes = [helper.make_node("ReduceMean", ["samples"], ["p_fake"], axes=[1], keepdims=1)]
    inputs = [helper.make_tensor_value_info("samples", TensorProto.FLOAT, [1, 64_000])]
    outputs = [helper.make_tensor_value_info("p_fake", TensorProto.FLOAT, [1, 1])]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    (tmp_path / "model.onnx").write_bytes(data)
    config = Config(key="ear", title="Ear", expects="audio", files={"model.onnx": hashlib.sha256(data).hexdigest()})
    (tmp_path / "config.json").write_text(config.as_json())
    examine = load_hearing(tmp_path).examine
    assert examine(np.full(16_000, 0.25, np.float32), 16_000) == pytest.approx(0.25)
    with pytest.raises(ValueError, match="at 16000 Hz are needed"):
        examine(np.full(16_000, 0.25, np.float32), 8_000)
