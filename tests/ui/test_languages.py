"""The page in another language: nothing of ours stays English, nobody's own words change, and there is a way back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from registry import load_registry
from tests.ui.conftest import serving
from tests.ui.faults import check
from tests.ui.jurors import say_real, spec
from tests.ui.visitor import GO, upload
from text.languages.catalogues import LANGUAGES, TRANSLATED, read_bytes

pytestmark = pytest.mark.browser


def point_at_a_spot(image: np.ndarray) -> tuple[float, np.ndarray]:
    heat = np.zeros((8, 8), np.float32)
    heat[2:4, 2:4] = 1
    return 0.93, heat


JURY = (spec("accuser", point_at_a_spot, title="Fake"), spec("defender", say_real))
OWN = {
    "Facejury",
    "Fake",
    "Defender",
    "accuser",
    "defender",
    "portrait.png",
    "broken.png",
    "broken",
    ".png",
}  # names, left as given
FRAMEWORKS = {"Gradio footer navigation", "Use via API", "logo"}  # hidden, or English everywhere
SHOWN = """() => [...document.querySelectorAll("h1, h2, h3, h4, p, li, button, a, label, th, td, [aria-label]")]
  .map((one) => `${one.tagName} ${one.ariaLabel ?? ""} ${one.textContent.trim().replace(/\\s+/g, " ")}`)"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(*JURY) as where:
        yield where


def go(page: Page, view: str, seen: str) -> None:
    """To a view, by its address; `seen` is there then."""
    page.evaluate(GO, view)
    expect(page.locator(seen).first).to_be_visible()


@pytest.mark.slow
def test_no_text_of_the_main_views_is_missing_in_the_catalogues(
    speak: Callable[..., Page], portrait: str, tmp_path: Path
) -> None:
    page = speak("es-MX")
    expect(page.get_by_role("tab", name="Comprobar")).to_be_visible()
    upload(page, portrait)
    expect(page.locator(".summary h2")).to_have_text("1 de 2 dicen falso, 1 real.")
    expect(page.locator(".provenance h3")).to_have_text("Próximos pasos")
    page.get_by_role("button", name="Mostrar el mapa de calor de Fake").click()
    expect(page.locator(".legend p").first).to_have_text("Mapa de calor de Fake Ocultar")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    go(page, "check/batch", "#batch-judge")
    page.set_input_files("#batch-files input[type=file]", [portrait, str(broken)])
    expect(page.locator("#batch-files")).to_contain_text("broken")
    expect(page.locator("#batch-files").get_by_role("button", name="Añadir archivos")).to_be_visible()
    page.locator("#batch-judge").click()
    expect(page.locator("#batch-status")).to_contain_text("1 de 2 analizadas.")
    expect(page.get_by_label("Orden")).to_have_value("Como se dieron")
    for view, seen in (("check/video", "#video"), ("check/audio", "#audio"), ("check/live", ".live")):
        go(page, view, seen)
    go(page, "learn/forge", "#forge")
    go(page, "learn", ".guide")
    go(page, "detectors", ".sortable")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    expect(page.locator(".detector").first).to_contain_text("Umbrales")
    assert set(page.evaluate("facejuryLanguage.missing()")) - OWN - FRAMEWORKS == set()


