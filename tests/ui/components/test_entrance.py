"""What is dropped on the one field goes to the view that judges it, by content, whatever its name."""

import base64
import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import numpy as np
import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from detectors.inputs.images import NO_BYTES, ImageError
from detectors.jury.judge import Jury
from tests.ui.jurors import JURY, spec
from tests.ui.visitor import card
from ui.components.entrance import (
    ONE_VIDEO,
    UNKNOWN,
    PhotoView,
    Receiver,
    build_entrance,
    connect_entrance,
    sort_files,
)
from ui.components.files_input import FilesInput
from ui.page import build_page
from ui.server.job_slot import JobSlot

FIELD = "#entrance input[type=file]"
DROP = """([kind, name, data]) => {
  const carrier = new DataTransfer();
  const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
  carrier.items.add(new File([bytes], name, { type: "image/png" }));
  const told = kind === "paste" ? new ClipboardEvent(kind, { clipboardData: carrier, bubbles: true })
    : new DragEvent(kind, { dataTransfer: carrier, bubbles: true, cancelable: true });
  document.querySelector(".masthead").dispatchEvent(told);
}"""
MP4 = b"\x00\x00\x00\x18ftypisom" + b"\0" * 600


def picture_bytes(kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (60, 60), "navy").save(buffer, kind)
    return buffer.getvalue()


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.png", picture_bytes())
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("files", "view"),
    [
        ({"a.jpg": picture_bytes("JPEG")}, "compare"),
        ({"a.mp4": picture_bytes("JPEG")}, "compare"),
        ({"a.wav": picture_bytes()}, "compare"),
        ({"a.jpg": MP4}, "video"),
        ({"a.png": zipped()}, "batch"),
        ({"a.zip": picture_bytes()}, "compare"),
        ({"a.mp4": b"no video at all"}, "video"),  # which says so in its own words
        ({"a.flv": b"FLV\x01" + b"\0" * 100}, "video"),
        ({"a.jpg": picture_bytes("JPEG")[:200]}, "compare"),
        ({"a.jpg": picture_bytes("JPEG")[:4]}, "compare"),  # damaged, as the photo view says
        ({"a.png": picture_bytes(), "b.txt": b"text"}, "batch"),
        ({"a.png": picture_bytes(), "b.mp4": MP4}, "batch"),
    ],
)
def test_the_content_decides_the_view(files: dict[str, bytes], view: str, tmp_path: Path) -> None:
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    assert sort_files([tmp_path / name for name in files]) == view


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"a.png": b"just text, " * 20}, UNKNOWN),
        ({"a.jpg": b""}, NO_BYTES),
        ({"a.pdf": b"%PDF-1.7 " * 20}, "PDF"),
        ({"a.mp4": MP4, "b.mp4": MP4}, ONE_VIDEO),
    ],
)
def test_what_no_view_judges_is_refused_in_a_sentence(files: dict[str, bytes], sentence: str, tmp_path: Path) -> None:
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ImageError) as refused:
        sort_files([tmp_path / name for name in files])
    assert sentence in str(refused.value)


@pytest.mark.browser
def test_a_photo_is_judged_at_once_and_the_next_one_after_it(
    visit: Callable[..., Page], portrait: str, tmp_path: Path
) -> None:
    page = visit()
    page.set_input_files(FIELD, portrait)
    expect(page.locator(".summary")).to_contain_text("portrait.png")
    expect(card(page, "Accuser").locator(".word")).to_have_text("Fake")
    expect(page.locator("#entrance")).to_be_hidden()
    page.get_by_role("button", name="Check another").click()
    expect(page.locator("#entrance")).to_be_visible()
    (tmp_path / "notes.txt").write_text("just text, " * 20)
    page.set_input_files(FIELD, str(tmp_path / "notes.txt"))
    expect(page.locator("#verdicts .notice.error")).to_contain_text("neither a picture")
    expect(page.locator("#verdicts .notice.error")).to_contain_text("notes.txt")
    page.set_input_files(FIELD, portrait)
    expect(page.locator(".summary")).to_contain_text("portrait.png")


