"""What was said of a face and of a picture, as values."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.faces.face import doubt_size
from detectors.jury.fusion import JuryVerdict, agree, fuse
from detectors.jury.results import Comparison, JudgedFace
from registry import Verdict

CROP = np.zeros((96, 96, 3), np.uint8)
VERDICTS = (
    Verdict("custom-cnn", "Custom", 0.9999, "fake", 0.7, 0.3, 1.0),
    Verdict("efficientnet", "Efficient", 0.9998, "fake", 0.7, 0.3, 1.0),
)


def face(side: int = 90) -> JudgedFace:
    return JudgedFace((0, 0, side, side), 0.9, (), CROP)


def test_a_face_nobody_judged_has_no_jury_verdict() -> None:
    assert (face().jury, face().agreement) == (None, None)


@pytest.mark.parametrize("side", [90, 40])  # under 64 pixels the label is inconclusive
def test_the_jury_verdict_and_the_agreement_follow_from_the_verdicts(side: int) -> None:
    judged = replace(face(side), doubt=doubt_size(side)).with_verdicts(VERDICTS)
    assert judged.jury is not None and judged.jury == fuse(VERDICTS, doubt=doubt_size(side))
    assert judged.agreement is not None and judged.agreement == agree(VERDICTS)
    assert (judged.jury.label == "inconclusive") == (side < 64)


def test_the_json_carries_the_jury_verdict_that_was_set_and_computes_none() -> None:
    judged = replace(face().with_verdicts(VERDICTS), jury=JuryVerdict(0.123, "real", 0.9, 0.2), agreement=None)
    (written,) = Comparison("x.png", faces=(judged,)).as_dict()["faces"]
    assert written["jury"] == {
        "p_fake": 0.123,
        "label": "real",
        "fake_from": 0.9,
        "real_until": 0.2,
        "held_back_by": "",
        "weighed": None,
    }
    assert written["agreement"] is None
    assert [verdict["p_fake"] for verdict in written["verdicts"]] == [0.9999, 0.9998]
