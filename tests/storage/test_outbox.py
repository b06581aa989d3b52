"""Messages that wait: for how long, for whom, how many of one user, and each for one server at a time."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, update

from auth import accounts
from storage import outbox as box
from storage.database import reading, writing
from storage.outbox import Message, drop_message, keep_message, put_off, sweep_outbox, take_due
from storage.tables import outbox
from tests.auth.server import PASSWORD

BODY = b"\x00\xff" + '{"name": "é"}'.encode()


@pytest.fixture
def anna(engine: Engine, name: str) -> str:
    with writing(engine) as connection:
        connection.execute(outbox.delete())
    return accounts.add_user(engine, name, password=PASSWORD, rounds=4).name


def message(number: str, body: bytes = BODY) -> Message:
    return Message(number, "https://hooks.test/in", body, {1_700_000_000: "v1,AAAA", 1_700_000_480: "v1,BBBB"})


def numbers(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(select(outbox.c.number).order_by(outbox.c.id)).scalars())


def test_a_message_waits_until_it_is_due_and_comes_back_as_it_was(engine: Engine, anna: str) -> None:
    now = time.time()
    assert keep_message(engine, anna, message("later"), due=now + 100) == []
    assert take_due(engine, again=now + 100) is None
    put_off(engine, ["later"], due=now - 1)
    assert take_due(engine, again=now + 100) == message("later")
    assert take_due(engine, again=now + 100) is None
    drop_message(engine, "later")
    assert numbers(engine) == []


def test_of_many_who_look_at_once_one_gets_a_message(engine: Engine, anna: str) -> None:
    for number in "abcdef":
        keep_message(engine, anna, message(number), due=time.time() - 1)
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda _: take_due(engine, again=time.time() + 100), range(9)))
    assert sorted(one.number for one in taken if one) == list("abcdef")


def test_the_newest_of_a_user_are_kept_and_none_that_is_too_large(
    engine: Engine, anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box, "MAX_OF_USER", 3)
    monkeypatch.setattr(box, "MAX_MESSAGE_BYTES", len(BODY))
    gone = [keep_message(engine, anna, message(number), due=0) for number in "abcde"]
    assert gone == [[], [], [], ["a"], ["b"]]
    with pytest.raises(ValueError, match="bytes to be kept"):
        keep_message(engine, anna, message("f", BODY + b"1"), due=0)
    assert numbers(engine) == list("cde")


def test_the_largest_message_comes_back_as_it_was(engine: Engine, anna: str) -> None:
    largest = message("largest", bytes(range(250)) * (box.MAX_MESSAGE_BYTES // 250))
    keep_message(engine, anna, largest, due=0)
    assert take_due(engine, again=0) == largest
    drop_message(engine, "largest")


def test_a_message_whose_time_is_over_is_given_up_and_one_of_a_removed_user_goes_with_them(
    engine: Engine, anna: str, name: str
) -> None:
    for number in "ab":
        keep_message(engine, anna, message(number), due=0)
    with writing(engine) as connection:
        connection.execute(update(outbox).where(outbox.c.number == "a").values(until=int(time.time())))
    taken = take_due(engine, again=0)
    assert taken is not None and taken.number == "b"
    assert sweep_outbox(engine) == ["a"]
    account = accounts.find_user(engine, name)
    assert account is not None
    accounts.remove_user(engine, account.id)
    assert numbers(engine) == []
