"""Typed addresses lead to the page's own, and never out of the path below which it lies."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from auth.routes import find_bound
from ui.server.views import SlashMiddleware, view_routes

HUB = "hub:user/name@abcdef12"


def follow(path: str, root: str) -> str:
    """Where a browser comes to in the end, as a path below the root with its query."""
    shared = Route("/shared/{secret}", lambda _: PlainTextResponse("shown"))
    app = Starlette(routes=[*view_routes(), shared], middleware=[Middleware(SlashMiddleware)])
    app.router.redirect_slashes = False
    client = TestClient(app, root_path=root, follow_redirects=False)
    address = f"http://testserver{root}{path}"
    while (answer := client.get(address)).is_redirect:
        address = urljoin(address, answer.headers["location"])
    parts = urlsplit(address)
    assert parts.netloc == "testserver" and parts.path.startswith(f"{root}/")
    return parts.path.removeprefix(root) + (parts.query and f"?{parts.query}")


@pytest.mark.parametrize("root", ["", "/jury"])
@pytest.mark.parametrize(
    ("typed", "led_to"),
    [
        ("/learn", "/?view=learn"),
        ("/check/12", "/?view=check/12"),
        ("/check/12/", "/?view=check/12"),
        ("/detectors/", "/?view=detectors"),
        ("/detectors/detectors", "/?view=detectors/detectors"),
        (f"/detectors/{HUB}", "/?view=detectors/hub%3Auser%2Fname%40abcdef12"),
        ("/detectors/hub%3Auser%2Fname/", "/?view=detectors/hub%3Auser%2Fname"),
        ("/shared/x/", "/shared/x"),
        ("/shared/x/?print=1", "/shared/x?print=1"),
    ],
)
def test_a_typed_address_leads_to_its_view_below_the_root(typed: str, led_to: str, root: str) -> None:
    assert follow(typed, root) == led_to


@pytest.mark.parametrize("path", [f"/detectors/{HUB}", f"/detectors/{HUB},blend", "/check/12/"])
def test_these_addresses_are_open(path: str) -> None:
    assert find_bound(path) is not None


@pytest.mark.parametrize("path", ["/check/\xff", "/check/\xff/"])
def test_bytes_that_are_no_text_in_an_address_are_no_error(path: str) -> None:
    raw, sent = path.encode("latin-1"), []
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": raw, "query_string": b"a=\xff", "headers": []}

    async def send(message: Any) -> None:
        sent.append(message)

    app = Starlette(routes=view_routes(), middleware=[Middleware(SlashMiddleware)])
    with ThreadPoolExecutor(1) as apart:  # the browser of other tests keeps this one's event loop
        apart.submit(asyncio.run, app(scope, None, send)).result()
    assert sent[0]["status"] in {303, 307}
