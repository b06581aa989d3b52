"""Text of strangers, at the command line: it neither steers the terminal nor pretends to be a line of ours."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import PIL.Image
import pytest
from typer.testing import CliRunner

from auth.commands.feedback import _described
from detectors.commands import terminal
from detectors.conformance import samples
from detectors.jury.results import Comparison
from detectors.provenance import Provenance, Trace
from facejury import app
from storage.feedback import Feedback
from tests.command import FACEJURY
from text.plain_text import show_in_html, show_plainly
from ui.render.cards import draw_provenance, render
from ui.render.reports.photo import render_report

EVIL = "a\x1b[31m\u202egpj.\u200b\nface 1 of 1: real :bomb: [red]x.png"
PLAIN = "a\\x1b[31m\\u202egpj.\\u200b\\nface 1 of 1: real :bomb: [red]x.png"
PLUGIN = """
import pluggy

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="evil", title="Ev\\x1b[2Jil\\u202e\\nproblem: none", load=lambda: examine)

def examine(image):
    raise ValueError("no\\x1b[31m\\u202e\\rnumber")
"""


def check(said: str) -> None:
    assert not any(letter in said for letter in "\x1b\u202e\u200b\r")


def run(*arguments: object) -> str:
    """`facejury` with these arguments; all that it printed."""
    with patch.object(terminal.screen, "_width", 300):  # it was measured when it was made
        done = CliRunner().invoke(app, [str(one) for one in arguments], env={"COLUMNS": "300", "NO_COLOR": "1"})
    return done.stdout + done.stderr


def test_what_steers_or_hides_is_spelt_out_and_all_else_is_as_it_was() -> None:
    assert show_plainly(EVIL) == PLAIN
    assert show_plainly("\udcff\u2028\ufeff\u3164") == "\\xff\\u2028\\ufeff\\u3164"
    for name in ("Łódź 北京 نص é\u0301 🙂 a\u00a0b\u202fc.jpg", r"C:\x1b", ""):
        assert show_plainly(name) == name
    assert show_in_html("one\n\ttwo\x00") == "one\n\ttwo\\x00"


@pytest.mark.parametrize(
    "name",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.jpg",  # Persian: I want
        "\u0642\u0631\u0627\u0631\u200c\u062f\u0627\u062f.png",  # Persian, behind a letter that joins nothing
        "\u0915\u094d\u200d\u0937.jpg",  # Hindi: a half letter before another
        "\u0d28\u0d4d\u200d.jpg",  # Malayalam: a letter without a vowel at the word's end
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3.jpg",  # Sinhala: Sri
    ],
)
def test_joiners_that_belong_to_a_words_spelling_are_left(name: str, tmp_path: Path) -> None:
    assert show_plainly(name) == name
    (tmp_path / name).write_bytes(b"none")
    assert name in run("compare", tmp_path / name, "--only", "custom-cnn")


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
def test_joiners_elsewhere_are_spelt_out(joiner: str, tmp_path: Path) -> None:
    spelt = f"\\u{ord(joiner):x}"
    for name in ("a{}b.jpg", "{}\u0645.jpg", "\u0645{}.jpg", "\u0645{}{}\u062e.jpg", "\u0645{}x.jpg", "\u0663{}\u0663"):
        assert show_plainly(name.replace("{}", joiner)) == name.replace("{}", spelt)
    path = tmp_path / f"pho{joiner}to.jpg"
    path.write_bytes(b"none")
    assert f"pho{spelt}to.jpg" in run("compare", path, "--only", "custom-cnn")


@pytest.mark.slow
def test_a_files_name_neither_steers_the_terminal_nor_writes_a_line(tmp_path: Path) -> None:
    for name, kind in ((EVIL, "PNG"), (f"{EVIL}.jpg", None)):
        if kind:
            PIL.Image.fromarray(samples.photo()).save(tmp_path / name, kind)
        else:
            (tmp_path / name).write_bytes(b"none")
    (tmp_path / f"{EVIL}.mp4").write_bytes(b"none")
    for said in (
        run("compare", *tmp_path.glob("a*"), "--only", "custom-cnn"),
        run("scan", tmp_path, "--out", tmp_path / "t.csv", "--only", "custom-cnn", "--workers", 1),
        run("scan", tmp_path / f"no{EVIL}", "--out", tmp_path / "u.csv"),
        run("compare", tmp_path / EVIL, "--add", tmp_path / f"no{EVIL}"),
        run("models", "evaluate", "--data", tmp_path / f"no{EVIL}"),
    ):
        check(said)
        assert PLAIN in "".join(said.split("\n")), said


def test_a_plugins_title_and_errors_do_not_either(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text(PLUGIN)
    PIL.Image.fromarray(samples.photo()).save(tmp_path / "photo.png")
    said = run("compare", tmp_path / "photo.png", "--add", tmp_path / "evil.py", "--only", "evil")
    check(said)
    assert "Ev\\x1b[2Jil\\u202e\\nproblem: none" in said
    assert "no\\x1b[31m\\u202e" in said
    said = run("detectors", "check", "evil", "--add", tmp_path / "evil.py")
    check(said)


def test_the_list_of_detectors_is_one_line_each(tmp_path: Path) -> None:
    package = tmp_path / "evil-1.dist-info"
    package.mkdir()
    (tmp_path / "evil.py").write_text(PLUGIN)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[facejury]\nevil = evil\nbroken = evil:nothing\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "FACEJURY_BLOCK": ""}
    command = [*FACEJURY, "detectors", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    check(done.stdout)
    assert "Ev\\x1b[2Jil\\u202e\\nproblem: none" in done.stdout
    assert sum(line.startswith("problem: ") for line in done.stdout.splitlines()) == 1


def test_the_name_of_a_file_that_feedback_is_about_is_shown_plainly() -> None:
    about: dict[str, Any] = {
        "claim": "real",
        "face": 0,
        "detector": "blend",
        "file_name": EVIL,
        "sha256": "",
        "has_picture": False,
    }
    now = datetime(2026, 1, 1, tzinfo=UTC)
    entry = Feedback(id=1, user="anna", time=now, accepted=None, comparison={}, **about)
    assert PLAIN in _described(entry)
    check(_described(entry))


def test_the_page_and_the_report_show_it_plainly() -> None:
    html = render("notice", sentence=EVIL, more=f"<b>{EVIL}", kind="error")
    check(html)
    assert "a\\x1b[31m\\u202egpj.\\u200b" in html and "&lt;b&gt;" in html
    found = Provenance(camera=EVIL, traces=(Trace(EVIL, EVIL, EVIL),))
    check("".join(draw_provenance(found)))
    comparison = Comparison(EVIL, "0" * 64, 9, 9, provenance=found)
    report = render_report(comparison, (), None, made=datetime(2026, 1, 1, tzinfo=UTC))
    check(report)
    assert report.count("a\\x1b[31m\\u202egpj") >= 2
