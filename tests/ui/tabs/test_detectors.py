"""The Detectors tab in a real browser, and the endpoint /detectors beside it."""

import json
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gradio_client
import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from detectors.jury.about import describe
from detectors.jury.fusion import JURY_METRICS
from detectors.networks.folder import WEIGHTS
from detectors.networks.resolve import add_source
from registry import DetectorSpec, Problem, Registry, load_registry
from tests.detectors.pictures import encode, quarters
from tests.ui.conftest import serving
from tests.ui.jurors import JURY, say_real, spec
from tests.ui.tabs.test_compare_page import montage
from tests.ui.visitor import open_tab, upload
from ui.render.wording import MINUS, say_band, say_figure

ATTACK = "<img src=x onerror=document.title='taken'>${document.title='taken'}{{value}}"
FOLDER = WEIGHTS / "custom-cnn"
METRICS = json.loads((FOLDER / "metrics.json").read_text())


def open_detectors(page: Page) -> Page:
    expect.set_options(timeout=60_000)  # a busy machine is no failure
    open_tab(page, "Detectors")
    page.wait_for_selector(".detectors")
    return page


def fold(page: Page, title: str) -> Locator:
    return page.locator(".detector", has=page.locator(".name", has_text=title))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> DetectorSpec:
    """A model folder whose every text is an attack."""
    folder = tmp_path_factory.mktemp("folder") / "hostile"
    folder.mkdir()
    for name in ("model.onnx", "README.md"):
        shutil.copyfile(FOLDER / name, folder / name)
    config = json.loads((FOLDER / "config.json").read_text())
    texts = {"title": f"Hostile {ATTACK}", "license": ATTACK, "architecture": f"javascript:{ATTACK}"}
    (folder / "config.json").write_text(json.dumps(config | texts | {"trained_on": [ATTACK]}))
    sources = {ATTACK * 3: METRICS["sources"]["deepfake-faces"]}
    (folder / "metrics.json").write_text(json.dumps(METRICS | {"sources": sources, "not_tested_on": [ATTACK]}))
    (found,) = add_source(Registry(()), str(folder))
    return found


@pytest.mark.browser
def test_a_measured_detector_shows_who_it_is_its_figures_and_its_plots(visit: Callable[..., Page]) -> None:
    shown = load_registry()["custom-cnn"]
    page = open_detectors(visit(shown, *JURY))
    detector = fold(page, "Custom CNN")
    for text in ("built in", "research use", "celeba, deepfake-faces", say_band(shown.real_until, shown.fake_from)):
        expect(detector).to_contain_text(text)
    rows = detector.locator("tbody").first.locator("tr")
    expect(rows).to_have_count(len(METRICS["sources"]) + 1)
    expect(fold(page, "The jury")).to_have_count(0)  # others of the built-in ones are missing
    for name, figures in [*METRICS["sources"].items(), ("all test splits", METRICS["overall"])]:
        row = rows.filter(has_text=name)
        expect(row).to_contain_text(f"{figures['real']} + {figures['fake']}")
        expect(row).to_contain_text(say_figure(figures.get("auc")))
    expect(rows.filter(has_text="faceforensics-c23")).to_contain_text("not used in training")
    detector.locator("summary").click()
    expect(detector.get_by_role("img", name="ROC curve of Custom CNN")).to_be_visible()
    expect(detector.get_by_role("img", name="Reliability of Custom CNN").locator("circle")).to_have_count(15)
    for line in METRICS["not_tested_on"]:
        expect(detector).to_contain_text(line)


@pytest.mark.browser
def test_the_whole_jury_shows_how_it_was_measured_together(visit: Callable[..., Page]) -> None:
    jury = fold(open_detectors(visit(*load_registry(blocked=()).detectors)), "The jury")
    metrics = json.loads(JURY_METRICS.read_text())
    measured = metrics["overall"]
    expect(jury.locator("summary")).to_contain_text(f"test splits {say_figure(measured['auc'])}")
    jury.locator("summary").click()
    expect(jury.locator("tbody").first.locator("tr").last).to_contain_text(f"{measured['real']} + {measured['fake']}")
    unmet = jury.locator("table", has_text="Fakes of a kind that was never met").locator("tbody tr")
    for row, (generator, figures) in zip(unmet.all(), metrics["left_out"].items(), strict=True):
        expect(row).to_contain_text(generator)
        expect(row).to_contain_text(say_figure(figures["fakes_called_real"]))
    jury.page.locator("select.language").select_option("de")
    expect(jury.page.locator(".detector[open] tbody").first.locator("tr").last).to_contain_text("alle Testteile")


