"""Two servers on one database: accounts, sessions, lock-outs and histories are one; uploads are each server's own."""

from sqlalchemy import Engine

from auth import accounts
from storage.history import add_entry, find_entries
from storage.recorder import Recorder
from tests.auth.server import PASSWORD, Site, picture, wait_for

COMPARISON = {"schema": 1, "sha256": "0" * 64, "faces": [], "whole_image": []}


def test_a_lock_out_on_one_server_holds_on_the_other(site: Site, other_site: Site, name: str) -> None:
    site.member(name)
    for server in (site, other_site, site, other_site, site):
        server.browser().sign_in(name, password="wrong password")
    assert [server.browser().sign_in(name).status_code for server in (site, other_site)] == [400, 400]


def test_an_account_made_on_one_server_signs_in_on_the_other_at_once(site: Site, other_site: Site, name: str) -> None:
    site.member(name)
    browser = other_site.browser()
    assert (browser.sign_in(name).status_code, browser.is_in()) == (303, True)


def test_what_one_server_recorded_the_other_lists(site: Site, other_site: Site, name: str) -> None:
    site.member(name)
    Recorder(site.engine).record(name, file_name="a.jpg", comparison=COMPARISON).result(30)
    add_entry(other_site.engine, name, file_name="b.jpg", comparison=COMPARISON)
    assert [entry.file_name for entry in find_entries(other_site.engine, name)] == ["b.jpg", "a.jpg"]


def test_an_upload_is_its_servers_own_so_a_visitor_must_stay_with_one(site: Site, other_site: Site, name: str) -> None:
    here = site.member(name)
    path = here.upload(picture(5))
    there = other_site.browser()
    there.sign_in(name)
    assert (here.fetch(path).status_code, there.fetch(path).status_code) == (200, 403)


def test_an_account_removed_on_one_server_is_out_on_the_other_within_five_seconds(
    site: Site, other_site: Site, engine: Engine, name: str
) -> None:
    site.member(name)
    there = other_site.browser()
    there.sign_in(name)
    assert there.is_in()
    account = accounts.find_user(engine, name)
    assert account is not None
    accounts.remove_user(engine, account.id)

    def is_out() -> None:
        assert not there.is_in()

    wait_for(is_out, seconds=5)
    assert there.sign_in(name, password=PASSWORD).status_code == 400
