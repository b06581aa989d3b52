"""Results of a batch are posted to an address of the caller's, on hosts that the operator named and on no other.

How they are sent is in delivery.py. The address is checked as in ui/server/remote_picture.py.
"""

import base64
import binascii
import datetime
import json
import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine

from ui.server.limits.held_files import add_holder
from ui.server.programs.delivery import Delivery, Target
from ui.server.remote_picture import (
    FetchRefused,
    PictureHost,
    Resolve,
    is_listed,
    read_source,
    read_url,
    resolve_public,
    say_mismatch,
)

MIN_SECRET_BYTES = 24  # and at most 64, says the standard
MAX_SECRET_BYTES = 64
MAX_WAITING = 20  # batches, of all callers
MAX_OF_CALLER = 3
EVENT = "batch.judged"
NO_HOST = "{written!r} is no host to notify; name one like hooks.example.org or *.example.org."
NO_ADDRESS = "Give the whole address to notify, beginning with https://."
NOT_LISTED = "This page notifies only {hosts}."
OTHER_START = "This page notifies {host} only at addresses that begin with {starts}."
NO_SECRET = f'The secret must be "whsec_" and {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} random bytes in base64.'
TOO_MANY = f"{MAX_OF_CALLER} of your batches wait to be judged already, or {MAX_WAITING} of all; try again later."
log = logging.getLogger(__name__)
Entries = list[dict[str, Any]]


class WebhookRefused(ValueError):
    """Nothing will be judged or sent; the text is one sentence for the caller."""


def read_target(written: str) -> PictureHost:
    """One entry of the operator's list, written as for pictures by their address. Raises ValueError."""
    return read_source(written, no_host=NO_HOST)


def read_secret(written: str) -> bytes:
    """The bytes that sign. Raises WebhookRefused."""
    try:
        found = base64.b64decode(written.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WebhookRefused(NO_SECRET) from error
    if not written.strip().startswith("whsec_") or not MIN_SECRET_BYTES <= len(found) <= MAX_SECRET_BYTES:
        raise WebhookRefused(NO_SECRET)
    return found


class Webhooks:
    """Judges batches one after the other in the background, and posts their results. close() ends both.

    engine: keeps what is not delivered yet, so that a restart does not lose it; None for no accounts.
    """

    def __init__(
        self, hosts: tuple[PictureHost, ...], engine: Engine | None = None, *, resolve: Resolve = resolve_public
    ) -> None:
        self.hosts, self.delivery = hosts, Delivery(engine, resolve=resolve, is_listed=self._is_listed)
        self._judging = ThreadPoolExecutor(1, thread_name_prefix="webhook")
        self._lock, self._waiting = threading.Lock(), Counter[str]()
        self._files: dict[str, tuple[Path, ...]] = {}  # of each batch that is not judged yet
        add_holder(self)

    def check(self, url: str, secret: str) -> Target:
        """Raises WebhookRefused for an address that is not listed, and a secret that is too short."""
        try:
            read = read_url(url)
        except FetchRefused as error:
            raise WebhookRefused(NO_ADDRESS) from error
        if not self._is_listed(read):
            raise WebhookRefused(say_mismatch(read, self.hosts, not_listed=NOT_LISTED, other_start=OTHER_START))
        return Target(read, read_secret(secret))

    def start(
        self, judge: Callable[[], Entries | None], target: Target, *, caller: str, files: Sequence[Path] = ()
    ) -> str:
        """Call `judge` when its turn comes, and post what it returns, if it is not None. Raises WebhookRefused.

        files: what it reads, which no sweep deletes before. Returns the number of this batch, which is the message's
        webhook-id as well.
        """
        number = f"batch_{secrets.token_hex(12)}"
        with self._lock:
            if self._waiting[caller] >= MAX_OF_CALLER or self._waiting.total() >= MAX_WAITING:
                raise WebhookRefused(TOO_MANY)
            self._waiting[caller] += 1
            self._files[number] = tuple(files)
        self._judging.submit(self._work, judge, target, number, caller)
        return number

    def held_files(self) -> list[Path]:
        """Those of all batches that are not judged yet."""
        with self._lock:
            return [path for files in self._files.values() for path in files]

    def resume(self) -> None:
        """Send on what was not delivered when a server stopped."""
        self.delivery.resume()

    def close(self) -> None:
        """Judge no more, and leave what was not delivered to the next start."""
        self._judging.shutdown(wait=False, cancel_futures=True)
        self.delivery.close()

    def _work(self, judge: Callable[[], Entries | None], target: Target, number: str, caller: str) -> None:
        try:
            entries = judge()
        except Exception:  # as around a call of the page: what it was is in the log
            log.exception("a batch was not judged", extra={"id": number})
            return
        finally:
            with self._lock:
                self._waiting[caller] -= 1
                del self._files[number]
        if entries is not None:
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            body = json.dumps({"type": EVENT, "timestamp": now, "data": {"id": number, "pictures": entries}}).encode()
            self.delivery.send(target, number, body, user=caller)

    def _is_listed(self, url: httpx.URL) -> bool:
        return is_listed(url, self.hosts)
