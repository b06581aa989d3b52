"""docs/first-detector.md is followed as it stands there: from an idea to the Hub, and back into a fresh environment."""

import json
import shlex
from pathlib import Path

import pytest

from detectors.conformance import samples
from registry import manager
from tests.command import ROOT, call
from tests.docs.pages import find_blocks
from tests.hub_stand_in import StandIn
from tests.models.portraits import make_pair

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),  # as in test_hub.py
]
STEPS = [find_blocks(part, "bash") for part in (ROOT / "docs/first-detector.md").read_text().split("\n## ")[1:]]
FAST = {"60": ("2", "--batch", "2"), "30": ("2",)}  # steps of training, and from one checkpoint to the next
PICTURES = (0, 1, 2, 5)  # their names put one of them, real and fake, into each of the splits


def follow(lines: str) -> list[str]:
    """Run a step's commands of ours; what each printed. The shell's own `echo … > FILE` is done, all else left out."""
    printed = []
    for line in lines.splitlines():
        program, *arguments = shlex.split(line, comments=True)
        if program == "facejury":
            done = call(*(part for one in arguments for part in FAST.get(one, (one,))), columns=200)
            assert done.exit_code == 0, f"{line}: {done.stderr}"
            printed.append(done.stdout)
        elif program == "echo":
            text, _, path = arguments
            Path(path).write_text(text)
    return printed


def test_the_page_leads_from_an_idea_to_the_hub_and_back(
    hub: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("FACEJURY_BLOCK", "")
    monkeypatch.setattr(manager, "PINS", tmp_path / "plugins.toml")
    monkeypatch.setattr("tests.hub_stand_in.TOKENS", {"hf_write": ("user", "write")})
    (tmp_path / "photo.jpg").write_bytes(samples.as_png(samples.photo()))
    for index in PICTURES:
        for label, picture in zip(("real", "fake"), make_pair(index), strict=True):
            (tmp_path / "faces" / label).mkdir(parents=True, exist_ok=True)
            (tmp_path / "faces" / label / f"{index}.png").write_bytes(samples.as_png(picture))

    _, [idea], [network], [publish], [back] = STEPS
    _, checked, compared, board = follow(idea)
    assert "all 20 checks passed" in checked and "Grain (not measured)" in compared and "Grain" in board
    *_, board = follow(network)
    assert "Grain network" in board and "The jury" in board
    follow(publish)
    assert json.loads(hub.repo("user/grain").files["config.json"])["key"] == "grain-net"
    assert hub.repo("user/grain").files["LICENSE"] == b"For research only."
    monkeypatch.setenv("HF_TOKEN", "")
    _, listed, compared = follow(back)
    assert f"hub:user/grain@{hub.repo('user/grain').head[:8]}" in listed
    assert "Grain network (user/grain)" in compared
