"""A session or a password that ends while a request is under way makes nothing that lasts; and tokens have a limit."""

from typing import Any

import pytest

from auth import accounts, passwords
from auth.sessions import ENDED, NO_TOKENS, list_tokens
from tests.auth.server import PASSWORD, Site


@pytest.mark.parametrize("meanwhile", ["another password", "removed"])
@pytest.mark.parametrize("path", ["/account/tokens", "/account/password", "/account/delete"])
def test_a_session_that_was_ended_elsewhere_does_nothing_lasting_from_memory(
    site: Site, name: str, path: str, meanwhile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auth.visitors.REMEMBER_SECONDS", 60.0)
    browser, account = site.member(name), accounts.find_user(site.engine, name)
    assert account is not None and browser.is_in()
    fields = {"label": "x", "current": PASSWORD, "confirm": PASSWORD}
    fields |= dict.fromkeys(("password", "repeated"), "the password of a thief")

    def end_elsewhere() -> None:
        """By another process; where a password is asked for, after it was found right."""
        if meanwhile == "removed":
            accounts.remove_user(site.engine, account.id)
        else:
            accounts.set_password(site.engine, account.id, password="another horse battery", rounds=4)

    knows = accounts.sign_in

    def know_then_end(*args: Any, **kwargs: Any) -> accounts.Account | None:
        found = knows(*args, **kwargs)
        end_elsewhere()
        return found

    if path == "/account/tokens":
        end_elsewhere()
    monkeypatch.setattr(accounts, "sign_in", know_then_end)
    answer = browser.form(path, at="/account", **fields)
    assert (answer.status_code, ENDED in answer.text) == (403, True)
    monkeypatch.undo()
    assert list_tokens(site.engine, account.id) == []
    kept = site.browser().sign_in(name, password="another horse battery").status_code
    assert kept == (400 if meanwhile == "removed" else 303)


def test_one_user_has_so_many_tokens_and_is_told_so(site: Site, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth.sessions.MAX_TOKENS", 2)
    browser = site.member(name)
    site.member(f"x{name}").make_token()
    first = browser.make_token()
    browser.make_token()
    refused = browser.form("/account/tokens", at="/account", label="one more")
    assert refused.status_code == 400 and NO_TOKENS in refused.text and "one more" not in refused.text
    assert site.browser(headers={"authorization": f"Bearer {first}"}).is_in()


@pytest.mark.parametrize("meanwhile", ["another password", "removed", "hashed anew"])
def test_a_password_that_changes_while_it_is_looked_at_lets_in_whoever_knows_the_new_one(
    site: Site, name: str, meanwhile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = accounts.add_user(site.engine, name, password=PASSWORD, rounds=4)
    verify = passwords.verify_password

    def change_meanwhile(password: str, stored: str | None, *, rounds: int) -> bool:
        found = verify(password, stored, rounds=rounds)
        monkeypatch.undo()
        if meanwhile == "removed":
            accounts.remove_user(site.engine, account.id)
        elif meanwhile == "another password":
            accounts.set_password(site.engine, account.id, password="another horse battery", rounds=4)
        else:
            accounts.set_password(site.engine, account.id, password=PASSWORD, rounds=4)
        return found

    monkeypatch.setattr(passwords, "verify_password", change_meanwhile)
    browser = site.browser()
    assert browser.sign_in(name).status_code == (303 if meanwhile == "hashed anew" else 400)
    assert browser.is_in() == (meanwhile == "hashed anew")
