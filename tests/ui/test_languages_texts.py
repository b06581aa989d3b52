"""What the page makes of single texts: numbers as the language writes them, names whole, nothing left in English."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from auth.limits.waiting import NEIGHBOURS
from auth.middleware import SIGNED_OUT
from registry import Verdict
from storage.kept import NO_ENTRIES
from tests.ui.conftest import serving
from tests.ui.jurors import JURY, say_real, spec
from text.languages.catalogues import TRANSLATED
from ui.components.keeping import NOT_RECORDED
from ui.render.band import say_agreement
from ui.render.kept.rechecked import SAME_FILE
from ui.render.wording import list_names
from ui.server.drain import RESTARTING

pytestmark = pytest.mark.browser

NUMBERS = {  # as the page has them in English, then as each language writes them
    "1,234,567": ("1.234.567", "1.234.567", "1\u202f234\u202f567", "12,34,567"),
    "0.912 [0.900, 0.923]": (*["0,912 [0,900; 0,923]"] * 3, "0.912 [0.900, 0.923]"),
    "\u22120.001 [\u22120.010, +0.054]": (
        *["\u22120,001 [\u22120,010; +0,054]"] * 3,
        "\u22120.001 [\u22120.010, +0.054]",
    ),
    "13 % [3, 29]": (*["13 % [3; 29]"] * 3, "13 % [3, 29]"),
    "12.3 ms": (*["12,3 ms"] * 3, "12.3 ms"),
    "ROC-AUC on all test splits 0.841 [0.612, 0.970]": (
        "ROC-AUC über alle Testteile 0,841 [0,612; 0,970]",
        "ROC-AUC en todas las particiones de prueba 0,841 [0,612; 0,970]",
        "ROC-AUC sur toutes les parties de test 0,841 [0,612; 0,970]",
        "सभी परीक्षण भागों पर ROC-AUC 0.841 [0.612, 0.970]",
    ),
    "12.3 pictures per second; the server took 1,250 ms for this one.": (
        "12,3 Bilder je Sekunde; der Server brauchte 1.250 ms für dieses.",
        "12,3 imágenes por segundo; el servidor tardó 1250 ms en esta.",
        "12,3 images par seconde ; le serveur a mis 1\u202f250 ms pour celle-ci.",
        "प्रति सेकंड 12.3 तस्वीरें; इसमें सर्वर को 1,250 ms लगे।",
    ),
    **{one: (one,) * 4 for one in ("1.2.3", "1:02:30.5", "1920 \u00d7 1080")},  # a version, a time in a video, a size
}
UP_TO = ("bis zu 1.000 Bilder", "hasta 1000 imágenes", "à 1\u202f000 images", "में 1,000 तस्वीरों")
WRITE = """texts => document.body.append(...texts.map((text) => {
  const line = document.createElement("p");
  line.className = "written";
  line.textContent = text;
  return line;
}))"""


@pytest.mark.parametrize("code", TRANSLATED)
def test_numbers_are_written_as_the_language_writes_them(speak: Callable[..., Page], code: str) -> None:
    page, place = speak(code, "?view=check/batch"), TRANSLATED.index(code)
    expect(page.locator("html")).to_have_attribute("lang", code)
    expect(page.get_by_text(UP_TO[place]).first).to_be_attached()  # what the page itself says
    page.evaluate(WRITE, list(NUMBERS))
    expect(page.locator(".written")).to_have_text([written[place] for written in NUMBERS.values()])
    page.locator("select.language").first.select_option("en")
    expect(page.locator(".written")).to_have_text(list(NUMBERS))


def test_what_is_said_when_something_goes_wrong_is_said_in_the_language(speak: Callable[..., Page]) -> None:
    page, sha256 = speak("de-DE"), "0" * 32 + "1e" * 16
    page.evaluate(
        WRITE, [RESTARTING, NOT_RECORDED, SIGNED_OUT, SAME_FILE.format(sha256=sha256), NO_ENTRIES, NEIGHBOURS]
    )
    expect(page.locator(".written")).to_have_text(
        [
            "Facejury wird gerade neu gestartet. Bitte versuchen Sie es in einer Minute noch einmal.",
            "Nicht in Ihrem Verlauf vermerkt: Die Datenbank der Konten ist gerade nicht erreichbar. "
            "Die Urteile gelten trotzdem.",
            "Bitte melden Sie sich zuerst an: Laden Sie diese Seite neu.",
            f"Das ist dieselbe Datei wie damals: Ihre SHA-256 ist {sha256}.",
            "Nicht in Ihrem Verlauf: Er enthält 10.000 Einträge, so viele, wie von einem Benutzer aufbewahrt werden. "
            "Löschen Sie einige unter Verlauf.",
            "Es warten schon 60 Anfragen aus Ihrem Netz; versuchen Sie es in einer Minute noch einmal.",
        ]
    )


def test_an_and_or_a_comma_within_a_name_stays_and_that_between_two_names_is_translated(browser: Browser) -> None:
    names = ("Spot and Check", "Smith, Jones and Sons", "Third")
    watchers = [spec(f"watcher-{at}", say_real, title=name, expects="image") for at, name in enumerate(names)]
    listed = "Spot and\u202fCheck, Smith,\u202fJones and\u202fSons und Third"
    verdicts = [Verdict(name, name, 0.9, "fake", 0.8, 0.2, 1.0) for name in names]
    with serving(*JURY, *watchers) as where:
        page = browser.new_page(locale="de-DE")
        page.set_default_timeout(60_000)
        page.goto(f"{where}?view=check/live")
        idle = page.locator(".live .camera > .quiet")
        expect(idle).to_have_text(f"Hier nicht verfügbar, weil sie ganze Bilder beurteilen: {listed}.")
        page.evaluate(
            WRITE, [say_agreement(verdicts), say_agreement(verdicts[:1]), f"You beat {list_names(names[:1])}."]
        )
        alone = "Spot and\u202fCheck"
        expect(page.locator(".written")).to_have_text(
            [f"{listed} sagen gefälscht.", f"{alone} sagt gefälscht.", f"Sie haben {alone} geschlagen."]
        )
        page.close()
