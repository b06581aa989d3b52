"""The whole jury: on one face, on a large photo, on a crowd, with eight detectors, and as a scan judges."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from benchmarks.network_stacks import Tasks
from benchmarks.pictures import crowd, photo, portrait
from detectors.conformance import samples
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from registry import DetectorSpec, load_registry


def open_jury(_: str) -> Tasks:
    """Every built-in detector on one face: each alone, and all side by side as in a request."""
    jury, face = Jury(_builtins()), samples.portrait()
    pool = ThreadPoolExecutor(len(jury.specs))
    alone = {f"alone: {spec.key}": partial(jury.judge, spec, face) for spec in jury.specs}
    return {**alone, "together": lambda: list(pool.map(partial(jury.judge, image=face), jury.specs))}


def open_large(_: str) -> Tasks:
    """A 12-megapixel photo before the whole jury."""
    return _judged(photo())


def open_crowd(_: str) -> Tasks:
    """Forty faces before the whole jury."""
    return _judged(crowd())


def open_eight(_: str) -> Tasks:
    """Eight detectors on a 12-megapixel photo: the built-in ones, as often as it takes."""
    ours = _builtins()
    eight = [(ours[place % len(ours)], place) for place in range(8)]
    return _judged(photo(), *(replace(spec, key=f"{spec.key}-{place}") for spec, place in eight))


def open_scan(_: str) -> Tasks:
    """A portrait as a scan judges it, in one process with one thread."""
    from detectors.scan.crew import use_one_thread

    use_one_thread()
    return _judged(portrait())


def _judged(data: bytes, *specs: DetectorSpec) -> Tasks:
    jury = Jury(specs or _builtins())
    return {"judge": lambda: compare(data, jury)}


def _builtins() -> tuple[DetectorSpec, ...]:
    return tuple(spec for spec in load_registry() if spec.builtin and spec.expects == "face")
