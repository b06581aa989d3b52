"""The page as a server: launched, warmed up, and ended: what is under way is finished, everybody else is told."""

import logging
import queue
import signal
import sys
import threading
import time
from typing import Any

import gradio as gr

from detectors.inputs.archive import MAX_ZIP_BYTES
from detectors.inputs.video import MAX_BYTES as MAX_VIDEO_BYTES
from detectors.jury.judge import Jury, warm_up
from storage.recorder import Recorder
from ui.server.address import bracket, without_proxy
from ui.server.drain import Drain
from ui.server.limits.connections import bounded_connections
from ui.server.limits.visits import Visits
from ui.server.programs.webhook import Webhooks
from ui.theme import dress

MAX_UPLOAD_BYTES = max(MAX_ZIP_BYTES, MAX_VIDEO_BYTES)  # a picture that is too large is refused when it is opened
THREADS = 80  # each who waits for a verdict holds one
# Together under the ten that Docker gives.
FINISH_SECONDS, CUT_SECONDS, WARM_SECONDS, RECORD_SECONDS = 5.0, 1.0, 1.5, 2.0
FINISHING = "Finishing the current work; press Ctrl-C again to stop at once."
log = logging.getLogger(__name__)


def launch(
    page: gr.Blocks, *, host: str, port: int, share: bool = False, root: str = "", **options: Any
) -> tuple[str, str | None]:
    """Serve the page; return its address and its public link. Raises OSError where nobody can listen there.

    root: the path below which a proxy shows it, "/jury"; the proxy takes it off.
    """
    with without_proxy(outside=share), bounded_connections():
        app, address, link = page.launch(
            server_name=bracket(host),
            server_port=port,
            share=share,
            root_path=root or None,  # None: what GRADIO_ROOT_PATH says
            prevent_thread_lock=True,
            quiet=True,
            show_error=False,
            ssr_mode=False,
            max_file_size=MAX_UPLOAD_BYTES,
            max_threads=THREADS,
            run_history=False,  # it would keep faces in the visitor's browser
            enable_monitoring=False,
            footer_links=["api"],
            i18n=gr.I18n(en={"common.upload": "Add files"}),  # which the framework's own words lack
            _frontend=False,  # no second look whether it answers: the first has no limit, this one fails after 3 s
            **dress(),
            **options,
        )
    app.state_holder = Visits(page)
    return address, link


def warm_up_beside(jury: Jury, loaded: threading.Event) -> threading.Thread:
    """Load every juror in a thread of its own, which is returned. loaded: set at the end of that."""

    def warm() -> None:
        warm_up(jury)
        loaded.set()

    warming = threading.Thread(target=warm, daemon=True)
    warming.start()
    return warming


class StopSignal:
    """What a signal's handler sets and the main thread waits for.

    No threading.Event: its handler would wait for a lock that the main thread may be holding at that very moment. The
    queue's put is made for that: https://docs.python.org/3/library/queue.html#queue.SimpleQueue.put
    """

    def __init__(self) -> None:
        self._heard: queue.SimpleQueue[int] = queue.SimpleQueue()

    def hear(self, number: int, _frame: object) -> None:
        """The handler. A second signal ends the process at once."""
        signal.signal(number, signal.SIG_DFL)
        self._heard.put(number)

    def wait(self) -> None:
        """Until a signal has come."""
        self._heard.get()


def hear_signals() -> StopSignal:
    """What SIGTERM or Ctrl-C ends the waiting of from now on."""
    told = StopSignal()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told.hear)
    return told


def wind_down(
    jury: Jury,
    drain: Drain,
    recorder: Recorder | None,
    *,
    webhooks: Webhooks | None = None,
    warming: threading.Thread | None = None,
) -> None:
    """Finish what is under way, tell the others, write down what was judged; nothing of it for ever.

    warming: from warm_up_beside. Python ends a process under a thread that is inside a network by aborting it.
    """
    log.info("stopping", extra={"under_way": drain.under_way})
    if drain.under_way and sys.stdout and sys.stdout.isatty():
        print(FINISHING)
    drain.begin()
    jury.stop()
    drain.wait(FINISH_SECONDS)
    jury.close()  # a plugin that is still running becomes a failed verdict, which its visitor is shown
    cut_off = drain.wait(CUT_SECONDS)
    if warming:
        warming.join(WARM_SECONDS)
    until = time.monotonic() + RECORD_SECONDS
    closing = threading.Thread(target=webhooks.close if webhooks else None, daemon=True)  # it asks the database too
    closing.start()
    unrecorded = recorder.close(RECORD_SECONDS) if recorder else 0
    closing.join(max(0.0, until - time.monotonic()))
    log.info("stopped", extra={"cut_off": cut_off, "unrecorded": unrecorded})
