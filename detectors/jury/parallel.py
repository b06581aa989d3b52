"""Pictures before several detectors: each detector takes them one after the other, beside the other detectors."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from registry import DetectorSpec, Image, Verdict


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture, uint8 RGB (h, w, 3), for the detectors that expect one like it: "face" or "image".

    doubt: why no verdict on it can be believed, if so.
    """

    image: Image
    expects: str = "face"
    doubt: str | None = None


class Judge(Protocol):
    """One detector's verdict on one picture, as Jury.judge gives it; never raises."""

    def __call__(self, spec: DetectorSpec, image: Image, *, doubt: str | None = None) -> Verdict:
        """The verdict."""


@contextmanager
def ask_all(
    judge: Judge, specs: Sequence[DetectorSpec], shown: Sequence[Shown]
) -> Iterator[dict[Future[Verdict], int]]:
    """Each verdict on its way -> the index of its picture, by picture and then in the order of specs.

    Every detector has a queue of its own, so that none waits for another that hangs. On leaving, what has not begun is
    dropped, and nothing is waited for.
    """
    queues = {spec.key: ThreadPoolExecutor(1, thread_name_prefix=spec.key) for spec in specs}
    try:
        yield {
            queues[spec.key].submit(judge, spec, picture.image, doubt=picture.doubt): index
            for index, picture in enumerate(shown)
            for spec in specs
            if spec.expects == picture.expects
        }
    finally:
        for queue in queues.values():
            queue.shutdown(wait=False, cancel_futures=True)


def judge_all(judge: Judge, specs: Sequence[DetectorSpec], shown: Sequence[Shown]) -> list[tuple[Verdict, ...]]:
    """The verdicts on each picture, in the order of specs, once all of them are there."""
    verdicts: list[tuple[Verdict, ...]] = [()] * len(shown)
    with ask_all(judge, specs, shown) as asked:
        for coming, index in asked.items():
            verdicts[index] += (coming.result(),)
    return verdicts
