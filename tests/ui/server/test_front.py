"""What goes on as long as a server runs."""

from pathlib import Path

import httpx
import pytest

from storage.database import open_database
from tests.auth.server import launch, wait_for


def test_a_round_that_fails_is_logged_and_the_next_one_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = {"sweep": 0, "drop": 0}

    def fail_first(kind: str) -> int:
        rounds[kind] += 1
        if rounds[kind] == 1:
            raise ZeroDivisionError
        return 0

    async def drop(*_: object) -> int:
        return fail_first("drop")

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    monkeypatch.setattr("ui.server.front.sweep", lambda *_, **__: fail_first("sweep"))
    monkeypatch.setattr("auth.limits.waiting.Waiting.drop_unheard", drop)
    for name in ("SWEEP_EVERY_SECONDS", "DROP_EVERY_SECONDS"):
        monkeypatch.setattr(f"ui.server.front.{name}", 0.1)
    (tmp_path / "uploads").mkdir()
    engine = open_database(f"sqlite:///{tmp_path / 'facejury.db'}")
    site = launch(engine, uploads=tmp_path / "uploads")

    def both_went_on() -> None:
        assert min(rounds.values()) > 2

    wait_for(both_went_on)
    assert site.browser().http.get("/signin").status_code == 200
    site.close()
    engine.dispose()
    said = [record.message for record in caplog.records if record.name == "ui.server.front"]
    assert sorted(said) == ["a sweep failed"] * 2


def test_events_that_nobody_hears_are_dropped_on_a_page_without_accounts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    monkeypatch.setattr("auth.limits.waiting.UNHEARD_SECONDS", 3)
    monkeypatch.setattr("ui.server.front.DROP_EVERY_SECONDS", 0.1)
    (tmp_path / "uploads").mkdir()
    site = launch(None, uploads=tmp_path / "uploads")
    program = site.browser()
    unheard, heard = (
        program.http.post("/gradio_api/call/wait", json={"data": [seconds]}).json()["event_id"] for seconds in (0, 4)
    )
    assert "done" in program.http.get(f"/gradio_api/call/wait/{heard}").text
    assert program.http.get(f"/gradio_api/call/wait/{unheard}").status_code == 404
    assert not site.page._queue.pending_event_ids_session
    site.close()


def test_an_open_page_may_ask_again_once_all_its_answers_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    monkeypatch.setattr("ui.server.front.DROP_EVERY_SECONDS", 0.1)
    (tmp_path / "uploads").mkdir()
    site = launch(None, uploads=tmp_path / "uploads")
    http = site.browser().http
    waits = next(number for number, one in site.page.fns.items() if one.api_name == "wait")
    answers = "/gradio_api/queue/data?session_hash=anna"
    with http.stream("GET", "/gradio_api/heartbeat/anna"):
        http.post("/gradio_api/queue/join", json={"data": [0], "fn_index": waits, "session_hash": "anna"})
        assert "process_completed" in http.get(answers).text
        with pytest.raises(httpx.ReadTimeout):  # it waits for what comes, and is not told that there is no such page
            http.get(answers, timeout=1)

    def is_forgotten() -> None:
        assert not site.page._queue.pending_messages_per_session

    wait_for(is_forgotten)
    site.close()
