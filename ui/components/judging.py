"""Runs the jobs of all tabs: a place in the queue, the results, and a sentence for whatever goes wrong."""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import takewhile
from typing import TypeVar

from detectors.inputs.images import ImageError
from detectors.inputs.video import VideoError
from ui.render.cards import BROKEN, WAITING, Pieces, say
from ui.server.job_slot import Job, JobSlot
from ui.server.queue import FairQueue, QueueFullError, say_place

log = logging.getLogger(__name__)
Step = TypeVar("Step")


def run_steps(steps: Iterable[Step], *, more: str = "") -> Generator[Step, None, Pieces]:
    """The steps of a job, one after another. Returns what to say where it failed; nothing where it did not.

    ImageError, VideoError and QueueFullError are written for the visitor, who reads `more` below them.
    """
    try:
        yield from steps
    except (ImageError, VideoError, QueueFullError) as error:
        return say(str(error), more=more, kind="error")
    except Exception:  # whatever it was, the visitor reads a sentence and the log has the rest
        log.exception("judging failed")
        return BROKEN
    return []


def run_job(job: Job, slot: JobSlot, queue: FairQueue, find: Callable[[], Iterator[Pieces]]) -> Iterator[Pieces]:
    """What to show, for as long as the job is wanted; last what stays. find: starts when it is this job's turn.

    `find` may raise ImageError, whose message is for the visitor.
    """
    shown = WAITING
    for shown in _answer(queue, find, wanted=lambda: slot.wants(job)):
        if slot.wants(job):
            yield shown
    yield shown if slot.put_away(job) else list(slot.notice)  # Gradio says the last thing once more when a run ends


def _answer(queue: FairQueue, find: Callable[[], Iterator[Pieces]], *, wanted: Callable[[], bool]) -> Iterator[Pieces]:
    failed = yield from run_steps(take_turn(queue, find, wanted=wanted))
    if failed:
        yield failed


def take_turn(
    queue: FairQueue, find: Callable[[], Iterable[Step]], *, wanted: Callable[[], bool]
) -> Iterator[Step | Pieces]:
    """How many are before it, then what it finds when its turn has come, if it is still wanted then.

    Raises QueueFullError.
    """
    with queue.wait() as place:
        yield from (say(say_place(before), kind="busy") for before in takewhile(lambda _: wanted(), place))
        if wanted():
            yield from find()
