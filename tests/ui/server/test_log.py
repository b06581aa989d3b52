"""What libraries print becomes lines of the log."""

import contextlib
import logging
import subprocess
import sys

import pytest

from ui.server.log import Printed


def test_what_is_printed_outside_an_error_is_a_warning_and_blank_lines_are_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert Printed().write("careful now") == len("careful now")
    Printed().write("\n")
    assert [(record.levelno, vars(record)["text"]) for record in caplog.records] == [(logging.WARNING, "careful now")]


def test_a_printed_traceback_is_logged_once_however_many_writes_it_takes(caplog: pytest.LogCaptureFixture) -> None:
    error = RuntimeError("broken")
    with contextlib.suppress(RuntimeError):
        try:
            raise error
        finally:
            for line in ("Traceback", "RuntimeError: broken"):
                Printed().write(line)
    (record,) = caplog.records
    assert record.exc_info is not None and record.exc_info[1] is error


def test_a_server_whose_error_stream_was_closed_from_the_start_logs_into_nothing() -> None:
    code = "import logging; from ui.server.log import start_log; start_log(); logging.getLogger('ui').error('unheard')"
    done = subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, "-c", code], check=False)
    assert done.returncode == 0
