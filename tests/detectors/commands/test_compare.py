"""What `facejury compare` imports: it decides how long the first verdict takes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from detectors.commands.compare import SOUND
from detectors.commands.options import FOLDER
from detectors.conformance import samples
from detectors.inputs.audio.read import NO_SOUND
from detectors.inputs.images import CLOSED
from tests.command import FACEJURY, UNPRIVILEGED, call
from tests.detectors.sounds import to_wav, voice, write_coded
from tests.detectors.videos import every, moving_portrait, write_talk, write_video

LISTED = """
import sys
from facejury import main
sys.argv = ["facejury", "compare", *sys.argv[1:]]
try:
    main()
finally:
    print({"rich.console", "keras", "gradio", "sqlalchemy", "av"} & set(sys.modules), file=sys.stderr)
"""

SLOW = """
import time, pluggy
@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="slow", title="Slow", load=lambda: lambda image: time.sleep(9), seconds=0.1)
"""

NAN = """
import pluggy
@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="deaf", title="Deaf", load=lambda: lambda samples, rate: float("nan"), expects="audio")
"""


@pytest.mark.parametrize(("arguments", "imported"), [(("--json",), "set()"), ((), "{'rich.console'}")])
def test_json_of_pictures_needs_no_tables_no_videos_and_no_page(
    arguments: tuple[str, ...], imported: str, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(samples.as_png(samples.portrait()))
    command = (sys.executable, "-c", LISTED, str(photo), *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "200"})
    assert done.stderr.splitlines()[-1] == imported
    assert json.loads(done.stdout)[0]["faces"] if arguments else "face 1 of 1" in done.stdout


@pytest.mark.parametrize(("command", "key"), [("compare", "blend"), ("audio", "voice")])
def test_a_file_that_nobody_may_read_is_told_in_its_place_and_the_others_are_judged(
    command: str, key: str, tmp_path: Path
) -> None:
    (tmp_path / "open").write_bytes({"compare": samples.as_png(samples.flat(90)), "audio": to_wav(voice(1.0))}[command])
    (tmp_path / "closed").write_bytes(b"bytes")
    (tmp_path / "closed").chmod(0)
    asked = [*UNPRIVILEGED, *FACEJURY, command, "closed", "open", "--only", key, "--json"]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [one["error"] for one in json.loads(done.stdout)] == ["The file cannot be opened.", None]


@pytest.mark.parametrize(("command", "key"), [("compare", "blend"), ("audio", "voice")])
def test_a_file_is_called_as_it_was_given_also_where_it_cannot_be_judged(
    command: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_bytes({"compare": samples.as_png(samples.flat(90)), "audio": to_wav(voice(1.0))}[command])
    write_video(tmp_path / "a.mp4", [samples.flat(90)] * 2, [0.0, 0.5])
    names = ["./a", ".//a", "./a.mp4", "./", "x" * 300, "file:///a", "http://x/a"]
    done = call(command, *names, "--only", key, "--json")
    judged = json.loads(done.stdout)
    assert [one["path"] for one in judged] == names
    assert [one["error"] for one in judged[:2]] == [None, None]
    assert [one["error"] for one in judged[3:5]] == [FOLDER, CLOSED]


def test_a_video_from_a_pipe_is_told_how_it_is_judged(tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mp4", moving_portrait(2), [0.0, 0.5])
    piped = ["bash", "-c", 'exec "$@" <(cat film.mp4) --only blend --json', "bash", *FACEJURY, "compare"]
    done = subprocess.run(piped, cwd=film.parent, capture_output=True, text=True, check=False)
    (judged,) = json.loads(done.stdout)
    assert judged["error"] == "This is a video, not a picture: save it as a file, which `facejury compare` judges."


def test_a_plugin_that_takes_too_long_is_one_line_beside_the_table(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(samples.as_png(samples.portrait()))
    (tmp_path / "slow.py").write_text(SLOW)
    asked = [*FACEJURY, "compare", "photo.png", "--add", "slow.py", "--only", "slow", "--only", "blend"]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == "detector slow failed\n"
    assert "Blend expert" in done.stdout and "longer than 0.1 s" in done.stdout


@pytest.mark.parametrize(("name", "codec"), [("s.opus", "libopus"), ("s.ogg", "libopus"), ("s.m4a", "aac")])
def test_a_sound_is_sent_to_its_command_whatever_its_name_and_its_container(
    tmp_path: Path, name: str, codec: str
) -> None:
    sound = write_coded(tmp_path / name, voice(1.0, rate=48_000), codec=codec, rate=48_000)
    for path in (sound, shutil.copy(sound, tmp_path / "s.mp4")):
        done = call("compare", path, "--only", "voice", "--provenance", columns=200)
        assert done.exit_code == 1 and SOUND in done.stdout
        assert done.stderr == "", "neither a video nor a picture, of which something would be said"


def test_a_picture_that_is_named_like_a_video_is_judged(tmp_path: Path) -> None:
    (tmp_path / "photo.mp4").write_bytes(samples.as_png(samples.portrait()))
    (judged,) = json.loads(call("compare", tmp_path / "photo.mp4", "--only", "blend", "--json").stdout)
    assert len(judged["faces"]) == 1


def test_a_video_without_sound_is_for_other_detectors_than_those_of_sound(tmp_path: Path) -> None:
    silent = write_video(tmp_path / "silent.mp4", moving_portrait(6), every(0.5, until=3))
    done = call("compare", silent, "--only", "voice")
    assert done.exit_code == 1
    assert NO_SOUND in done.stdout and "p_fake" not in done.stdout
    (judged,) = json.loads(call("compare", silent, "--only", "voice", "--json").stdout)
    assert judged["persons"] and judged["persons"][0]["worst"] == []


def test_a_video_with_sound_shows_no_table_where_detectors_of_sound_are_asked_alone(tmp_path: Path) -> None:
    (tmp_path / "nan.py").write_text(NAN)
    talk = write_talk(tmp_path / "talk.mp4", voice(4.0), openings=[0.5] * 50)
    done = call("compare", talk, "--only", "voice")
    assert done.exit_code == 0
    assert "Sound: " in done.stdout and "p_fake" not in done.stdout
    failed = call("compare", talk, "--only", "deaf", "--add", tmp_path / "nan.py")
    assert failed.exit_code == 1 and "Every detector failed" in failed.stderr
