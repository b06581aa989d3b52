"""Accounts through HTTP, against a launched page: signing up, in and out, locks, sessions, forms, tokens."""

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import gradio_client  # type: ignore[import-untyped]
import httpx
import pytest
from sqlalchemy import Engine, event, func, select, update

from auth import accounts, forms, passwords
from auth.sessions import IDLE_SECONDS, LIFE_SECONDS, digest
from storage.database import open_database, writing
from storage.history import add_entry
from storage.tables import metadata, sessions, users
from tests.auth.server import PASSWORD, Browser, Site, launch, picture, wait_for

COMPARISON = {"schema": 1, "sha256": "0" * 64, "faces": [], "whole_image": []}


@contextmanager
def counted_statements(engine: Engine) -> Iterator[list[str]]:
    """The SQL statements that the block causes."""
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def assert_out_within_five_seconds(browser: Browser) -> None:
    def is_out() -> None:
        assert not browser.is_in()

    wait_for(is_out, seconds=5)


def copy_of(browser: Browser, site: Site) -> Browser:
    """The same cookies at this server."""
    return site.browser(cookies=dict(browser.http.cookies))


def age_session(engine: Engine, user: str, **times: int) -> None:
    """Set a user's sessions back in time."""
    owner = select(users.c.id).where(users.c.name == user).scalar_subquery()
    with writing(engine) as connection:
        connection.execute(update(sessions).where(sessions.c.user_id == owner).values(**times))


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


@pytest.mark.parametrize("bad", ["", "   ", "a\u202eb", "zero\u200bwidth", "x" * 65, "line\nbreak", "nul\0"])
def test_what_is_no_name_is_refused_in_one_sentence(site: Site, bad: str) -> None:
    answer = site.browser().sign_up(bad)
    assert answer.status_code == 400
    assert accounts.NAME_RULE in answer.text


@pytest.mark.parametrize("bad", ["seven77", "x" * 73, "é" * 37, "with\0nul inside"])
def test_a_password_outside_the_rule_is_refused_in_one_sentence(site: Site, name: str, bad: str) -> None:
    browser = site.browser()
    answer = browser.sign_up(name, password=bad)
    assert answer.status_code == 400
    assert passwords.RULE in answer.text
    assert not browser.is_in()
    assert site.browser().sign_in(name, password=bad).status_code == 400


@pytest.mark.parametrize("good", ["x" * 72, "é" * 36, "eight888", "  blanks count  "])
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
    locked = accounts.find_user(site.engine, name)
    assert locked is not None
    assert 295 < locked.locked_until - time.time() <= 300
    with writing(site.engine) as connection:
        connection.execute(update(users).where(users.c.name == name).values(locked_until=int(time.time())))
    assert site.browser().sign_in(name).status_code == 303


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


# Sessions


def test_only_the_hash_of_a_session_is_stored(site: Site, name: str) -> None:
    secret = site.member(name).http.cookies[forms.SESSION_COOKIE]
    with site.engine.connect() as connection:
        stored = connection.execute(select(sessions.c.token_sha256)).scalars().all()
    assert digest(secret) in stored
    assert secret not in stored
    assert len(secret) >= 43


@pytest.mark.parametrize(("column", "seconds"), [("seen_at", IDLE_SECONDS), ("created_at", LIFE_SECONDS)])
def test_an_expired_session_is_out(site: Site, other_site: Site, name: str, column: str, seconds: int) -> None:
    browser = site.member(name)
    age_session(site.engine, name, **{column: int(time.time()) - seconds + 60})
    assert copy_of(browser, other_site).is_in(), "a minute before"
    age_session(site.engine, name, **{column: int(time.time()) - seconds})
    assert not browser.is_in()


def test_a_session_in_use_does_not_idle_out(site: Site, name: str) -> None:
    browser = site.member(name)
    age_session(site.engine, name, seen_at=int(time.time()) - IDLE_SECONDS + 60)
    assert browser.is_in()
    with site.engine.connect() as connection:
        seen = connection.scalar(select(sessions.c.seen_at).join(users).where(users.c.name == name))
    assert seen is not None
    assert time.time() - seen < 10


def test_signing_out_ends_this_session_and_no_other(site: Site, name: str) -> None:
    here, there = site.member(name), site.browser()
    there.sign_in(name)
    stolen = copy_of(here, site)
    here.sign_out()
    assert not here.is_in() and not stolen.is_in(), "also for who had copied the cookie"
    assert there.is_in()


