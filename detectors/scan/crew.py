"""A crew of processes that judge files: one network thread each, and a file that ends one ends nothing else.

Spawned, not forked: ONNX Runtime and OpenCV hold threads. When a process ends, what was under way is judged again, one
file at a time; one that ends its process twice gets a row that says so.
"""

import hashlib
import logging
import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing.connection import wait as wait_for

from detectors.audio.judge import compare_sound
from detectors.inputs.images import ImageError
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from detectors.scan.errors import ScanError
from detectors.scan.fetch import fetch_bytes, hash_here, is_sound_at, open_here
from detectors.scan.record import Record, record_comparison, record_error, record_sound
from detectors.scan.team import Team

CHUNK = 8  # files handed out at once: under a second of work, and all that a kill can cost a process
AHEAD = 2  # chunks in hand for each process, so that none waits
MAX_DEATHS = 2
DIED = "The process that judged this file ended before it was done."
NO_EYES = "This is a picture, and no detector of pictures was chosen."
NO_EARS = "This is a sound, and no detector of sounds was chosen."
log = logging.getLogger(__name__)

Chunk = Sequence[str]
Outcome = Generator[list[Record], None, list[Chunk]]


def count_cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def judge_all(paths: Sequence[str], team: Team, *, workers: int) -> Iterator[list[Record]]:
    """The records of all files, in chunks, as they are done: each file once. Raises ScanError."""
    waiting = deque(paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK))
    while waiting:
        suspects = yield from _run(waiting, team, workers=workers, ahead=AHEAD)
        yield from _run_alone(deque([path] for chunk in suspects for path in chunk), team)


def _run_alone(waiting: deque[Chunk], team: Team) -> Iterator[list[Record]]:
    """One file at a time, so that it is known which one ended the process."""
    deaths = Counter[str]()
    while waiting:
        for path in [path for chunk in (yield from _run(waiting, team, workers=1, ahead=1)) for path in chunk]:
            deaths[path] += 1
            if deaths[path] < MAX_DEATHS:
                waiting.appendleft([path])
            else:
                yield [record_error(path, DIED)]


def _run(waiting: deque[Chunk], team: Team, *, workers: int, ahead: int) -> Outcome:
    """Hand out chunks until none is left or a process ends. Returns those that were under way when it did."""
    running: dict[Future[list[Record]], Chunk] = {}
    pool = _open_pool(workers)
    try:
        while waiting or running:
            while waiting and len(running) < workers * ahead:
                with _deaf_to_ctrl_c():
                    running[pool.submit(judge_chunk, waiting[0], team)] = waiting[0]
                waiting.popleft()  # after: submit raises when a process has ended
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                records = future.result()
                del running[future]
                yield records
    except BrokenProcessPool:
        return list(running.values())
    finally:
        pool.shutdown(cancel_futures=True)
    return []


def _open_pool(workers: int) -> ProcessPoolExecutor:
    """Processes that start: one is tried, so that a fault of ours is not taken for a file's."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_settle)
    try:
        with _deaf_to_ctrl_c():
            started = pool.submit(os.getpid)
        started.result()
    except BrokenProcessPool as error:
        raise ScanError("the processes that judge files cannot be started") from error
    return pool


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes started in here never hear Ctrl-C, which is for the scan to answer; the scan hears it afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _settle() -> None:
    """Make a new process one of a crew."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    use_one_thread()


def use_one_thread() -> None:
    """As many networks at once as there are processes, and no more threads than that."""
    import cv2

    os.environ["FACEJURY_THREADS"] = "1"
    cv2.setNumThreads(1)


def _end_with_parent() -> None:
    """A scan that was killed leaves nobody behind: pools alone would wait for it for ever."""
    parent = multiprocessing.parent_process()
    if parent:
        wait_for([parent.sentinel])
        os._exit(1)


def judge_chunk(paths: Sequence[str], team: Team, *, folder: str = "") -> list[Record]:
    """The records of these files, by the jury of this process. folder: where relative paths start."""
    jury = open_jury(team)
    return [(_judge_sound if is_sound_at(path, folder) else judge_picture)(path, jury, folder=folder) for path in paths]


@cache
def open_jury(team: Team) -> Jury:
    """The one jury of this process for a team."""
    return Jury(team.choose_for_scan())


def judge_picture(path: str, jury: Jury, *, folder: str = "") -> Record:
    """The record of one picture. Never raises: what goes wrong is its row."""
    if not jury.limit_to("face", "image").specs:
        return record_error(path, NO_EYES)
    try:
        data = fetch_bytes(path, folder=folder)
    except ImageError as error:
        return record_error(path, str(error))
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        comparison = compare(data, jury, path=path)
    except Exception as error:  # nothing known raises here; were it so, one picture must not end a long scan
        log.exception("a picture could not be judged")
        return record_error(path, f"The picture could not be judged: {type(error).__name__}.", sha256=sha256)
    if comparison.error:
        return record_error(path, comparison.error, sha256=sha256)
    return record_comparison(comparison)


def _judge_sound(path: str, jury: Jury, *, folder: str = "") -> Record:
    """The record of one sound. Never raises: what goes wrong is its row."""
    asked = [spec.key for spec in jury.limit_to("audio").specs]
    if not asked:
        return record_error(path, NO_EARS)
    try:
        with open_here(path, folder=folder) as file:
            judged = compare_sound(file, jury, name=path)
            if judged.error:
                return record_error(path, judged.error, sha256=hash_here(file))
            return record_sound(judged, asked)
    except ImageError as error:
        return record_error(path, str(error))
    except Exception as error:  # as above
        log.exception("a sound could not be judged")
        return record_error(path, f"The sound could not be judged: {type(error).__name__}.")
