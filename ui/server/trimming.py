"""The page's memory goes back to the system now and then."""

import threading
import time

from detectors.networks.memory import trim

TRIM_SECONDS = 30.0


def trim_beside() -> None:
    """Trim now and then, in a thread of its own, for as long as the process lives."""

    def go_on() -> None:
        while True:
            time.sleep(TRIM_SECONDS)
            trim()

    threading.Thread(target=go_on, name="trim", daemon=True).start()