def test_names_stay_as_they_are_and_the_verdicts_in_the_language(speak: Callable[..., Page], portrait: str) -> None:
    page = speak("de-AT")
    upload(page, portrait)
    expect(page.locator(".card .word").first).to_have_text("Gefälscht")
    expect(page.locator(".card h4").first).to_have_text("Fake")
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_another_language_is_chosen_and_left_again_without_losing_the_verdict(
    speak: Callable[..., Page], portrait: str
) -> None:
    page = speak("en-GB")
    upload(page, portrait)
    expect(page.locator(".provenance h3")).to_have_text("Next steps")
    expect(page.locator(".machine")).to_be_hidden()
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden()  # everything has come
    before = page.evaluate(SHOWN)
    for code in TRANSLATED:
        page.get_by_role("combobox").first.select_option(code)
        expect(page.locator("html")).to_have_attribute("lang", code)
        expect(page.locator(".machine")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.evaluate(SHOWN) == before
    page.get_by_label("Language").select_option("fr")
    page.reload()
    expect(page.get_by_role("tab", name="Vérifier")).to_be_visible()
    expect(page.get_by_label("Langue")).to_have_value("fr")


def test_the_language_chosen_last_is_spoken_in_whatever_order_the_catalogues_come(speak: Callable[..., Page]) -> None:
    page = speak("en-GB")
    before = page.evaluate(SHOWN)
    held: dict[str, Route] = {}
    page.route("**/languages/*.json*", lambda route: held.update({route.request.url.partition(".json")[0][-2:]: route}))
    menu = page.get_by_role("combobox").first

    def choose(*codes: str) -> None:
        for code in codes:
            menu.select_option(code)
        wanted = set(codes) - {"en"}
        while not wanted <= set(held):
            page.wait_for_timeout(20)

    def let_come(code: str) -> None:
        with page.expect_response(lambda answer: f"{code}.json" in answer.url) as answer:
            held.pop(code).continue_()
        answer.value.finished()
        page.wait_for_timeout(200)  # in which it would have been spoken

    choose("de", "fr")  # as by two arrow keys on the closed menu
    let_come("fr")
    expect(page.get_by_role("tab", name="Vérifier")).to_be_visible()
    let_come("de")
    expect(page.get_by_role("tab", name="Vérifier")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    choose("es", "hi")
    let_come("es")
    expect(page.get_by_role("tab", name="Vérifier")).to_be_visible()
    let_come("hi")
    expect(page.get_by_label("भाषा")).to_have_value("hi")
    choose("de", "en")
    let_come("de")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.evaluate(SHOWN) == before


def test_what_was_judged_in_another_language_reads_in_english_as_if_it_had_been_judged_in_it(
    browser: Browser, portrait: str
) -> None:
    said = []
    with serving(*(one for one in load_registry() if one.builtin and one.expects == "face")) as where:
        for locale, next_steps in (("en-GB", "Next steps"), ("de-AT", "Nächste Schritte")):
            page = browser.new_page(locale=locale)
            page.set_default_timeout(60_000)
            page.goto(where)
            page.wait_for_selector("#photo input[type=file]", state="attached")
            upload(page, portrait)
            expect(page.locator(".provenance h3")).to_have_text(next_steps)
            expect(page.locator("#cancel")).to_be_hidden()  # everything has come
            page.get_by_role("combobox").first.select_option("en")
            expect(page.locator(".provenance h3")).to_have_text("Next steps")
            said.append(page.locator(".summary").inner_text())
            page.close()
    assert said[1] == said[0]


def test_english_loads_nothing_and_the_framework_speaks_it_too(speak: Callable[..., Page], address: str) -> None:
    page = speak("es-ES")
    page.get_by_label("Idioma").select_option("en")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator("#entrance button").first).to_have_attribute("aria-label", "Click to upload or drop files")
    assert not [one for one in asked if "/languages/" in one] and any(
        "/config" in one or address in one for one in asked
    )


def test_a_browser_of_an_unknown_language_gets_english(speak: Callable[..., Page]) -> None:
    page = speak("fi-FI")
    expect(page.get_by_role("tab", name="Check")).to_be_visible()
    expect(page.get_by_label("Language").locator("option")).to_have_text(list(LANGUAGES.values()))


def test_long_words_fit_a_phone_and_axe_finds_no_fault(speak: Callable[..., Page], portrait: str) -> None:
    page = speak("de-DE", width=390)
    upload(page, portrait)
    expect(page.locator(".card .word").first).to_have_text("Gefälscht")
    check(page)


def test_a_catalogue_is_kept_by_the_browser_until_it_changes(address: str) -> None:
    with httpx.Client(base_url=address) as client:
        found: Any = client.get("/languages/hi.json")
        assert (found.status_code, found.content) == (200, read_bytes("hi"))
        assert "immutable" in found.headers["cache-control"]
        assert {client.get(f"/languages/{name}").status_code for name in ("en.json", "hi.js", "language.js")} == {404}
        page = client.get("/").text
    assert page.count("hi.json?") == 1 and page.index("hi.json?") < page.index("window.gradio_config")
