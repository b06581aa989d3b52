"""`facejury mcp`, started and asked by the protocol's own client."""

import json
import re
import subprocess
import sys
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import PIL.Image
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult, ImageContent, TextContent

from detectors.conformance.samples import as_png, forgeries, noise, photo
from registry import Image
from registry.contract import AUDIO_RATE
from tests.command import FACEJURY, ROOT
from tests.detectors.videos import write_video
from tests.docs.pages import find_blocks

SHOWN = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
NO_FILES = "~nobody-here/x.png", "a\0b.png", "~a\0b/x.png", "a" * 300
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "judged": ("compare", {"picture": "photo.png"}),
    "explained": ("explain", {"picture": "photo.png"}),
    "beyond": ("explain", {"picture": "photo.png", "face": 3}),
    "nobody": ("explain", {"picture": "noise.png"}),
    "pair": ("compare", {"picture": "pair.png"}),
    "first": ("explain", {"picture": "pair.png", "face": 1}),
    "second": ("explain", {"picture": "pair.png", "face": 2}),
    "absent": ("compare", {"picture": "absent.png"}),
    "as given": ("compare", {"picture": "./photo.png"}),
    "film": ("compare", {"picture": "film.mp4"}),
    "tone": ("explain", {"picture": "tone.wav"}),
    **{
        f"{tool} of {path!r}": (tool, {"picture" if tool == "compare" else "path": path})
        for tool in ("compare", "video", "audio")
        for path in NO_FILES
    },
    "in seconds": ("audio", {"path": "./tone.wav", "start": 1}),
    "past the end": ("audio", {"path": "tone.wav", "start": 90.5}),
    "late": ("video", {"path": "photo.png", "start": "soon"}),
    "heard": ("audio", {"path": "tone.wav"}),
    "unheard": ("audio", {"path": "photo.png"}),
    "listed": ("detectors", {}),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CallToolResult]:
    """What one server answers to all of these calls, one after another."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "photo.png").write_bytes(as_png(forgeries("image")[0]))
    (folder / "pair.png").write_bytes(as_png(_put_a_small_face_left()))
    (folder / "noise.png").write_bytes(as_png(noise()))
    tone = np.sin(np.arange(5 * AUDIO_RATE) / 20) * 9000
    with wave.open(str(folder / "tone.wav"), "wb") as sound:
        sound.setparams((1, 2, AUDIO_RATE, 0, "NONE", ""))
        sound.writeframes(tone.astype("<i2").tobytes())
    only = ["--only", "efficientnet", "--only", "blend", "--only", "voice"]
    write_video(folder / "film.mp4", [photo()] * 2, [0.0, 0.5])
    server = StdioServerParameters(command=FACEJURY[0], args=[*FACEJURY[1:], "mcp", *only], cwd=folder)

    async def ask() -> dict[str, CallToolResult]:
        async with Client(server) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert tools == set(find_names()), "docs/agents.md lists the tools"
            return {name: await client.call_tool(*call) for name, call in CALLS.items()}

    with ThreadPoolExecutor(1) as beside:  # Playwright keeps the event loop of the tests' own thread
        return beside.submit(anyio.run, ask).result()


def _put_a_small_face_left() -> Image:
    """A face too small for a verdict beside a large one, which is found first."""
    forged = forgeries("image")[0]
    beside = np.full((forged.shape[0], forged.shape[1] // 4, 3), 127, np.uint8)
    beside[:128] = np.asarray(PIL.Image.fromarray(photo()).resize((128, 128)))
    return np.hstack([beside, forged])


def find_names() -> list[str]:
    """The tools in the page's table."""
    return [line.split("`")[1] for line in SHOWN.splitlines() if line.startswith("| `")]


def test_a_picture_is_judged_as_the_command_line_judges_it(answers: dict[str, CallToolResult]) -> None:
    judged = answers["judged"].structured_content
    assert judged is not None
    assert [verdict["detector"] for verdict in judged["faces"][0]["verdicts"]] == ["efficientnet", "blend"]
    assert judged["path"] == "photo.png"