def test_signing_out_ends_a_stream_that_is_under_way(site: Site, name: str) -> None:
    browser = site.member(name)
    event = browser.http.post("/gradio_api/call/wait", json={"data": [6]}).json()["event_id"]
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(copy_of(browser, site).http.get, f"/gradio_api/call/wait/{event}")
        time.sleep(0.5)
        browser.sign_out()
        assert "done" not in reading.result().text
    assert "done" in site.member(f"x{name}").call("wait", 0)[1]


def test_a_session_holds_on_another_server_which_knows_no_more_than_one_restarted(
    site: Site, other_site: Site, name: str
) -> None:
    browser = site.member(name)
    assert copy_of(browser, other_site).is_in()


def test_signing_out_reaches_other_servers_within_five_seconds(site: Site, other_site: Site, name: str) -> None:
    here = site.member(name)
    there = copy_of(here, other_site)
    assert there.is_in()
    here.sign_out()
    assert_out_within_five_seconds(there)


def test_another_password_ends_all_other_sessions_and_tokens_everywhere(
    site: Site, other_site: Site, name: str
) -> None:
    here, near, far = site.member(name), site.browser(), other_site.browser()
    program = other_site.browser(headers={"authorization": f"Bearer {here.make_token()}"})
    assert program.is_in()
    near.sign_in(name), far.sign_in(name)
    new = {"current": PASSWORD, "password": "another password", "repeated": "another password"}
    assert "changed" in here.form("/account/password", at="/account", **new).text
    assert here.is_in()
    assert not near.is_in()
    assert_out_within_five_seconds(far)
    assert_out_within_five_seconds(program)
    assert site.browser().sign_in(name).status_code == 400
    assert site.browser().sign_in(name, password="another password").status_code == 303


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"current": "wrong password", "password": "another password", "repeated": "another password"},
            "current password",
        ),
        ({"current": PASSWORD, "password": "short", "repeated": "short"}, "at least 8"),
        ({"current": PASSWORD, "password": "another password", "repeated": "another one"}, "not the same"),
    ],
)
def test_a_password_is_not_changed_on_a_mistake(site: Site, name: str, fields: dict[str, str], sentence: str) -> None:
    browser = site.member(name)
    answer = browser.form("/account/password", at="/account", **fields)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert site.browser().sign_in(name).status_code == 303


def test_a_planted_session_is_not_taken_over(site: Site, name: str) -> None:
    site.member(name)
    victim, attacker = site.browser(), site.member(f"x{name}")
    victim.http.cookies.set(forms.SESSION_COOKIE, "fs_" + "a" * 43)
    victim.sign_in(name)
    assert victim.is_in()
    assert not site.browser(cookies={forms.SESSION_COOKIE: "fs_" + "a" * 43}).is_in()
    planted = copy_of(attacker, site)
    planted.http.post("/signin", data={})
    fresh = planted.form("/signin", at="/account", name=name, password=PASSWORD)
    assert fresh.status_code == 303
    assert planted.http.get("/gradio_api/user").json() == name
    assert not attacker.is_in(), "the session that the browser came with is over"


def test_fifty_requests_cost_one_query(site: Site, name: str) -> None:
    browser = site.member(name)
    with counted_statements(site.engine) as seen:
        for _ in range(50):
            assert browser.http.get("/gradio_api/user").status_code == 200
    assert len([statement for statement in seen if statement.startswith("SELECT")]) <= 2


# Forms and cookies


@pytest.mark.parametrize(
    "path", ["/signin", "/signup", "/signout", "/account/password", "/account/tokens", "/account/delete"]
)
def test_a_form_made_elsewhere_is_refused(site: Site, name: str, path: str) -> None:
    browser, other = site.member(name), site.browser()
    fields = {"name": f"x{name}", "password": PASSWORD, "repeated": PASSWORD, "confirm": PASSWORD, "label": "x"}
    theirs = other.http.get("/signin").text.split('form_token" value="')[1][:64]
    for token in ({}, {"form_token": ""}, {"form_token": theirs}, {"form_token": "é"}):
        assert browser.http.post(path, data={**fields, **token}).status_code == 403
    assert browser.is_in()
    assert accounts.find_user(site.engine, f"x{name}") is None


