"""Posts messages to programs: signed, again after a failure, and where accounts are kept also after a restart.

Signed as https://www.standardwebhooks.com says, so that its libraries verify it. The address was checked before: its
host is listed, public, looked up once for each attempt, and connected to as it was checked.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import anyio
import httpx
from sqlalchemy import Engine

from storage.database import DatabaseUnavailable
from storage.outbox import KEEP_SECONDS, Message, drop_message, keep_message, put_off, take_due
from storage.users import AccountGone
from ui.server.remote_picture import FetchRefused, Resolve, ask_pinned

RETRY_SECONDS = (5.0, 30.0, 120.0)  # after a failure, before the next attempt
LATER_SECONDS = 900.0  # between two attempts after those, until KEEP_SECONDS are over
LOOK_SECONDS = 30.0  # how often a server looks for what is due
ATTEMPT_SECONDS = 10.0
OWN_SECONDS = sum(RETRY_SECONDS) + (len(RETRY_SECONDS) + 1) * ATTEMPT_SECONDS + 45  # until others may take it on
# The standard's libraries take a timestamp that is up to 300 s off: the nearest is at most 240 s away.
SIGNED_EVERY_SECONDS = 480
HOST_REFUSED = "its host is not known, or not public"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Target:
    """Where one caller's results go, checked against the operator's list."""

    url: httpx.URL
    secret: bytes = field(repr=False)


def sign(secret: bytes, number: str, timestamp: int, body: bytes) -> str:
    """What proves who sent this body, and when. timestamp: seconds since 1970."""
    signed = b"%s.%d.%s" % (number.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def sign_ahead(secret: bytes, number: str, body: bytes, *, start: int) -> dict[int, str]:
    """The same for each moment of a day at which it may be sent again, so that the secret need not be kept."""
    moments = range(start, start + KEEP_SECONDS + SIGNED_EVERY_SECONDS, SIGNED_EVERY_SECONDS)
    return {moment: sign(secret, number, moment, body) for moment in moments}


class Delivery:
    """Sends each message in a thread of its own, and what was not delivered then, in turn. close() ends both.

    engine: None for no accounts, and nothing is kept; is_listed: whether the operator lets an address be notified now.
    """

    def __init__(self, engine: Engine | None, *, resolve: Resolve, is_listed: Callable[[httpx.URL], bool]) -> None:
        self._engine, self._resolve, self._is_listed = engine, resolve, is_listed
        self._closed, self._lock = threading.Event(), threading.Lock()
        self._own: set[str] = set()  # kept messages that this server is sending

    def send(self, target: Target, number: str, body: bytes, *, user: str) -> None:
        """Post it in the background; it is kept from now on, until it is taken or given up."""
        self._keep(target, number, body, user)
        threading.Thread(target=self.deliver, args=(target, number, body), daemon=True).start()

    def deliver(self, target: Target, number: str, body: bytes) -> bool:
        """Post it until it is taken, or all of the first attempts failed; whether it was taken."""
        for wait in (*RETRY_SECONDS, None):
            now = int(time.time())
            if not (said := self._attempt(target.url, number, body, {now: sign(target.secret, number, now, body)})):
                self._note_taken(number)
                return True
            if wait is None or self._closed.wait(wait):
                break
        log.warning("a webhook was not delivered", extra={"id": number, "reason": said, "kept": number in self._own})
        self._let_go([number], due=time.time() + LATER_SECONDS)
        return False

    def resume(self) -> None:
        """Look for what is due, now and from time to time, in a thread of its own."""
        if self._engine:
            threading.Thread(target=self._carry_on, args=(self._engine,), daemon=True).start()

    def close(self) -> None:
        """Send no more. What is in its first attempts is due at the next start, what failed in them when it was."""
        self._closed.set()
        self._let_go(list(self._own), due=time.time())

    def _keep(self, target: Target, number: str, body: bytes, user: str) -> None:
        if self._engine is None:
            return
        signatures = sign_ahead(target.secret, number, body, start=int(time.time()))
        message = Message(number, str(target.url), body, signatures)
        try:
            given_up = keep_message(self._engine, user, message, due=time.time() + OWN_SECONDS)
        except (AccountGone, DatabaseUnavailable, ValueError) as error:
            log.warning("a webhook is not kept", extra={"id": number, "reason": str(error)})
            return
        with self._lock:
            self._own.add(number)
        for old in given_up:
            log.warning("a webhook was given up", extra={"id": old, "reason": "newer ones of the same user"})

    def _carry_on(self, engine: Engine) -> None:
        while True:
            try:
                while message := take_due(engine, again=time.time() + LATER_SECONDS):
                    if self._closed.is_set():
                        break
                    self._send_again(engine, message)
            except DatabaseUnavailable:
                pass  # it is logged, and there is a next time
            except Exception:  # one message's fault would keep all others from being sent
                log.exception("a webhook could not be sent again")
            if self._closed.wait(LOOK_SECONDS):
                return

    def _send_again(self, engine: Engine, message: Message) -> None:
        url = httpx.URL(message.url)
        if not self._is_listed(url):
            drop_message(engine, message.number)
            log.warning("a webhook was given up", extra={"id": message.number, "reason": "its host is listed no more"})
            return
        with self._lock:
            self._own.add(message.number)
        if said := self._attempt(url, message.number, message.body, message.signatures):
            log.info("a webhook was not delivered", extra={"id": message.number, "reason": said, "kept": True})
            self._let_go([message.number], due=time.time() + LATER_SECONDS)
        else:
            self._note_taken(message.number)

    def _note_taken(self, number: str) -> None:
        log.info("a webhook was delivered", extra={"id": number})
        with self._lock:
            kept = number in self._own
            self._own.discard(number)
        if kept and self._engine:
            with suppress(DatabaseUnavailable):  # then it is sent once more, under the same number
                drop_message(self._engine, number)

    def _let_go(self, numbers: list[str], *, due: float) -> None:
        with self._lock:
            held = [number for number in numbers if number in self._own]
            if not self._closed.is_set():
                self._own.difference_update(held)
        if held and self._engine:
            with suppress(DatabaseUnavailable):  # then they are due later
                put_off(self._engine, held, due=time.time() if self._closed.is_set() else due)

    def _attempt(self, url: httpx.URL, number: str, body: bytes, signatures: Mapping[int, str]) -> str:
        """Why it was not taken; "" where it was. Redirects are not followed. signatures: the nearest one is used."""
        host, now = url.raw_host.decode("ascii"), time.time()
        at = min(signatures, key=lambda moment: abs(moment - now))
        headers = {
            "webhook-id": number,
            "webhook-timestamp": str(at),
            "webhook-signature": signatures[at],
            "Content-Type": "application/json",
            "User-Agent": "Facejury",
        }
        try:
            status = asyncio.run(self._post(url, host, headers, body))
        except FetchRefused:
            return HOST_REFUSED
        except (httpx.HTTPError, TimeoutError) as error:
            return type(error).__name__  # its text may quote the host, as one of a certificate does
        return "" if httpx.codes.is_success(status) else f"status {status}"

    async def _post(self, url: httpx.URL, host: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer. Raises TimeoutError, also for a receiver that sends a little now and then."""
        with anyio.fail_after(ATTEMPT_SECONDS):
            async with ask_pinned(
                "POST", url, host, self._resolve, headers=headers, body=body, seconds=ATTEMPT_SECONDS
            ) as answer:
                return answer.status_code
