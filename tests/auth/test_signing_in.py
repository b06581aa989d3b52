"""Signing up and in through HTTP, against a launched page: names, passwords, locks, the way back."""

import html
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from auth import accounts, forms, passwords
from auth.lockout import STRANGE_SECONDS, sweep_tries
from storage.database import writing
from storage.tables import sign_in_tries, users
from tests.auth.server import PASSWORD, Browser, Site, launch

# Signing up


def test_who_signs_up_is_in_and_known_by_name(site: Site, name: str) -> None:
    browser = site.member(name)
    assert browser.is_in()
    assert browser.http.get("/gradio_api/user").json() == name
    assert f'"user": "{name}"' in browser.call("look", None)[1]


@pytest.mark.parametrize(
    "name", ["Robert'); DROP TABLE users;--", "' OR 1=1 -- ", '<script>alert("x")</script>', "Zoë 🦊 %s {0}"]
)
def test_sql_and_markup_in_a_name_stay_text(site: Site, name: str) -> None:
    browser = site.member(name)
    assert browser.http.get("/gradio_api/user").json() == name.strip()
    account = browser.http.get("/account").text
    assert "<script>" not in account
    assert browser.sign_out().status_code == 303
    refused = browser.sign_in(name, password="not the password")
    assert refused.status_code == 400
    assert "<script>" not in refused.text
    assert browser.sign_in(name).status_code == 303
    assert browser.is_in()
    delete = browser.form("/account/delete", at="/account", confirm=PASSWORD)
    assert delete.status_code == 200


@pytest.mark.parametrize("other", ["STRASSE", "  straße ", "\uff33traße"])
def test_a_name_that_reads_the_same_is_taken(site: Site, other: str) -> None:
    site.browser().sign_up("straße")  # by the first of these
    answer = site.browser().sign_up(other)
    assert answer.status_code == 400
    assert accounts.NAME_TAKEN in answer.text
    assert site.browser().sign_in(other).status_code == 303, "and its owner may spell it so, too"


def test_a_name_with_another_accent_is_another_name(site: Site, name: str) -> None:
    assert site.browser().sign_up(f"Rene {name}").status_code == 303
    assert site.browser().sign_up(f"René {name}").status_code == 303


UNSEEN = ["\u3164", "\u115f\u1160", "\u2800 \u2800", "an\u034fna"]  # letters, a symbol and a mark that show nothing
NO_NAMES = ["", "   ", "a\u202eb", "zero\u200bwidth", "x" * 65, "line\nbreak", "nul\0", *UNSEEN]


@pytest.mark.parametrize("bad", NO_NAMES)
def test_what_is_no_name_is_refused_in_one_sentence(site: Site, bad: str) -> None:
    answer = site.browser().sign_up(bad)
    assert answer.status_code == 400
    assert accounts.NAME_RULE in answer.text


def test_a_password_that_would_soon_be_guessed_is_refused_at_sign_up_and_later(site: Site, name: str) -> None:
    browser = site.browser()
    answer = browser.sign_up(name, password="Password1")
    assert answer.status_code == 400 and html.escape(passwords.GUESSABLE) in answer.text
    browser.sign_up(name)
    weak = {"current": PASSWORD, "password": f"{name}12", "repeated": f"{name}12"}
    answer = browser.form("/account/password", at="/account", **weak)
    assert answer.status_code == 400 and html.escape(passwords.GUESSABLE) in answer.text
    assert site.browser().sign_in(name).status_code == 303, "the old one still holds"


@pytest.mark.parametrize("bad", ["seven77", "x" * 73, "é" * 37, "with\0nul inside"])
def test_a_password_outside_the_rule_is_refused_in_one_sentence(site: Site, name: str, bad: str) -> None:
    browser = site.browser()
    answer = browser.sign_up(name, password=bad)
    assert answer.status_code == 400
    assert passwords.RULE in answer.text
    assert not browser.is_in()
    assert site.browser().sign_in(name, password=bad).status_code == 400


EDGES = ["quiet green hill" + "x" * 56, "quiet été mer " + "é" * 28, "k7#vQ2!z", "  blanks count  "]


@pytest.mark.parametrize("good", EDGES)
def test_a_password_at_the_edge_of_the_rule_works(site: Site, name: str, good: str) -> None:
    assert site.browser().sign_up(name, password=good).status_code == 303
    assert site.browser().sign_in(name, password=good).status_code == 303
    assert site.browser().sign_in(name, password=good[:-1] + "?").status_code == 400


