"""Sessions and tokens to the second: who is found, what is written down of it, and whose they are to end."""

import hashlib
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine, create_engine, func, select

from auth import accounts
from auth.accounts import Account
from auth.sessions import (
    ENDED,
    IDLE_SECONDS,
    LIFE_SECONDS,
    MAX_LABEL_CHARACTERS,
    TOUCH_SECONDS,
    ApiToken,
    SessionEnded,
    Visitor,
    digest,
    end_session,
    find_visitor,
    list_tokens,
    make_token,
    revoke_token,
)
from storage.database import open_database
from storage.tables import sessions
from tests.auth.server import PASSWORD, session_of, token_of

NOW = 1_800_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time of day, as the test sets it: `now`, and the better part of a second more."""
    clock = SimpleNamespace(now=NOW)
    clock.time = lambda: clock.now + 0.9
    monkeypatch.setattr("auth.sessions.time", clock)
    return clock


@pytest.fixture
def anna(engine: Engine, name: str) -> Account:
    return accounts.add_user(engine, name, password=PASSWORD, rounds=4)


@pytest.fixture
def bert(engine: Engine, name: str) -> Account:
    return accounts.add_user(engine, f"Bert, not {name}", password=PASSWORD, rounds=4)


def times_of(engine: Engine, user: Account) -> list[tuple[int, int]]:
    """(created_at, seen_at) of a user's sessions, oldest first."""
    mine = select(sessions.c.created_at, sessions.c.seen_at).where(sessions.c.user_id == user.id)
    with engine.connect() as connection:
        return [(row.created_at, row.seen_at) for row in connection.execute(mine.order_by(sessions.c.id))]


def test_a_secret_is_32_random_bytes_behind_what_says_its_kind(engine: Engine, anna: Account) -> None:
    made = [session_of(engine, anna) for _ in range(2)]
    tokens = [token_of(engine, anna, label="x") for _ in range(2)]
    assert all(re.fullmatch(r"fs_[\w-]{43}", secret) for secret in made)
    assert all(re.fullmatch(r"fj_[\w-]{43}", secret) for secret in tokens)
    assert len({*made, *tokens}) == 4


def test_any_text_has_a_digest() -> None:
    assert digest("fs_é") == hashlib.sha256("fs_é".encode()).hexdigest()
    assert digest("\udcff") == digest("?")  # half a character, as a broken cookie may hold


def test_a_secret_finds_its_owner_and_says_whether_a_program_has_it(engine: Engine, anna: Account) -> None:
    session, token = session_of(engine, anna), token_of(engine, anna, label="x")
    assert find_visitor(engine, session) == Visitor(anna.id, anna.name, digest(session), is_program=False)
    assert find_visitor(engine, token) == Visitor(anna.id, anna.name, digest(token), is_program=True)
    assert find_visitor(engine, f"{session}x") is None
    assert find_visitor(engine, f"{token}x") is None


def test_a_session_left_alone_lives_to_the_last_second_of_twelve_hours(
    engine: Engine, anna: Account, clock: SimpleNamespace
) -> None:
    used, unused = (session_of(engine, anna) for _ in range(2))
    clock.now = NOW + IDLE_SECONDS - 1
    assert find_visitor(engine, used) is not None
    clock.now = NOW + IDLE_SECONDS
    assert find_visitor(engine, unused) is None
    assert find_visitor(engine, used) is not None, "it was in use a second ago"


def test_a_session_in_use_lives_to_the_last_second_of_a_week(
    engine: Engine, anna: Account, clock: SimpleNamespace
) -> None:
    session = session_of(engine, anna)
    for later in (*range(0, LIFE_SECONDS, IDLE_SECONDS - 1), LIFE_SECONDS - 1):
        clock.now = NOW + later
        assert find_visitor(engine, session) is not None
    clock.now = NOW + LIFE_SECONDS
    assert find_visitor(engine, session) is None


def test_a_new_session_sweeps_the_outlived_ones_of_its_user_and_nobody_elses(
    engine: Engine, anna: Account, bert: Account, clock: SimpleNamespace
) -> None:
    for user in (anna, bert):
        session_of(engine, user)
    clock.now = NOW + 60
    session_of(engine, anna)
    clock.now = NOW + IDLE_SECONDS
    session_of(engine, anna)
    assert times_of(engine, anna) == [(NOW + 60, NOW + 60), (clock.now, clock.now)]
    assert times_of(engine, bert) == [(NOW, NOW)]


