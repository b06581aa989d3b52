import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng

from models.architectures.voice import RATE
from models.data import speech
from models.data.channel import CODECS, pass_codec, trim_silence
from models.errors import DataError
from tests.models.data.test_vocoders import speak

HEADER = "path,label,source,speaker,split,kind\n"


def save(path: Path, samples: np.ndarray, rate: int = RATE) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32_767).astype("<i2").tobytes())


def test_each_real_window_is_followed_by_its_fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "KNOWN_VOCODERS", ("linear-prediction",))  # WORLD is no dependency
    save(tmp_path / "real.wav", speak())
    save(tmp_path / "fake.wav", speak(6), 22_050)
    rows = "real.wav,0,here,,fit,\nfake.wav,1,there,voice,eval,robot\n"
    (tmp_path / "manifest.csv").write_text(HEADER + rows)
    assert speech.make_windows(speech.read_recordings(tmp_path), tmp_path) == 6
    windows = speech.read_windows(tmp_path)
    assert windows.column("kind").tolist() == ["", "linear-prediction", speech.FIT_VOCODER, "robot", "robot", "robot"]
    assert windows.column("speaker").tolist() == ["real.wav"] * 3 + ["voice"] * 3
    real, made = windows.read(0), windows.read(1)
    assert len(real) == len(made) == windows.index[0].length and real.std() > 0.01
    assert windows.choose(label=1, split=("fit", "test")).index == [windows.index[1], windows.index[2]]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a.wav,0,here,,eval,\nb.wav,0,here,,train,\n", "here cannot be in split eval and in train, val or test"),
        ("a.wav,0,here,,fit,\nb.wav,0,here,,val,\n", "here cannot be in split fit and in train, val or test"),
        ("a.wav,0,here,,fit,\nb.wav,0,here,,eval,\n", "here cannot be in split eval and in fit"),
        ("a.wav,0,here,ada,train,\nb.wav,0,here,ada,test,\n", "speaker here/ada cannot be in split test and in train"),
        ("a.wav,0,here,,train,\n./a.wav,0,there,,val,\n", "file .*a.wav cannot be in split train and in val"),
        ("a.wav,1,here,,train,\n", "line 2"),
        ("a.wav,0,here,,later,\n", "later"),
    ],
)
def test_a_manifest_that_would_mislead_is_refused(tmp_path: Path, rows: str, said: str) -> None:
    (tmp_path / "manifest.csv").write_text(HEADER + rows)
    with pytest.raises(DataError, match=said):
        speech.read_recordings(tmp_path)


def test_splits_that_are_learnt_from_share_their_sources_and_two_sources_a_speaker_s_name(tmp_path: Path) -> None:
    rows = [("train", "here", "ada"), ("val", "here", "bo"), ("test", "here", ""), ("fit", "there", "ada")]
    written = "".join(f"{split}.wav,0,{source},{speaker},{split},\n" for split, source, speaker in rows)
    (tmp_path / "manifest.csv").write_text(HEADER + written)
    assert [one.split for one in speech.read_recordings(tmp_path)] == ["train", "val", "test", "fit"]


def test_a_manifest_may_be_written_as_spreadsheets_write_it(tmp_path: Path) -> None:
    rows = HEADER.replace(",", ";") + "a.wav;Real;here;;train;\nb.wav;FAKE;here;ä;val;robot\n"
    (tmp_path / "manifest.csv").write_bytes(b"\xef\xbb\xbf" + rows.encode())
    first, second = speech.read_recordings(tmp_path)
    assert (first.label, first.speaker, second.label, second.speaker) == (0, "a.wav", 1, "ä")


@pytest.mark.parametrize("codec", CODECS)
def test_a_codec_changes_a_sound_and_leaves_it_recognisable(codec: str) -> None:
    heard = speak()
    sent = pass_codec(heard, codec, band=8_000, rng=default_rng(0))
    plain = pass_codec(heard, "", band=8_000, rng=default_rng(0))
    match = np.correlate(plain, sent[:RATE], "full").max() / np.linalg.norm(plain) / np.linalg.norm(sent[:RATE])
    assert 0.8 < match < 0.9999


def test_silence_around_a_voice_is_cut_to_50_ms() -> None:
    voice = speak()
    assert len(trim_silence(np.pad(voice, RATE))) == pytest.approx(len(voice) + 1600, abs=700)
    assert not trim_silence(np.zeros(RATE, np.float32)).size
