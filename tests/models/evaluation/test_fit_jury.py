"""The jury's weights and thresholds, on made answers whose truth is known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.random import default_rng
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from detectors.jury import fusion
from detectors.jury.fusion import to_logit, to_p
from models.data.datasets import Sample, Split
from models.data.face_index import LabelledFace
from models.errors import DataError
from models.evaluation import fit_jury as fitting
from models.evaluation.evaluate import Answers
from models.evaluation.fit_jury import (
    MAX_FALSE_OMISSION_RATE,
    MAX_REALS_CALLED_FAKE,
    MAX_REALS_DOUBTED,
    MIN_COUNTED,
    SELF_BLENDED,
    Floats,
    Material,
    add_jury,
    fit,
    fit_jury,
    gather,
    subsets,
    weigh_kinds,
    write,
)
from registry import Verdict

KINDS = {"efficientnet": ("swap", "generated"), "custom-cnn": ("swap",), "blend": (SELF_BLENDED,)}


def make_material(count: int = 400) -> Material:
    """Two sources of reals; each detector sees the kinds of fakes it is made for."""
    random = default_rng(0)
    kinds = np.repeat(["", "", "swap", "generated", SELF_BLENDED], count)
    sources = np.repeat(["one", "two", "one", "one", "two"], count)
    p_fake = {
        key: 1 / (1 + np.exp(-(3.0 * np.isin(kinds, fakes) - 1.5 + random.standard_normal(len(kinds)))))
        for key, fakes in KINDS.items()
    }
    return Material(p_fake, kinds, sources, np.arange(len(kinds)) % 2 == 0)


def weigh(row: dict[str, Any], material: Material) -> Floats:
    columns = zip(*(material.p_fake[key] for key in row["weights"]), strict=True)
    weights = row["weights"].values()
    logits = [row["shift"] + sum(w * to_logit(p) for w, p in zip(weights, said, strict=True)) for said in columns]
    return np.array([to_p(logit) for logit in logits])


def test_no_kind_is_ignored() -> None:
    material = make_material()
    said = weigh(fit_jury(material)["subsets"][-1], material)
    for kind in ("swap", "generated", SELF_BLENDED):
        chosen = np.isin(material.kinds, ["", kind])
        assert roc_auc_score(material.labels[chosen], said[chosen]) > 0.9


def test_every_kind_weighs_the_same_and_both_classes_do() -> None:
    weights, kinds = weigh_kinds(make_material(10)), make_material(10).kinds
    sums = {round(weights[kinds == kind].sum(), 6) for kind in ("swap", "generated", SELF_BLENDED)}
    assert weights[kinds == ""].sum() == pytest.approx(25)
    assert sums == {round(25 / 3, 6)}


def find_omitted(below: NDArray[np.bool_], material: Material) -> list[float]:
    """Of what is called real, the share that is fake: for each kind of forgery, as it is and passed on."""
    omitted = []
    for kind in ("swap", "generated"):
        for same in (material.passed_on, ~material.passed_on):
            fakes, reals = (below[same & (material.kinds == name)].mean() for name in (kind, ""))
            omitted.append(fakes / (fakes + reals))
    return omitted


def test_fake_holds_for_each_source_and_real_for_each_kind_as_it_is_and_passed_on() -> None:
    material = make_material()
    row = fit_jury(material)["subsets"][-1]
    said = weigh(row, material)
    for source in ("one", "two"):
        reals = said[(material.kinds == "") & (material.sources == source)]
        assert (reals >= row["fake_from"]).mean() <= MAX_REALS_CALLED_FAKE
    omitted = find_omitted(said < row["real_until"], material)
    assert max(omitted) <= MAX_FALSE_OMISSION_RATE
    assert max(omitted) > MAX_FALSE_OMISSION_RATE / 2  # no lower than it must be


def set_aside(material: Material, count: int) -> float:
    """fake_from where so many of the reals, the most suspect ones, are of another source."""
    said = weigh(fit_jury(material)["subsets"][-1], material)
    suspect = np.argsort(np.where(material.kinds == "", -said, np.inf))[:count]
    sources = np.where(np.isin(np.arange(len(said)), suspect), "elsewhere", "one")
    moved = Material(material.p_fake, material.kinds, sources, material.passed_on)
    return float(fit_jury(moved)["subsets"][-1]["fake_from"])


def test_a_handful_of_reals_of_a_small_source_does_not_set_from_where_fake_holds() -> None:
    material = make_material()
    assert set_aside(material, 3) <= set_aside(material, 0) + 0.01
    assert set_aside(material, MIN_COUNTED) > set_aside(material, 0) + 0.05, "a source that counts does"


def test_fakes_that_lost_their_traces_when_passed_on_lower_the_threshold_for_real() -> None:
    material = make_material()
    before = fit_jury(material)["subsets"][-1]
    lost = material.passed_on & (material.kinds == "swap") & (np.arange(len(material.kinds)) % 8 == 0)
    for values in material.p_fake.values():
        values[lost] = 0.1
    assert fit_jury(material)["subsets"][-1]["real_until"] < before["real_until"] / 2


def test_a_doubter_is_not_weighed_and_holds_real_back_where_a_fifth_of_the_reals_lie() -> None:
    material = make_material()
    with_doubter = Material(
        dict(material.p_fake) | {"residual": default_rng(3).random(len(material.kinds)) / 3},
        material.kinds,
        material.sources,
        material.passed_on,
    )
    row = fit_jury(with_doubter)["subsets"][-1]
    alone = fit_jury(material)["subsets"][-1]
    assert row["detectors"] == ["blend", "custom-cnn", "efficientnet", "residual"]
    assert {name: row[name] for name in ("weights", "shift", "fake_from")} == {
        name: alone[name] for name in ("weights", "shift", "fake_from")
    }
    assert "doubt_from" not in alone
    doubted = with_doubter.p_fake["residual"] >= row["doubt_from"]["residual"]
    assert doubted[material.kinds == ""].mean() == pytest.approx(MAX_REALS_DOUBTED, abs=0.01)
    below = (weigh(row, with_doubter) < row["real_until"]) & ~doubted
    assert max(find_omitted(below, material)) <= MAX_FALSE_OMISSION_RATE


def test_every_subset_is_fitted_in_the_order_of_its_keys() -> None:
    assert [row["detectors"] for row in fit_jury(make_material(60))["subsets"]] == [
        list(keys) for keys in subsets(KINDS)
    ]
    assert list(subsets(("b", "a"))) == [("a",), ("b",), ("a", "b")]


def test_what_would_count_against_its_own_number_gets_no_weight() -> None:
    material = make_material()
    noise = default_rng(2).standard_normal(len(material.kinds))
    against = 1 / (1 + np.exp(material.labels - 0.5 + noise))
    opposite = {"good": material.p_fake["efficientnet"], "opposed": against}
    *_, both = fit_jury(Material(opposite, material.kinds, material.sources, material.passed_on))["subsets"]
    assert both["weights"]["opposed"] == 0.0
    assert both["weights"]["good"] > 0.2


def test_what_failed_is_not_counted() -> None:
    material = make_material()
    whole = fit_jury(material)
    for values in material.p_fake.values():
        values[::7] = np.nan
    kept = np.arange(len(material.kinds)) % 7 != 0
    assert fit_jury(material)["subsets"] == fit_jury(material.where(kept))["subsets"] != whole["subsets"]


def make_answers(count: int = 60) -> Answers:
    random = default_rng(1)
    faces = [make_face(index, index % 2, "test") for index in range(count)]
    return Answers(faces, [], {key: random.random(count) for key in KINDS})


def make_face(index: int, label: int, split: Split) -> LabelledFace:
    return LabelledFace(Sample(Path(f"/{index}"), label, "made", f"v{index}", split), (0, 0, 9, 9))


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A jury fitted on made answers, in the place of the built-in one."""
    for module in (fusion, fitting):
        monkeypatch.setattr(module, "JURY", tmp_path / "jury.json")
    monkeypatch.setattr(fusion, "hash_network", {key: key for key in KINDS}.get)
    table = {"members": {key: key for key in KINDS}} | fit_jury(make_material())
    write(table)
    return table


