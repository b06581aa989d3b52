"""Runs a job: its place in the queue, then its results, and a sentence for whatever goes wrong."""

import logging
from collections.abc import Callable, Iterator
from itertools import takewhile

from detectors.inputs.images import ImageError
from ui.render.cards import BROKEN, WAITING, Pieces, say
from ui.server.job_slot import Job, JobSlot
from ui.server.queue import FairQueue, QueueFullError, say_place

log = logging.getLogger(__name__)


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
    try:
        with queue.wait() as place:
            yield from (say(say_place(before), kind="busy") for before in takewhile(lambda _: wanted(), place))
            if wanted():
                yield from find()
    except (ImageError, QueueFullError) as error:
        yield say(str(error), kind="error")
    except Exception:  # whatever it was, the visitor reads a sentence and the log has the rest
        log.exception("judging failed")
        yield BROKEN
