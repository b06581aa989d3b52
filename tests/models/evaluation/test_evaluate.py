"""Evaluation through its command: what is counted, what is printed, what is written."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from typer.testing import Result

from detectors.jury.fusion import JURY
from detectors.networks.folder import CARD, CONFIG, METRICS, WEIGHTS, read_config
from models.data.datasets import Sample, Split
from models.data.face_index import LabelledFace
from models.evaluation import evaluate
from models.evaluation.evaluate import Answers
from models.evaluation.video.videos import compare_aggregations
from registry import DetectorSpec, load_registry
from tests.command import FACEJURY, call
from tests.detectors.networks.steady import make_files, make_network
from tests.hub_stand_in import Repo, StandIn, serving
from tests.models.portraits import write_portraits

pytestmark = pytest.mark.slow  # most start commands that judge pictures

BUILT_IN = [spec.key for spec in load_registry(blocked=()) if spec.builtin and spec.expects == "face"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four portraits, four forgeries and one picture without a face, as a manifest, all of the test split."""
    return write_portraits(tmp_path, ["test"] * 4, faceless=1)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the faces that were found are kept."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))


def run(folder: Path, *arguments: object) -> Result:
    return call("models", "evaluate", "--data", folder, *arguments)


def copy_network(to: Path) -> Path:
    """The custom CNN as somebody's own, not yet measured."""
    mine = shutil.copytree(WEIGHTS / "custom-cnn", to / "my-cnn")
    config = json.loads((mine / CONFIG).read_text())
    (mine / CONFIG).write_text(json.dumps(config | {"key": "my-cnn", "title": "Mine"}))
    (mine / METRICS).unlink(missing_ok=True)
    return mine


