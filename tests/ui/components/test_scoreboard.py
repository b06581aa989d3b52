"""The scoreboard after a game: only its own player enters it, and only once the game is over."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from sqlalchemy import Engine

from auth import accounts
from storage.database import open_database
from storage.scoreboard import list_board
from tests.auth.server import PASSWORD
from ui.components.scoreboard import Scoreboard, build_scoreboard

ANNA = SimpleNamespace(username="Anna")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'facejury.db'}")
    accounts.add_user(engine, "Anna", password=PASSWORD, rounds=4)
    yield engine
    engine.dispose()


def build(engine: Engine) -> Scoreboard:
    """The components; a game's state is here its result."""
    with gr.Blocks():
        return build_scoreboard(engine, gr.State(None), lambda result: result)


def test_a_finished_game_enters_the_board_by_a_nickname_and_leaves_it(engine: Engine) -> None:
    board = build(engine)
    hidden, html, leave = board.offer(None, ANNA)
    assert (hidden.visible, html, leave.visible) == (False, "", False)
    with pytest.raises(gr.Error, match="open too long"):
        board.enter(None, "Fox", ANNA)
    assert list_board(engine) == []
    shown, html, leave = board.offer((7, 10), ANNA)
    assert (shown.visible, "Nobody is on it yet." in html, leave.visible) == (True, True, False)
    with pytest.raises(gr.Error, match="visible characters"):
        board.enter((7, 10), " ", ANNA)
    _, html, leave = board.enter((7, 10), "<b>Fox", ANNA)
    assert "&lt;b&gt;Fox" in html and "7 of 10" in html and "Anna" not in html and leave.visible
    _, html, leave = board.take_off((7, 10), ANNA)
    assert "Fox" not in html and not leave.visible
