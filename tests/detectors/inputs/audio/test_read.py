"""Every kind of file a visitor may bring as a sound: 16,000 samples a second in one channel, or one plain sentence."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from detectors.inputs.audio import read as sound_file
from detectors.inputs.audio.decoder import SoundReader, UnheardError
from detectors.inputs.audio.kinds import UNKNOWN
from detectors.inputs.audio.read import DAMAGED, NO_SOUND, NOTHING, RATE, SoundError, check_sound, read_sound
from detectors.inputs.kinds import tell_kind
from detectors.inputs.video import open_video
from tests.detectors.pictures import encode, quarters
from tests.detectors.sounds import to_wav, voice, write_coded
from tests.detectors.videos import every, still, write_video

MOST = 600 * RATE


def refuse(path: Path) -> str:
    """The sentence with which a file is refused; what its decoder does is done in this process."""
    with pytest.raises((SoundError, UnheardError)) as caught:
        check_sound(path)
        SoundReader(str(path)).read(0.0, MOST)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout"),
    [
        ("a.mp3", "libmp3lame", 44_100, "stereo"),
        ("a.flac", "flac", 48_000, "mono"),
        ("a.ogg", "libopus", 48_000, "stereo"),
        ("a.m4a", "aac", 44_100, "mono"),
        ("a.webm", "libopus", 48_000, "mono"),
        ("telephone.wav", "pcm_mulaw", 8_000, "mono"),
        ("studio.wav", "pcm_f32le", 96_000, "stereo"),
        ("cinema.wav", "pcm_s24le", 48_000, "7.1"),
    ],
)
def test_every_usual_file_is_heard_as_it_was_recorded(
    tmp_path: Path, name: str, codec: str, rate: int, layout: str
) -> None:
    path = write_coded(tmp_path / name, voice(3.0, rate=rate), codec=codec, rate=rate, layout=layout)
    about, samples = SoundReader(str(path)).read(0.0, MOST)
    assert tell_kind(path) == "sound" or name == "a.webm"  # by its first bytes this may be a video as well
    assert (about["rate"], about["channels"], about["lost"]) == (rate, {"7.1": 8, "stereo": 2, "mono": 1}[layout], 0)
    assert about["seconds"] == pytest.approx(3.0, abs=0.05)
    assert samples.size == pytest.approx(3 * RATE, abs=0.05 * RATE)
    assert samples.std() == pytest.approx(voice(3.0).std(), rel=0.05)


def test_what_floats_in_a_file_hold_is_brought_into_range(tmp_path: Path) -> None:
    (tmp_path / "loud.wav").write_bytes(to_wav(1000 * voice(1.0)))
    (tmp_path / "nan.wav").write_bytes(to_wav(np.full(RATE, np.nan, np.float32)))
    assert np.abs(SoundReader(str(tmp_path / "loud.wav")).read(0.0, MOST)[1]).max() == 1.0
    assert not SoundReader(str(tmp_path / "nan.wav")).read(0.0, MOST)[1].any()


@pytest.mark.parametrize("name", ["long.wav", "long.mp3"])
def test_a_long_sound_is_heard_from_where_one_begins_and_no_longer_than_asked(tmp_path: Path, name: str) -> None:
    samples = np.concatenate([np.zeros(30 * RATE, np.float32), voice(10.0)])
    path = write_coded(tmp_path / name, samples, codec={"wav": "pcm_s16le", "mp3": "libmp3lame"}[name[5:]])
    about, first = SoundReader(str(path)).read(0.0, 5 * RATE)
    _, later = SoundReader(str(path)).read(31.0, 5 * RATE)
    assert (first.size, later.size) == (5 * RATE, 5 * RATE)
    assert about["seconds"] == pytest.approx(40.0, abs=0.2)
    assert first.std() < 0.001 < later.std()


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("live.webm", "libopus", {"live": "1"}),  # no length in its header
        ("a.mp3", "libmp3lame", {"write_xing": "0"}),  # from which FFmpeg guesses one
        ("a.wav", "pcm_s16le", {}),
    ],
)
@pytest.mark.parametrize("start", [0.0, 25.0])
def test_the_length_of_a_sound_is_known_where_only_a_part_is_heard(
    tmp_path: Path, name: str, codec: str, options: dict[str, str], start: float
) -> None:
    path = write_coded(tmp_path / name, voice(40.0), codec=codec, options=options)
    about, samples = SoundReader(str(path)).read(start, 5 * RATE)
    assert samples.size == 5 * RATE
    assert about["seconds"] == pytest.approx(40.0, abs=0.2)


def test_the_length_of_two_mp3s_in_one_is_that_of_both(tmp_path: Path) -> None:
    def write(rate: int) -> bytes:
        path, bare = tmp_path / "part.mp3", {"write_xing": "0", "id3v2_version": "0"}
        return write_coded(path, voice(6.0, rate=rate), codec="libmp3lame", rate=rate, options=bare).read_bytes()

    slow, fast = write(16_000), write(48_000)  # whose bit rates differ
    for order in (slow + fast, fast + slow):
        (tmp_path / "both.mp3").write_bytes(order)
        reader = SoundReader(str(tmp_path / "both.mp3"))
        assert reader.read(0.0, 3 * RATE)[0]["seconds"] == pytest.approx(12.0, abs=0.5)


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [("a.m4a", "aac", {"movflags": "faststart"}), ("a.webm", "libopus", {}), ("a.flac", "flac", {})],
)
def test_a_file_that_breaks_off_keeps_the_length_of_its_header(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    whole = write_coded(tmp_path / name, voice(20.0), codec=codec, options=options).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    sound = read_sound(tmp_path / name)
    assert sound.end < 11
    assert sound.seconds == pytest.approx(20.0, abs=0.1)
    with pytest.raises(SoundError, match=r"^The sound is 0:(09|10)\S* long; it ends before the chosen start\.$"):
        read_sound(tmp_path / name, start=15.0)


def test_sound_that_ends_before_the_pictures_is_not_taken_for_broken_off(tmp_path: Path) -> None:
    for name in ("a.mkv", "a.mp4"):
        path = write_video(tmp_path / name, still(quarters(), 50), every(0.1, until=5), samples=voice(2.0))
        sound = read_sound(path)
        assert sound.seconds == pytest.approx(sound.end, abs=0.001)


def test_a_file_is_decoded_apart_and_a_start_beyond_its_end_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(to_wav(voice(2.0)))
    sound = read_sound(tmp_path / "a.wav", start=0.5)
    assert (sound.samples.dtype, sound.samples.size, sound.seconds, sound.codec) == (
        "float32",
        1.5 * RATE,
        2.0,
        "pcm_f32le",
    )
    assert sound.end == 2.0
    (tmp_path / "cut.wav").write_bytes(to_wav(voice(2.0))[:30])
    with pytest.raises(SoundError, match=f"^{NOTHING}$"):
        read_sound(tmp_path / "cut.wav")
    with pytest.raises(SoundError, match=r"^The sound is 0:02 long; it ends before the chosen start\.$"):
        read_sound(tmp_path / "a.wav", start=25.0)


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.webm"])
@pytest.mark.parametrize(("pictures", "sound"), [(0.0, 0.06), (0.0, 0.4), (2.0, 2.4), (0.4, 0.0)])
def test_sound_keeps_its_time_beside_the_pictures(tmp_path: Path, name: str, pictures: float, sound: float) -> None:
    path = write_late(tmp_path / name, pictures=pictures, sound=sound)
    loud = np.flatnonzero(np.abs(read_sound(path).samples) > 0.3)[0] / RATE
    with open_video(path) as video:
        first = next(video.frames([0.0])).at
    assert loud - first == pytest.approx(0.5 + sound - pictures, abs=0.003)


def write_late(path: Path, *, pictures: float, sound: float) -> Path:
    """A second of pictures and a second of sound, loud from its half on, which begin at these seconds."""
    rate, waves = 48_000, np.zeros((1, 48_000), np.float32)
    waves[0, rate // 2 :] = 0.8 * np.sin(np.arange(rate // 2) / 8)
    codecs = ("libvpx", "libopus") if path.suffix == ".webm" else ("libx264", "aac")
    with av.open(path, "w") as container:
        seen: Any = container.add_stream(codecs[0], rate=25)
        heard: Any = container.add_stream(codecs[1], rate=rate, layout="mono")
        seen.width = seen.height = 64
        packets: list[Any] = []  # of two kinds
        for number in range(25):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts, frame.time_base = number + round(25 * pictures), Fraction(1, 25)
            packets += seen.encode(frame)
        size = 960  # samples
        for begins in range(0, rate, size):
            piece = av.AudioFrame.from_ndarray(waves[:, begins : begins + size], "fltp", "mono")
            piece.sample_rate, piece.pts, piece.time_base = rate, begins + round(rate * sound), Fraction(1, rate)
            packets += heard.encode(piece)
        packets += [*seen.encode(), *heard.encode()]
        for packet in sorted(packets, key=lambda packet: float(packet.dts * packet.time_base)):
            container.mux(packet)
    return path


def test_what_holds_no_sound_is_refused_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wav, coded = to_wav(voice(1.0)), write_coded(tmp_path / "a.m4a", voice(1.0), codec="aac").read_bytes()
    silent = write_video(tmp_path / "a.mp4", still(quarters(), 5), every(0.1, until=0.5)).read_bytes()
    monkeypatch.setattr(sound_file, "MAX_BYTES", 10**6)
    for given, said in {
        b"": "The file is empty.",
        b"words" * 99: UNKNOWN,
        encode(quarters()): UNKNOWN,
        b"FORM" + bytes(99): "This is an AIFF file, which is not read here: convert it to WAV or MP3 and try again.",
        wav[:30]: NOTHING,
        wav[:24] + (1_050_000_000).to_bytes(4, "little") + wav[28:]: DAMAGED,  # samples a second
        wav[:44]: NOTHING,
        coded[: len(coded) // 2]: NOTHING,
        silent: NO_SOUND,
        wav + bytes(10**6): "The file is larger than 1 MB.",
    }.items():
        (tmp_path / "given").write_bytes(given)
        assert refuse(tmp_path / "given") == said
    assert refuse(tmp_path / "missing.wav") == "The file cannot be opened."


def test_a_codec_that_is_seldom_tested_is_not_decoded(tmp_path: Path) -> None:
    path = write_coded(tmp_path / "a.wav", voice(1.0), codec="adpcm_yamaha")
    assert refuse(path).startswith("The sound is coded as adpcm_yamaha, which is not decoded here")


def test_a_decoder_that_outgrows_its_memory_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.wav").write_bytes(to_wav(voice(1.0)))
    monkeypatch.setattr(sound_file, "MEMORY_BYTES", 20_000_000)
    with pytest.raises(SoundError, match=f"^{DAMAGED}$"):
        read_sound(tmp_path / "a.wav")
