"""The server's log: one JSON object a line on the error stream, and nothing in it of who looked at what.

Our own lines say kinds, counts, times and account numbers. Of an error in our code it says what, where and its text
without the names of uploads; of one in others' code no text, for it may quote what a visitor sent.
"""

import contextlib
import io
import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ui.server.limits.repeats import RepeatFilter

ROOT = Path(__file__).parent.parent.parent
OURS = ("auth", "demo", "detectors", "registry", "storage", "text", "ui")
UPLOAD = re.compile(r"/[0-9a-f]{64}/.*")  # Gradio keeps an upload as <folder>/<SHA-256>/<its name>
MAX_TEXT_CHARACTERS = 300
MAX_FRAMES = 12
USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName"}  # all else was given as `extra`


def start_log() -> None:
    """Send all that is logged to the error stream as JSON; on a terminal only what is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(RepeatFilter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    is_terminal = sys.stderr is not None and sys.stderr.isatty()  # None: closed from the start
    for name in OURS:
        logging.getLogger(name).setLevel(logging.WARNING if is_terminal else logging.INFO)


def take_prints() -> None:
    """From now on what libraries print on the error stream, and uvicorn's own lines, come as JSON as well."""
    for name in ("uvicorn", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    sys.stderr = Printed()


class JsonLines(logging.Formatter):
    """A record as one line: time (UTC), level, from, event, then what was given as `extra`, then the error."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, in ASCII, so that nothing in it can look like another line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "event": shorten(record.getMessage()),
        }
        line |= {name: value for name, value in vars(record).items() if name not in USUAL}
        if record.exc_info and record.exc_info[1]:
            ours = record.name.partition(".")[0] in OURS
            line["error"] = [describe(error, with_text=ours) for error in _chain(record.exc_info[1])]
        return json.dumps(line, default=str)


class Printed(io.TextIOBase):
    """Stands in for the error stream. A printed traceback becomes a record of its error, once."""

    def write(self, text: str) -> int:
        """Take what was printed."""
        error = sys.exception()
        if error is None and text.strip():
            logging.getLogger("stderr").warning("printed", extra={"text": shorten(text)})
        elif error is not None and not getattr(error, "is_logged", False):
            with contextlib.suppress(AttributeError):
                error.is_logged = True  # type: ignore[attr-defined]
            logging.getLogger("stderr").error("unexpected error", exc_info=error)
        return len(text)


def describe(error: BaseException, *, with_text: bool) -> dict[str, Any]:
    """What an error was, and where: the frames from the outermost in, each file:line function."""
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    at = [f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    known = {"type": type(error).__name__}
    return known | ({"text": _say(error)} if with_text else {}) | {"at": at}


def _say(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:  # its own text holds the path
        return error.strerror
    return shorten(str(error))


def shorten(text: str) -> str:
    """The first line, without the name of an upload."""
    return UPLOAD.sub("/…", text.strip().partition("\n")[0])[:MAX_TEXT_CHARACTERS]


def _place(file: str) -> str:
    """A source file without what is this machine's own."""
    return file.rpartition("site-packages/")[2].removeprefix(f"{ROOT}/")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