@pytest.mark.browser
def test_a_click_on_a_head_sorts_the_table_of_all_detectors(visit: Callable[..., Page]) -> None:
    page = open_detectors(visit(*load_registry(blocked=()).detectors))
    table = page.locator("table.sortable")
    names = table.locator("tbody th")
    expect(names.first).to_have_text("The jury")
    table.get_by_role("button", name="parameters").click()
    expect(names.last).to_have_text("The jury")  # it has none of its own
    table.get_by_role("button", name="parameters").click()
    expect(names.first).to_have_text("The jury")
    expect(table.locator("th[aria-sort=ascending]")).to_have_text("parameters")
    for order in ("ascending", "descending"):
        table.get_by_role("button", name="licence").click()
        expect(table.locator(f"th[aria-sort={order}]")).to_have_text("licence")
        licences = table.locator("td[data-label=licence]").all_inner_texts()
        assert licences == sorted(licences, key=str.lower, reverse=order == "descending")
    for pick in ("Blend expert", "Custom CNN", "EfficientNet-Lite0", "The jury"):
        page.get_by_label(f"Compare {pick}", exact=True).check()
    expect(page.get_by_label("Compare Residual expert")).to_be_disabled()  # four are the most
    for pick in ("Custom CNN", "EfficientNet-Lite0"):
        page.get_by_label(f"Compare {pick}", exact=True).uncheck()
    page.get_by_role("button", name="Compare", exact=True).click()
    compared = page.locator(".compared")
    expect(compared.get_by_role("img", name="ROC curve of The jury, Blend expert").locator("polyline")).to_have_count(2)
    expect(compared).to_contain_text(f"The jury {MINUS} Blend expert")
    expect(page).to_have_url(re.compile(r"\?view=detectors/jury,blend$"))
    page.reload()
    expect(compared).to_contain_text(f"The jury {MINUS} Blend expert")
    compared.get_by_role("button", name="Close").click()
    expect(compared).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?view=detectors$"))


@pytest.mark.browser
def test_the_compared_name_the_pictures_of_this_visit_on_which_they_disagree(
    visit: Callable[..., Page], portrait: str, tmp_path: Path
) -> None:
    name = "<img src=x onerror=document.title='taken'>.png"
    with zipfile.ZipFile(tmp_path / "album.zip", "w") as album:
        album.write(montage(portrait, tmp_path, count=2, columns=2), name)
    page = visit()
    upload(page, portrait)
    expect(page.locator("#verdicts .card.real")).to_have_count(1)
    open_tab(page, "Batch")
    page.set_input_files("#batch-files input[type=file]", str(tmp_path / "album.zip"))
    page.get_by_role("button", name="Judge all").click()
    expect(page.locator("#batch-table tbody tr")).to_have_count(1)
    open_detectors(page)
    for pick in ("Accuser", "Defender"):
        page.get_by_label(f"Compare {pick}").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    rows = page.locator(".yours tbody tr")
    expect(rows.locator("th")).to_have_text(["portrait.png", *(f"album.zip/{name}, face {face}" for face in (1, 2))])
    expect(rows.first.locator("td")).to_have_text(["Fake", "Real"])
    expect(page).to_have_title("Facejury")
    assert page.locator(".yours img").count() == 0


def compare_both(page: Page) -> Locator:
    """Tick both detectors and compare them: what is said of the pictures of this visit."""
    open_detectors(page)
    for pick in ("Accuser", "Defender"):
        page.get_by_label(f"Compare {pick}").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    return page.locator(".yours")


@pytest.mark.browser
def test_an_open_comparison_tells_of_pictures_that_are_judged_afterwards(
    visit: Callable[..., Page], portrait: str
) -> None:
    page = visit()
    yours = compare_both(page)
    expect(yours).to_have_text("No picture was judged since this page was opened.")
    open_tab(page, "Check")
    upload(page, portrait)
    expect(page.locator("#verdicts .card.real")).to_have_count(1)
    open_detectors(page)
    expect(yours.locator("tbody th")).to_have_text(["portrait.png"])
    expect(yours.locator("thead th").first).to_have_text("Picture")


@pytest.mark.browser
def test_only_pictures_that_two_of_the_compared_judged_can_be_agreed_on(
    visit: Callable[..., Page], portrait: str, tmp_path: Path
) -> None:
    (tmp_path / "wall.png").write_bytes(encode(quarters(20, 20)))
    page = visit(*JURY, spec("follower", say_real))
    upload(page, tmp_path / "wall.png")
    expect(page.locator("#verdicts .summary")).to_contain_text("No face found.")
    yours = compare_both(page)
    expect(yours).to_have_text("No picture was judged by two of them.")
    open_tab(page, "Check")
    page.locator("#another").click()
    page.locator("#options button").first.click()
    page.locator("#detectors").get_by_label("Accuser").uncheck()
    upload(page, portrait)
    expect(page.locator("#verdicts .card.real")).to_have_count(2)
    open_detectors(page)
    expect(yours).to_have_text("No picture was judged by two of them.")
    page.locator(".compared .close").click()
    expect(page.locator(".compared")).to_have_count(0)
    page.get_by_label("Compare Accuser").uncheck()
    page.get_by_label("Compare Follower").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(yours).to_have_text("They agree on the one picture that two of them judged.")


