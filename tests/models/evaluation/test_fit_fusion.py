"""Each voice is fitted on its own kinds, every kind weighs the same, and the file can be read back."""

from pathlib import Path

import numpy as np
import pytest
from detectors.jury.noisy_or import read_fusion
from models.evaluation.fit_fusion import (
    MAX_FAKES_CALLED_REAL,
    MAX_REALS_CALLED_FAKE,
    NOISY_OR,
    SELF_BLENDED,
    Material,
    fit_fusion,
    fuse_all,
    gather,
    weigh_kinds,
    write,
)
from numpy.random import default_rng
from sklearn.metrics import roc_auc_score

from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.errors import DataError


def make_material(count: int = 400) -> Material:
    """Two sources of reals; the supervised detectors see swaps, the blend expert the forgeries made here."""
    random = default_rng(0)
    kinds = np.repeat(["", "", "swap", "generated", SELF_BLENDED], count)
    sources = np.repeat(["one", "two", "one", "one", "two"], count)
    seen = {"efficientnet": ("swap", "generated"), "custom-cnn": ("swap",), "blend": (SELF_BLENDED,)}
    p_fake = {
        key: 1 / (1 + np.exp(-(3.0 * np.isin(kinds, fakes) - 1.5 + random.standard_normal(len(kinds)))))
        for key, fakes in seen.items()
    }
    return Material(p_fake, kinds, sources)


def test_no_kind_is_ignored() -> None:
    material = make_material()
    said = fuse_all(fit_fusion(material, NOISY_OR), material.p_fake)
    for kind in ("swap", "generated", SELF_BLENDED):
        chosen = np.isin(material.kinds, ["", kind])
        assert roc_auc_score(material.labels[chosen], said[chosen]) > 0.93


def test_every_kind_weighs_the_same_and_both_classes_do() -> None:
    weights, kinds = weigh_kinds(make_material(10)), make_material(10).kinds
    sums = {round(weights[kinds == kind].sum(), 6) for kind in ("swap", "generated", SELF_BLENDED)}
    assert weights[kinds == ""].sum() == pytest.approx(25)
    assert sums == {round(25 / 3, 6)}


def test_thresholds_hold_for_each_source_and_each_labelled_kind() -> None:
    material = make_material()
    fusion = fit_fusion(material, NOISY_OR)
    said, decision = fuse_all(fusion, material.p_fake), fusion.decisions[0]
    for source in ("one", "two"):
        reals = said[(material.kinds == "") & (material.sources == source)]
        assert (reals >= decision.fake_from).mean() <= MAX_REALS_CALLED_FAKE
    for kind in ("swap", "generated"):
        assert (said[material.kinds == kind] < decision.real_until).mean() <= MAX_FAKES_CALLED_REAL


def test_there_is_a_decision_for_each_set_of_voices_and_none_for_a_missing_expert() -> None:
    fusion = fit_fusion(make_material(), NOISY_OR)
    assert [decision.voices for decision in fusion.decisions] == [("labelled", "blended"), ("labelled",), ("blended",)]
    material = make_material()
    without = Material({"efficientnet": material.p_fake["efficientnet"]}, material.kinds, material.sources)
    assert fit_fusion(without).detectors == ("efficientnet",)
    with pytest.raises(ValueError, match="no voice"):
        fit_fusion(material.where(material.kinds == ""))


def test_what_failed_is_not_counted() -> None:
    material = make_material()
    for values in material.p_fake.values():
        values[::7] = np.nan
    said = fuse_all(fit_fusion(material, NOISY_OR), material.p_fake)
    assert np.isnan(said[::7]).all()
    assert not np.isnan(np.delete(said, slice(None, None, 7))).any()


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    material = make_material()
    fusion = fit_fusion(material, NOISY_OR)
    write(fusion, material, tmp_path / "jury.json")
    assert read_fusion(tmp_path / "jury.json") == fusion


def test_faces_for_evaluation_only_are_refused() -> None:
    barred = LabelledFace(Sample(Path("x.png"), 0, "kept", "v", "eval"), (0, 0, 9, 9))
    with pytest.raises(DataError, match="evaluation only"):
        gather([], [barred])
