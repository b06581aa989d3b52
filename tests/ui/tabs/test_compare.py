"""The photo view's run, without a browser."""

from pathlib import Path

from detectors.jury.judge import RESTARTING, Jury
from detectors.jury.results import Comparison
from tests.ui.jurors import JURY
from ui.server.job_slot import Job
from ui.tabs.compare import SEARCHING, _find


def test_a_server_that_is_about_to_end_says_so_and_records_nothing(portrait: str) -> None:
    jury, recorded = Jury(JURY), list[Comparison]()
    job = Job(Path(portrait), ("accuser",), False)
    jury.stop()
    first, last = _find(job, jury, wanted=lambda: True, record=recorded.append)
    assert (first, recorded) == (SEARCHING, [])
    assert RESTARTING in last[0]
