"""Wrong passwords through HTTP: ever slower for whoever sends them, at once for everybody else."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
from sqlalchemy import Engine

from auth import slowing
from auth.lockout import SignInPlace
from auth.slowing import Slowdown
from tests.auth.server import PASSWORD, Browser, Site, launch

pytestmark = pytest.mark.one_database
ATTACKER = "203.0.113.66"


@pytest.fixture(scope="module")
def slow(engine: Engine, uploads: Path) -> Iterator[Site]:
    """A page as it is shipped, in this one respect."""
    launched = launch(engine, uploads=uploads, slow_seconds=slowing.FIRST_SECONDS)
    yield launched
    launched.close()


def at(site: Site, address: str) -> Browser:
    return site.browser(headers={"x-forwarded-for": address})


def timed_sign_in(browser: Browser, name: str, password: str) -> tuple[int, float]:
    began = time.monotonic()
    return browser.sign_in(name, password=password).status_code, time.monotonic() - began


@pytest.mark.parametrize("exists", [True, False], ids=["user", "nobody"])
def test_each_wrong_password_lets_the_next_try_wait_longer(slow: Site, name: str, *, exists: bool) -> None:
    if exists:
        slow.member(name)
    attacker = at(slow, ATTACKER)
    took = [timed_sign_in(attacker, name, "wrong password")[1] for _ in range(4)]
    assert [seconds >= pause for seconds, pause in zip(took, (0, 0.2, 0.4, 0.8), strict=True)] == [True] * 4, took


def test_nobody_else_waits_while_an_attacker_does(slow: Site, name: str) -> None:
    """Neither the user at an address of their own, nor another user at the attacker's, nor the health of the loop."""
    slow.member(name)
    attackers = [at(slow, ATTACKER) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        attacks = [pool.submit(timed_sign_in, one, name, "wrong password") for one in attackers]
        time.sleep(0.5)
        for browser in (at(slow, "198.51.100.1"), at(slow, "198.51.100.2")):
            status, took = timed_sign_in(browser, name, PASSWORD)
            assert (status, took < 0.5) == (303, True), took
        status, took = timed_sign_in(at(slow, ATTACKER), f"another {name}", PASSWORD)
        assert took < 0.5
        assert {attack.result()[0] for attack in attacks} == {400}


def test_a_signed_in_owner_changes_the_password_during_an_attack(slow: Site, name: str) -> None:
    owner = slow.member(name)
    with ThreadPoolExecutor(16) as pool:
        attacks = [
            pool.submit(timed_sign_in, at(slow, f"203.0.113.{place}"), name, "wrong password") for place in range(60)
        ]
        began = time.monotonic()
        new = {"current": PASSWORD, "password": "another one altogether", "repeated": "another one altogether"}
        assert owner.form("/account/password", at="/account", **new).status_code in {200, 303}
        assert time.monotonic() - began < 3
        assert {attack.result()[0] for attack in attacks} == {400}
    assert owner.is_in()
    again = {"current": "another one altogether", "password": PASSWORD, "repeated": PASSWORD}
    assert "That is not" not in owner.form("/account/password", at="/account", **again).text
    assert slow.browser().sign_in(name).status_code == 303, "from where the owner is known"


def test_who_would_wait_too_long_behind_their_own_tries_is_refused_at_once() -> None:
    slowdown, place = Slowdown(first=4), SignInPlace("here")
    slowdown.note(place, "ada", admitted=False)
    slowdown._keep(slowing._key(place, "ada"), 1, time.monotonic() + slowing.MOST_SECONDS + 1)
    assert not may_try(slowdown, place, "ada")
    assert may_try(slowdown, place, "bob")
    slowdown.note(place, " \uff21\uff24\uff21 ", admitted=True)  # the same name in full width
    assert may_try(slowdown, place, "ada")


def may_try(slowdown: Slowdown, place: SignInPlace, name: str) -> bool:
    """In a thread of its own: where Playwright runs, this one has a loop already."""
    with ThreadPoolExecutor(1) as fresh:
        return fresh.submit(anyio.run, slowdown.wait, place, name).result()


def test_no_more_places_are_remembered_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slowing, "MAX_KEPT", 3)
    slowdown = Slowdown()
    for name in "abcdef":
        slowdown.note(SignInPlace("here"), name, admitted=False)
    assert len(slowdown._kept) == 3
