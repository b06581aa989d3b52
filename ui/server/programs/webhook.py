"""Results of a batch are posted to an address of the caller's, on hosts that the operator named and on no other.

Signed as https://www.standardwebhooks.com says, so that its libraries verify it. The checks of the address are those of
ui/server/remote_picture.py: listed, public, looked up once for each attempt, and connected to as it was checked.
"""

import base64
import binascii
import datetime
import hashlib
import hmac
import json
import logging
import secrets
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from ui.server.remote_picture import (
    FetchRefused,
    PictureHost,
    Resolve,
    port_of,
    read_source,
    read_url,
    resolve_public,
    say_sources,
)

RETRY_SECONDS = (5.0, 30.0, 120.0)  # after a failure, before the next attempt; then it is given up
ATTEMPT_SECONDS = 10.0
MIN_SECRET_BYTES = 24  # and at most 64, says the standard
MAX_SECRET_BYTES = 64
MAX_WAITING = 20  # batches, of all callers
MAX_OF_CALLER = 3
EVENT = "batch.judged"
NO_HOST = "{written!r} is no host to notify; name one like hooks.example.org or *.example.org."
NO_ADDRESS = "Give the whole address to notify, beginning with https://."
NOT_LISTED = "This page notifies only {hosts}."
NO_SECRET = f'The secret must be "whsec_" and {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} random bytes in base64.'
TOO_MANY = f"{MAX_OF_CALLER} of your batches wait to be judged already, or {MAX_WAITING} of all; try again later."
log = logging.getLogger(__name__)
Entries = list[dict[str, Any]]


class WebhookRefused(ValueError):
    """Nothing will be judged or sent; the text is one sentence for the caller."""


def read_target(written: str) -> PictureHost:
    """One entry of the operator's list, written as for pictures by their address. Raises ValueError."""
    try:
        return read_source(written)
    except ValueError as error:
        raise ValueError(NO_HOST.format(written=written)) from error


def read_secret(written: str) -> bytes:
    """The bytes that sign. Raises WebhookRefused."""
    try:
        found = base64.b64decode(written.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WebhookRefused(NO_SECRET) from error
    if not written.strip().startswith("whsec_") or not MIN_SECRET_BYTES <= len(found) <= MAX_SECRET_BYTES:
        raise WebhookRefused(NO_SECRET)
    return found


def sign(secret: bytes, number: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that prove who sent this body, and when. timestamp: seconds since 1970."""
    signed = b"%s.%d.%s" % (number.encode(), timestamp, body)
    signature = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    return {"webhook-id": number, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}


@dataclass(frozen=True)
class Target:
    """Where one caller's results go, checked against the operator's list."""

    url: httpx.URL
    secret: bytes = field(repr=False)


class Webhooks:
    """Judges batches one after the other in the background, and posts their results. close() ends both."""

    def __init__(
        self, hosts: tuple[PictureHost, ...], *, resolve: Resolve = resolve_public, trust: ssl.SSLContext | None = None
    ) -> None:
        self.hosts, self._resolve, self._trust = hosts, resolve, trust
        self._judging = ThreadPoolExecutor(1, thread_name_prefix="webhook")
        self._lock, self._waiting = threading.Lock(), Counter[str]()
        self._closed = threading.Event()

    def check(self, url: str, secret: str) -> Target:
        """Raises WebhookRefused for an address that is not listed, and a secret that is too short."""
        try:
            read = read_url(url)
        except FetchRefused as error:
            raise WebhookRefused(NO_ADDRESS) from error
        host = read.raw_host.decode("ascii").lower().rstrip(".")
        if read.userinfo or not any(one.holds(read.scheme, host, port_of(read)) for one in self.hosts):
            raise WebhookRefused(NOT_LISTED.format(hosts=say_sources(self.hosts)))
        return Target(read, read_secret(secret))

    def start(self, judge: Callable[[], Entries | None], target: Target, *, caller: str) -> str:
        """Call `judge` when its turn comes, and post what it returns, if it is not None. Raises WebhookRefused.

        Returns the number of this batch, which is the message's webhook-id as well.
        """
        with self._lock:
            if self._waiting[caller] >= MAX_OF_CALLER or self._waiting.total() >= MAX_WAITING:
                raise WebhookRefused(TOO_MANY)
            self._waiting[caller] += 1
        number = f"batch_{secrets.token_hex(12)}"
        self._judging.submit(self._work, judge, target, number, caller)
        return number

    def close(self) -> None:
        """Judge no more, and give up what was not delivered."""
        self._closed.set()
        self._judging.shutdown(wait=False, cancel_futures=True)

    def _work(self, judge: Callable[[], Entries | None], target: Target, number: str, caller: str) -> None:
        try:
            entries = judge()
        except Exception:  # as around a call of the page: what it was is in the log
            log.exception("a batch was not judged", extra={"id": number})
            return
        finally:
            with self._lock:
                self._waiting[caller] -= 1
        if entries is not None:
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            body = json.dumps({"type": EVENT, "timestamp": now, "data": {"id": number, "pictures": entries}}).encode()
            threading.Thread(target=self.deliver, args=(target, number, body), daemon=True).start()

    def deliver(self, target: Target, number: str, body: bytes) -> bool:
        """Post it until it is taken or given up; whether it was taken."""
        for wait in (*RETRY_SECONDS, None):
            said = self._attempt(target, number, body)
            if not said:
                log.info("a webhook was delivered", extra={"id": number})
                return True
            if wait is None or self._closed.wait(wait):
                break
        log.warning("a webhook was not delivered", extra={"id": number, "reason": said})
        return False

    def _attempt(self, target: Target, number: str, body: bytes) -> str:
        """Why it was not taken; "" where it was. Redirects are not followed."""
        host, url = target.url.raw_host.decode("ascii"), target.url
        headers = sign(target.secret, number, int(time.time()), body) | {
            "Content-Type": "application/json",
            "Host": url.netloc.decode("ascii"),
            "User-Agent": "Facejury",
        }
        try:
            address, *_ = self._resolve(host, port_of(url))
            pinned, named = url.copy_with(host=address, fragment=None), {"sni_hostname": host}
            client = httpx.Client(trust_env=False, verify=self._trust or True, timeout=ATTEMPT_SECONDS)
            with client, client.stream("POST", pinned, content=body, headers=headers, extensions=named) as answer:
                return "" if answer.is_success else f"status {answer.status_code}"
        except (FetchRefused, httpx.HTTPError) as error:
            return str(error) or type(error).__name__
