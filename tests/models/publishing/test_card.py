"""The model card: every number in it is one of metrics.json, and the code in it runs as it stands."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from huggingface_hub import ModelCard
from skimage.data import astronaut

from detectors.faces.crop import crop_face
from detectors.faces.find import find_faces
from detectors.networks.folder import CARD, METRICS, MODEL, WEIGHTS, load_folder, read_config
from models.commands.application import app
from models.errors import PublishError
from models.metrics_file import read_metrics
from models.publishing import card
from models.publishing.card import render, write_card
from registry import Image, load_registry
from tests.command import call
from tests.models.measured import KEY, make_folder
from tests.models.publishing.test_imported import make_network

pytestmark = pytest.mark.slow  # a whole model folder is measured and drawn

NUMBER = re.compile(r"-?\d\.\d{3} \[-?\d\.\d{3}, -?\d\.\d{3}\]")
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_folder(tmp_path_factory.mktemp("weights"))
    write_card(folder, repo="ada/jury-cnn")
    return folder


@pytest.fixture(scope="module")
def metrics(folder: Path) -> dict[str, Any]:
    return read_metrics(folder)


def say(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def figures_in(value: object) -> Iterator[str]:
    if isinstance(value, dict) and value.keys() == {"value", "low", "high"}:
        yield say(value)
    elif isinstance(value, dict):
        yield from figures_in(list(value.values()))
    elif isinstance(value, list):
        for part in value:
            yield from figures_in(part)


def rows_of(text: str, heading: str) -> dict[str, list[str]]:
    """The cells of the table under a heading, by the first one."""
    section = text.split(f"### {heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    heads = ("data", "generator", "delivery", "the faces", "attack", "change", "real faces", "---")
    return {line[0]: line[1:] for line in lines if line[0] not in heads}


def test_the_model_index_comes_back_with_every_number_intact(folder: Path, metrics: dict[str, Any]) -> None:
    loaded = ModelCard.load(folder / CARD)
    assert str(loaded) == (folder / CARD).read_text(encoding="utf-8")
    found = {(one.dataset_name, one.metric_type): one for one in loaded.data.eval_results}
    for name, figures in {**metrics["sources"], card.ALL: metrics["overall"]}.items():
        for figure, kind in [("auc", "roc_auc"), ("balanced_accuracy", "balanced_accuracy")]:
            if figure in figures:
                one = found.pop((name, kind))
                assert one.metric_value == figures[figure]["value"]
                numbers = [figures[figure]["low"], figures[figure]["high"], figures["real"], figures["fake"]]
                assert [float(number) for number in re.findall(r"\d+(?:\.\d+)?", one.metric_name)[-4:]] == numbers
    ((name, kind),) = found  # the one source of one class
    assert (name, kind) == ("celeba", "accuracy")
    assert found[name, kind].metric_value == metrics["sources"]["celeba"]["accuracy"]["value"]


def test_the_metadata_says_library_licence_and_task(folder: Path) -> None:
    data = ModelCard.load(folder / CARD).data
    assert (data.library_name, data.pipeline_tag) == ("keras", "image-classification")
    assert (data.license, data.license_name, data.license_link) == ("other", "research-use", "LICENSE")
    assert {"deepfake-detection", "facejury"} <= set(data.tags)


def test_what_is_not_stated_is_not_denied(folder: Path, metrics: dict[str, Any]) -> None:
    text = render(replace(read_config(folder), trained_on=()), metrics)
    assert {row[0] for name, row in rows_of(text, "By data set").items() if name != "all test splits"} == {"not stated"}
    assert "That is not stated" in text and "no, never" not in text and "not trained on comes first" not in text


def test_each_table_holds_its_own_figures(folder: Path, metrics: dict[str, Any]) -> None:
    text = (folder / CARD).read_text(encoding="utf-8")
    by_source = rows_of(text, "By data set")
    assert by_source["faceforensics-c23"][0] == "no, never"
    assert by_source["celeba"][1:3] == ["20 + 0", "-"]
    shown = ("auc", "balanced_accuracy", "accuracy", "tpr_at_fpr_5")
    for name in ("deepfake-faces", "stylegan1-ffhq"):
        assert by_source[name][2:] == [say(metrics["sources"][name][figure]) for figure in shown]
    for name, cells in rows_of(text, "By generator").items():
        expected = [say(metrics["generators"][name][figure]) for figure in ("auc", "balanced_accuracy", "recall")]
        assert cells[1:] == expected
    for cells, figures in zip(
        rows_of(text, "When the photo was shared before").values(), metrics["robustness"].values(), strict=True
    ):
        names = ("balanced_accuracy", "lost", "coverage", "right_when_answered", "reals_called_fake")
        assert cells[1:] == [say(figures[name]) for name in names]


def test_what_it_was_not_trained_on_comes_first(folder: Path, metrics: dict[str, Any]) -> None:
    text = (folder / CARD).read_text(encoding="utf-8")
    shipped = rows_of(text, 'As it is shipped, with "inconclusive"')
    for rows in (rows_of(text, "By data set"), shipped):
        assert next(iter(rows)) == "faceforensics-c23"
        assert rows.keys() - {"all test splits"} == metrics["sources"].keys()
    names = ("coverage", "right_when_answered", "reals_called_fake", "fakes_called_fake")
    assert shipped["stylegan1-ffhq"][1:] == [say(metrics["sources"]["stylegan1-ffhq"][name]) for name in names]


def test_what_was_measured_thoroughly_stands_in_sections_of_its_own(folder: Path, metrics: dict[str, Any]) -> None:
    text = (folder / CARD).read_text(encoding="utf-8")
    swept = rows_of(text, "As the picture gets worse, step by step")
    assert swept["jpeg, quality 20"][1:] == [
        say(metrics["sweeps"]["jpeg"][-1][figure]) for figure in ("auc", "balanced_accuracy", "lost")
    ]
    attacked = rows_of(text, "Attacked by somebody who holds its weights")
    assert attacked["PGD 2/255"][1] == say(metrics["attacks"]["PGD 2/255"]["auc"])
    for heading, name, row in [
        ("Harmless changes to real faces", "false_alarms", "beauty filter"),
        ("Differences between people", "people", "female"),
    ]:
        figures = metrics[name][row]
        shown = [say(figures[figure]) for figure in ("reals_called_fake", "coverage", "accuracy")]
        assert rows_of(text, heading)[row] == [str(figures["real"]), *shown]
    probed = rows_of(text, "What can be told without looking at a face")
    assert probed["deepfake-faces"][1:] == [
        say(metrics["shortcuts"]["deepfake-faces"][kind]) for kind in ("files", "fed", "geometry", "pixels")
    ]
    assert say(metrics["heatmaps"]["hit_by_chance"]) in text
    assert "On 9 test fakes" in text and say(metrics["twin_heatmaps"]["overlap"]) in text
    assert say(metrics["overall"]["right_at_70_coverage"]) in text


def test_a_quick_measuring_leaves_those_sections_out(folder: Path, metrics: dict[str, Any]) -> None:
    thorough = ("sweeps", "attacks", "heatmaps", "twin_heatmaps", "shortcuts", "false_alarms", "people")
    text = render(read_config(folder), {name: value for name, value in metrics.items() if name not in thorough})
    for heading in ("step by step", "Attacked by", "heat map points", "without looking", "robustness.png"):
        assert heading not in text
    assert "\n\n\n" not in text


def test_no_figure_stands_in_the_card_that_is_not_in_the_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    shown = NUMBER.findall((folder / CARD).read_text(encoding="utf-8"))
    assert len(shown) > 30
    assert set(shown) <= set(figures_in(metrics))


def test_the_card_says_what_it_was_not_tested_on_and_what_not_to_do(folder: Path, metrics: dict[str, Any]) -> None:
    text = (folder / CARD).read_text(encoding="utf-8")
    assert all(line in text for line in metrics["not_tested_on"])
    assert "Do not use it alone to decide about a person" in text
    assert "In 1 of 231 pictures no face was found" in text
    for name in read_config(folder).trained_on:
        assert card.ORIGINS[name] in text


def test_a_detector_of_other_data_is_described_by_its_own_licence(folder: Path, metrics: dict[str, Any]) -> None:
    config = replace(read_config(folder), trained_on=("my-photos", "celeba"))
    text = render(config, metrics)
    assert ModelCard(text).data.to_dict()["license_name"] == "see-license"
    assert "research and evaluation" not in text
    assert "| my-photos | named by whoever trained it |" in text
    by_source = rows_of(text, "By data set")
    assert (by_source["celeba"][0], by_source["deepfake-faces"][0]) == ("other pictures of it", "no, never")


def test_data_that_was_trained_on_is_said_to_be_so_where_two_of_its_splits_were_measured(
    folder: Path, metrics: dict[str, Any]
) -> None:
    config, figures = read_config(folder), metrics["sources"]["deepfake-faces"]
    both = {f"deepfake-faces ({split})": figures | {"split": split} for split in ("val", "test")}
    text = render(config, metrics | {"sources": {**both, "elsewhere": figures}})
    for heading in ("By data set", 'As it is shipped, with "inconclusive"'):
        rows = rows_of(text, heading)
        assert next(iter(rows)) == "elsewhere" and rows["elsewhere"][0] == "no, never"
        assert {rows[name][0] for name in both} == {"other pictures of it"}


def test_what_was_not_measured_is_said_and_not_left_out(folder: Path, metrics: dict[str, Any]) -> None:
    text = render(read_config(folder), metrics | {"robustness": {}, "curves": {}})
    assert "Not measured." in text
    assert "roc.png" not in text


def test_all_pictures_are_drawn(folder: Path) -> None:
    for name in ("roc.png", "reliability.png", "robustness.png"):
        picture = cv2.imread(str(folder / name))
        assert min(picture.shape[:2]) > 300
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20


def test_the_card_command_writes_beside_the_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_folder(tmp_path)
    monkeypatch.setattr(sys, "argv", ["models", "card", KEY, "--from", str(folder)])
    with pytest.raises(SystemExit) as ended:
        app()
    assert not ended.value.code
    assert f"--only {KEY}" in (folder / CARD).read_text(encoding="utf-8")


def test_figures_of_other_weights_are_refused(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    metrics = json.loads((folder / METRICS).read_text())
    (folder / METRICS).write_text(json.dumps(metrics | {"model": "0" * 64}))
    with pytest.raises(PublishError, match="other weights"):
        write_card(folder)


@pytest.mark.parametrize("key", [spec.key for spec in load_registry() if spec.builtin and spec.expects == "face"])
def test_the_card_beside_the_weights_is_the_one_that_would_be_rendered(key: str) -> None:
    folder = WEIGHTS / key
    assert (folder / CARD).read_text(encoding="utf-8") == render(read_config(folder), read_metrics(folder))


@pytest.fixture(scope="module")
def face() -> Image:
    picture = astronaut()
    return crop_face(picture, find_faces(picture)[0].box)


def run_code(code: str, where: Path) -> list[float]:
    """What a script prints in a folder, away from the project's code."""
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-P", "-c", code]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=True, env=environment)
    return [float(line) for line in done.stdout.split()]