@pytest.mark.browser
def test_a_refused_file_stays_refused_while_the_picture_before_it_is_judged(
    visit: Callable[..., Page], portrait: str, tmp_path: Path
) -> None:
    goes_on, ended = threading.Event(), threading.Event()

    def wait(image: np.ndarray) -> float:
        goes_on.wait(60)
        ended.set()
        return 0.9

    page = visit(spec("ponderer", wait))
    page.set_input_files(FIELD, portrait)
    expect(card(page, "Ponderer").locator(".word")).to_have_text("Analysing…")
    (tmp_path / "notes.txt").write_text("just text, " * 20)
    page.set_input_files(FIELD, str(tmp_path / "notes.txt"))
    expect(page.locator("#verdicts .notice.error")).to_contain_text("notes.txt")
    expect(page.locator("#judge")).to_be_visible()
    goes_on.set()
    assert ended.wait(60)
    page.wait_for_timeout(1500)  # in which the verdict would have come
    expect(page.locator("#verdicts .notice.error")).to_contain_text("notes.txt")
    page.get_by_role("button", name="Judge", exact=True).click()
    expect(card(page, "Ponderer").locator(".word")).to_have_text("Fake")


def slow_down(page: Page) -> None:
    """An upload of the picture below takes some seconds."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    speed = {"offline": False, "latency": 100, "downloadThroughput": -1, "uploadThroughput": 200_000}
    network.send("Network.emulateNetworkConditions", speed)


@pytest.mark.browser
def test_while_a_file_is_uploaded_its_name_stands_there_in_place_of_the_verdict_before(
    visit: Callable[..., Page], portrait: str, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)  # PNG makes none of it smaller
    PIL.Image.fromarray(noise).save(tmp_path / "noise.png")
    page = visit()
    page.set_input_files(FIELD, portrait)
    expect(card(page, "Accuser").locator(".word")).to_have_text("Fake")
    slow_down(page)
    page.evaluate(
        """() => {
          const verdicts = document.querySelector("#verdicts"), seen = window.seen = new Set();
          const look = () => {
            if (getComputedStyle(document.querySelector("#case")).visibility === "hidden") seen.add("a blank page");
            const said = verdicts.querySelector(".summary")?.checkVisibility() && verdicts.innerText;
            const uploading = document.querySelector("#uploading").checkVisibility();
            if (uploading) seen.add("the upload");
            if (seen.has("the upload") && said && said.includes("portrait.png")) seen.add("the verdict before");
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    page.set_input_files(FIELD, str(tmp_path / "noise.png"))
    expect(page.locator("#uploading")).to_contain_text("Uploading…")
    expect(page.locator("#uploading")).to_contain_text("noise.png")
    expect(page.locator("#verdicts")).to_be_hidden()
    expect(page.locator("#uploading .one-at-a-time")).to_be_hidden()
    page.evaluate(DROP, ["drop", "other.png", ""])
    expect(page.locator("#uploading .one-at-a-time")).to_have_text(
        "One upload at a time: the other file was not taken. Drop it again after this one."
    )
    expect(page.locator(".summary")).to_contain_text("noise.png")
    expect(page.locator("#uploading")).to_be_hidden()
    assert page.evaluate("[...seen]") == ["the upload"]


@pytest.mark.browser
def test_each_file_is_judged_from_its_beginning_whatever_start_was_chosen_for_the_last(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    page = visit()
    (tmp_path / "clip.mp4").write_bytes(MP4)
    (tmp_path / "speech.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\0" * 600)
    for name, start, said in (
        ("clip.mp4", "#video-start", "#video-status"),
        ("speech.wav", "#audio-start", "#audio-result"),
    ):
        page.set_input_files(FIELD, str(tmp_path / name))
        expect(page.locator(f"{said} .notice.error")).to_contain_text(name)
        page.locator(start).get_by_role("textbox").fill("not a time")
        page.get_by_role("link", name="Check something else").locator("visible=true").click()
        page.set_input_files(FIELD, str(tmp_path / name))
        expect(page.locator(start).get_by_role("textbox")).to_have_value("0:00")
        expect(page.locator(f"{said} .notice.error")).to_contain_text(name)
        page.get_by_role("link", name="Check something else").locator("visible=true").click()


@pytest.mark.browser
def test_several_files_are_a_batch_by_the_detectors_chosen_and_back_leads_to_the_field(
    visit: Callable[..., Page], portrait: str, tmp_path: Path
) -> None:
    page = visit()
    page.get_by_role("button", name="Options").click()
    page.locator("#detectors").get_by_label("Accuser").uncheck()
    (tmp_path / "album.zip").write_bytes(zipped())
    page.set_input_files(FIELD, [portrait, str(tmp_path / "album.zip")])
    expect(page.locator("#batch-status")).to_contain_text("2 pictures judged")
    expect(page.locator("#batch-table tbody tr").first).to_contain_text("0 of 1 say fake, 1 real")
    expect(page.locator("#batch-detectors").get_by_label("Accuser")).not_to_be_checked()
    page.get_by_role("link", name="Check something else").locator("visible=true").click()
    expect(page.locator("#entrance")).to_be_visible()
    page.go_back()
    expect(page.locator("#batch-status")).to_contain_text("2 pictures judged")


@pytest.mark.browser
def test_a_video_opens_the_video_view_which_judges_it(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit()
    (tmp_path / "clip.mp4").write_bytes(MP4)
    page.set_input_files(FIELD, str(tmp_path / "clip.mp4"))
    expect(page.locator("#video-status .notice.error")).to_contain_text("clip.mp4")
    expect(page).to_have_url(f"{page.url.partition('?')[0]}?view=check/video")


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_files_pasted_or_dropped_beside_the_field_are_taken_too(
    visit: Callable[..., Page], portrait: str, kind: str
) -> None:
    page = visit()
    data = base64.b64encode(Path(portrait).read_bytes()).decode()  # a list of numbers takes Playwright ten seconds
    page.evaluate(DROP, [kind, "mine.png", data])
    expect(page.locator(".summary")).to_contain_text("mine.png")


def test_an_upload_of_nothing_changes_nothing_and_a_video_keeps_the_detectors_that_only_it_has(tmp_path: Path) -> None:
    with gr.Blocks() as page:
        entrance = build_entrance()
        fields = [
            Receiver(FilesInput(), gr.CheckboxGroup(), gr.State(0.0), more) for more in ((), ("follower",), ("ear",))
        ]
        connect_entrance(
            entrance,
            views=gr.Tabs(),
            photo=PhotoView(gr.Image(), gr.CheckboxGroup(), gr.State(JobSlot()), [], lambda slot, notice: {}),
            batch=fields[0],
            video=fields[1],
            audio=fields[2],
        )
    (receive,) = (event.fn for event in page.fns.values())
    assert receive([], ["accuser"], JobSlot()) == {entrance: None}
    (tmp_path / "clip.mp4").write_bytes(MP4)
    assert receive([str(tmp_path / "clip.mp4")], ["accuser"], JobSlot())[fields[1].detectors] == ["accuser", "follower"]


def test_detectors_of_clips_and_of_sound_are_offered_for_what_moves_and_sounds_alone() -> None:
    page = build_page(
        Jury(
            [
                *JURY,
                spec("follower", lambda clip, times: 0.5, expects="clip"),
                spec("ear", lambda samples, rate: 0.5, expects="audio"),
            ]
        )
    )
    boxes = [block for block in page.blocks.values() if isinstance(block, gr.CheckboxGroup)]
    offered = {box.elem_id: [key for _, key in box.choices] for box in boxes}
    both = ["accuser", "defender"]
    expected = {"detectors": both, "batch-detectors": both, "video-detectors": [*both, "follower", "ear"]} | {
        "audio-detectors": ["ear"]
    }
    assert {name: offered[name] for name in expected} == expected
