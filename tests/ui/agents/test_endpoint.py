"""The tools of a page, asked through HTTP as an agent's program does."""

import base64
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from auth.limits import waiting
from auth.requests import MCP
from detectors.conformance.samples import as_png, photo
from tests.attack.site import Attacked, attacked
from tests.auth.server import Browser, wait_for
from ui.agents.tools import AT_ONCE, NO_BASE64

PICTURE = as_png(photo())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("agents")) as site:
        yield site


def ask(browser: Browser, picture: str, *, path: str = MCP, **options: Any) -> httpx.Response:
    """What `compare` answers an agent."""
    call = {"name": "compare", "arguments": {"picture": picture}}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    headers = {"accept": "application/json, text/event-stream"}
    return browser.http.post(path, json=asked, headers=headers, **options)


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("path", [MCP, f"{MCP}/"])
@pytest.mark.parametrize(
    "picture",
    [
        encode(PICTURE),
        base64.encodebytes(PICTURE).decode(),
        encode(PICTURE).replace("A", "A\r\n"),
        f"data:image/png;base64,{encode(PICTURE)}",
    ],
)
def test_a_picture_is_taken_in_base64_as_programs_write_it(site: Attacked, path: str, picture: str) -> None:
    judged = ask(site.bert, picture, path=path).json()["result"]
    assert not judged["isError"] and len(judged["structuredContent"]["faces"]) == 1


@pytest.mark.parametrize("picture", ["/etc/hostname", "data:image/png,%89PNG", "data:image/png;base64", "A=="])
def test_what_is_no_base64_is_refused_in_a_sentence(site: Attacked, picture: str) -> None:
    refused = ask(site.bert, picture).json()["result"]
    assert refused["isError"] and refused["content"][0]["text"].endswith(NO_BASE64)


@pytest.mark.parametrize("path", [MCP, f"{MCP}/"])
def test_an_agents_calls_are_limited_for_each_user_like_all_that_pass_the_queue_by(
    site: Attacked, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(waiting, "MAX_OF_USER", 0)
    said = ask(site.bert, encode(PICTURE), path=path)
    assert (said.status_code, said.json()["error"]["message"]) == (503, waiting.YOURS)
    assert int(said.headers["retry-after"]) > 0


def test_the_picture_of_an_agent_that_hung_up_while_it_waited_is_not_judged(
    site: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged, go_on = list[bytes](), Event()

    def judge(data: bytes, *_: Any, **__: Any) -> Any:
        judged.append(data)
        assert go_on.wait(60)
        return SimpleNamespace(error="as told")

    def all_places_are_taken() -> None:
        assert len(judged) == AT_ONCE

    monkeypatch.setattr("ui.agents.tools.compare", judge)
    with ThreadPoolExecutor(AT_ONCE + 1) as agents:
        first = [agents.submit(ask, site.bert, encode(b"first")) for _ in range(AT_ONCE)]
        wait_for(all_places_are_taken)
        with pytest.raises(httpx.ReadTimeout):
            ask(site.bert, encode(b"gone"), timeout=0.5)
        time.sleep(0.2)  # until the server has heard of it
        last = agents.submit(ask, site.bert, encode(b"last"))
        time.sleep(0.2)
        go_on.set()
        assert [one.result().json()["result"]["isError"] for one in (*first, last)] == [True] * (AT_ONCE + 1)
    assert judged == [b"first"] * AT_ONCE + [b"last"]
