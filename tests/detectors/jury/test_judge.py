"""The jury: its detectors are loaded once, and none of them can stop it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from detectors.jury.judge import Jury
from registry import DetectorSpec, Image

IMAGE = np.full((96, 96, 3), 127, np.uint8)


class Loader:
    """Loads a detector that says 0.9; fails the first `failures` times. count: how often it was asked."""

    def __init__(self, failures: int = 0) -> None:
        self.failures, self.count = failures, 0

    def __call__(self) -> Callable[[Image], float]:
        self.count += 1
        if self.count <= self.failures:
            raise OSError("the weights are not here")
        return lambda image: 0.9


def spec(key: str, load: Callable[[], Any]) -> DetectorSpec:
    return DetectorSpec(key=key, title=key.title(), load=load, fake_from=0.7, real_until=0.3, builtin=True)


def test_a_detector_is_loaded_once_also_for_a_chosen_part_of_the_jury() -> None:
    load = Loader()
    mine, other = spec("mine", load), spec("other", Loader())
    with Jury([mine, other]) as jury:
        chosen = jury.choose(["mine"])
        labels = [asked.judge(mine, IMAGE).label for asked in (jury, chosen, jury)]
    assert chosen.specs == (mine,)
    assert (labels, load.count) == (["fake"] * 3, 1)


def test_a_detector_that_could_not_be_loaded_is_tried_again() -> None:
    mine = spec("mine", Loader(failures=1))
    with Jury([mine]) as jury:
        failed = jury.judge(mine, IMAGE)
        assert (failed.label, failed.error) == ("failed", "OSError: the weights are not here")
        assert jury.faults == {"mine": failed.error} and not jury.can_judge
        assert jury.judge(mine, IMAGE).label == "fake"
        assert jury.faults == {} and jury.can_judge


def test_a_face_in_doubt_is_inconclusive_whatever_the_number() -> None:
    mine = spec("mine", Loader())
    with Jury([mine]) as jury:
        verdict = jury.judge(mine, IMAGE, doubt="Face too small (63 px; 64 needed).")
    assert (verdict.p_fake, verdict.label) == (0.9, "inconclusive")


def test_a_label_is_that_of_the_number_that_is_told() -> None:
    """A float just under the threshold is told as the threshold itself, from which on a face is not real."""
    just_under = DetectorSpec(
        key="a", title="A", load=lambda: lambda image: float(np.float32(0.49999997)), real_until=0.5
    )
    with Jury([just_under]) as jury:
        verdict = jury.judge(just_under, IMAGE)
    assert (verdict.p_fake, verdict.label) == (0.5, "fake")
