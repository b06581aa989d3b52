"""What an evaluation refuses, and where it writes what it found."""

from pathlib import Path
from typing import Any

import pytest

from detectors.jury.fusion import JURY_KEY, JURY_METRICS
from detectors.networks.folder import CONFIG, METRICS, WEIGHTS
from models.data.datasets import Sample
from models.errors import DataError, ModelsError
from models.evaluation import assess, evaluate
from models.evaluation.assess import NOTHING_TO_SAVE, Plan, _examine_folder, _save, find_places
from models.evaluation.evaluate import Answers
from registry import DetectorSpec

OURS = DetectorSpec(key="blend", title="Blend", load=lambda: None, builtin=True)
SAMPLES = [Sample(Path(f"{place}.png"), place % 2, "made", str(place), "test") for place in range(4)]


@pytest.fixture
def theirs(tmp_path: Path) -> DetectorSpec:
    """One that was added by its folder."""
    (tmp_path / CONFIG).write_text("{}")
    return DetectorSpec(key="mine", title="Mine", load=lambda: None, plugin=str(tmp_path))


def test_pictures_without_any_face_are_refused_with_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assess, "label_faces", lambda samples, cache: ([], samples))
    with pytest.raises(DataError, match="no face of at least 64 pixels was found in any of the 4 pictures"):
        assess.assess(SAMPLES, Plan(specs=[OURS], cache=tmp_path / "faces.json"))
    with pytest.raises(DataError, match=NOTHING_TO_SAVE):
        assess.assess(SAMPLES, Plan(specs=[OURS], cache=tmp_path / "faces.json", save=True))


def test_a_backend_without_gradients_is_told_before_a_thorough_evaluation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keras.backend.backend", lambda: "jax")
    monkeypatch.setattr(assess, "label_faces", pytest.fail)
    with pytest.raises(ModelsError, match="attacks need KERAS_BACKEND=tensorflow, it is jax"):
        assess.assess(SAMPLES, Plan(specs=[OURS], cache=tmp_path / "faces.json", thorough=True))


def test_a_detector_without_a_model_folder_is_not_attacked() -> None:
    assert _examine_folder(None, []) == {}


@pytest.mark.parametrize("replaces", [False, True])
def test_the_figures_of_built_ins_and_of_the_jury_are_replaced_only_where_that_is_asked_for(
    replaces: bool, theirs: DetectorSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    monkeypatch.setattr(evaluate, "write", lambda metrics, path: written.append(path))
    found: list[dict[str, Any]] = [{"detector": key} for key in ("blend", "mine", JURY_KEY, "elsewhere")]
    plan = Plan(specs=[OURS, theirs], cache=Path(), save=True, replace_builtin=replaces)
    places = find_places(plan)
    _save(found, places, {key: {} for key in places})
    mine = Path(theirs.plugin) / METRICS
    assert written == ([WEIGHTS / "blend" / METRICS, mine, JURY_METRICS] if replaces else [mine])


@pytest.mark.parametrize(("saves", "replaces"), [(True, True), (True, False), (False, False)])
def test_the_sample_is_drawn_anew_where_the_built_ins_figures_are_saved(
    saves: bool, replaces: bool, theirs: DetectorSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is asked, and what about, stands elsewhere; here it is nobody."""
    drawn: list[Any] = []
    answers = Answers([], [], {})
    monkeypatch.setattr(assess, "label_faces", lambda samples, cache: (samples, []))
    monkeypatch.setattr(assess, "part_small", lambda faces: (faces, []))
    monkeypatch.setattr(evaluate, "ask", lambda *_: answers)
    monkeypatch.setattr(assess, "_ask_all", lambda *_: assess._Rounds(answers, {}, {}, {}))
    monkeypatch.setattr(assess, "add_jury", lambda _: (answers, None))
    monkeypatch.setattr(assess, "_summarise", lambda _rounds, spec, _sample: {"detector": spec.key})
    monkeypatch.setattr(assess, "_save", lambda *_: None)
    monkeypatch.setattr(assess, "write_sample", drawn.append)
    plan = Plan(specs=[theirs], cache=Path(), save=saves, replace_builtin=replaces)
    assert assess.assess(SAMPLES, plan) == [{"detector": "mine"}]
    assert drawn == ([answers] if saves and replaces else [])


def test_what_is_replaced_must_be_saved() -> None:
    with pytest.raises(DataError, match="--replace-builtin writes nothing without --save"):
        find_places(Plan(specs=[OURS], cache=Path(), replace_builtin=True))
