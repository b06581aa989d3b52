"""What the reports on a photo, a batch and a video have in common: ID, versions, measured results, limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry import DetectorSpec
from storage.history import HistoryEntry
from text.report_id import make_report_id
from ui.render.reports.versions import FACEJURY, NOT_KEPT, group_limits, list_judges, list_versions
from ui.render.wording import say_time


@dataclass(frozen=True)
class Case:
    """What a report is on. versions: of what judged; titles: of the detectors, by key; specs: those that are here now.

    made: when the report was; judged: when the verdicts were given, where that was before; kept: whether the pictures
    were kept since. until: of a link that shows it; such a report has no table of detectors.
    """

    report_id: str
    sha256: str
    versions: Mapping[str, str]
    titles: Mapping[str, str]
    specs: Sequence[DetectorSpec]
    made: datetime
    judged: datetime | None = None
    kept: bool = False
    until: datetime | None = None


def identify(sha256: str, specs: Sequence[DetectorSpec], *, made: datetime, start: float = 0.0) -> Case:
    """The case of what these detectors have just judged. start: in a video, in seconds."""
    versions = list_versions(specs)
    titles = {spec.key: spec.title for spec in specs}
    return Case(make_report_id(sha256, versions, start=start), sha256, versions, titles, specs, made)


def recall(
    entry: HistoryEntry, judged_by: Sequence[DetectorSpec], specs: Sequence[DetectorSpec], *, made: datetime
) -> Case:
    """The case of an entry of the history. judged_by: who judged then, by key and title; specs: who would now."""
    titles = {spec.key: spec.title for spec in judged_by}
    known = (entry.report_id, entry.sha256, entry.versions, titles, specs, made)
    return Case(*known, judged=entry.time, kept=entry.has_picture)


def frame_report(case: Case) -> dict[str, Any]:
    """What the template of all reports needs."""
    judges = list_judges(case.titles, case.specs, case.versions)
    return {
        "report_id": case.report_id,
        "sha256": case.sha256,
        "facejury": case.versions.get(FACEJURY, NOT_KEPT),
        "judges": judges,
        "limited": group_limits(judges),
        "made": say_time(case.made),
        "judged": say_time(case.judged) if case.judged else "",
        "kept": case.kept,
        "until": say_time(case.until) if case.until else "",
    }