def test_a_form_of_a_megabyte_is_refused(site: Site) -> None:
    assert site.browser().http.post("/signin", content=b"a=" + b"x" * 1_000_000).status_code == 403


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, "facejury-session=;Path=/;HttpOnly;SameSite=Lax"),
        ({"x-forwarded-proto": "https"}, "__Host-facejury-session=;Path=/;HttpOnly;SameSite=Lax;Secure"),
        (
            {"sec-fetch-site": "same-origin", "host": "abc.gradio.live"},
            "__Host-facejury-session=;Path=/;HttpOnly;SameSite=Lax;Secure",
        ),
        ({"sec-fetch-site": "same-origin", "host": "localhost:7860"}, "facejury-session=;Path=/;HttpOnly;SameSite=Lax"),
    ],
)
def test_the_cookie_is_secure_wherever_the_browser_came_by_https(
    site: Site, name: str, headers: dict[str, str], wanted: str
) -> None:
    site.member(name)
    form = site.browser(headers=headers)
    page = form.http.get("/signin")
    secret = page.headers["set-cookie"].partition(";")[0]
    token = page.text.split('form_token" value="')[1][:64]
    fields = {"form_token": token, "name": name, "password": PASSWORD}
    cookie = httpx.post(f"{site.url}/signin", data=fields, headers={**headers, "cookie": secret}).headers["set-cookie"]
    value = cookie.partition("=")[2].partition(";")[0]
    assert set(cookie.replace(value, "").replace(" ", "").split(";")) == {*wanted.split(";"), f"Max-Age={LIFE_SECONDS}"}


def test_behind_https_a_cookie_of_a_neighbouring_host_counts_for_nothing(site: Site, name: str) -> None:
    plain = site.member(name).http.cookies[forms.SESSION_COOKIE]
    tossed = site.browser(cookies={forms.SESSION_COOKIE: plain}, headers={"x-forwarded-proto": "https"})
    assert not tossed.is_in()


def test_in_a_frame_the_cookie_crosses_sites_and_the_frame_is_named(engine: Engine, uploads: Path, name: str) -> None:
    framed = launch(engine, uploads=uploads, framed=True)
    page = framed.browser().http.get("/signin")
    cookie = page.headers["set-cookie"]
    assert cookie.startswith("__Host-")
    assert cookie.endswith("HttpOnly; SameSite=None; Secure; Partitioned")
    assert "frame-ancestors https://huggingface.co" in page.headers["content-security-policy"]
    framed.close()


@pytest.mark.parametrize("path", ["/signin", "/signup", "/signout", "/account"])
def test_our_pages_load_nothing_and_are_kept_nowhere(site: Site, name: str, path: str) -> None:
    browser = site.browser() if path.startswith("/sign") and path != "/signout" else site.member(name)
    page = browser.http.get(path)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text


# The account page


