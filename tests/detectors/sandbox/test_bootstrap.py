import pytest

from detectors.sandbox.confinement import Confinement
from detectors.sandbox.process import WorkerFaultError, WorkerProcess

pytestmark = pytest.mark.slow  # a worker is started


def test_a_worker_that_fails_at_its_start_says_why(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Confinement, "rules", lambda self: "{}")
    worker = WorkerProcess("detectors.no_such_module", memory=10**9, limit=1000, reach=Confinement())
    with pytest.raises(WorkerFaultError, match="its process ended by itself, with exit code 1"):
        worker.ask({}, seconds=60)
    said = capfd.readouterr().err
    assert "Traceback" in said
    assert "KeyError: 'list'" in said or "No module named" in said  # with Landlock, and without
