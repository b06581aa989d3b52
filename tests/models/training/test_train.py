"""Training: it learns, gives the same bits twice, and goes on after a kill as if nothing had been."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from models.errors import DataError
from models.training.config import TrainingConfig, check_sources, read_source_weights
from models.training.localisation import localisation_loss
from models.training.run import RunProgress
from models.training.train import make_repeatable, train
from tests.models.faces import TINY, make_faces

pytestmark = pytest.mark.slow
STEPS = 100


ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
"""Several threads add up in an order that depends on what else runs, so that a last bit may differ."""


def run(folder: Path, *, kill_at: int | None = None) -> list[str]:
    """Train in a process of its own, to the end or killed at a step; one line a step."""
    lines = []
    command = [sys.executable, "-m", "tests.models.tiny_run", str(folder), str(STEPS)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | ONE_THREAD
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            if int(line.split()[0]) == kill_at:
                process.send_signal(signal.SIGKILL)  # without a chance to tidy up
                break
    assert process.returncode == (0 if kill_at is None else -signal.SIGKILL)
    return lines


def weights(folder: Path, name: str = "checkpoint/average.npz") -> list[np.ndarray]:
    with np.load(folder / "run" / name) as arrays:
        return [arrays[key] for key in arrays.files]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A training that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, run(folder)


def test_it_learns_what_tells_fakes_from_reals(whole: tuple[Path, list[str]]) -> None:
    folder, lines = whole
    assert [int(line.split()[0]) for line in lines] == list(range(1, STEPS + 1))
    progress = json.loads((folder / "run/checkpoint/progress.json").read_text())
    assert progress["step"] == STEPS
    assert [entry["step"] for entry in progress["history"]] == list(range(20, STEPS + 1, 20))
    assert progress["best_auc"] > 0.95
    assert keras.saving.load_model(folder / "run/best.keras", compile=False).output.shape == (None, 1)


def test_a_training_killed_half_way_goes_on_from_its_last_checkpoint_to_the_very_same_bits(
    whole: tuple[Path, list[str]], tmp_path: Path
) -> None:
    folder, lines = whole
    assert run(tmp_path, kill_at=70) == lines[:70]
    # As left by a kill between the two renames, and by one before the tidying up.
    (tmp_path / "run/checkpoint").rename(tmp_path / "run/checkpoint.old")
    rest = run(tmp_path)
    assert rest == lines[60:]
    for first, second in zip(weights(folder), weights(tmp_path), strict=True):
        assert np.array_equal(first, second)


def train_here(folder: Path, recipe: TrainingConfig, **changes: Any) -> list[int]:
    """Train in this process; the steps that were reported."""
    steps: list[int] = []

    def report(progress: RunProgress, _: TrainingConfig, __: float) -> None:
        steps.append(progress.step)

    faces = make_faces(folder / "faces", **changes)
    train(TINY, faces, recipe=recipe, run=folder / "run", report=report)
    return steps


def test_it_stops_early_when_validation_no_longer_gets_better(tmp_path: Path) -> None:
    recipe = TrainingConfig(steps=400, batch=4, head_steps=0, every=5, patience=3)
    steps = train_here(tmp_path, recipe, telling=False)  # every face alike: the AUC stays at one half
    assert steps[-1] == 5 + 3 * 5


def test_a_remnant_of_an_earlier_kill_is_in_nobodys_way(tmp_path: Path) -> None:
    remnant = tmp_path / "run/checkpoint.old"
    train_here(tmp_path, TrainingConfig(steps=4, batch=4, head_steps=0, every=2))
    remnant.mkdir()
    (remnant / "model.keras").touch()
    assert train_here(tmp_path, TrainingConfig(steps=8, batch=4, head_steps=0, every=2)) == [5, 6, 7, 8]
    assert not remnant.exists()


def test_a_run_that_is_gone_on_with_keeps_the_head_steps_that_it_began_with(tmp_path: Path) -> None:
    for began, now in ((6, 0), (0, 6)):
        folder = tmp_path / str(began)
        train_here(folder, TrainingConfig(steps=4, batch=4, head_steps=began, every=2))
        train_here(folder, TrainingConfig(steps=10, batch=4, head_steps=now, every=2))
        assert json.loads((folder / "run/recipe.json").read_text())["head_steps"] == began
        custom = {"localisation_loss": localisation_loss}
        model = keras.saving.load_model(folder / "run/checkpoint/model.keras", custom_objects=custom)
        assert all(layer.trainable for layer in model.layers)
        assert int(model.optimizer.iterations) == 10 - began, "the whole network's optimizer, since the head's steps"


def test_a_run_that_is_validated_more_often_from_now_on_still_has_all_its_patience(tmp_path: Path) -> None:
    said_alike = TrainingConfig(steps=40, batch=4, head_steps=0, every=20, patience=3)
    train_here(tmp_path, said_alike, telling=False)  # the best is that of step 20
    assert train_here(tmp_path, replace(said_alike, steps=60, every=2), telling=False) == [41, 42, 43, 44]


def test_faces_for_evaluation_only_are_refused_before_anything_is_learnt(tmp_path: Path) -> None:
    faces = make_faces(tmp_path)
    barred = replace(faces[0], sample=replace(faces[0].sample, split="eval", source="kept"))
    with pytest.raises(DataError, match="evaluation only, so nothing may be fitted on it: kept"):
        train(TINY, [*faces, barred], recipe=TrainingConfig(), run=tmp_path / "run", report=lambda *_: None)
    assert not (tmp_path / "run").exists()


def test_validation_without_fakes_is_refused(tmp_path: Path) -> None:
    faces = [face for face in make_faces(tmp_path) if face.sample.split == "train" or not face.sample.label]
    with pytest.raises(ValueError, match="validation split must hold real and fake faces"):
        train(TINY, faces, recipe=TrainingConfig(), run=tmp_path / "run", report=lambda *_: None)


def test_evidence_is_drawn_to_the_forged_region_where_it_is_known() -> None:
    regions = np.zeros((3, 4, 4, 1), dtype=np.float32)
    regions[:2, 1, 2] = 1.0
    evidence = np.zeros((3, 4, 4, 1), dtype=np.float32)
    evidence[1, 1, 2] = 9.0
    evidence[2, 0, 0] = 9.0
    undecided, pointing, unknown = np.asarray(localisation_loss(regions, evidence))
    assert undecided == pytest.approx(np.log(16), abs=0.01)
    assert pointing == pytest.approx(0.0, abs=0.01)
    assert unknown == 0.0


def test_how_often_a_source_is_drawn_is_read_from_the_command_line() -> None:
    assert read_source_weights(["a=2", "b=0.5"]) == {"a": 2.0, "b": 0.5}
    check_sources(["a", "b"], {"a", "b", "c"})
    with pytest.raises(DataError, match="--source-weight: no source 'd' in this data; there are a, b"):
        check_sources(["d"], {"a", "b"})
    for wrong in ("a", "a=often", "a=0", "a=-1", "a=inf", "a=nan"):
        with pytest.raises(DataError, match="--source-weight"):
            read_source_weights([wrong])


@pytest.mark.parametrize(("backend", "asked"), [("tensorflow", [True]), ("jax", [])])
def test_tensorflow_alone_is_told_to_repeat_itself(
    backend: str, asked: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    monkeypatch.setattr("keras.backend.backend", lambda: backend)
    monkeypatch.setattr("tensorflow.config.experimental.enable_op_determinism", lambda: told.append(True))
    make_repeatable(7)
    first = np.random.random()
    make_repeatable(7)
    assert (first, told) == (np.random.random(), asked * 2)
