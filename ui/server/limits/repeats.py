"""Of what is logged again and again only so much is written: nobody fills the disk with the log."""

import logging
import threading
import time
from collections import Counter

WINDOW_SECONDS = 10.0
IN_A_WINDOW = 100  # records from one line of code
LEFT_OUT = "repeated records were left out"


class RepeatFilter(logging.Filter):
    """For a handler: so many records from one line of code, and at the end of the window how many more there were."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._seen: Counter[tuple[str, int]] = Counter()
        self._until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this one is written."""
        place = record.pathname, record.lineno
        with self._lock:
            now = time.monotonic()
            left_out = 0
            if now >= self._until:
                left_out = sum(count - IN_A_WINDOW for count in self._seen.values() if count > IN_A_WINDOW)
                self._seen.clear()
                self._until = now + WINDOW_SECONDS
            self._seen[place] += 1
            is_written = self._seen[place] <= IN_A_WINDOW
        if left_out:
            logging.getLogger(__name__).warning(LEFT_OUT, extra={"count": left_out})
        return is_written
