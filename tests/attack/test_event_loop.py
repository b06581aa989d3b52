"""Nothing that a visitor sends runs long on the event loop: the health check answers while the costliest request runs.

Each attack is a handful of requests at the launched demo, which is a process of its own on this machine.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from auth import routes
from auth.calls import MAX_VALUES
from storage.uploads import MAX_PATH_PARTS
from tests.attack.site import Attacked, attacked
from tests.auth.server import Browser, Server, launched

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ANSWERS_WITHIN_SECONDS = 0.3
TRIES = 10  # the machine may be busy with something else: the quietest try counts
JSON = {"content-type": "application/json"}
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    with launched(f"sqlite:///{folder / 'facejury.db'}", folder / "uploads") as server:
        yield server


@pytest.fixture(scope="module")
def user(served: Server) -> Browser:
    return served.member("Mallory")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("attacked")) as site:
        yield site


def longest_wait(server: Server, attack: Callable[[], object]) -> float:
    """The longest that the health check took while the attack ran, in seconds."""
    waits: list[float] = []
    begun, over = threading.Event(), threading.Event()

    def watch() -> None:
        with httpx.Client(base_url=server.url, timeout=60) as watchdog:
            watchdog.get("/healthz")  # the connection
            begun.set()
            while not (over.is_set() and waits):
                began = time.monotonic()
                assert watchdog.get("/healthz").status_code == 200
                waits.append(time.monotonic() - began)
                time.sleep(0.01)

    with ThreadPoolExecutor() as pool:
        watching = pool.submit(watch)
        begun.wait()
        with suppress(httpx.TransportError):  # a body that is too large is not read to its end
            attack()
        over.set()
        watching.result()
    return max(waits)


def assert_answers_meanwhile(server: Server, attack: Callable[[], object]) -> None:
    waits: list[float] = []
    while len(waits) < TRIES and not any(wait < ANSWERS_WITHIN_SECONDS for wait in waits):
        waits.append(longest_wait(server, attack))
    assert min(waits) < ANSWERS_WITHIN_SECONDS, waits


def test_an_icon_of_any_size_is_not_made(served: Server, user: Browser) -> None:
    said = {size: user.http.get(f"/pwa_icon/{size}").status_code for size in ("192", "512", "14000", "0", "-5", "x")}
    assert said == {"192": 200, "512": 200, "14000": 404, "0": 404, "-5": 404, "x": 404}
    assert_answers_meanwhile(served, lambda: user.http.get("/pwa_icon/14000"))
    assert_answers_meanwhile(served, lambda: [user.http.get("/pwa_icon/512") for _ in range(5)])


@pytest.mark.parametrize("path", ["/gradio_api/call/compare", "/gradio_api/reset", "/gradio_api/queue/join"])
def test_fifteen_megabytes_of_paths_are_not_looked_up(served: Server, user: Browser, path: str) -> None:
    body = json.dumps({"data": ["/"] * (15 * MEGABYTE // 5)}, separators=(",", ":")).encode()
    assert_answers_meanwhile(served, lambda: user.http.post(path, content=body, headers=JSON))


def sent(value: object) -> bytes:
    """A call of compare with this among its values."""
    return json.dumps({"data": [value, ["accuser"]]}, separators=(",", ":")).encode()


WORST = {
    "values": sent([0] * (MAX_VALUES - 10)),
    "too many values": sent([[]] * (routes.CALL_BYTES // 3 - 100)),
    "paths": sent(["/x" * 100] * (MAX_PATH_PARTS // 100 - 10)),
    "folders": sent(["/" * 4000] * (MAX_PATH_PARTS // 4000)),
    "one text": sent("/" * (routes.CALL_BYTES - 200)),
    "percent": sent("%2f" * (routes.CALL_BYTES // 3 - 200)),
    "names": sent({f"/{number}": "" for number in range(MAX_VALUES - 10)}),
}


@pytest.mark.parametrize("what", WORST)
def test_the_health_check_answers_while_the_largest_call_is_looked_through(
    served: Server, user: Browser, what: str
) -> None:
    assert len(WORST[what]) <= routes.CALL_BYTES
    calls = ("/gradio_api/call/compare", "/gradio_api/run/compare", "/gradio_api/call/v2/compare")
    for path in calls:
        assert_answers_meanwhile(
            served,
            lambda path=path: user.http.post(path, content=WORST[what], headers=JSON),  # type: ignore[misc]
        )


def test_a_long_text_that_names_the_upload_folder_is_refused_at_once(served: Server, user: Browser) -> None:
    own = user.upload(b"x" * 100)
    folder = own.rpartition("/")[0].rpartition("/")[0]
    body = sent(folder + "/a" * (routes.CALL_BYTES // 2 - 200))
    said = user.http.post("/gradio_api/call/compare", content=body, headers=JSON, timeout=10)
    assert said.status_code in {403, 413}


def test_the_health_check_answers_while_files_are_asked_for_by_the_longest_path(served: Server, user: Browser) -> None:
    longest = "/gradio_api/file=" + "/x" * ((routes.MAX_PATH_CHARACTERS - 20) // 2)
    assert_answers_meanwhile(served, lambda: [user.http.get(longest) for _ in range(3)])
    longer = "/gradio_api/file=" + "/x" * 15_000
    assert user.http.get(longer).status_code == 414


def test_the_health_check_answers_while_the_page_describes_itself(served: Server, user: Browser) -> None:
    for path in ("/", "/config", "/gradio_api/info", "/gradio_api/openapi.json", "/manifest.json", "/theme.css"):
        assert_answers_meanwhile(served, lambda path=path: user.http.get(path))  # type: ignore[misc]


def test_the_health_check_answers_while_a_large_file_comes(served: Server, user: Browser) -> None:
    parts = [("files", (f"{number}.png", b"x" * 50_000)) for number in range(400)]
    assert_answers_meanwhile(served, lambda: user.http.post("/gradio_api/upload", files=parts))


def test_of_every_route_it_is_decided_what_bounds_its_time(site: Attacked) -> None:
    there = {path.rstrip("/") or "/" for _, path in site.routes}
    decided = {*routes.BOUNDS, *routes.CLOSED}
    assert there - decided == set(), "decide in auth/routes.py what bounds these, or close them"
    assert decided - there <= {"/pwa_icon/192", "/pwa_icon/512"}, "these are gone"
    assert routes.BOUNDS.keys() & routes.CLOSED.keys() == set()


def test_a_route_that_nobody_decided_on_is_not_found(site: Attacked) -> None:
    site.page.app.add_api_route("/gradio_api/novelty", lambda: "new", methods=["GET"])
    assert site.send(site.bert, "GET", "/gradio_api/novelty").status == 404
    for path in routes.CLOSED:
        address = path.replace("{", "").replace("}", "")
        assert site.send(site.bert, "GET", address).status == 404, path
        assert site.send(site.bert, "POST", address).status == 404, path