def test_the_jury_is_measured_by_what_it_says_when_it_serves(served: dict[str, Any]) -> None:
    answers = make_answers()
    for key in KINDS:
        answers.p_fake[key][5] = np.nan
    answers.p_fake["blend"][6] = np.nan
    joined, spec = add_jury(answers)
    whole = served["subsets"][-1]
    assert spec is not None
    assert (spec.key, spec.fake_from, spec.real_until) == ("jury", whole["fake_from"], whole["real_until"])
    assert np.isnan(joined.p_fake["jury"][5])
    for place in (0, 1, 6, 59):
        numbers = {key: float(values[place]) for key, values in answers.p_fake.items() if not np.isnan(values[place])}
        verdict = fusion.fuse([Verdict(key, key, p_fake, "real", 0.7, 0.3, 1.0) for key, p_fake in numbers.items()])
        assert verdict is not None
        assert joined.p_fake["jury"][place] == verdict.p_fake


@pytest.mark.usefixtures("served")
def test_where_not_all_members_were_asked_no_jury_is_measured() -> None:
    alone = Answers(make_answers(4).faces, [], {"blend": np.zeros(4)})
    assert add_jury(alone) == (alone, None)


@pytest.mark.parametrize("labels", [[0] * 400, [1] * 400, [0] * 400 + [1] * 199])
def test_a_jury_is_not_fitted_on_few_faces(labels: list[int]) -> None:
    with pytest.raises(DataError, match="at least 200 real and as many fake validation faces"):
        fit([], [make_face(index, label, "val") for index, label in enumerate(labels)])


def test_faces_for_evaluation_only_are_refused() -> None:
    with pytest.raises(DataError, match="evaluation only"):
        gather([], [make_face(0, 0, "eval")])