def test_the_account_page_needs_a_session(site: Site) -> None:
    answer = site.browser().http.get("/account", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/signin?next=/account"


def test_the_history_leaves_as_a_file_for_its_owner_alone(site: Site, name: str) -> None:
    browser, other = site.member(name), site.member(f"x{name}")
    add_entry(site.engine, name, file_name="=Größe.jpg", comparison=COMPARISON)
    add_entry(site.engine, name, file_name="beach.jpg", comparison=COMPARISON)
    token = {"authorization": f"Bearer {browser.make_token()}"}
    for client in (browser, site.browser(headers=token)):
        answer = client.http.get("/account/history.csv")
        assert "attachment" in answer.headers["content-disposition"]
        assert "no-store" in answer.headers["cache-control"]
        assert ",'=Größe.jpg," in answer.content.decode("utf-8-sig")
    assert "Größe" not in browser.http.get("/account/history.csv?search=BEACH").text
    assert ".jpg" not in other.http.get("/account/history.csv").text
    assert site.browser().http.get("/account/history.csv").status_code == 401


def test_a_deleted_account_takes_everything_of_its_own_along(site: Site, name: str) -> None:
    browser, other = site.member(name), site.browser()
    other.sign_in(name)
    token = browser.make_token()
    path = browser.upload(b"only theirs")
    add_entry(site.engine, name, file_name="a.jpg", comparison=COMPARISON, picture=b"picture")
    account = accounts.find_user(site.engine, name)
    assert account is not None
    assert browser.form("/account/delete", at="/account", confirm="wrong password").status_code == 400
    assert "All your data has been deleted" in browser.form("/account/delete", at="/account", confirm=PASSWORD).text
    assert not browser.is_in()
    assert not other.is_in()
    assert not Path(path).exists()
    assert not site.browser(headers={"authorization": f"Bearer {token}"}).is_in()
    with site.engine.connect() as connection:
        for table in metadata.sorted_tables:
            if "user_id" in table.c:
                assert connection.scalar(select(func.count()).where(table.c.user_id == account.id)) == 0
    heir = site.member(name)
    assert accounts.find_user(site.engine, name) != account
    assert heir.is_in()
    assert not browser.is_in()


# API tokens


def test_a_token_works_with_gradio_client(site: Site, name: str, tmp_path: Path) -> None:
    token = site.member(name).make_token()
    (tmp_path / "a.png").write_bytes(picture(1))
    client = gradio_client.Client(site.url, headers={"Authorization": f"Bearer {token}"}, verbose=False)
    answer = client.predict(gradio_client.handle_file(str(tmp_path / "a.png")), api_name="/look")
    assert (answer["user"], answer["bytes"]) == (name, len(picture(1)))
    assert Path(client.predict("a report", api_name="/report")).read_text() == "a report"


def test_a_token_works_with_curl(site: Site, name: str, tmp_path: Path) -> None:
    token = site.member(name).make_token()
    (tmp_path / "a.png").write_bytes(picture(1))

    def curl(*arguments: str) -> str:
        command = ["curl", "-sS", "-H", f"Authorization: Bearer {token}", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    path = curl("-F", f"files=@{tmp_path / 'a.png'}", f"{site.url}/gradio_api/upload").strip('["]')
    data = json.dumps({"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]})
    answer = curl("-H", "Content-Type: application/json", "-d", data, f"{site.url}/gradio_api/call/look")
    event_id = answer.split('"')[3]
    assert f'"bytes": {len(picture(1))}' in curl("-N", f"{site.url}/gradio_api/call/look/{event_id}")


def test_a_token_is_shown_once_and_stored_hashed(site: Site, url: str, name: str) -> None:
    browser = site.member(name)
    token = browser.make_token("night <desk>")
    page = browser.http.get("/account").text
    assert token not in page
    assert "night &lt;desk&gt;" in page
    with site.engine.connect() as connection:
        for table in metadata.sorted_tables:
            assert token not in str(connection.execute(select(table)).all())


def test_a_revoked_token_is_out_here_at_once_and_elsewhere_within_five_seconds(
    site: Site, other_site: Site, name: str
) -> None:
    browser = site.member(name)
    bearer = {"authorization": f"Bearer {browser.make_token()}"}
    here, there = site.browser(headers=bearer), other_site.browser(headers=bearer)
    assert here.is_in()
    assert there.is_in()
    number = browser.http.get("/account").text.split('name="token_id" value="')[1].split('"')[0]
    site.member(f"x{name}").form("/account/tokens/revoke", at="/account", token_id=number)
    assert here.is_in(), "it is nobody else's to revoke"
    browser.form("/account/tokens/revoke", at="/account", token_id=number)
    assert not here.is_in()
    assert_out_within_five_seconds(there)


def test_a_token_opens_no_account_page_and_is_no_cookie(site: Site, name: str) -> None:
    token = site.member(name).make_token()
    program = site.browser(headers={"authorization": f"Bearer {token}"})
    assert program.is_in()
    assert program.http.get("/account").status_code == 403
    assert not site.browser(cookies={forms.SESSION_COOKIE: token}).is_in()


def test_a_session_is_no_token_and_a_wrong_token_is_nobody(site: Site, name: str) -> None:
    session = site.member(name).http.cookies[forms.SESSION_COOKIE]
    for secret in (session, "fj_" + "a" * 43, "fj_"):
        assert not site.browser(headers={"authorization": f"Bearer {secret}"}).is_in()


def test_another_password_set_by_the_operator_ends_every_session(site: Site, url: str, name: str) -> None:
    browser = site.member(name)
    engine = open_database(url)
    account = accounts.find_user(engine, name)
    assert account is not None
    accounts.set_password(engine, account.id, password="a new password", rounds=4)
    engine.dispose()
    assert_out_within_five_seconds(browser)
