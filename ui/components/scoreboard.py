"""The game's scoreboard, after the last round: who wants to be on it enters a nickname."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from sqlalchemy import Engine

from storage import scoreboard
from storage.scoreboard import MAX_NICKNAME_CHARACTERS
from ui.components.markup import build_html
from ui.render.cards import render
from ui.render.wording import say_time
from ui.server.database import ASKING, in_plain_words, user_of
from ui.server.limits.visits import page_gone

Result = Callable[[Any], tuple[int, int] | None]
"""How many answers were right, of so many rounds; None while the game is not over."""


@dataclass(frozen=True)
class Scoreboard:
    """The components. whole: seen once a game is over."""

    engine: Engine
    result: Result
    whole: gr.Column
    board: gr.HTML
    leave: gr.Button

    @property
    def shown(self) -> list[Any]:
        """What `offer` gives values for."""
        return [self.whole, self.board, self.leave]

    def offer(self, table: Any, request: gr.Request) -> tuple[Any, ...]:
        """The board once the game is over; nothing before."""
        if self.result(table) is None:
            return gr.Column(visible=False), "", gr.Button(visible=False)
        with in_plain_words():
            rows, is_on = scoreboard.list_board(self.engine), scoreboard.is_on_board(self.engine, user_of(request))
        return gr.Column(visible=True), render("board", rows=rows, say_time=say_time), gr.Button(visible=is_on)

    def enter(self, table: Any, nickname: str, request: gr.Request) -> tuple[Any, ...]:
        """Put this game on it."""
        found = self.result(table)
        if found is None:  # the button is only seen once a game is over
            raise page_gone()
        right, rounds = found
        with in_plain_words():
            scoreboard.enter_score(self.engine, user_of(request), nickname=nickname or "", right=right, rounds=rounds)
        return self.offer(table, request)

    def take_off(self, table: Any, request: gr.Request) -> tuple[Any, ...]:
        """Take the player off it."""
        with in_plain_words():
            scoreboard.leave_board(self.engine, user_of(request))
        return self.offer(table, request)


def build_scoreboard(engine: Engine, table: gr.State, result: Result) -> Scoreboard:
    """Build it into the page that is open. table: the game's state, as `result` takes it."""
    with gr.Column(visible=False, elem_id="scoreboard") as whole:
        board = build_html("")
        with gr.Row():
            label = "Your nickname, which all players of this page see"
            nickname = gr.Textbox(label=label, max_lines=1, max_length=MAX_NICKNAME_CHARACTERS)
            enter = gr.Button("Put me on the board", size="sm", variant="secondary", min_width=160)
        leave = gr.Button("Take me off the board", size="sm", variant="secondary", visible=False, elem_classes="lesser")
    made = Scoreboard(engine, result, whole, board, leave)
    gr.on([enter.click, nickname.submit], made.enter, [table, nickname], made.shown, **ASKING)
    leave.click(made.take_off, [table], made.shown, **ASKING)
    return made
