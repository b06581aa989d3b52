"""Several detectors before several pictures of one moment, side by side where cores allow."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from registry import DetectorSpec, Image, Verdict

Shown = tuple[Image, str | None]
"""A picture, uint8 RGB (h, w, 3), and why no verdict on it can be believed, if so."""
Judge = Callable[[DetectorSpec, Image, str | None], Verdict]


def judge_all(
    judge: Judge, specs: Sequence[DetectorSpec], shown: Sequence[Shown], pool: ThreadPoolExecutor
) -> list[tuple[Verdict, ...]]:
    """The verdicts on each picture, in the order of specs. Each detector has the pictures one after the other."""

    def ask(spec: DetectorSpec) -> list[Verdict]:
        return [judge(spec, image, doubt) for image, doubt in shown]

    columns = list(pool.map(ask, specs))
    return [tuple(column[index] for column in columns) for index in range(len(shown))]
