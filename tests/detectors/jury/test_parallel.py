"""Several detectors before several pictures: side by side, and none waits for another."""

import threading
from concurrent.futures import FIRST_COMPLETED, wait

import numpy as np

from detectors.jury.parallel import Shown, ask_all, judge_all
from registry import DetectorSpec, Image, Verdict
from tests.ui.jurors import say_fake, spec

FACES = ("one", "two")
SPECS = (*(spec(key, say_fake) for key in FACES), spec("whole", say_fake, expects="image"))
PICTURES = [Shown(np.full((2, 2, 3), value, np.uint8), doubt=doubt) for value, doubt in ((1, None), (2, "too small"))]
WHOLE = Shown(np.full((4, 4, 3), 3, np.uint8), "image")
SECONDS = 20.0


def say_what_came(spec: DetectorSpec, image: Image, *, doubt: str | None = None) -> Verdict:
    return Verdict(spec.key, spec.title, int(image.max()) / 10, "inconclusive", 0.7, 0.3, 0.0, doubt)


def test_each_picture_has_the_verdicts_of_those_who_expect_such_in_their_order() -> None:
    said = judge_all(say_what_came, SPECS, [PICTURES[0], WHOLE, PICTURES[1]])
    assert [[(verdict.detector, verdict.p_fake, verdict.error) for verdict in given] for given in said] == [
        [("one", 0.1, None), ("two", 0.1, None)],
        [("whole", 0.3, None)],
        [("one", 0.2, "too small"), ("two", 0.2, "too small")],
    ]


def test_a_picture_that_nobody_expects_has_no_verdicts() -> None:
    assert judge_all(say_what_came, SPECS[:2], [WHOLE]) == [()]


def test_one_that_hangs_delays_nobody_and_is_not_given_what_it_had_not_begun() -> None:
    free, begun = threading.Event(), []

    def judge(spec: DetectorSpec, image: Image, *, doubt: str | None = None) -> Verdict:
        begun.append((spec.key, int(image.max())))
        if spec.key == "one":
            free.wait(SECONDS)
        return say_what_came(spec, image, doubt=doubt)

    with ask_all(judge, SPECS[:2], PICTURES) as asked:
        waiting, came = set(asked), list[tuple[str, int]]()
        while len(came) < 2:
            done, waiting = wait(waiting, SECONDS, return_when=FIRST_COMPLETED)
            assert done, "the other detector waits for the one that hangs"
            came += [(verdict.result().detector, asked[verdict]) for verdict in done]
    free.set()
    assert [verdict.result(SECONDS).detector for verdict in waiting if not verdict.cancelled()] == ["one"]
    assert sorted(came) == [("two", 0), ("two", 1)]
    assert ("one", 2) not in begun
