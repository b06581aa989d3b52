"""Signing up, in and out, through HTTP against a launched page."""

import pytest

from auth import accounts, passwords
from tests.auth.server import PASSWORD, Site


def test_who_signs_up_is_in_and_known_by_name(site: Site, name: str) -> None:
    browser = site.member(name)
    assert browser.is_in()
    assert browser.http.get("/gradio_api/user").json() == name
    assert f'"user": "{name}"' in browser.call("look", None)[1]
