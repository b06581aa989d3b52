"""The command as a person types it: its table, and what is left of it when it is killed."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from detectors.audio.judge import compare_sound
from detectors.audio.results import NOTHING_AUDIBLE, TOO_SHORT
from detectors.inputs.audio.kinds import UNKNOWN
from detectors.jury.judge import Jury
from detectors.networks.folder import WEIGHTS
from detectors.scan.crew import NO_EARS, NO_EYES
from registry import load_registry
from tests.detectors.pictures import portrait
from tests.detectors.scan.proof import count_records, wait_until_gone
from tests.detectors.scan.scanning import ERRORS, command, make_photos, read_csv, run_scan
from tests.detectors.sounds import to_wav, voice

pytestmark = pytest.mark.slow
ONLY = "--only", "custom-cnn"


def start(photos: Path, out: Path, *, until: float) -> subprocess.Popen[str]:
    """A scan, in a process group of its own, as soon as more than so many pictures are in its journal."""
    journal = out.with_name(f"{out.name}.journal")
    arguments = command(photos, *ONLY, "--workers", 2, out=out)
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while process.poll() is None and count_records(journal) <= until:
        time.sleep(0.005)
    return process


def test_every_picture_has_its_rows_and_every_bad_file_says_why(
    photos: Path, undisturbed: list[dict[str, str]]
) -> None:
    assert {row["path"].removeprefix("'") for row in undisturbed} == {str(path) for path in photos.iterdir()}
    bad = [row for row in undisturbed if row["error"]]
    assert len(bad) == ERRORS + 1
    nobody = next(row for row in bad if row["path"].endswith("nobody.png"))
    assert (nobody["face"], nobody["error"], nobody["label"]) == ("0", "No face found.", "")
    judged = next(row for row in undisturbed if row["path"].endswith("portrait-10.jpg"))
    assert judged["sha256"] == hashlib.sha256((photos / "portrait-10.jpg").read_bytes()).hexdigest()
    assert (judged["face"], judged["detector"]) == ("1", "custom-cnn")
    assert 0 <= float(judged["p_fake"]) <= 1


def test_a_face_that_was_enlarged_is_said_to_be_so_in_each_of_its_rows(tmp_path: Path) -> None:
    small = cv2.resize(portrait(), (64, 64), interpolation=cv2.INTER_AREA)
    for name, picture in {"taken": portrait(), "thumbnail": cv2.resize(small, (512, 512))}.items():
        PIL.Image.fromarray(picture).save(tmp_path / f"{name}.png")
    run_scan(tmp_path, "--only", "custom-cnn", "--only", "blend", out=tmp_path / "table.csv")
    said: dict[str, set[str]] = defaultdict(set)
    for row in read_csv(tmp_path / "table.csv"):
        said[Path(row["path"]).stem].add(row["enlarged"])
    assert said == {"taken": {"False"}, "thumbnail": {"True"}}


def test_ctrl_c_stops_with_a_sentence_and_keeps_what_is_finished(tmp_path: Path) -> None:
    out = tmp_path / "stopped.csv"
    many = make_photos(tmp_path / "many", faces=400)  # so that a busy machine does not notice the first too late
    process = start(many, out, until=0)
    os.killpg(process.pid, signal.SIGINT)  # to all of them, as a terminal does
    _, said = process.communicate()
    assert process.returncode == 130
    assert "the same command goes on from there" in " ".join(said.split())
    assert "Traceback" not in said
    assert not out.exists()
    assert count_records(out.with_name("stopped.csv.journal")) > 0
    wait_until_gone(process.pid)


def test_three_shards_together_are_the_whole_table(
    photos: Path, undisturbed: list[dict[str, str]], tmp_path: Path
) -> None:
    rows = []
    for index in (1, 2, 3):
        out = tmp_path / f"{index}.csv"
        run_scan(photos, *ONLY, "--shard", f"{index}/3", "--workers", 1, out=out)
        part = read_csv(out)
        assert 0 < len(part) < len(undisturbed)
        rows += part
    assert sorted(rows, key=str) == sorted(undisturbed, key=str)


def test_other_detectors_do_not_go_on_with_a_table_and_are_named(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "table.jsonl"
    assert run_scan(photos / "nobody.png", *ONLY, out=out).returncode == 0
    table = out.read_bytes()
    done = run_scan(photos / "nobody.png", "--only", "efficientnet", out=out)
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "efficientnet was not used then; custom-cnn is not used now" in said
    assert out.read_bytes() == table


def test_an_added_detector_has_its_rows(photos: Path, tmp_path: Path) -> None:
    plugin = Path(__file__).parents[2] / "plugin_example" / "facejury_spectrum.py"
    out = tmp_path / "table.csv"
    assert run_scan(photos / "portrait-10.jpg", *ONLY, "--only", "spectrum", "--add", plugin, out=out).returncode == 0
    assert [row["detector"] for row in read_csv(out)] == ["custom-cnn", "spectrum", "jury"]


def test_an_added_folder_that_frames_faces_otherwise_does_not_go_on_with_a_table(photos: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "mine", tmp_path / "table.csv"
    shutil.copytree(WEIGHTS / "blend", folder)
    config = json.loads((folder / "config.json").read_text()) | {"key": "mine"}
    asked = photos / "nobody.png", "--only", "mine", "--add", folder, "--workers", 1
    for mode, code in {"centre-crop": 0, "resize": 2}.items():
        (folder / "config.json").write_text(json.dumps(config | {"mode": mode}))
        done = run_scan(*asked, out=out)
        assert done.returncode == code
    assert "contains verdicts of other detectors: mine was (" in " ".join(done.stderr.split())


def test_a_folder_that_cannot_be_written_to_is_one_sentence(photos: Path) -> None:
    done = run_scan(photos / "nobody.png", *ONLY, out=Path("/proc/t.csv"))
    assert done.returncode == 2
    assert " ".join(done.stderr.split()) == "the folder of --out, /proc, cannot be written to"


def test_what_no_scan_wrote_is_not_overwritten(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.csv"
    out.write_text("precious")
    assert run_scan(photos, *ONLY, out=out).returncode == 2
    assert out.read_text() == "precious"


@pytest.mark.parametrize(
    ("arguments", "out", "says"),
    [
        (["nowhere"], "a.csv", "nowhere"),
        (["."], "a.xlsx", ".csv, .jsonl, .parquet"),
        ([".", "--shard", "3/2"], "a.csv", "3/2"),
        ([".", "--only", "nobody"], "a.csv", "no detector named 'nobody'"),
        ([".", "--ray"], "a.csv", "--ray"),
    ],
)
def test_a_wrong_command_is_told_in_one_sentence(
    photos: Path, tmp_path: Path, arguments: list[str], out: str, says: str
) -> None:
    where = photos if arguments[0] == "." else tmp_path
    paths = [str(where)] if arguments[0] == "." else arguments[:1]
    done = run_scan(*paths, *arguments[1:], out=tmp_path / out)
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert says in said
    assert "Traceback" not in said
    assert "0/" not in said  # no bar of a scan that is not one


FAILS = """
import pluggy

