"""The Live tab in a real browser, whose camera shows a film of the portrait."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.ui.camera import as_jpeg, frame, portrait, with_camera, write_film
from tests.ui.conftest import serving
from tests.ui.faults import check
from tests.ui.jurors import JURY, say_fake, spec
from tests.ui.visitor import open_tab
from ui.tabs.live_endpoint import PLACES

pytestmark = pytest.mark.browser
PATIENCE = 120_000  # milliseconds: a film is drawn without a graphics card, on a machine that may be busy
LIGHTS = "document.querySelector('.stage video').srcObject.getTracks()"

PLACE = """() => {  // of the box in the picture: its left side and its width; in one go, for boxes come and go
  const [box, stage] = [".over .box", ".stage"].map((at) => document.querySelector(at).getBoundingClientRect());
  return [(box.left - stage.left) / stage.width, box.width / stage.width];
}"""


@pytest.fixture(scope="module", autouse=True)
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of this module's own for what the page writes."""
    folder = tmp_path_factory.mktemp("uploads")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = [frame(portrait(), left=80 + 4 * step) for step in (0, 1, 2, 1)]
    return write_film(tmp_path_factory.mktemp("film") / "portrait.y4m", frames)


@pytest.fixture(scope="module")
def camera(browser: Browser, film: Path) -> Iterator[Browser]:
    """A browser whose camera works and is allowed."""
    with with_camera(browser, film) as chromium:
        yield chromium


def open_live(browser: Browser | BrowserContext, address: str, *, width: int = 1280) -> Page:
    expect.set_options(timeout=PATIENCE)
    page = browser.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector("#photo input[type=file]", state="attached")
    open_tab(page, "Live")
    return page


def start(page: Page) -> None:
    page.get_by_role("button", name="Start the camera").click()


def start_and_see_a_face(page: Page) -> None:
    start(page)
    expect(page.locator(".stage video")).to_be_visible()  # after a pause the old picture stays until then
    expect(page.locator(".over .box")).to_have_count(1)
    page.evaluate(f"window.lights = {LIGHTS}")


def lights(page: Page) -> list[str]:
    """Whether the camera was given back: "ended" for each of its tracks."""
    states: list[str] = page.evaluate("window.lights.map((track) => track.readyState)")
    return states


def test_a_box_and_smoothed_numbers_are_drawn_and_have_no_serious_fault(
    camera: Browser, address: str, uploads: Path
) -> None:
    before = set(uploads.rglob("*"))
    with open_live(camera, address, width=390) as page:
        expect(page.locator(".stage .invite")).to_have_text("The camera is off.")
        start_and_see_a_face(page)
        expect(page.locator(".over .box")).to_contain_text("1 of 2 say fake, 1 real smoothed")
        expect(page.locator(".live-face .card.fake")).to_contain_text("chance of fake: 93 %")
        expect(page.locator(".live-face .card.real")).to_contain_text("chance of fake: 3 %")
        expect(page.locator(".live .pace")).to_contain_text("pictures per second")
        left, width_of_box = page.evaluate(PLACE)
        assert 0.33 < left < 0.48 and 0.1 < width_of_box < 0.2
        check(page)
    assert set(uploads.rglob("*")) == before


def test_pause_stops_the_requests_gives_the_camera_back_and_keeps_the_picture(camera: Browser, address: str) -> None:
    sent: list[Request] = []
    with open_live(camera, address) as page:
        page.on("request", lambda request: sent.append(request) if "/live?" in request.url else None)
        start_and_see_a_face(page)
        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".live .state")).to_have_text("Paused. The camera is off.")
        page.wait_for_timeout(500)
        count = len(sent)
        page.wait_for_timeout(2000)
        assert len(sent) == count > 0
        assert lights(page) == ["ended"]
        expect(page.get_by_role("img", name="The last judged picture")).to_be_visible()
        expect(page.locator(".over .box")).to_have_count(1)
        start_and_see_a_face(page)
        expect(page.locator(".stage canvas")).to_be_hidden()
        assert lights(page) == ["live"]


def test_leaving_the_tab_turns_the_camera_off(camera: Browser, address: str) -> None:
    with open_live(camera, address) as page:
        start_and_see_a_face(page)
        open_tab(page, "Guide")
        page.wait_for_function("window.lights.every((track) => track.readyState === 'ended')")
        open_tab(page, "Live")
        expect(page.get_by_role("button", name="Start the camera")).to_be_visible()


def test_only_the_chosen_detectors_are_asked_and_none_is_a_sentence(camera: Browser, address: str) -> None:
    with open_live(camera, address) as page:
        page.locator(".live").get_by_label("Accuser").uncheck()
        start_and_see_a_face(page)
        expect(page.locator(".live-face .card")).to_have_count(1)
        page.locator(".live").get_by_label("Defender").uncheck()
        expect(page.locator(".live .state.error")).to_have_text("Choose at least one detector.")
        assert lights(page) == ["ended"]


def test_it_works_behind_a_prefix_as_a_proxy_gives_one(camera: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def pass_on(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_(url=route.request.url.replace(outside, inside))

    monkeypatch.setenv("GRADIO_ROOT_PATH", "/jury")
    with serving() as address, camera.new_context() as context:
        inside, outside = address.rstrip("/"), f"{address}jury"
        context.route(f"{outside}/**", pass_on)
        page = open_live(context, f"{outside}/")
        start_and_see_a_face(page)
    assert any(url.startswith(f"{outside}/live?") for url in asked)


def test_a_missing_camera_is_a_sentence(browser: Browser, address: str) -> None:
    with open_live(browser, address) as page:
        start(page)
        expect(page.locator(".live .state.error")).to_have_text("No camera was found.")
        expect(page.get_by_role("button", name="Start the camera")).to_be_visible()


def test_a_refused_camera_is_a_sentence(browser: Browser, film: Path, address: str) -> None:
    with with_camera(browser, film, allowed=False) as chromium, open_live(chromium, address) as page:
        start(page)
        expect(page.locator(".live .state.error")).to_contain_text("The camera was refused: allow it")


def test_a_full_server_says_so_and_one_that_is_away_too(camera: Browser) -> None:
    came, goes_on = threading.Semaphore(0), threading.Event()

    def ponder(image: np.ndarray) -> float:
        came.release()
        goes_on.wait(200)
        return 0.5

    def send(page: int) -> None:
        httpx.post(f"{address}live", params={"started": page, "only": "ponderer"}, content=face, timeout=300)

    face, ponderer = as_jpeg(frame(portrait())), spec("ponderer", ponder)
    with serving(ponderer) as address, ThreadPoolExecutor(PLACES) as others, open_live(camera, address) as page:
        for number in range(PLACES):
            others.submit(send, number)
        assert all(came.acquire(timeout=100) for _ in range(PLACES))
        start(page)
        said = f"{PLACES} others are using their cameras; try again in a minute."
        expect(page.locator(".live .state.error")).to_have_text(said)
        goes_on.set()
        page.context.set_offline(True)
        start(page)
        expect(page.locator(".live .state.error")).to_contain_text("The server does not answer.")


def test_detectors_of_whole_pictures_are_left_out_with_a_sentence(camera: Browser) -> None:
    with serving(*JURY, spec("viewer", say_fake, expects="image")) as address, open_live(camera, address) as page:
        expect(page.locator(".live fieldset input")).to_have_count(2)
        expect(page.locator(".live")).to_contain_text("Not available here, because they judge whole pictures: Viewer.")
