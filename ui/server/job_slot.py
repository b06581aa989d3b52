"""A visitor's job slot: the job that waits, and whether the running one is still wanted.

Gradio's own cancelling loses the run that follows a cancelled one now and then. Here a judging looks at the slot
between verdicts, and ends by itself when its job is no longer there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ui.server.limits.held_files import add_holder


@dataclass(frozen=True, eq=False)
class Job:
    """What is asked about a file: which detectors, whether to see how far they move; more: the further files of a
    batch; start: where in a video to begin, in seconds. Two jobs are always two.
    """

    path: Path
    detectors: tuple[str, ...]
    stability: bool = False
    more: tuple[Path, ...] = ()
    start: float = 0.0


@dataclass(eq=False)
class JobSlot:
    """One visitor's. The last job put here is the only one wanted.

    notice: what to show while no verdict is there; judged: whose verdicts are shown, the job at hand or the last.
    """

    waiting: Job | None = None
    at_hand: Job | None = None
    notice: Sequence[str] = ()
    judged: Job | None = None

    def put(self, job: Job, notice: Sequence[str]) -> None:
        """Want this job next, and the one at hand no more."""
        self.waiting, self.at_hand, self.judged, self.notice = job, None, None, notice
        add_holder(self)

    def held_files(self) -> Iterator[Path]:
        """Those of the job that waits or is at hand."""
        for job in (self.waiting, self.at_hand):
            if job:
                yield from (job.path, *job.more)

    def clear(self, notice: Sequence[str]) -> None:
        """Want nothing."""
        self.waiting, self.at_hand, self.judged, self.notice = None, None, None, notice

    def take(self) -> Job | None:
        """The job that waits, now at hand; None when another judging took it, or it was cancelled."""
        job, self.waiting = self.waiting, None
        self.at_hand, self.judged = job or self.at_hand, job or self.judged
        return job

    def put_away(self, job: Job) -> bool:
        """It is done. False when it was not wanted any more."""
        done = self.wants(job)
        if done:
            self.at_hand = None
        return done

    def wants(self, job: Job) -> bool:
        """Whether this is the job at hand."""
        return job is self.at_hand

    @property
    def busy(self) -> bool:
        """Whether something waits or is at hand."""
        return self.waiting is not None or self.at_hand is not None