def test_passwords_that_differ_are_refused(site: Site, name: str) -> None:
    answer = site.browser().sign_up(name, repeated="something else")
    assert answer.status_code == 400
    assert "not the same" in answer.text


def test_a_closed_sign_up_makes_no_account(engine: Engine, uploads: Path, name: str) -> None:
    closed = launch(engine, uploads=uploads, signup=False)
    browser = closed.browser()
    assert "/signup" not in browser.http.get("/signin").text
    assert browser.http.get("/signup").status_code == 403
    answer = browser.form("/signup", at="/signin", name=name, password=PASSWORD, repeated=PASSWORD)
    assert answer.status_code == 403
    assert accounts.find_user(engine, name) is None
    closed.close()


def test_of_ten_who_want_a_name_at_once_one_gets_it(site: Site, name: str) -> None:
    browsers = [site.browser() for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda browser: browser.sign_up(name).status_code, browsers))
    assert sorted(answers) == [303] + [400] * 9


# Signing in


def test_a_wrong_password_lets_nobody_in(site: Site, name: str) -> None:
    site.member(name)
    browser = site.browser()
    answer = browser.sign_in(name, password="wrong password")
    assert answer.status_code == 400
    assert not browser.is_in()
    assert forms.SESSION_COOKIE not in answer.headers.get("set-cookie", "")


def test_wrong_unknown_and_locked_read_the_same(site: Site, name: str) -> None:
    site.member(name)
    browser = site.browser()
    wrong = browser.sign_in(name, password="wrong password").text
    for _ in range(4):
        browser.sign_in(name, password="wrong password")
    assert browser.sign_in(name).text == wrong, "locked, with the right password"
    unknown = f"x{name}"
    assert browser.sign_in(unknown).text.replace(unknown, name) == wrong


def test_five_failures_lock_and_five_minutes_unlock(site: Site, name: str) -> None:
    member = site.member(name)
    for _ in range(5):
        site.browser().sign_in(name, password="wrong password")
    assert site.browser().sign_in(name).status_code == 400
    assert member.is_in(), "who is in already stays in"
    account = accounts.find_user(site.engine, name)
    assert account is not None
    with writing(site.engine) as connection:
        tries = sign_in_tries.c.user_id == account.id
        until = connection.scalar(select(sign_in_tries.c.locked_until).where(tries))
        assert 295 < int(until or 0) - time.time() <= 300
        connection.execute(update(sign_in_tries).where(tries).values(locked_until=int(time.time())))
    assert site.browser().sign_in(name).status_code == 303


def at(site: Site, address: str) -> Browser:
    """A browser at this address, as a proxy on this machine reports it."""
    return site.browser(headers={"x-forwarded-for": address})


def test_wrong_passwords_lock_out_whoever_sends_them_and_not_the_user(site: Site, name: str) -> None:
    owner = at(site, "198.51.100.7")
    owner.sign_up(name)
    attacker = at(site, "203.0.113.9")
    assert [attacker.sign_in(name, password="wrong password").status_code for _ in range(6)] == [400] * 6
    assert attacker.sign_in(name).status_code == 400, "locked, also with the right password"
    assert at(site, "198.51.100.7").sign_in(name).status_code == 303, "at home"
    assert at(site, "192.0.2.44").sign_in(name).status_code == 303, "on a journey"


def test_one_network_of_ipv6_is_one_place(site: Site, name: str) -> None:
    at(site, "198.51.100.7").sign_up(name)
    for number in range(5):
        at(site, f"2001:db8:1:2::{number}").sign_in(name, password="wrong password")
    assert at(site, "2001:db8:1:2:3:4:5:6").sign_in(name).status_code == 400
    assert at(site, "2001:db8:1:3::1").sign_in(name).status_code == 303


def test_an_address_of_ipv4_is_a_place_of_its_own_also_where_it_comes_as_ipv6(site: Site, name: str) -> None:
    at(site, "192.0.2.1").sign_up(name)
    for _ in range(5):
        at(site, "::ffff:203.0.113.7").sign_in(name, password="wrong password")
    assert at(site, "203.0.113.7").sign_in(name).status_code == 400, "the same"
    assert at(site, "::ffff:198.51.100.9").sign_in(name).status_code == 303


