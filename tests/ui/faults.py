"""What axe-core finds on a page: our own markup's serious faults; the framework's are printed apart."""

import json

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

OURS = ".jury, .detectors, .guide, .honest, .masthead, .batch, .export, .entries, .dock"
SERIOUS = ("serious", "critical")
WIDTHS = (1280, 390)


def check(page: Page) -> None:
    """At a desk's and a phone's width nothing scrolls sideways, and nothing of ours is a serious fault."""
    before = page.viewport_size
    assert before is not None
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": before["height"]})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert find_faults(page) == [], width
    page.set_viewport_size(before)


def find_faults(page: Page, *, ours: str = OURS) -> list[str]:
    """One line each. ours: a selector of what we wrote ourselves."""
    found = Axe().run(page).response["violations"]
    mine: list[str] = []
    theirs: list[str] = []
    for fault in (fault for fault in found if fault["impact"] in SERIOUS):
        for node in fault["nodes"]:
            [place] = node["target"][:1]
            inside = page.evaluate("([at, ours]) => !!document.querySelector(at)?.closest(ours)", [place, ours])
            (mine if inside else theirs).append(f"{fault['id']}: {place}: {node['failureSummary']}"[:300])
    print(json.dumps({"the framework's": sorted(set(theirs))}, indent=1))
    return mine
