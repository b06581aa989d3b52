"""A program that calls the page's API wrongly reads what is wrong, and its connection stays."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.attack.site import FILE, Attacked, attacked
from tests.ui.conftest import serving
from tests.ui.server.programs.hooks import HOST, SECRET
from ui.server.limits.requests import BROKEN
from ui.server.programs.webhook import NO_ADDRESS, NO_SECRET, Webhooks, read_target
from ui.server.programs.wrong_calls import NO_FILES
from ui.server.programs.wrong_values import WRONG_FORM
from ui.server.remote_picture import NO_URL, Fetcher, read_source

API = "/gradio_api/"
KEYS = ["accuser"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("called")) as site:
        yield site


@pytest.fixture(scope="module")
def asking() -> Iterator[httpx.Client]:
    """A program that calls a page without sign-in, whose operator allows addresses of pictures and webhooks."""
    webhooks = Webhooks((read_target(HOST),))
    with (
        serving(fetcher=Fetcher((read_source(HOST),)), webhooks=webhooks) as address,
        httpx.Client(base_url=f"{address}gradio_api/") as client,
    ):
        yield client
    webhooks.close()


def post(site: Attacked, path: str, **sent: Any) -> tuple[int, str]:
    """The status, and what is said in it."""
    answer = site.bert.http.post(API + path, **sent)
    return answer.status_code, answer.json()["error"] if "json" in answer.headers["content-type"] else answer.text


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"piture": None}, "Parameter `piture` is not a valid key-word argument"),
        ({}, "No value provided for required argument: picture"),
        ({"data": [None]}, "Parameter `data` is not a valid key-word argument"),
    ],
)
def test_a_wrong_parameter_is_named_and_so_are_the_right_ones(
    site: Attacked, values: dict[str, object], fault: str
) -> None:
    said = post(site, "call/v2/compare", json=values)
    assert said == (400, f"{fault}. /compare takes: picture, detectors.")


@pytest.mark.parametrize("route", ["call/compar", "call/v2/compar", "run/compar", "api/compar/"])
def test_a_function_that_is_not_there_is_not_found_but_one_that_is_called_nearly_so(site: Attacked, route: str) -> None:
    said = post(site, route, json={"data": [None]})
    assert said == (404, "This page has no function /compar. Did you mean /compare?")


def test_where_nothing_is_called_nearly_so_the_place_of_all_is_told(site: Attacked) -> None:
    status, sentence = post(site, "call/xyzzy", json={"data": []})
    assert (status, sentence) == (404, "This page has no function /xyzzy. /gradio_api/info lists all that it has.")
    status, sentence = post(site, "queue/join", json={"data": [], "fn_index": 10_000, "session_hash": "berts"})
    assert (status, sentence.partition(".")[0]) == (404, "This page has no function of this number")


NOT_UPLOADED = {"path": "/etc/passwd", "meta": FILE}


@pytest.mark.parametrize("data", [[], [1], ["a.png", ["accuser"]], [NOT_UPLOADED, ["accuser"]]])
def test_values_that_cannot_be_read_are_told_of(site: Attacked, data: list[object]) -> None:
    assert WRONG_FORM.partition('"')[0] in site.call(site.bert, "compare", data).text
    assert post(site, "run/compare", json={"data": data}) == (500, WRONG_FORM)


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("compare_url", [None, KEYS], NO_URL),
        ("batch_webhook", ["files", KEYS, None, SECRET], NO_ADDRESS),
        ("batch_webhook", ["files", KEYS, f"https://{HOST}/", None], NO_SECRET),
    ],
)
def test_null_for_a_text_is_told_of_as_an_empty_one_is(
    asking: httpx.Client, name: str, given: list[object], sentence: str
) -> None:
    [path] = asking.post("upload", files={"files": ("photo.png", b"bytes")}).json()
    data = [[{"path": path, "meta": FILE}] if value == "files" else value for value in given]
    for sent in (data, ["" if value is None else value for value in data]):
        event = asking.post(f"call/{name}", json={"data": sent}).json()["event_id"]
        assert sentence in json.loads(asking.get(f"call/{name}/{event}").text.rpartition("data: ")[2])["error"]


def test_an_upload_that_is_no_file_is_told_of(site: Attacked) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\nwords\r\n--x--\r\n'
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert post(site, "upload", content=form, headers=headers) == (400, NO_FILES)


def test_after_an_error_that_nobody_foresaw_the_connection_is_said_to_end(site: Attacked) -> None:
    def fail() -> None:
        raise RuntimeError("secret")

    site.page.app.add_api_route("/robots.txt", fail, methods=["GET"])
    site.page.app.router.routes.insert(0, site.page.app.router.routes.pop())
    with httpx.Client(base_url=site.url) as client:
        for _ in range(20):  # the next request is on another connection: none is lost on one that just ends
            said = client.get("/robots.txt")
            assert (said.status_code, said.json(), said.headers["connection"]) == (500, {"error": BROKEN}, "close")
        page = client.get("/robots.txt", headers={"accept": "text/html,*/*"})
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (500, "text/html")
    assert BROKEN in page.text and page.headers["connection"] == "close"
