"""Which versions judged: of Facejury, of the jury's weights, and of each detector with its network."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from detectors.jury.about import About, describe, describe_jury, find_model_hash
from detectors.jury.fusion import JURY_TITLE, hash_jury
from registry import DetectorSpec

FACEJURY, JURY = "Facejury", JURY_TITLE  # no key of a detector's has a capital
PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"
HASH_LETTERS = 12
UNKNOWN = "no version"
NOT_KEPT = "not written down then"


def list_versions(specs: Iterable[DetectorSpec]) -> dict[str, str]:
    """The version of each detector by its key, after those of Facejury and of the jury."""
    ours = {FACEJURY: read_own_version(), JURY: f"sha256 {hash_jury()[:HASH_LETTERS]}"}
    return ours | {spec.key: find_version(spec) for spec in specs}


@cache
def read_own_version() -> str:
    """Facejury's own, "0.2.0"."""
    return str(tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"])


@cache
def find_version(spec: DetectorSpec) -> str:
    """A detector's: what its package says, and the beginning of its network's SHA-256, as far as there are any."""
    told, network = describe(spec)["version"], find_model_hash(spec)
    parts = [told if not told.startswith("sha256 ") else "", f"sha256 {network[:HASH_LETTERS]}" if network else ""]
    return " ".join(filter(None, parts)) or UNKNOWN


@dataclass(frozen=True)
class ReportedDetector:
    """One of those that judged, for a report. about: None where it is not here in that version any more."""

    key: str
    title: str
    version: str
    network: str
    about: About | None


def list_judges(
    titles: Mapping[str, str], specs: Iterable[DetectorSpec], versions: Mapping[str, str]
) -> list[ReportedDetector]:
    """Those that judged, by key and title, with what is known of them, and last the jury where all its members did.

    specs: of today; versions: of then.
    """
    today = {spec.key: spec for spec in specs}
    judges = []
    for key, title in titles.items():
        same = key in today and find_version(today[key]) == versions.get(key)
        about, network = (describe(today[key]), find_model_hash(today[key])) if same else (None, "")
        judges.append(ReportedDetector(key, title, versions.get(key, NOT_KEPT), network, about))
    jury = describe_jury([judge.about for judge in judges if judge.about])
    if jury and versions.get(JURY) == list_versions(())[JURY]:
        judges.append(ReportedDetector("", JURY, versions[JURY], "", About(**jury)))  # type: ignore[typeddict-item]
    return judges


def group_limits(judges: Iterable[ReportedDetector]) -> dict[tuple[str, ...], list[str]]:
    """What they were not tested on, each list once, with the titles of those it holds for."""
    limits: dict[tuple[str, ...], list[str]] = {}
    for judge in judges:
        if judge.about and judge.about["not_tested_on"]:
            limits.setdefault(tuple(judge.about["not_tested_on"]), []).append(judge.title)
    return limits
