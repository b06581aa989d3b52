"""Whether a results file is of the detectors that are asked now."""

import json

import pytest

from detectors.scan.errors import ScanError
from detectors.scan.team import Team, check_team, team_as_line
from registry import load_registry

TEAM = {"blend": "1.0"}


def test_results_of_another_version_of_the_scan_are_not_gone_on_with() -> None:
    line = team_as_line(TEAM)
    check_team(line, TEAM, name="found.jsonl")
    older = json.dumps(json.loads(line) | {"scan": 1}).encode()
    with pytest.raises(ScanError, match=r"found\.jsonl was written by another version of the scan"):
        check_team(older, TEAM, name="found.jsonl")


def test_detectors_of_clips_are_in_no_team_that_scans() -> None:
    assert "temporal" not in [spec.key for spec in Team().choose_for_scan()]
    with pytest.raises(ScanError, match="temporal: for videos alone"):
        Team(only=("temporal",)).choose_for_scan()


def test_a_scan_without_any_detector_says_where_they_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_BLOCK", ",".join(spec.plugin for spec in load_registry()))
    with pytest.raises(ScanError, match="no detector is here"):
        Team().choose_for_scan()