def test_guesses_from_ever_new_addresses_lock_out_all_but_the_users_own(
    site: Site, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auth.lockout.MAX_ACCOUNT_FAILURES", 8)
    at(site, "198.51.100.7").sign_up(name)
    for number in range(8):
        at(site, f"203.0.113.{number}").sign_in(name, password="wrong password")
    assert at(site, "203.0.113.99").sign_in(name).status_code == 400
    assert at(site, "198.51.100.7").sign_in(name).status_code == 303


def test_a_signed_in_user_changes_the_password_whatever_others_try(
    site: Site, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auth.lockout.MAX_ACCOUNT_FAILURES", 8)
    owner, fields = site.member(name), {"password": "another horse battery", "repeated": "another horse battery"}
    for number in range(10):
        site.browser().sign_in(name, password="wrong password")
        at(site, f"203.0.113.{number}").sign_in(name, password="wrong password")
    changed = owner.form("/account/password", at="/account", current=PASSWORD, **fields)
    assert "Your password is changed" in changed.text


def test_a_stolen_session_guesses_the_password_five_times(site: Site, name: str) -> None:
    thief = site.member(name)
    guesses = [thief.form("/account/delete", at="/account", confirm="a guess") for _ in range(5)]
    assert [one.status_code for one in guesses] == [400] * 5
    assert thief.form("/account/delete", at="/account", confirm=PASSWORD).status_code == 400
    assert site.browser().sign_in(name).status_code == 303, "the user is not locked out"


def test_places_where_nobody_got_in_are_forgotten(site: Site, name: str) -> None:
    at(site, "198.51.100.7").sign_up(name)
    at(site, "203.0.113.9").sign_in(name, password="wrong password")
    old = int(time.time()) - STRANGE_SECONDS
    with writing(site.engine) as connection:
        connection.execute(update(sign_in_tries).values(tried_at=old))
    sweep_tries(site.engine)
    account = accounts.find_user(site.engine, name)
    assert account is not None
    with site.engine.connect() as connection:
        kept = select(sign_in_tries.c.succeeded_at).where(sign_in_tries.c.user_id == account.id)
        assert [succeeded > 0 for succeeded in connection.scalars(kept)] == [True]


def test_four_failures_and_a_success_start_again_from_none(site: Site, name: str) -> None:
    site.member(name)
    for _ in range(2):
        for _ in range(4):
            site.browser().sign_in(name, password="wrong password")
        assert site.browser().sign_in(name).status_code == 303


def test_failures_at_once_on_two_servers_are_all_counted(site: Site, other_site: Site, name: str) -> None:
    site.member(name)
    browsers = [(site, other_site)[number % 2].browser() for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda browser: browser.sign_in(name, password="wrong password"), browsers))
    assert site.browser().sign_in(name).status_code == 400


@pytest.mark.parametrize("bad", ["x" * 73, "nul\0nul\0nul", "é" * 1000, ""])
def test_a_password_that_cannot_be_one_is_only_wrong(site: Site, name: str, bad: str) -> None:
    site.member(name)
    assert site.browser().sign_in(name, password=bad).status_code == 400


def test_a_password_hashed_at_another_cost_is_hashed_again(site: Site, name: str) -> None:
    accounts.add_user(site.engine, name, password=PASSWORD, rounds=5)
    assert site.browser().sign_in(name).status_code == 303
    with site.engine.connect() as connection:
        assert str(connection.scalar(select(users.c.password_hash).where(users.c.name == name))).startswith("$2b$04$")
    assert site.browser().sign_in(name).status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "evil",
        "",
    ],
)
def test_next_never_leaves_the_site(site: Site, name: str, target: str) -> None:
    site.member(name)
    browser = site.browser()
    assert browser.sign_in(name, next=target).headers["location"] == "/"
    again = browser.http.get("/signin", params={"next": target})
    assert again.status_code == 303
    assert again.headers["location"] == "/"


def test_who_was_sent_to_sign_in_comes_back(site: Site, name: str) -> None:
    site.member(name)
    browser = site.browser()
    turned_away = browser.http.get("/?tab=history&x=1", headers={"accept": "text/html"})
    assert turned_away.headers["location"] == "/signin?next=/%3Ftab%3Dhistory%26x%3D1"
    assert 'name="next" value="/?tab=history&amp;x=1"' in browser.http.get(turned_away.headers["location"]).text
    assert browser.sign_in(name, next="/?tab=history&x=1").headers["location"] == "/?tab=history&x=1"
