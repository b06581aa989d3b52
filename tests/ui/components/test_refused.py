"""A sentence for what fails without a queue, of which Gradio's page says nothing."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

ANSWERS: dict[str, Callable[[Route], None]] = {
    "Facejury is being restarted. Please try again in a minute.": lambda route: route.fulfill(
        status=503, body=json.dumps({"error": "Facejury is being restarted. Please try again in a minute."})
    ),
    "Something went wrong on this server. Its log says what.": lambda route: route.fulfill(
        status=500, body=json.dumps({"error": None})
    ),
    "The server does not answer. Try again in a moment.": lambda route: route.abort(),
}


@pytest.mark.browser
@pytest.mark.parametrize("sentence", ANSWERS)
def test_a_button_whose_call_fails_says_why(visit: Callable[..., Page], sentence: str) -> None:
    page = visit()
    page.route("**/gradio_api/run/**", ANSWERS[sentence])
    alert = page.locator(".refused")
    expect(alert).to_be_hidden()
    page.get_by_role("button", name="Try a portrait").click()
    expect(alert).to_be_visible()
    expect(alert).to_have_text(sentence)
    expect(alert).to_be_hidden()  # after a while
    page.unroute("**/gradio_api/run/**")
    page.get_by_role("button", name="Try a portrait").click()
    expect(page.locator(".summary")).to_contain_text("portrait.png")
    expect(alert).to_be_hidden()
