"""Webhooks: signed as the standard says, only to listed and public hosts, again after a failure, and then given up."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from auth import accounts
from storage.database import open_database
from storage.outbox import Message, keep_message
from tests.auth.server import PASSWORD
from tests.ui.server.programs.hooks import HOST, SECRET, Hooks, listening
from ui.server.programs import delivery, webhook
from ui.server.programs.delivery import Delivery, Target, sign
from ui.server.programs.webhook import NO_SECRET, WebhookRefused, Webhooks, read_target

# of the standard's own reference implementation: standardwebhooks 1.0, tests/test_webhooks.py
EXAMPLE = {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330"}


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hooks]:
    monkeypatch.setattr(delivery, "RETRY_SECONDS", (0.0, 0.0, 0.0))
    monkeypatch.setattr(delivery, "LOOK_SECONDS", 0.1)
    with listening() as server:
        yield server


def webhooks_to(*written: str) -> Webhooks:
    return Webhooks(tuple(map(read_target, written)), resolve=lambda *_: ["127.0.0.1"])


def deliver(webhooks: Webhooks, url: str) -> bool:
    """Whether a message was taken there. In a thread of its own: where Playwright runs, this one has a loop already."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(webhooks.delivery.deliver, webhooks.check(url, SECRET), "batch_1", b"{}").result()


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    signed = sign(secret, EXAMPLE["webhook-id"], int(EXAMPLE["webhook-timestamp"]), body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_was_judged_arrives_signed_under_the_number_that_was_told(hooks: Hooks) -> None:
    webhooks = webhooks_to(hooks.url)
    number = webhooks.start(lambda: [{"name": "a.png"}], webhooks.check(f"{hooks.url}/in?q=1", SECRET), caller="ada")
    assert hooks.came.wait(10)
    [(headers, body)] = hooks.got
    assert headers["Host"] == hooks.url.removeprefix("http://")
    told = json.loads(body)
    assert (told["type"], told["data"]) == ("batch.judged", {"id": number, "pictures": [{"name": "a.png"}]})
    signed = f"{number}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(bytes(range(24)), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    webhooks.close()


@pytest.mark.parametrize(
    ("statuses", "taken", "count"), [([503, 429, 204], True, 3), ([500], False, 4), ([302], False, 4)]
)
def test_what_is_not_taken_is_sent_again_and_at_last_given_up(
    hooks: Hooks, statuses: list[int], taken: bool, count: int
) -> None:
    hooks.statuses = statuses
    assert deliver(webhooks_to(hooks.url), hooks.url) is taken
    assert len(hooks.got) == count


def test_a_receiver_whose_answer_drips_is_given_up_when_the_attempts_time_is_over(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(delivery, "ATTEMPT_SECONDS", 0.5)
    hooks.drips, began = 50, time.monotonic()
    assert not deliver(webhooks_to(hooks.url), hooks.url)
    assert 2 <= time.monotonic() - began < 5 and len(hooks.got) == 4
    assert [vars(record)["reason"] for record in caplog.records] == ["TimeoutError"]


def test_a_kept_message_that_cannot_be_sent_keeps_no_other_back(hooks: Hooks, tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'facejury.db'}")
    user = accounts.add_user(engine, "Anna", password=PASSWORD, rounds=4).name
    now = int(time.time())
    for number, url, due in (("batch_1", "http://a:b", now - 2), ("batch_2", hooks.url, now - 1)):
        keep_message(engine, user, Message(number, url, b"{}", {now: "v1,AAAA"}), due=due)
    postman = Delivery(engine, resolve=lambda *_: ["127.0.0.1"], is_listed=lambda _: True)
    postman.resume()
    assert hooks.came.wait(10)
    assert [headers["webhook-id"] for headers, _ in hooks.got] == ["batch_2"]
    postman.close()
    engine.dispose()


def test_a_name_that_leads_into_a_private_network_gets_nothing(hooks: Hooks, caplog: pytest.LogCaptureFixture) -> None:
    webhooks = Webhooks((read_target(f"http://localhost.localdomain:{hooks.server_port}"),))
    assert not deliver(webhooks, f"http://localhost.localdomain:{hooks.server_port}")
    assert hooks.got == []
    [said] = [vars(record)["reason"] for record in caplog.records]
    assert said == delivery.HOST_REFUSED


def test_why_a_webhook_was_not_delivered_is_logged_without_its_host(
    hooks: Hooks, caplog: pytest.LogCaptureFixture
) -> None:
    for url in ("http://customer-42.hooks.test:9", f"https://customer-42.hooks.test:{hooks.server_port}"):
        webhooks = webhooks_to(f"{url.partition('://')[0]}://*.hooks.test:{url.rpartition(':')[2]}")
        assert not deliver(webhooks, url)
    unknown = Webhooks((read_target("*.hooks.invalid"),))
    assert not deliver(unknown, "https://customer-42.hooks.invalid/")
    reasons = [vars(record)["reason"] for record in caplog.records]
    assert reasons == ["ConnectError", "ConnectError", delivery.HOST_REFUSED]


@pytest.mark.parametrize(
    ("url", "secret", "words"),
    [
        ("https://elsewhere.test/", SECRET, r"notifies only hooks\.test\."),
        (
            "http://hooks.test/",
            SECRET,
            r"notifies hooks\.test only at addresses that begin with https://hooks\.test/\.",
        ),
        ("https://hooks.test:8443/", SECRET, r"only at addresses that begin with https://hooks\.test/\."),
        ("https://ada:pw@hooks.test/", SECRET, r"Leave the user name and the password out of the address\."),
        ("https://127.0.0.1/", SECRET, "notifies only"),
        ("hooks.test", SECRET, "the whole address to notify"),
        ("https://hooks.test/", "whsec_AAAA", "The secret must be"),
        ("https://hooks.test/", SECRET.removeprefix("whsec_"), "The secret must be"),
        ("https://hooks.test/", "whsec_ä", "The secret must be"),
    ],
)
def test_what_cannot_be_notified_is_refused_before_anything_is_judged(url: str, secret: str, words: str) -> None:
    with pytest.raises(WebhookRefused, match=words):
        webhooks_to(HOST).check(url, secret)


def test_the_operators_list_is_read_as_that_of_pictures_and_says_so_itself() -> None:
    assert read_target("*.example.org").is_suffix
    with pytest.raises(ValueError, match="is no host to notify"):
        read_target("localhost")
    for written in ("10.0.0.1", "https://hooks.test:99999"):
        with pytest.raises(ValueError, match=written):
            read_target(written)
    assert "24 to 64" in NO_SECRET


def test_a_caller_has_so_many_batches_at_once_and_a_failed_one_counts_no_longer(
    hooks: Hooks, caplog: pytest.LogCaptureFixture
) -> None:
    webhooks, go_on = webhooks_to(hooks.url), threading.Event()
    target: Target = webhooks.check(hooks.url, SECRET)

    def fail() -> Any:
        go_on.wait(10)
        raise RuntimeError("as the test wants it")

    for _ in range(webhook.MAX_OF_CALLER):
        webhooks.start(fail, target, caller="ada")
    with pytest.raises(WebhookRefused, match="wait to be judged already"):
        webhooks.start(fail, target, caller="ada")
    go_on.set()
    webhooks.start(lambda: [], target, caller="eve")
    assert hooks.came.wait(10)
    webhooks.start(lambda: [], target, caller="ada")
    webhooks.close()