def test_a_file_is_called_as_the_agent_called_it(answers: dict[str, CallToolResult]) -> None:
    named = [answers[name].structured_content for name in ("as given", "in seconds")]
    assert [told["path"] for told in named if told] == ["./photo.png", "./tone.wav"]


def test_a_start_in_seconds_may_be_a_number(answers: dict[str, CallToolResult]) -> None:
    heard = answers["in seconds"].structured_content
    assert heard is not None
    assert (heard["start"], heard["windows"][0]["at"]) == (1.0, 1.0)


def test_a_recording_is_heard_window_by_window(answers: dict[str, CallToolResult]) -> None:
    heard = answers["heard"].structured_content
    assert heard is not None
    assert [verdict["detector"] for verdict in heard["verdicts"]] == ["voice"]
    assert [window["at"] for window in heard["windows"]] == [0.0, 1.0]


def test_a_verdict_is_explained_in_words_with_a_heat_map_that_points(answers: dict[str, CallToolResult]) -> None:
    said, face, *maps = answers["explained"].content
    assert isinstance(said, TextContent)
    assert said.text.startswith("Jury: ")
    assert "Blend expert (looks for blending traces): " in said.text
    assert isinstance(face, ImageContent)
    assert [type(part) for part in maps[:2]] == [TextContent, ImageContent]
    assert maps[1].data != face.data  # type: ignore[union-attr]


def test_a_face_is_explained_by_the_number_that_compare_gave_it(answers: dict[str, CallToolResult]) -> None:
    judged = answers["pair"].structured_content
    assert judged is not None
    large, small = judged["faces"]
    assert (large["number"], small["number"]) == (2, 1) and small["doubt"] and not large["doubt"]
    (first, *_), (second, *_) = answers["first"].content, answers["second"].content
    assert isinstance(first, TextContent) and isinstance(second, TextContent)
    assert small["doubt"] in first.text and small["doubt"] not in second.text
    assert re.search(r"Estimated chance of fake: (over )?\d+ %\.\n", second.text)
    assert second.text.count("p_fake") == len(large["verdicts"])
    assert "chance of fake" not in first.text and "p_fake" not in first.text, "a number that cannot be believed"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("beyond", "There is no face 3: 1 found."),
        ("nobody", "No face was found in this picture."),
        ("absent", "The file cannot be opened."),
        ("unheard", "use WAV, MP3, FLAC, OGG, Opus or M4A, or a video with sound."),
        *((name, "The file cannot be opened.") for name in CALLS if " of " in name),
        ("film", "This is a video, not a picture: the tool `video` judges it."),
        ("tone", "This is a sound, not a picture: the tool `audio` judges it."),
        ("past the end", "The sound is 0:05 long; it ends before the chosen start."),
        ("late", "a time is written as 90, 1:30 or 1:02:30, got 'soon'"),
    ],
)
def test_what_cannot_be_done_is_an_error_with_its_sentence(
    answers: dict[str, CallToolResult], name: str, sentence: str
) -> None:
    [said] = answers[name].content
    assert answers[name].is_error
    assert isinstance(said, TextContent)
    assert said.text.endswith(sentence)


def test_each_detector_says_how_well_it_did_and_on_what(answers: dict[str, CallToolResult]) -> None:
    listed = answers["listed"].structured_content
    assert listed is not None
    assert [about["key"] for about in listed["result"]] == ["efficientnet", "blend", "voice"]
    for about in listed["result"]:
        assert {found["in_training"] for found in about["measured"]} == {True, False}
        assert all({"low", "high"} <= set(found["figures"]["coverage"]) for found in about["measured"])
    assert len(json.dumps(listed)) < 60_000


def test_the_program_in_the_documentation_runs(tmp_path: Path) -> None:
    [program, _] = find_blocks(SHOWN, "python")
    start = f"command={FACEJURY[0]!r}, args=[{FACEJURY[1]!r}, "
    assert 'command="facejury", args=[' in program
    (tmp_path / "photo.jpg").write_bytes(as_png(photo()))
    done = subprocess.run(
        [sys.executable, "-c", program.replace('command="facejury", args=[', start)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert re.fullmatch(r"\[\d+, \d+, \d+, \d+\] inconclusive\n", done.stdout)
