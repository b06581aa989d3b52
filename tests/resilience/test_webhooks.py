"""A receiver is away while the server stops: after the next start it gets the message, under the same number."""

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from detectors.conformance import samples
from storage.database import open_database
from storage.history import find_entries
from tests.auth.server import wait_for
from tests.resilience.server import FILE, KEY, RunningDemo, serving
from tests.ui.server.programs.hooks import SECRET, Hooks, listening
from ui.server.programs.delivery import sign

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with listening() as server:
        yield server


def test_a_message_that_was_not_taken_arrives_after_a_restart_under_its_number_and_no_secret_is_kept(
    tmp_path: Path, hooks: Hooks
) -> None:
    def notifying() -> AbstractContextManager[RunningDemo]:
        given = ("--only", KEY, "--notify", hooks.url)
        url = f"sqlite:///{tmp_path / 'facejury.db'}"
        return serving(tmp_path, *given, start=("-m", "tests.resilience.notifying"), FACEJURY_DATABASE_URL=url)

    hooks.statuses = [503]
    with notifying() as demo:
        anna = demo.browser()
        anna.sign_up("Anna")
        path = anna.upload(samples.as_png(samples.photo()), name="portrait.png")
        files = [FILE | {"path": path, "orig_name": "portrait.png"}]
        status, answer = anna.call("batch_webhook", files, [KEY], f"{hooks.url}/in", SECRET)
        assert status == 200
        told = json.loads(answer.partition("event: complete\ndata: ")[2].splitlines()[0])[0]
        assert hooks.came.wait(120)
        demo.process.terminate()
        assert demo.process.wait(60) == 0
    held = b"".join(file.read_bytes() for file in tmp_path.glob("facejury.db*"))
    assert told["id"].encode() in held
    assert bytes(range(24)) not in held and SECRET.removeprefix("whsec_").encode() not in held

    hooks.statuses, sent = [204], len(hooks.got)
    with notifying() as demo:
        wait_for(lambda: _is_delivered(demo), seconds=60)
    (first, body), (headers, again) = hooks.got[0], hooks.got[sent]
    assert len(hooks.got) == sent + 1
    assert again == body
    assert told["id"] == first["webhook-id"] == headers["webhook-id"]
    at = int(headers["webhook-timestamp"])
    assert abs(at - time.time()) < 300
    assert headers["webhook-signature"] == sign(bytes(range(24)), told["id"], at, body)
    engine = open_database(f"sqlite:///{tmp_path / 'facejury.db'}")
    [entry] = find_entries(engine, "Anna")
    assert (entry.kind, entry.file_name) == ("batch", "1 picture: portrait.png")
    engine.dispose()


def _is_delivered(demo: RunningDemo) -> None:
    assert "a webhook was delivered" in demo.events()