def examine(image):
    raise RuntimeError("no luck")

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="fails", title="Fails", load=lambda: examine)
"""


def test_a_scan_in_which_every_detector_failed_exits_with_1(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "fails.py").write_text(FAILS)
    pictures, add = (photos / "portrait-10.jpg", photos / "nobody.png"), ("--add", tmp_path / "fails.py")
    done = run_scan(*pictures, "--only", "fails", *add, "--workers", 1, out=tmp_path / "t.csv")
    assert done.returncode == 1
    assert "2 of 2 files judged, every detector failed on 1" in " ".join(done.stderr.split())
    assert {row["label"] for row in read_csv(tmp_path / "t.csv") if row["detector"]} == {"failed"}
    both = ("--only", "fails", *ONLY, *add, "--workers", 1)
    assert run_scan(*pictures, *both, out=tmp_path / "u.csv").returncode == 0
    more = run_scan(*pictures, photos / "broken-1.jpg", *both, out=tmp_path / "u.csv")
    assert more.returncode == 0, "what was answered before counts"


def test_that_there_is_no_face_and_nothing_to_hear_is_an_answer(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "short.wav").write_bytes(to_wav(voice(0.2)))
    given = photos / "nobody.png", tmp_path / "short.wav"
    done = run_scan(*given, *ONLY, "--only", "voice", "--workers", 1, out=tmp_path / "a.csv")
    assert done.returncode == 0 and "2 of 2 files judged" in " ".join(done.stderr.split())
    assert [row["error"] for row in read_csv(tmp_path / "a.csv")] == ["No face found.", TOO_SHORT]


def test_a_scan_of_nothing_readable_exits_with_1(photos: Path, tmp_path: Path) -> None:
    assert run_scan(photos / "broken-1.jpg", *ONLY, out=tmp_path / "a.csv").returncode == 1
    again = run_scan(photos / "broken-1.jpg", *ONLY, out=tmp_path / "a.csv")
    assert again.returncode == 1 and "1 was already done" in again.stderr, "the table is no better the second time"


def test_what_a_scan_leaves_aside_is_counted_and_named(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "phone"
    texts, films = (
        ("IMG_0001", "notes.txt", ".DS_Store", ".trash/x.jpg", "raw.CR2"),
        ("a.mp4", "b.MOV", "c.mkv", "e.avi"),
    )
    for name in (*texts, *films, "d.wmv"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (folder / "link").symlink_to(photos)
    (folder / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic")
    empty = run_scan(folder / ".trash", *ONLY, out=tmp_path / "none.csv")
    assert empty.returncode == 1 and "Left aside" not in empty.stderr
    (folder / "nobody.png").write_bytes((photos / "nobody.png").read_bytes())
    done = run_scan(folder, *ONLY, out=tmp_path / "a.csv")
    assert done.returncode == 0
    said = " ".join(done.stderr.split())
    assert "1 of 2 files judged, 1 could not be read" in said
    for kind in (
        "4 videos, which `facejury compare` judges (a.mp4, b.MOV, c.mkv, …)",
        "1 .wmv (d.wmv)",
        "1 without a suffix (IMG_0001)",
        "1 .txt (notes.txt)",
        "1 .cr2 (raw.CR2)",
        "1 linked folder (link)",
        "2 hidden (.trash, .DS_Store)",
    ):
        assert kind in said
    assert "HEIC" in next(row["error"] for row in read_csv(tmp_path / "a.csv") if row["path"].endswith("heic"))


def test_a_folder_without_pictures_says_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.mp4").write_bytes(b"")
    done = run_scan(tmp_path / "clips", *ONLY, out=tmp_path / "a.csv")
    assert done.returncode == 2
    assert "contains nothing that can be judged. Left aside in folders: 1 video, which" in " ".join(done.stderr.split())


def test_the_table_says_how_far_a_face_was_turned_and_what_the_file_lacks(photos: Path, tmp_path: Path) -> None:
    whole = (photos / "portrait-10.jpg").read_bytes()
    with PIL.Image.open(photos / "portrait-10.jpg") as portrait:
        portrait.rotate(90, expand=True).save(tmp_path / "turned.png")
    (tmp_path / "cut.jpg").write_bytes(whole[:-2])
    for name in ("a.csv", "a.jsonl"):
        given = tmp_path / "turned.png", photos / "nobody.png", tmp_path / "cut.jpg"
        assert run_scan(*given, *ONLY, out=tmp_path / name).returncode == 0
    rows = read_csv(tmp_path / "a.csv")
    cut = [row for row in rows if row["path"].endswith("cut.jpg")]
    assert {row["notes"] for row in cut} == {"The file lacks its last bytes; the picture is whole."}
    assert '"notes": "The file lacks' in (tmp_path / "a.jsonl").read_text()
    rows = [row for row in rows if row not in cut]
    assert {row["notes"] for row in rows} == {""}
    assert {round(float(row["roll"]) / 10) for row in rows if row["box"]} == {-9}
    assert [row["roll"] for row in rows if not row["box"]] == [""]
    assert '"roll": -' in (tmp_path / "a.jsonl").read_text()


def test_sounds_have_their_rows_beside_the_pictures(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.wav").write_bytes(to_wav(voice(9.0, rate=8000), rate=8000))
    (folder / "broken.mp3").write_bytes(b"no sound")
    (folder / "silence.wav").write_bytes(to_wav(np.zeros(32_000, np.float32)))
    (folder / "nobody.png").write_bytes((photos / "nobody.png").read_bytes())
    done = run_scan(folder, *ONLY, "--only", "voice", "--workers", 1, out=tmp_path / "a.csv")
    assert done.returncode == 0 and "3 of 4 files judged, 1 could not be read" in " ".join(done.stderr.split())
    heard, broken, nobody, silent = read_csv(tmp_path / "a.csv")
    judged = compare_sound(folder / "a.wav", Jury(load_registry().choose(["voice"])))
    assert (heard["detector"], heard["band"], heard["label"]) == ("voice", judged.band, "")
    assert (heard["p_fake"], heard["sha256"]) == (str(judged.scores[0].p_fake), judged.sha256)
    assert "8 kHz" in heard["notes"] and UNKNOWN in broken["error"] and nobody["error"] == "No face found."
    assert broken["sha256"] == hashlib.sha256(b"no sound").hexdigest(), "its bytes were read all the same"
    assert (silent["detector"], silent["error"], silent["band"]) == ("voice", NOTHING_AUDIBLE, "")
    done = run_scan(folder / "nobody.png", folder / "a.wav", "--only", "voice", "--workers", 1, out=tmp_path / "b.csv")
    assert done.returncode == 0 and [row["error"] for row in read_csv(tmp_path / "b.csv")] == ["", NO_EYES]
    assert run_scan(folder / "a.wav", *ONLY, out=tmp_path / "c.csv").returncode == 1
    assert [row["error"] for row in read_csv(tmp_path / "c.csv")] == [NO_EARS]
