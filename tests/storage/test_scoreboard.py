"""The game's scoreboard: who is on it, with what, and how one leaves it."""

import pytest
from sqlalchemy import Engine, delete

from auth import accounts
from storage.database import writing
from storage.scoreboard import (
    MAX_NICKNAME_CHARACTERS,
    SHOWN,
    NicknameRefused,
    enter_score,
    is_on_board,
    leave_board,
    list_board,
)
from storage.tables import scores
from tests.auth.server import PASSWORD


@pytest.fixture
def players(engine: Engine, name: str) -> list[str]:
    with writing(engine) as connection:
        connection.execute(delete(scores))
    pairs = [(f"{name}, player {number}", PASSWORD) for number in range(3)]
    return [account.name for account in accounts.add_users(engine, pairs, rounds=4)]


def test_the_board_has_each_players_best_game_under_their_nickname(engine: Engine, players: list[str]) -> None:
    anna, bert, _ = players
    enter_score(engine, anna, nickname="  Ä  🦊 ", right=6, rounds=10)
    enter_score(engine, bert, nickname="B", right=3, rounds=4)
    assert [(one.nickname, one.right, one.rounds) for one in list_board(engine)] == [("B", 3, 4), ("Ä 🦊", 6, 10)]
    enter_score(engine, anna, nickname="Fox", right=9, rounds=10)
    enter_score(engine, bert, nickname="Bear", right=7, rounds=10)
    shown = [(one.nickname, one.right, one.rounds) for one in list_board(engine)]
    assert shown == [("Fox", 9, 10), ("Bear", 3, 4)]
    assert not any(player in str(list_board(engine)) for player in players)


def test_only_who_asked_is_on_the_board_and_may_leave(engine: Engine, players: list[str]) -> None:
    anna, bert, carl = players
    for player in (anna, bert):
        enter_score(engine, player, nickname="same", right=1, rounds=2)
    leave_board(engine, carl)
    assert [is_on_board(engine, player) for player in players] == [True, True, False]
    leave_board(engine, anna)
    account = accounts.find_user(engine, bert)
    assert account is not None and len(list_board(engine)) == 1 <= SHOWN
    accounts.remove_user(engine, account.id)
    assert list_board(engine) == []


@pytest.mark.one_database
@pytest.mark.parametrize(
    "nickname", ["", " \n", "x" * (MAX_NICKNAME_CHARACTERS + 1), "a\u202eb", "a\x00b", "\ud800", "\u2800", "a\u034fb"]
)
def test_what_is_no_nickname_is_refused(engine: Engine, players: list[str], nickname: str) -> None:
    with pytest.raises(NicknameRefused, match="visible characters"):
        enter_score(engine, players[0], nickname=nickname, right=1, rounds=2)
    assert list_board(engine) == []
