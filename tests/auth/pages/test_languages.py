"""The account pages in another language, in a browser that speaks it."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.auth.by_browser import faults_at_both_widths
from tests.auth.server import Site

pytestmark = [pytest.mark.browser, pytest.mark.one_database]


def test_the_sign_in_speaks_the_browser_s_language_and_the_page_after_it_the_chosen_one(
    browser: Browser, site: Site
) -> None:
    with browser.new_page(locale="es-ES") as page:
        page.set_default_timeout(60_000)
        blocked: list[str] = []
        page.on("console", lambda said: blocked.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(f"{site.url}/signin")
        expect(page).to_have_title(re.compile("^Iniciar sesión .* Facejury$"))
        expect(page.get_by_text("Traducción automática, sin revisar.")).to_be_visible()
        assert faults_at_both_widths(page, ours="main") == []
        page.get_by_label("Contraseña").fill("not it at all")
        page.get_by_label("Nombre de usuario").fill("nobody")
        page.get_by_role("button", name="Iniciar sesión").click()
        expect(page.get_by_role("alert")).to_contain_text("Tras cinco intentos, espere cinco minutos.")
        page.get_by_label("Idioma").select_option("hi")
        page.goto(f"{site.url}/signup")
        expect(page.get_by_role("heading", name="खाता बनाएँ")).to_be_visible()
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
        assert blocked == []
