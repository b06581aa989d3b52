"""The far side of `detectors.isolated`: one detector in a process of its own. The jury starts it, nobody else.

It answers orders until its input closes. What the detector prints goes to the error stream; the pipe to the jury is
out of its reach.
"""

import ctypes
import os
import signal
import sys
import traceback
from typing import IO

from detectors.add import find_added, is_added
from detectors.messages import Array, Values, receive, send
from detectors.witness import Subject
from registry import DetectorSpec, read_finding, reopen
from registry.manager import ask_plugin

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, linux/prctl.h


def main() -> None:
    """Serve one jury, named by the process number it gave."""
    orders, answers = _take_pipes()
    _die_with(int(sys.argv[1]))
    try:
        serve(orders, answers)
    finally:
        os._exit(0)  # whatever threads and exit handlers the detector left behind


def serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Load the detector of the first order, then obey the others until the jury closes the pipe."""
    order, _ = receive(orders)
    try:
        subject = _load(order)
    except (Exception, SystemExit) as error:  # a stranger's code may raise anything
        send(answers, _describe(error))
        return
    send(answers, {})
    while True:
        try:
            order, image = receive(orders)
        except EOFError:
            return
        send(answers, *_obey(subject, order, image))


def _load(order: Values) -> Subject:
    _limit_memory(int(order["memory"]))
    subject = Subject(lambda: find_spec(order["plugin"], order["key"]), scratch=order["scratch"])
    subject.load()
    return subject


def find_spec(plugin: str, key: str) -> DetectorSpec:
    """The detector of that key, from the plugin or the added source of that name."""
    if not is_added(plugin):
        return reopen(plugin, key)
    return next(spec for spec in ask_plugin(find_added(plugin)) if spec.key == key)


def _obey(subject: Subject, order: Values, image: Array | None) -> tuple[Values, Array | None]:
    """The answer to one order: a finding, or what a check found."""
    try:
        if "check" in order:
            from detectors.check import run_check  # brings the sample pictures; the jury does without

            return run_check(order["check"], subject), None
        finding = read_finding(subject.examine(image))  # type: ignore[arg-type]  # the jury sends an image
        return {"p_fake": finding.p_fake}, finding.heatmap
    except (Exception, SystemExit) as error:  # a detector may raise anything
        return _describe(error), None


def _describe(error: BaseException) -> Values:
    traceback.print_exception(error)
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return {"error": text[:1000]}


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes from and to the jury, moved to where a detector that reads or prints does not meet them."""
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return orders, answers


def _die_with(parent: int) -> None:
    """End when the jury's process ends, even in the middle of a picture (Linux; elsewhere between two pictures)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:  # it was faster
            os._exit(0)


def _limit_memory(limit: int) -> None:
    """No core dumps, and no single allocation far beyond the limit that the jury watches over, in bytes."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (4 * limit, 4 * limit))


if __name__ == "__main__":
    main()
