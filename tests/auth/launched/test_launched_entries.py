"""What becomes of an entry of the history in a browser: its note, its link, its report, and a second check."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from storage.history import HistoryQuery, add_entry, find_entries
from tests.auth.by_browser import enter, faults_at_both_widths, judge, sign_up
from tests.auth.server import Server
from tests.detectors.sounds import to_wav, voice
from tests.detectors.videos import every, moving_portrait, write_video
from tests.resilience.server import serving

pytestmark = [pytest.mark.slow, pytest.mark.one_database, pytest.mark.timeout(600)]


@pytest.mark.browser
def test_an_entry_gets_a_note_and_tags_and_is_shown_to_others_by_its_link(
    page: Page, demo: Server, name: str, portrait: str
) -> None:
    enter(page, demo, name)
    judge(page, portrait, "without the picture")
    (entry,) = find_entries(demo.engine, name)
    odd = "{{value}} <b>beach</b>.png"
    add_entry(demo.engine, name, file_name=odd, comparison=entry.comparison | {"path": odd})
    page.get_by_role("tab", name="History").click()
    page.locator(".entries a", has_text=odd).click()
    page.get_by_label("Note, which only you see").fill("asked the sender")
    page.get_by_label("Tags, separated by commas").fill("Court")
    page.get_by_role("button", name="Save note and tags").click()
    expect(page.locator("#entry .note")).to_have_text("asked the sender")
    page.get_by_role("button", name="Make a link").click()
    shared = page.locator(".case-link .link")
    expect(shared).to_have_text(re.compile(rf"^{demo.url}/shared/fl_"))
    assert odd.replace("<b>", "&lt;b&gt;").replace("</b>", "&lt;/b&gt;") in httpx.get(shared.inner_text()).text
    page.get_by_role("button", name="End the link").click()
    expect(page.get_by_text("Nobody else can see this entry.")).to_be_visible()
    page.get_by_role("button", name="All entries").click()
    page.get_by_label("Tag", exact=True).click()
    page.get_by_role("option", name="court").click()
    expect(page.locator(".entries li")).to_have_count(1)
    expect(page.locator(".entries li")).to_contain_text("asked the sender")


@pytest.mark.browser
def test_a_batch_and_a_video_are_kept_open_as_they_were_and_are_reported_and_checked_again(
    page: Page, demo: Server, name: str, portrait: str, tmp_path: Path
) -> None:
    enter(page, demo, name)
    walk = write_video(tmp_path / "walk.mp4", moving_portrait(16), every(0.125, until=2))
    for view, given, kept in (("batch", [portrait, portrait], "thumbnails"), ("video", walk, "most suspect stills")):
        page.set_input_files("#entrance input[type=file]", given)
        expect(page.locator(f"#{view}-recorded")).to_contain_text(f"without the {kept}")
        page.get_by_label(f"Keep the {kept}").check()
        expect(page.locator(f"#{view}-recorded")).to_contain_text(f"with the {kept}")
        assert find_entries(demo.engine, name)[0].thumb
        page.get_by_role("link", name="Check something else").filter(visible=True).click()
    page.get_by_role("tab", name="History").click()
    expect(page.locator(".entries li img")).to_have_count(2)
    page.get_by_label("Kind").click()
    page.get_by_role("option", name="Batches").click()
    expect(page.locator(".entries li")).to_have_count(1)
    [batch] = find_entries(demo.engine, name, HistoryQuery(kind="batch"))
    said = {"fake": "Likely fake", "real": "Likely real", "inconclusive": "Inconclusive", "": "No verdict"}
    right = said.pop(batch.outline["label"])
    page.get_by_label("Verdict", exact=True).click()
    page.get_by_role("option", name=said.popitem()[1]).click()
    expect(page.get_by_text("No entries found.")).to_be_visible()
    page.get_by_label("Verdict", exact=True).click()
    page.get_by_role("option", name=right).click()
    expect(page.locator(".export a")).to_have_attribute("href", re.compile(r"kind=batch&verdict=\w+$"))
    page.locator(".entries a", has_text="2 pictures").click()
    page.locator("#kept-batch-table button").first.click()
    expect(page.locator("#kept-batch-detail .card")).not_to_have_count(0)
    page.get_by_role("button", name="All entries").click()
    page.get_by_label("Kind").click()
    page.get_by_role("option", name="Videos").click()
    page.locator(".entries a", has_text="walk.mp4").click()
    expect(page.locator("#kept-video-frame .card")).not_to_have_count(0)
    page.locator("#kept-video-person [data-frame]").last.click()
    (entry,) = find_entries(demo.engine, name, HistoryQuery(kind="video"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the report").filter(visible=True).click()
    assert entry.report_id in Path(saved.value.path()).read_text()
    page.get_by_role("button", name="Check again").click()
    page.set_input_files("#again-video input[type=file]", walk)
    expect(page.locator("#rechecked")).to_contain_text("same file as then")
    assert faults_at_both_widths(page) == []


@pytest.mark.browser
def test_a_sound_is_kept_without_the_recording_opened_shared_reported_and_checked_again(
    page: Page, tmp_path: Path
) -> None:
    speech = tmp_path / "speech.wav"
    speech.write_bytes(to_wav(voice(4.0)))
    with serving(tmp_path, "--only", "voice", FACEJURY_DATABASE_URL=f"sqlite:///{tmp_path / 'facejury.db'}") as demo:
        sign_up(page, demo.url, "Anna")
        page.set_input_files("#entrance input[type=file]", speech)
        expect(page.locator("#audio-recorded")).to_contain_text("Recorded in your history, without the recording.")
        expect(page.get_by_label("Keep the recording")).to_be_hidden()
        page.get_by_role("tab", name="History").click()
        page.locator(".entries a", has_text="speech.wav").click()
        expect(page.locator("#entry")).to_contain_text("The recording is not kept")
        expect(page.locator("#entry .scores .line")).to_have_count(1)
        page.get_by_role("button", name="Make a link").click()
        shared = page.locator(".case-link .link")
        expect(shared).to_have_text(re.compile(rf"^{demo.url}/shared/fl_"))
        assert "speech.wav" in httpx.get(shared.inner_text()).text
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save the report").filter(visible=True).click()
        assert "p_fake over time" in Path(saved.value.path()).read_text()
        page.get_by_role("button", name="Check again").click()
        page.set_input_files("#again-sound input[type=file]", speech)
        expect(page.locator("#rechecked")).to_contain_text("same file as then")
        assert faults_at_both_widths(page) == []