def test_the_code_in_the_card_gives_the_same_p_fake_with_onnxruntime_and_with_keras(folder: Path, face: Image) -> None:
    cv2.imwrite(str(folder / "face.png"), face[..., ::-1])
    plain, keras = BLOCK.findall((folder / CARD).read_text(encoding="utf-8"))
    expected, _ = load_folder(folder).examine(face)
    found = run_code(plain + keras, folder)
    assert found[0] == pytest.approx(expected, abs=2e-6)
    assert found[1] == pytest.approx(expected, abs=1e-4)


def test_the_card_of_a_network_from_elsewhere_runs_and_promises_no_heat_map_that_it_lacks(
    metrics: dict[str, Any], tmp_path: Path, face: Image
) -> None:
    bright = tmp_path / "bright"
    network = make_network(tmp_path / "net.onnx")
    assert call("models", "import-onnx", network, "--key", "bright", "--to", bright).exit_code == 0
    quick = {name: value for name, value in metrics.items() if "heatmaps" not in name}
    (bright / METRICS).write_text(json.dumps(quick | {"model": read_config(bright).files[MODEL]}))
    assert call("models", "card", "bright", "--from", bright).exit_code == 0
    text = (bright / CARD).read_text(encoding="utf-8")
    assert "heat map" not in text and "- Normalisation is inside `model.onnx`." in text
    cv2.imwrite(str(bright / "face.png"), face[..., ::-1])
    expected, _ = load_folder(bright).examine(face)
    [code] = BLOCK.findall(text)
    assert run_code(code, bright) == [pytest.approx(expected, abs=2e-6)]


@pytest.mark.parametrize("side", [40, 128, 200])
def test_the_code_for_a_centre_crop_is_ours_too(
    folder: Path, metrics: dict[str, Any], tmp_path: Path, side: int
) -> None:
    config = replace(read_config(folder), mode="centre-crop")
    (tmp_path / "model.onnx").write_bytes((folder / "model.onnx").read_bytes())
    (tmp_path / "config.json").write_text(config.as_json())
    image = np.ascontiguousarray(cv2.resize(astronaut()[20:200, 150:300], (side, side + 7)))
    cv2.imwrite(str(tmp_path / "face.png"), image[..., ::-1])
    plain, _ = BLOCK.findall(render(config, metrics))
    expected, _ = load_folder(tmp_path).examine(image)
    assert run_code(plain, tmp_path) == [pytest.approx(expected, abs=2e-6)]