def test_evaluate_prints_every_detectors_metrics_as_json(folder: Path) -> None:
    done = run(folder, "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert [metrics["detector"] for metrics in found] == [*BUILT_IN, "jury"]
    for metrics in found:
        assert metrics["no_face"] == {"portraits": {"count": 1, "too_small": 0, "of": 9}}
        assert (metrics["overall"]["real"], metrics["overall"]["fake"]) == (4, 4)
        assert set(metrics["generators"]) == {"made"}
        assert 0 <= metrics["overall"]["auc"]["low"] <= metrics["overall"]["auc"]["high"] <= 1


def test_a_face_too_small_for_a_verdict_is_counted_and_in_no_figure(folder: Path) -> None:
    for path in folder.glob("*0.png"):
        if "nobody" not in path.name:
            with PIL.Image.open(path) as picture:
                small = picture.resize((picture.width // 3, picture.height // 3))
            small.save(path)
    done = run(folder, "--only", "custom-cnn", "--json")
    assert done.exit_code == 0, done.stderr
    (metrics,) = json.loads(done.stdout)
    assert metrics["no_face"] == {"portraits": {"count": 1, "too_small": 2, "of": 9}}
    assert metrics["overall"]["n"] == metrics["sources"]["portraits"]["n"] == 6
    said = " ".join(done.stderr.split())
    assert "Pictures with a face under 64 pixels, left out: 2: real0.png, fake0.png" in said


def test_a_thorough_evaluation_attacks_points_probes_and_draws(folder: Path, tmp_path: Path) -> None:
    done = run(folder, "--only", "custom-cnn", "--thorough", "--json", "--plots", str(tmp_path / "plots"))
    assert done.exit_code == 0, done.stderr
    (metrics,) = json.loads(done.stdout)  # one detector alone is no jury
    assert [row["level"] for row in metrics["sweeps"]["jpeg"]] == [90, 70, 50, 30, 20]
    assert metrics["heatmaps"]["n"] == 4
    assert list(metrics["attacks"]) == ["as it is", "FGSM 1/255", "FGSM 2/255", "PGD 1/255", "PGD 2/255"]
    assert metrics["attacks"]["PGD 2/255"]["auc"]["value"] < metrics["attacks"]["as it is"]["auc"]["value"]
    assert metrics["shortcuts"] == {}  # too few pictures to fit anything on
    assert metrics["sample"] == {}  # none of its pictures is here
    drawn = sorted(path.name for path in (tmp_path / "plots" / "custom-cnn").iterdir())
    assert drawn == ["reliability.png", "robustness.png", "roc.png"]


def test_an_unknown_detector_is_one_sentence(folder: Path) -> None:
    done = run(folder, "--only", "efficientnett")
    assert done.exit_code == 2
    assert "Did you mean 'efficientnet'" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_folder_of_no_known_layout_is_one_sentence(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.exit_code == 2
    assert "expected manifest.csv" in " ".join(done.stderr.split())


def test_a_generator_is_measured_against_all_reals_of_its_split() -> None:
    faces = [
        LabelledFace(Sample(Path(f"/{place}"), label, source, str(place), "test", "g" if label else ""), (0, 0, 9, 9))
        for place, (label, source) in enumerate([(0, "a"), (0, "b"), (1, "a")])
    ]
    answers = Answers(faces, [], {"x": np.array([0.1, 0.8, 0.5])})
    ((name, chosen),) = evaluate.by_generator(answers)
    assert name == "g"
    assert chosen.all()


def test_failed_answers_are_counted_and_left_out() -> None:
    faces = [LabelledFace(Sample(Path(f"/{i}"), i % 2, "a", str(i), "test", ""), (0, 0, 9, 9)) for i in range(6)]
    answers = Answers(faces, [], {"x": np.array([0.1, 0.9, np.nan, 0.8, 0.2, np.nan])})
    metrics = evaluate.summarise(answers, DetectorSpec(key="x", title="X", load=lambda: None))
    assert metrics["failed"] == 2
    assert metrics["overall"]["n"] == 4
    assert metrics["overall"]["auc"]["value"] == 1.0


def test_fakes_of_one_source_video_by_two_methods_are_two_videos_and_are_drawn_with_it() -> None:
    made = [(group, generator) for group in range(6) for generator in ("", "swap", "puppet") for _ in range(3)]
    faces = [
        LabelledFace(
            Sample(Path(f"/{place}"), int(generator != ""), "films", f"v{group}", "test", generator), (0, 0, 90, 90)
        )
        for place, (group, generator) in enumerate(made)
    ]
    said = {"": 0.1, "swap": 0.9, "puppet": 0.4}
    p_fake = np.array([said[generator] for _, generator in made])
    p_fake[-9:] = 0.6  # the last source video and both its fakes
    answers = Answers(faces, [], {"x": p_fake})
    spec = DetectorSpec(key="x", title="X", load=lambda: None)
    found = evaluate.summarise(answers, spec)["videos"]["films"]
    assert (found["real"], found["fake"]) == (6, 12)
    assert found["recall"]["value"] == pytest.approx(7 / 12, abs=1e-4)
    by_rule = {one["rule"]: one for one in compare_aggregations(answers, [spec])}
    assert found["auc"] == by_rule["mean"]["auc"], "one figure has one interval, over source videos"
    assert by_rule["mean"]["fake"] == 12


def test_a_source_in_two_splits_has_a_line_for_each() -> None:
    places: tuple[tuple[str, Split, int], ...] = ("mine", "test", 4), ("mine", "val", 6), ("other", "eval", 2)
    faces = [
        LabelledFace(Sample(Path(f"/{source}{split}{i}"), i % 2, source, f"{split}{i}", split), (0, 0, 9, 9))
        for source, split, count in places
        for i in range(count)
    ]
    answers = Answers(faces, [], {"x": np.full(12, 0.7)})
    metrics = evaluate.summarise(answers, DetectorSpec(key="x", title="X", load=lambda: None))
    counts = {name: row["n"] for name, row in metrics["sources"].items()}
    assert counts == {"mine (test)": 4, "mine (val)": 6, "other": 2}
    lines = [name for name, _ in evaluate.rows(metrics)]
    assert lines[1:] == ["mine (test)", "mine (val)", "other (eval)"]


def test_one_source_of_one_class_has_no_auc_but_a_share_right() -> None:
    faces = [LabelledFace(Sample(Path(f"/{i}"), 0, "reals", str(i), "test", ""), (0, 0, 9, 9)) for i in range(4)]
    answers = Answers(faces, [], {"x": np.array([0.1, 0.2, 0.7, 0.3])})
    metrics = evaluate.summarise(answers, DetectorSpec(key="x", title="X", load=lambda: None))
    assert "auc" not in metrics["sources"]["reals"]
    assert metrics["sources"]["reals"]["accuracy"]["value"] == 0.75


def test_a_model_folder_that_was_added_gets_its_metrics_beside_its_weights(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What a researcher's own detector needs before it can be published."""
    mine, jury = copy_network(tmp_path_factory.mktemp("mine")), JURY.read_bytes()
    done = run(folder, "--add", str(mine), "--split", "test", "--only", "my-cnn", "--save")
    assert done.exit_code == 0, done.stderr
    metrics = json.loads((mine / METRICS).read_text())
    assert (metrics["detector"], metrics["model"]) == ("my-cnn", read_config(mine).files["model.onnx"])
    assert set(metrics["robustness"]) == {"as it is", "web", "hard"}
    assert metrics["robustness"]["hard"]["real"] == 4
    assert metrics["curves"]["roc"]["tpr"][-1] == 1
    assert JURY.read_bytes() == jury


def test_figures_that_the_faces_do_not_allow_are_left_out_of_the_file_the_plots_and_the_card(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mine, drawn = copy_network(tmp_path_factory.mktemp("mine")), tmp_path_factory.mktemp("drawn")
    manifest = folder / "manifest.csv"
    rows = manifest.read_text().splitlines()
    apart = [row.replace(",portraits,", ",fakes,").replace(",test", ",eval") if "fake" in row else row for row in rows]
    manifest.write_text("\n".join(apart))
    done = run(folder, "--add", mine, "--only", "my-cnn", "--save", "--plots", drawn)
    assert done.exit_code == 0, done.stderr
    assert "my-cnn: no curves are drawn" in " ".join(done.stderr.split())
    metrics = json.loads((mine / METRICS).read_text(), parse_constant=pytest.fail)  # NaN is no JSON
    assert metrics["overall"] == {"n": 0, "real": 0, "fake": 0}
    assert "auc" not in metrics["robustness"]["web"] and "coverage" in metrics["robustness"]["web"]
    done = call("models", "card", "my-cnn", "--from", mine)
    assert done.exit_code == 0, done.output
    assert "None: the test splits hold one class only." in (mine / CARD).read_text()


def test_a_detector_of_the_hub_is_measured_like_any_other(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = str(tmp_path_factory.mktemp("home"))
    with serving(StandIn()) as hub:
        hub.repos["model", "ada/steady"] = Repo("model", "ada/steady", private=False)
        head = hub.repo("ada/steady").commit(make_files(make_network()))
        homes = {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1", "HF_HOME": home, "XDG_DATA_HOME": home}
        key = f"hub:ada/steady@{head[:8]}"
        command = [*FACEJURY, "models", "evaluate", "--data", str(folder), "--add", "hub:ada/steady", "--split", "test"]
        environment = os.environ | homes  # read when the Hub's client is imported
        done = subprocess.run([*command, "--only", key, "--json"], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert f"{key} is commit {head}" in done.stderr
    (metrics,) = json.loads(done.stdout)
    assert metrics["detector"] == key
    assert metrics["overall"]["auc"]["value"] == 0.5  # it says the same of every face
