"""The two networks that watch motion, trained for a few steps at the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from detectors.faces.landmarks import PIXELS, POINTS
from detectors.networks.folder import MODEL, read_config, read_network
from detectors.networks.onnx_runtime import open_session
from models.commands.application import app
from models.data.clips import WINDOW, read_tracks
from models.training.temporal import fill_pool
from tests.models.clips import write_clips
from tests.models.portraits import write_portraits

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_clips_become_a_detector_that_was_measured_on_groups_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clips = write_clips(tmp_path, "ab")
    said = run("temporal", "--clips", str(clips), "--steps", "1", "--to", "made")
    assert "chance .5, groups left out" in said
    made = Path("made")
    metrics = json.loads((made / "metrics.json").read_text())
    assert metrics["model"] == read_config(made).files[MODEL]
    assert (metrics["overall"]["real"], metrics["overall"]["fake"]) == (2, 2)
    assert "**A weak witness.**" in (made / "README.md").read_text()
    p_fake, scores = open_session(read_network(made)).run(np.zeros((1, 20, 30), dtype=np.float32))
    assert p_fake.shape == (1, 1) and scores.shape == (1, 20)
    pool = fill_pool(read_tracks(clips), seed=0)
    kept = pool.without("a")
    assert pool.features.shape[1:] == (WINDOW, 30) and 0 < len(kept.groups) < len(pool.groups)
    assert not any("a" in groups for groups in kept.groups), "nobody's mouth either"
    assert pool.share(2).sum() == pytest.approx(1) and (pool.share(2)[pool.kinds != 2] == 0).all()


def test_photos_become_the_landmark_network_and_its_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    photos = write_portraits(tmp_path / "photos", ["train"] * 2 + ["val"] * 2)
    said = run("landmarks", "--data", str(photos), "--steps", "1", "--to", "made")
    assert "eye distances, median of" in said
    (points,) = open_session(read_network(Path("made"))).run(np.zeros((3, PIXELS, PIXELS, 3), dtype=np.uint8))
    assert points.shape == (3, POINTS, 2)
    assert "| portraits |" in Path("made", "README.md").read_text()
