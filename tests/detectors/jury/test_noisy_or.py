"""One sure voice is heard, an absent one contributes nothing, and jury.json is read as it is written."""

import json
import math
from pathlib import Path

import pytest

from detectors.jury.fusion import to_logit
from detectors.jury.noisy_or import Decision, Fusion, Voice, noisy_or, read_fusion, to_p

LABELLED = Voice("labelled", ("swap",), {"a": 0.6, "b": 0.4}, 0.0)
BLENDED = Voice("blended", ("self-blended",), {"c": 1.0}, 0.0)
BOTH = Decision(("labelled", "blended"), 1.0, 0.0, 0.9, 0.3)
ALONE = Decision(("labelled",), 1.0, 0.0, 0.8, 0.2)
FUSION = Fusion((LABELLED, BLENDED), (BOTH, ALONE))


def test_one_sure_voice_is_heard() -> None:
    verdict = FUSION.fuse({"a": 0.1, "b": 0.1, "c": 0.99})
    assert verdict is not None
    assert verdict.p_fake == pytest.approx(1 - 0.9 * 0.01, abs=1e-6)
    assert verdict.label == "fake"
    assert verdict.voices == pytest.approx({"labelled": 0.1, "blended": 0.99})


def test_more_p_fake_of_any_detector_never_makes_less_of_the_jurys() -> None:
    rising = [FUSION.fuse({"a": p / 10, "b": 0.2, "c": 0.3}) for p in range(11)]
    found = [verdict.p_fake for verdict in rising if verdict]
    assert len(found) == 11
    assert found == sorted(found)


def test_the_others_of_a_voice_take_the_weight_of_one_that_is_absent() -> None:
    assert LABELLED.listen({"a": 0.8}) == pytest.approx(0.8)
    assert LABELLED.listen({"b": 0.8}) == pytest.approx(0.8)
    assert LABELLED.listen({"c": 0.8}) is None


def test_an_absent_voice_and_a_plugin_change_nothing_else() -> None:
    verdict = FUSION.fuse({"a": 0.85, "b": 0.85, "c": math.nan, "a-plugin": 0.0})
    assert verdict is not None
    assert (verdict.p_fake, verdict.label) == (pytest.approx(0.85), "fake")
    assert FUSION.fuse({"c": 0.5}) is None  # nothing was fitted for it alone
    assert FUSION.fuse({"a-plugin": 0.5}) is None
    assert FUSION.detectors == ("a", "b", "c")


def test_a_small_face_is_inconclusive() -> None:
    verdict = FUSION.fuse({"a": 0.99, "b": 0.99, "c": 0.99}, face_pixels=20)
    assert verdict is not None
    assert verdict.label == "inconclusive"


@pytest.mark.parametrize("p_fake", [0.0, 1e-9, 0.25, 0.5, 1 - 1e-9, 1.0])
def test_logits_are_finite_and_lead_back(p_fake: float) -> None:
    assert to_p(to_logit(p_fake)) == pytest.approx(p_fake, abs=1e-6)
    assert abs(to_logit(p_fake)) <= 14


def test_a_voice_at_zero_leaves_the_other_as_it_is() -> None:
    assert noisy_or([0.0, 0.3]) == pytest.approx(0.3)
    assert noisy_or([0.5, 0.5]) == pytest.approx(0.75)


def test_a_file_of_another_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jury.json"
    for table in ({"schema": 1}, {"schema": 2}, {"schema": 2, "voices": [{"kinds": []}], "decisions": []}):
        path.write_text(json.dumps(table))
        with pytest.raises(ValueError, match=r"jury\.json"):
            read_fusion(path)
