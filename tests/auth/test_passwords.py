"""What a password may be, and its hash."""

import bcrypt
import pytest

from auth.passwords import (
    GUESSABLE,
    RULE,
    PasswordRefused,
    check_new,
    hash_password,
    is_allowed,
    is_outdated,
    verify_password,
)

GOOD = "correct horse"
STORED = hash_password(GOOD, rounds=4)


@pytest.mark.parametrize("good", ["eight888", "x" * 72, "é" * 36, "e\u0301" * 36, "\udcff" * 8, " " * 8])
def test_eight_characters_to_72_bytes_of_one_spelling_are_allowed(good: str) -> None:
    assert is_allowed(good)
    assert verify_password(good, hash_password(good, rounds=4), rounds=4)


@pytest.mark.parametrize("bad", ["", "seven77", "x" * 73, "é" * 37, "with\0nul inside", "\0" * 8])
def test_less_more_and_nul_are_refused_and_match_nothing(bad: str) -> None:
    assert not is_allowed(bad)
    with pytest.raises(PasswordRefused) as refused:
        hash_password(bad, rounds=4)
    assert str(refused.value) == RULE
    assert verify_password(bad, STORED, rounds=4) is False


@pytest.mark.parametrize(
    "bad", ["Password1", "qwertyuiop", "19840321", "aaaaaaaa", "P@ssw0rd!", "Ottokar7", "Facejury1"]
)
def test_what_would_soon_be_guessed_is_refused_to_a_user_of_that_name(bad: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        check_new(bad, name="Ottokar")
    assert str(refused.value) == GUESSABLE


@pytest.mark.parametrize(
    "good", ["correct horse battery", "ünïcödé12", "4@8({[<369&#!1/|0$5+7%2zqZ" * 2, "three green suns"]
)
def test_words_and_long_signs_are_taken_at_once(good: str) -> None:
    check_new(good, name="Anna")


def test_a_hash_is_bcrypts_at_cost_12_with_a_salt_of_its_own() -> None:
    stored = hash_password(GOOD)
    assert stored.startswith("$2b$12$") and len(stored) == 60
    assert STORED.startswith("$2b$04$")
    assert hash_password(GOOD, rounds=4) != STORED
    assert bcrypt.checkpw(GOOD.encode(), STORED.encode())


def test_the_right_password_matches_in_any_spelling_of_its_accents_and_no_other_does() -> None:
    stored = hash_password("garçon à table", rounds=4)
    assert verify_password("garc\u0327on a\u0300 table", stored, rounds=4) is True
    assert verify_password("garcon a table", stored, rounds=4) is False


def test_no_account_and_no_possible_password_cost_as_much_as_a_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[bytes, bytes]] = []
    check = bcrypt.checkpw

    def watch(password: bytes, against: bytes) -> bool:
        asked.append((password, against))
        return check(password, against)

    monkeypatch.setattr(bcrypt, "checkpw", watch)
    assert verify_password(GOOD, None, rounds=5) is False
    assert verify_password("short", STORED, rounds=5) is False
    assert verify_password(GOOD, None) is False
    nobodys = b"." * 53
    assert asked == [
        (b"nobody", b"$2b$05$" + nobodys),
        (b"nobody", STORED.encode()),
        (b"nobody", b"$2b$12$" + nobodys),
    ]


def test_what_stands_in_for_an_impossible_password_opens_nothing() -> None:
    assert verify_password("x", bcrypt.hashpw(b"nobody", bcrypt.gensalt(4)).decode(), rounds=4) is False


def test_a_hash_of_another_cost_is_outdated() -> None:
    assert not is_outdated(STORED, rounds=4)
    assert is_outdated(STORED, rounds=5)
    assert is_outdated(STORED)
    assert not is_outdated("$2b$12$" + "." * 53)