@pytest.mark.browser
def test_a_picture_judged_again_by_one_detector_keeps_what_the_other_said_before(
    visit: Callable[..., Page], portrait: str
) -> None:
    page = visit()
    upload(page, portrait)
    expect(page.locator("#verdicts .card.real")).to_have_count(1)
    page.locator("#options button").first.click()
    page.locator("#detectors").get_by_label("Accuser").uncheck()
    page.get_by_role("button", name="Judge", exact=True).click()
    expect(page.locator("#verdicts .card")).to_have_count(1)
    expect(page.locator("#verdicts .card.real")).to_have_count(1)
    yours = compare_both(page)
    expect(yours.locator("tbody th")).to_have_text(["portrait.png"])
    expect(yours.locator("tbody td")).to_have_text(["Fake", "Real"])


@pytest.mark.browser
def test_a_detector_without_figures_is_said_to_be_unmeasured_and_opens_by_keyboard(visit: Callable[..., Page]) -> None:
    page = open_detectors(visit(*JURY, spec("odd", say_real, card="A rule of thumb.")))
    odd = fold(page, "Odd")
    expect(odd.locator("summary")).to_contain_text("not measured")
    expect(odd.locator(".card-text")).to_be_hidden()
    odd.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(odd.locator(".card-text")).to_have_text("A rule of thumb.")
    expect(odd).to_contain_text("Assume that it was not tested on anything.")


@pytest.mark.browser
def test_a_detector_that_cannot_be_loaded_says_why(
    visit: Callable[..., Page], hostile: DetectorSpec, portrait: str, tmp_path: Path
) -> None:
    folder = shutil.copytree(Path(hostile.plugin), tmp_path / "broken")
    (folder / "model.onnx").write_bytes(b"another network")
    page = visit(replace(hostile, title="Broken", plugin=str(folder)))
    upload(page, portrait)
    expect(page.locator(".card.failed")).to_contain_text("model.onnx has SHA-256")
    broken = fold(open_detectors(page), "Broken")
    expect(broken.locator("summary")).to_contain_text("cannot be loaded")
    expect(broken.locator(".problem")).to_contain_text("ArtifactError: broken: config.json: model.onnx has SHA-256")


@pytest.mark.browser
def test_markup_from_outside_stays_text_and_nothing_scrolls_sideways_on_a_phone(
    visit: Callable[..., Page], hostile: DetectorSpec
) -> None:
    problem = Problem("odd", f"ImportError: {ATTACK} in /home/somebody/plugins/odd.py")
    page = open_detectors(visit(hostile, problems=(problem,), width=390))
    detector = fold(page, "Hostile")
    expect(detector.locator("tbody").first).to_contain_text(ATTACK)
    expect(detector.locator("li")).to_have_text(ATTACK)
    expect(detector.locator("a")).to_have_count(0)
    expect(page.locator(".problem")).to_have_text(f"odd: ImportError: {ATTACK} in …")
    expect(page).to_have_title("Facejury")
    assert page.locator(".detectors img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_endpoint_gives_what_the_tab_shows(address: str) -> None:
    client = gradio_client.Client(address, verbose=False)
    assert client.predict(api_name="/detectors") == json.loads(json.dumps([describe(one) for one in JURY]))
    client.close()


def test_the_endpoint_is_typed_and_documented(address: str) -> None:
    endpoint = httpx.get(f"{address}gradio_api/info").json()["named_endpoints"]["/detectors"]
    (answer,) = endpoint["returns"]
    assert answer["type"]["type"] == "array"
    properties = answer["type"]["items"]["properties"]
    assert properties["fake_from"] == {"type": "number"}
    assert properties["trained_on"] == {"type": "array", "items": {"type": "string"}}
    figures = properties["measured"]["items"]["properties"]["figures"]["additionalProperties"]
    assert set(figures["properties"]) == {"value", "low", "high"}
    assert "95 % interval" in endpoint["description"]


def test_which_endpoint_takes_a_key_follows_from_what_its_detector_expects(portrait: str) -> None:
    specs = [spec(kind, say_real, expects=kind) for kind in ("face", "image", "clip", "audio")]
    with serving(*specs) as address:
        info = httpx.get(f"{address}gradio_api/info").json()["named_endpoints"]
        client = gradio_client.Client(address, verbose=False)
        with pytest.raises(gradio_client.exceptions.AppError, match=r"list of choices: \['face', 'image'\]"):
            client.predict(gradio_client.handle_file(portrait), ["face", "clip"], api_name="/compare")
        client.close()
    taken = {
        name: endpoint["parameters"][-1]["type"]["items"]["enum"]
        for name, endpoint in info.items()
        if name != "/detectors"
    }
    singly = ["face", "image"]
    assert taken == {"/compare": singly, "/batch": singly, "/video": [*singly, "clip", "audio"], "/audio": ["audio"]}
