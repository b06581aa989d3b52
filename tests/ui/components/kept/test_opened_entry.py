"""The History tab in a browser: what is done to one entry changes nothing else."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from detectors.jury.judge import Jury
from detectors.scan.batch import judge_items, list_items
from detectors.video.judge import compare_video
from registry import DetectorSpec, Image
from storage.history import add_entry, delete_entries
from storage.history import open_entry as find_entry
from storage.shares import find_share, share_entry
from tests.auth.server import Server
from tests.detectors.videos import every, moving_portrait, write_video
from tests.ui.components.kept.visitor import open_entry, open_history
from tests.ui.jurors import JURY, say_fake, spec
from tests.ui.visitor import GO
from ui.render.kept.batch import outline_batch, store_batch
from ui.render.kept.video import store_video
from ui.server.limits import visits

pytestmark = pytest.mark.browser
GOES_ON = threading.Event()


def ponder(image: Image) -> object:
    GOES_ON.wait(120)
    return say_fake(image)


@pytest.fixture(scope="module")
def jurors() -> Sequence[DetectorSpec]:
    """One of them goes on when it is told to."""
    return (*JURY, spec("ponderer", ponder))


def test_a_saved_note_and_a_deleted_picture_leave_the_rest_of_the_entry_as_it_is(
    page: Page, put: Callable[..., int], portrait: str
) -> None:
    put("portrait.png", picture=Path(portrait).read_bytes())
    open_history(page)
    open_entry(page, "portrait.png")
    page.get_by_role("button", name="Check again").click()
    expect(page.locator("#rechecked")).to_contain_text("same file as then")
    page.get_by_role("button", name="Was a verdict wrong?").filter(visible=True).click()
    page.get_by_label("It is fake").filter(visible=True).check()
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator(".case-link .link")).to_contain_text("/shared/fl_")
    link = page.locator(".case-link .link").inner_text()

    def rest_is_there() -> None:
        expect(page.locator(".case-link .link")).to_have_text(link)
        expect(page.locator("#rechecked")).to_contain_text("same file as then")
        expect(page.get_by_label("It is fake").filter(visible=True)).to_be_checked()

    page.get_by_label("Note, which only you see").fill("From the press.")
    page.get_by_label("Tags, separated by commas").fill("Press, press,  court")
    page.get_by_role("button", name="Save note and tags").click()
    expect(page.locator("#entry .entry .note")).to_have_text("From the press.")
    expect(page.get_by_label("Tags, separated by commas")).to_have_value("court, press")
    rest_is_there()
    page.get_by_label("Note, which only you see").fill("From the press, and not yet saved.")
    page.get_by_role("button", name="Delete the picture").click()
    page.get_by_role("button", name="Yes, delete the picture").click()
    expect(page.locator("#entry")).to_contain_text("The picture was not kept")
    expect(page.get_by_role("button", name="Delete the picture")).to_be_hidden()
    expect(page.get_by_label("Include the picture", exact=True).filter(visible=True)).to_have_count(0)
    expect(page.get_by_label("Show the picture too")).to_be_hidden()
    expect(page.get_by_label("Note, which only you see")).to_have_value("From the press, and not yet saved.")
    rest_is_there()


def open_and_delete(page: Page, site: Server, name: str, put: Callable[..., int]) -> int:
    """An entry that is open here and was deleted elsewhere: its number."""
    number = put("portrait.png")
    open_history(page)
    open_entry(page, "portrait.png")
    delete_entries(site.engine, name, entry_ids=[number])
    return number


def test_a_note_for_an_entry_that_is_gone_meanwhile_says_so(
    page: Page, site: Server, name: str, put: Callable[..., int]
) -> None:
    open_and_delete(page, site, name, put)
    page.get_by_label("Note, which only you see").fill("Too late.")
    page.get_by_role("button", name="Save note and tags").click()
    expect(page.get_by_text("There is no such entry in your history.")).to_be_visible()


def test_a_link_and_a_report_of_an_entry_that_is_gone_say_so_and_its_address_offers_neither(
    page: Page, site: Server, name: str, put: Callable[..., int]
) -> None:
    number = open_and_delete(page, site, name, put)
    for button in ("Make a link", "Save the report"):
        page.get_by_role("button", name=button).filter(visible=True).click()
        told = page.get_by_test_id("toast-body")
        expect(told).to_contain_text("There is no such entry in your history.")
        page.get_by_test_id("toast-close").click()
        expect(told).to_have_count(0)
    page.goto(f"{site.url}/check/{number}")
    expect(page.get_by_text("There is no such entry in your history.")).to_be_visible()
    expect(page.locator("#case-file")).to_be_hidden()
    put("second.png")
    page.get_by_role("button", name="All entries").click()
    page.get_by_role("tab", name="Detectors").click()
    open_history(page)
    open_entry(page, "second.png")
    expect(page.locator("#case-file")).to_be_visible()


def test_on_a_page_that_the_server_has_forgotten_nothing_is_done_to_the_open_entry_and_each_button_says_so(
    page: Page, site: Server, name: str, put: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = put("portrait.png", picture=b"kept")
    share_entry(site.engine, name, entry_id=number, days=1, with_picture=False)
    open_history(page)
    open_entry(page, "portrait.png")
    page.get_by_label("Note, which only you see").fill("Not saved.")
    for asks in ("Delete the picture…", "Delete this entry…"):
        page.get_by_role("button", name=asks).filter(visible=True).click()
        expect(page.get_by_role("button", name=asks)).to_be_hidden()
    monkeypatch.setattr(visits, "EVERY_SECONDS", 0)
    monkeypatch.setattr(visits, "KEEP_SECONDS", 0)
    page.wait_for_timeout(2500)  # Gradio looks once a second
    told = page.get_by_test_id("toast-body")
    for button in ("End the link", "Save note", "Check again", "Yes, delete the picture", "Yes, delete it"):
        page.get_by_role("button", name=button).filter(visible=True).click()
        expect(told).to_contain_text(visits.OPEN_TOO_LONG)
        page.get_by_test_id("toast-close").click()
        expect(told).to_have_count(0)
    entry = find_entry(site.engine, name, entry_id=number)
    assert entry and entry.has_picture and find_share(site.engine, name, entry_id=number)
    expect(page.get_by_label("Note, which only you see")).to_have_value("Not saved.")


def test_what_is_checked_again_is_said_of_its_own_entry_alone(
    page: Page, put: Callable[..., int], portrait: str
) -> None:
    def check_in(name: str, said: str) -> None:
        """Go to another entry, where nothing is said of the one before, and check that one again."""
        page.get_by_role("button", name="All entries").click()
        open_entry(page, name)
        expect(page.locator("#rechecked")).to_have_text("")
        page.get_by_role("button", name="Check again").click()
        expect(page.locator("#rechecked")).to_contain_text(said)

    put("portrait.png", picture=Path(portrait).read_bytes(), versions={"ponderer": "1"})
    put("other.png", sha256="a" * 64)
    open_history(page)
    open_entry(page, "portrait.png")
    page.get_by_role("button", name="Check again").click()
    expect(page.locator("#rechecked")).to_contain_text("Checking again")
    check_in("other.png", "choose the same file here")
    GOES_ON.set()
    page.wait_for_timeout(1500)  # in which the first check would have been through
    expect(page.locator("#rechecked")).to_contain_text("choose the same file here")
    page.set_input_files("#again-photo input[type=file]", portrait)
    expect(page.locator("#rechecked")).to_contain_text("another file than then")
    check_in("portrait.png", "same file as then")


def test_a_video_is_checked_again_whatever_its_file_is_called_and_what_is_none_is_refused_by_its_content(
    page: Page, site: Server, name: str, tmp_path: Path
) -> None:
    write_video(tmp_path / "walk.mp4", moving_portrait(8), every(0.125, until=1)).rename(tmp_path / "clip.bin")
    (tmp_path / "text.mp4").write_text("no video")
    with Jury(JURY) as jury:
        stored = store_video(compare_video(tmp_path / "clip.bin", jury, name="clip.bin"))
    add_entry(site.engine, name, file_name="clip.bin", comparison=stored, outline={"said": "No person", "label": ""})
    open_history(page)
    open_entry(page, "clip.bin")
    for file, said in (("text.mp4", "This is not a video we can read"), ("clip.bin", "same file as then")):
        page.get_by_role("button", name="Check again").click()
        page.set_input_files("#again-video input[type=file]", tmp_path / file)
        expect(page.locator("#rechecked")).to_contain_text(said)


@pytest.fixture
def keep_batch(site: Server, name: str, portrait: str) -> Callable[[str], None]:
    """Put a batch of one picture into the history, under that name."""

    def keep(batch: str) -> None:
        with Jury(JURY) as jury:
            entries = [entry for entry, _ in judge_items(list_items([Path(portrait)]), jury)]
        outline = outline_batch(entries)
        add_entry(site.engine, name, file_name=batch, comparison=store_batch(entries), outline=outline)

    return keep


def test_a_picture_of_a_kept_batch_is_opened_while_a_batch_is_judged(
    page: Page, keep_batch: Callable[[str], None], portrait: str
) -> None:
    GOES_ON.clear()
    keep_batch("1 picture")
    page.evaluate(GO, "check/batch")
    page.set_input_files("#batch-files input[type=file]", portrait)
    page.get_by_role("button", name="Judge all").click()
    expect(page.locator("#batch-status")).to_contain_text("Waiting")
    open_history(page)
    open_entry(page, "1 picture")
    page.locator("#kept-batch-table button").first.click()
    expect(page.locator("#kept-batch-detail .card")).to_have_count(2)
    GOES_ON.set()


def test_another_kept_batch_is_opened_with_all_its_pictures(page: Page, keep_batch: Callable[[str], None]) -> None:
    keep_batch("first batch")
    keep_batch("second batch")
    open_history(page)
    open_entry(page, "first batch")
    lines, wanted = (
        page.locator("#kept-batch-table tbody tr"),
        page.locator("#kept-batch-tools").get_by_label("Name contains"),
    )
    expect(lines).to_have_count(1)
    wanted.fill("no such picture")
    expect(lines).to_have_count(0)
    page.get_by_role("button", name="All entries").click()
    open_entry(page, "second batch")
    expect(lines).to_have_count(1)
    expect(wanted).to_have_value("")


def test_an_entry_opened_by_its_address_is_asked_for_once_however_often_one_went_to_and_fro(
    page: Page, put: Callable[..., int]
) -> None:
    number = put("one.png")
    open_history(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "queue/join" in request.url else None)

    def count_by_address() -> int:
        """How many events one address makes."""
        asked.clear()
        page.evaluate(GO, f"check/{number}")
        expect(page.locator("#entry h2").first).to_have_text("one.png")
        page.wait_for_timeout(1000)
        made = len(asked)
        page.get_by_role("button", name="All entries").click()
        expect(page.locator(".entries li")).to_have_count(1)
        return made

    count_by_address()  # the first comes to the tab as well
    for _ in range(3):
        open_entry(page, "one.png")
        page.get_by_role("button", name="All entries").click()
        expect(page.locator(".entries li")).to_have_count(1)
    assert count_by_address() == 1


def test_a_second_link_is_shown_in_full_like_the_first(page: Page, put: Callable[..., int], site: Server) -> None:
    put("one.png")
    open_history(page)
    open_entry(page, "one.png")
    link = page.locator(".case-link .link")
    addresses: set[str] = set()
    for _ in range(2):
        page.get_by_role("button", name="Make a link").click()
        page.wait_for_function(
            "known => ![...known, undefined].includes(document.querySelector('a.link')?.href)", arg=list(addresses)
        )
        addresses.add(address := link.evaluate("link => link.href"))
        assert address.startswith(f"{site.url}/shared/fl_")
        expect(link).to_have_text(address)
