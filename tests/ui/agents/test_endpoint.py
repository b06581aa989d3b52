"""The tools of a page, asked through HTTP as an agent's program does."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from auth.requests import MCP
from detectors.conformance.samples import as_png, photo
from tests.attack.site import Attacked, attacked
from tests.auth.server import Browser
from ui.agents.tools import NO_BASE64

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
