"""Where a detector did worst in its own evaluation: the figures behind "detectors fail like this"."""

from dataclasses import dataclass

from detectors.jury.about import About, Figure, Measured, describe, find_model_folder
from detectors.networks.folder import METRICS
from detectors.networks.metrics import UNREADABLE, read_metrics
from registry import DetectorSpec

HARD = "hard"  # metrics.json's name for faces made small and strongly compressed


@dataclass(frozen=True)
class Failures:
    """missed: the set whose fakes it caught least; accused: the set whose reals it most often called fake.

    lost: balanced accuracy lost where faces are at most 80 pixels wide and saved as JPEG of quality 40. None: unknown.
    """

    title: str
    missed: Measured | None
    accused: Measured | None
    lost: Figure | None


def find_failures(spec: DetectorSpec) -> Failures | None:
    """What went worst when it was measured; None for a detector without figures."""
    about = describe(spec)
    if not about["measured"]:
        return None
    missed, accused = _sort(about, "fakes_called_fake"), _sort(about, "reals_called_fake")
    return Failures(about["title"], missed[0] if missed else None, accused[-1] if accused else None, _read_lost(spec))


def _sort(about: About, figure: str) -> list[Measured]:
    known = [measured for measured in about["measured"] if figure in measured["figures"]]
    return sorted(known, key=lambda measured: measured["figures"][figure]["value"])


def _read_lost(spec: DetectorSpec) -> Figure | None:
    folder = find_model_folder(spec)
    try:
        found = read_metrics(folder / METRICS)["robustness"][HARD]["lost"] if folder else None
        return Figure(**{name: float(found[name]) for name in ("value", "low", "high")}) if found else None  # type: ignore[typeddict-item]
    except UNREADABLE:
        return None
