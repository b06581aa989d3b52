"""A live picture: faces keep their numbers, verdicts are smoothed, and nobody small gets one."""

import itertools
from pathlib import Path

import numpy as np

from detectors.jury.judge import Jury
from detectors.networks.resolve import add_source
from detectors.video.live import LiveView
from registry import Registry, load_registry
from tests.ui.camera import frame, portrait
from tests.ui.jurors import JURY, say_fake, spec

UNTRUSTED = """
import pluggy

@pluggy.HookimplMarker("facejury")
def register_detectors(register):
    register(key="untrusted", title="Untrusted", load=lambda: lambda image: 0.25)
"""


def test_a_face_keeps_its_number_while_it_moves_and_another_gets_the_next() -> None:
    view, jury = LiveView(), Jury(JURY)
    for step, left in enumerate((0, 20, 40)):
        [face] = view.look(frame(portrait(300), left=left), jury, at=step / 10)
        assert face.number == 1
    both = frame(portrait(300), portrait(300), left=30)
    assert [face.number for face in view.look(both, jury, at=2.0)] == [1, 2]
    [left_one, right_one] = view.look(both, jury, at=2.1)
    assert left_one.box[0] < right_one.box[0]


def test_who_leaves_gives_the_number_back_after_a_second() -> None:
    view, jury = LiveView(), Jury(JURY)
    view.look(frame(portrait(300), left=20), jury, at=0.0)
    [elsewhere] = view.look(frame(portrait(300), left=320), jury, at=0.5)
    assert elsewhere.number == 2
    view.look(frame(portrait(300), left=320), jury, at=1.2)
    assert [face.number for face in view.look(frame(portrait(300), portrait(300), left=20), jury, at=2.3)] == [1, 2]


def test_no_face_is_an_empty_list() -> None:
    assert LiveView().look(frame(), Jury(JURY), at=0.0) == []


def test_each_detectors_number_is_smoothed() -> None:
    answers = itertools.chain([0.9], itertools.repeat(0.1))
    view, jury = LiveView(), Jury([spec("wavering", lambda _: next(answers))])
    shown = [view.look(frame(portrait()), jury, at=step / 10)[0].verdicts[0].p_fake for step in range(4)]
    assert shown[0] == 0.9 and shown == sorted(shown, reverse=True) and 0.1 < shown[-1] < 0.5


def test_a_face_under_64_pixels_is_inconclusive_however_sure_the_detectors_are() -> None:
    [face] = LiveView().look(frame(portrait(200)), Jury([spec("accuser", say_fake)]), at=0.0)
    assert face.doubt
    assert [verdict.label for verdict in face.verdicts] == ["inconclusive"]


def test_a_detector_that_fails_takes_no_other_along() -> None:
    def explode(image: np.ndarray) -> float:
        raise RuntimeError("it is broken")

    [face] = LiveView().look(frame(portrait()), Jury([*JURY, spec("exploder", explode)]), at=0.0)
    assert [verdict.label for verdict in face.verdicts] == ["fake", "real", "failed"]


def test_a_plugin_in_a_process_of_its_own_is_asked_as_well(tmp_path: Path) -> None:
    plugin = tmp_path / "untrusted.py"
    plugin.write_text(UNTRUSTED)
    with Jury(add_source(Registry(()), str(plugin)).detectors) as jury:
        [face] = LiveView().look(frame(portrait()), jury, at=0.0)
    assert [(verdict.p_fake, verdict.error) for verdict in face.verdicts] == [(0.25, None)]


def test_detectors_of_whole_pictures_are_not_asked() -> None:
    jury = Jury([*JURY, spec("viewer", say_fake, expects="image")])
    [face] = LiveView().look(frame(portrait()), jury, at=0.0)
    assert [verdict.detector for verdict in face.verdicts] == ["accuser", "defender"]


def test_the_jury_weighs_the_smoothed_numbers_and_its_answer_is_plain_json() -> None:
    view, jury = LiveView(), Jury(load_registry(blocked=()).detectors)
    view.look(frame(portrait()), jury, at=0.0)
    [face] = view.look(frame(portrait(), left=90), jury, at=0.1)
    assert face.jury is not None and 0 <= face.jury.p_fake <= 1
    assert set(face.as_dict()) == {"number", "box", "score", "doubt", "verdicts", "jury"}