def test_being_seen_is_written_down_every_ten_minutes_at_most(
    engine: Engine, anna: Account, clock: SimpleNamespace
) -> None:
    session, _ = (session_of(engine, anna) for _ in range(2))
    for later, written in ((TOUCH_SECONDS - 1, NOW), (TOUCH_SECONDS, NOW + TOUCH_SECONDS)):
        clock.now = NOW + later
        find_visitor(engine, session)
        assert times_of(engine, anna) == [(NOW, written), (NOW, NOW)]


def test_one_session_ends_and_no_other(engine: Engine, anna: Account, clock: SimpleNamespace) -> None:
    first, second = (session_of(engine, anna) for _ in range(2))
    end_session(engine, digest(first))
    assert find_visitor(engine, first) is None
    assert find_visitor(engine, second) is not None


def test_a_tokens_use_is_written_down_every_ten_minutes_at_most(
    engine: Engine, anna: Account, clock: SimpleNamespace
) -> None:
    token, _ = (token_of(engine, anna, label=label) for label in ("used", "unused"))
    assert [one.used_at for one in list_tokens(engine, anna.id)] == [None, None]
    for later, written in ((0, NOW), (TOUCH_SECONDS - 1, NOW), (TOUCH_SECONDS, NOW + TOUCH_SECONDS)):
        clock.now = NOW + later
        find_visitor(engine, token)
        assert [one.used_at for one in list_tokens(engine, anna.id)] == [written, None]


def test_a_database_that_can_only_be_read_puts_nobody_out(tmp_path: Path, clock: SimpleNamespace) -> None:
    path = tmp_path / "facejury.db"
    engine = open_database(f"sqlite:///{path}")
    anna = accounts.add_user(engine, "Anna", password=PASSWORD, rounds=4)
    browser = session_of(engine, anna)
    program = make_token(engine, anna.id, label="", session=digest(browser))
    engine.dispose()
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    clock.now = NOW + TOUCH_SECONDS
    found = [find_visitor(engine, secret) for secret in (browser, program)]
    assert [visitor and visitor.user_id for visitor in found] == [anna.id, anna.id]
    assert times_of(engine, anna) == [(NOW, NOW)]
    engine.dispose()


@pytest.mark.parametrize(
    ("given", "kept"),
    [("  office laptop ", "office laptop"), ("   ", "unnamed"), ("x" * 99, "x" * MAX_LABEL_CHARACTERS)],
)
def test_a_token_has_a_short_label(
    engine: Engine, anna: Account, clock: SimpleNamespace, given: str, kept: str
) -> None:
    token_of(engine, anna, label=given)
    [token] = list_tokens(engine, anna.id)
    assert token == ApiToken(token.id, kept, NOW, None)


def test_a_user_sees_and_revokes_their_own_tokens_alone(engine: Engine, anna: Account, bert: Account) -> None:
    secrets = [token_of(engine, anna, label=label) for label in ("first", "second")]
    theirs = token_of(engine, bert, label="theirs")
    first, second = list_tokens(engine, anna.id)
    assert (first.label, second.label) == ("first", "second")
    revoke_token(engine, bert.id, token_id=first.id)
    assert find_visitor(engine, secrets[0]) is not None
    revoke_token(engine, anna.id, token_id=first.id)
    assert [find_visitor(engine, secret) is not None for secret in (*secrets, theirs)] == [False, True, True]
    assert list_tokens(engine, anna.id)[0].label == "second"


def test_only_digests_are_in_the_table(engine: Engine, anna: Account) -> None:
    key = digest(session_of(engine, anna))
    with engine.connect() as connection:
        held = select(func.count()).where(sessions.c.user_id == anna.id, sessions.c.token_sha256 == key)
        assert connection.scalar(held) == 1


@pytest.mark.parametrize("meanwhile", ["another password", "removed"])
def test_a_password_that_is_old_by_now_starts_no_session(engine: Engine, anna: Account, meanwhile: str) -> None:
    if meanwhile == "removed":
        accounts.remove_user(engine, anna.id)
    else:
        accounts.set_password(engine, anna.id, password="another horse battery", rounds=4)
    with pytest.raises(SessionEnded, match=ENDED):
        session_of(engine, anna)
    assert times_of(engine, anna) == []


def test_nobody_elses_session_asks_for_a_token(engine: Engine, anna: Account, bert: Account) -> None:
    with pytest.raises(SessionEnded):
        make_token(engine, anna.id, label="x", session=digest(session_of(engine, bert)))
    assert list_tokens(engine, anna.id) == []
