"""The address /live through HTTP: frames in, faces out, refusals in a sentence, and nothing on the disk."""

import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from detectors.jury.judge import Jury
from registry import DetectorSpec
from tests.demo_process import started
from tests.ui.camera import as_jpeg, frame, portrait
from tests.ui.jurors import JURY, say_fake, spec
from ui.tabs.live_endpoint import MAX_FRAME_BYTES, PLACES, live_routes

pytestmark = pytest.mark.slow  # a server for each

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
KEYS = ("accuser", "defender")


@pytest.fixture
def server() -> Iterator[Callable[..., TestClient]]:
    """A server for these detectors."""
    clients = []

    def serve(*specs: DetectorSpec) -> TestClient:
        clients.append(TestClient(Starlette(routes=live_routes(Jury(specs or JURY)))).__enter__())
        return clients[-1]

    yield serve
    for client in clients:
        client.__exit__(None, None, None)


def send(
    client: TestClient,
    data: bytes | None = None,
    *,
    page: int = 1,
    only: tuple[str, ...] = KEYS,
    headers: dict[str, str] | None = None,
) -> Any:
    data = as_jpeg(frame(portrait())) if data is None else data
    return client.post("/live", params={"started": page, "only": only}, content=data, headers=headers)


def error_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


def test_a_frame_gets_the_box_and_the_verdicts_of_its_face(server: Callable[..., TestClient]) -> None:
    answer = send(server()).json()
    [face] = answer["faces"]
    assert (answer["width"], answer["height"]) == (640, 480)
    left, top, right, bottom = face["box"]
    assert 230 < left < right < 350 and 30 < top < bottom < 190
    assert [(verdict["detector"], verdict["p_fake"]) for verdict in face["verdicts"]] == [
        ("accuser", 0.93),
        ("defender", 0.03),
    ]
    assert "chance of fake: 93 %" in answer["cards"] and "1 of 2 say fake" in answer["over"]
    assert "smoothed" in answer["over"]
    assert answer["milliseconds"] > 0


def test_only_the_chosen_detectors_are_asked(server: Callable[..., TestClient]) -> None:
    [face] = send(server(), only=("defender",)).json()["faces"]
    assert [verdict["detector"] for verdict in face["verdicts"]] == ["defender"]


def test_no_face_says_so_and_asks_for_the_next_frame_later(server: Callable[..., TestClient]) -> None:
    client = server()
    nobody, somebody = send(client, as_jpeg(frame())).json(), send(client).json()
    assert nobody["faces"] == [] and nobody["said"].startswith("No face found.")
    assert nobody["pause_ms"] > somebody["pause_ms"]


def test_several_faces_are_told_apart(server: Callable[..., TestClient]) -> None:
    answer = send(server(), as_jpeg(frame(portrait(300), portrait(300), left=20))).json()
    assert [face["number"] for face in answer["faces"]] == [1, 2]
    assert "Face 2" in answer["cards"] and "Face 2:" in answer["said"]


def test_a_face_under_64_pixels_is_inconclusive_and_says_why(server: Callable[..., TestClient]) -> None:
    answer = send(server(), as_jpeg(frame(portrait(200)))).json()
    assert {verdict["label"] for verdict in answer["faces"][0]["verdicts"]} == {"inconclusive"}
    assert "Face too small (" in answer["cards"] and "Face too small (" in answer["over"]
    assert "Estimated chance" not in answer["cards"]


def test_what_a_detector_calls_itself_stays_text(server: Callable[..., TestClient]) -> None:
    def explode(image: np.ndarray) -> float:
        raise RuntimeError("<b>no</b>")

    client = server(spec("exploder", explode, title="<i>Exploder</i>"))
    cards = send(client, only=("exploder",)).json()["cards"]
    assert "&lt;i&gt;Exploder" in cards and "&lt;b&gt;no" in cards and "<b>no" not in cards


def test_nothing_is_written_while_a_frame_is_judged(server: Callable[..., TestClient]) -> None:
    client, heard, listening = server(), [], True

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if listening and event == "open" and arguments[2] & WRITING and "/dev/null" not in str(arguments[0]):
            heard.append(str(arguments[0]))

    send(client)  # loads what is loaded once
    sys.addaudithook(hear)
    assert send(client).status_code == 200
    listening = False
    assert heard == []


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        (b"no picture at all, " * 20, 415, "not a picture we can read"),
        (b"", 415, "The file is empty."),
        (as_jpeg(frame())[:2000], 415, "damaged"),
        (b"\0" * (MAX_FRAME_BYTES + 1), 413, "1,000 kB"),
        (as_jpeg(np.zeros((1500, 1500, 3), np.uint8)), 413, "larger than 1920 x 1080"),
    ],
)
def test_what_is_no_frame_is_refused_in_a_sentence_and_the_next_one_is_judged(
    server: Callable[..., TestClient], data: bytes, status: int, sentence: str
) -> None:
    client = server()
    found, said = error_of(send(client, data))
    assert found == status and sentence in said
    assert send(client).status_code == 200


def test_no_detector_for_faces_is_a_sentence(server: Callable[..., TestClient]) -> None:
    client = server(*JURY, spec("viewer", say_fake, expects="image"))
    for only in ((), ("nobody",), ("viewer",)):
        assert error_of(send(client, only=only)) == (400, "Choose at least one detector.")


@pytest.mark.parametrize("page", ["", "x", "-1", "1" * 17, "٣"])
def test_a_page_without_a_number_is_refused(server: Callable[..., TestClient], page: str) -> None:
    response = server().post("/live", params={"started": page, "only": "accuser"}, content=b"")
    assert error_of(response)[0] == 400


def test_another_sites_page_is_refused_also_without_a_sign_in(server: Callable[..., TestClient]) -> None:
    client = server()
    assert error_of(send(client, headers={"Sec-Fetch-Site": "cross-site"}))[0] == 403
    assert error_of(send(client, headers={"Origin": "https://evil.example"}))[0] == 403
    assert send(client, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_one_visitor_more_than_there_are_slots_reads_so(server: Callable[..., TestClient]) -> None:
    client = server()
    empty = as_jpeg(np.full((64, 64, 3), 99, np.uint8))
    assert [send(client, empty, page=page).status_code for page in range(PLACES)] == [200] * PLACES
    status, said = error_of(send(client, empty, page=PLACES))
    assert status == 503 and said == f"{PLACES} others are using their cameras; try again in a minute."


def test_frames_are_dropped_and_not_queued_while_one_is_in_work(server: Callable[..., TestClient]) -> None:
    began, goes_on = threading.Event(), threading.Event()

    def ponder(image: np.ndarray) -> float:
        began.set()
        goes_on.wait(120)
        return 0.5

    client = server(spec("ponderer", ponder))
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(send, client, only=("ponderer",))
        assert began.wait(120)
        later = [pool.submit(send, client, only=("ponderer",)) for _ in range(3)]
        dropped = list(itertools.islice(as_completed(later, timeout=120), 2))
        assert [error_of(answer.result()) for answer in dropped] == [(409, "A newer picture has arrived.")] * 2
        goes_on.set()
        assert first.result().status_code == 200
        assert sorted(answer.result().status_code for answer in later) == [200, 409, 409]


def test_it_stands_behind_the_sign_in(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'facejury.db'}"
    with started("--only", "custom-cnn", FACEJURY_DATABASE_URL=url) as address:
        response = httpx.post(f"{address}live", params={"started": 1, "only": "custom-cnn"}, content=b"x")
    assert error_of(response) == (401, "Please sign in first.")
