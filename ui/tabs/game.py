"""The game: real or forged? A player against every detector and the jury, on the pictures of an operator's folder.

Until the player has answered, the browser is sent the picture and nothing else: re-encoded like all others, no name,
no address, no metadata. What it is, and what the detectors said, stays in this process.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr
from sqlalchemy import Engine

from detectors.forgery.game import (
    MAX_OF_A_CLASS,
    ROUNDS,
    Deck,
    Exhibit,
    Guess,
    count_scores,
    deal,
    find_fooled,
    take_answers,
    wilson,
)
from detectors.inputs.images import ImageError, Picture, read_image
from detectors.jury.fusion import JURY_TITLE
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison
from detectors.scan.batch import Item, judge_item
from ui.components.judging import run_steps, take_turn
from ui.components.markup import build_frame, build_verdicts
from ui.components.scoreboard import build_scoreboard
from ui.render.cards import Drawing, Pieces, render, say
from ui.render.pictures import ROUND_PIXELS, draw_alike, draw_thumb
from ui.server.database import ASKING
from ui.server.events import ALL_AT_ONCE, PRIVATE
from ui.server.limits.visits import page_gone
from ui.server.queue import FairQueue

log = logging.getLogger(__name__)
DEALING: dict[str, Any] = {"concurrency_id": "dealing", "concurrency_limit": 2}  # each decodes a picture
LOOKING = say("The jury is judging the picture, too…", kind="busy")
DECIDED = say("The jury has decided.", more="You see its answer after giving yours.")
SEALED = say("You have answered; the jury is still judging…", kind="busy")
GONE = say("The pictures of this game are no longer available.", more="Ask the operator of this page.", kind="error")
ASK_AGAIN = "Your answer counts; press either button to ask the jury again."
YOU = "You"
LEFT_OUT = f"not readable as pictures, duplicates, or more than {MAX_OF_A_CLASS} of a kind."
Shown = tuple[Any, ...]
"""What an event changes: the picture, what is said, and the buttons Play, Real, Forged and Next."""


@dataclass
class Turn:
    """One round. shown: the picture as the browser gets it; guess: the player's; answers: sealed until there is one."""

    exhibit: Exhibit
    shown: str
    thumb: str
    guess: bool | None = None
    answers: list[Guess] = field(default_factory=list)
    drawn: Pieces = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether everybody has answered."""
        return self.guess is not None and bool(self.answers)

    @property
    def everybody(self) -> list[Guess]:
        """The player's answer, then the detectors', then the jury's."""
        return [Guess(YOU, self.guess), *self.answers]


@dataclass
class Table:
    """One player's game. turns: those played and the one on the table."""

    rounds: int = 0
    coming: list[Exhibit] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    ended: bool = False

    @property
    def turn(self) -> Turn | None:
        """The round on the table."""
        return self.turns[-1] if self.turns else None


def say_gaps(deck: Deck | None) -> Iterator[str]:
    """What its operator should know of a game's folder."""
    if deck and deck.left_out:
        yield f"The game leaves out {deck.left_out} {'file' if deck.left_out == 1 else 'files'}: {LEFT_OUT}"
    if deck and deck.rounds < ROUNDS:
        yield f"With so few pictures a game has {deck.rounds} rounds instead of {ROUNDS}."


def build_game(jury: Jury, queue: FairQueue, deck: Deck, engine: Engine | None = None) -> None:
    """Build the tab into the page that is open, and connect it. engine: of the accounts, for a scoreboard."""
    table = gr.State(Table())
    intro = [render("game_intro", deck=deck, pixels=ROUND_PIXELS, detectors=len(jury.specs))]
    with gr.Row(elem_id="game"):
        with gr.Column(scale=2, min_width=300):
            picture = build_frame(intro, elem_id="game-picture")
            with gr.Row():
                play = gr.Button("Play", variant="primary", elem_id="game-play")
                real = gr.Button("Real", variant="primary", visible=False, elem_id="game-real")
                forged = gr.Button("Forged", variant="primary", visible=False, elem_id="game-forged")
                after = gr.Button("Next", variant="primary", visible=False, elem_id="game-next")
        with gr.Column(scale=3, min_width=320):
            said = build_verdicts([], elem_id="game-said")
            sealed = build_frame([], elem_id="game-sealed")
            board = build_scoreboard(engine, table, _result) if engine else None
    shown = [picture, said, play, real, forged, after]
    judge = _judge_with(jury, queue)
    for button, begin in ((play, _begin_with(deck)), (after, _follow)):
        dealt = button.click(begin, [table], shown, **DEALING, **PRIVATE)
        if board:
            dealt.then(board.offer, [table], board.shown, **ASKING)
        dealt.then(judge, [table], [sealed], trigger_mode="multiple", **ALL_AT_ONCE, **PRIVATE)
    for button, guess in ((real, False), (forged, True)):
        guessed = button.click(_guess(guess), [table], [real, forged], **ALL_AT_ONCE, **PRIVATE)
        guessed.then(_reveal_with(jury, queue), [table], [*shown, sealed], **ALL_AT_ONCE, **PRIVATE)


def _begin_with(deck: Deck) -> Callable[[Table], Shown]:
    def begin(table: Table) -> Shown:
        """A new game, also in the middle of one."""
        table.coming, table.turns, table.ended = deal(deck), [], False
        table.rounds = len(table.coming)
        return _go_on(table)

    return begin


def _follow(table: Table) -> Shown:
    if table.turn is None:
        raise page_gone()
    return _go_on(table)


def _go_on(table: Table) -> Shown:
    """The next round once this one is over; the end after the last."""
    if table.turn is None or table.turn.over:
        turn = _draw_next(table)
        table.ended = turn is None
        table.turns += [turn] if turn else []
    return _show(table)


def _draw_next(table: Table) -> Turn | None:
    """The next picture that can still be read; None when there is none."""
    while table.coming:
        exhibit = table.coming.pop(0)
        try:
            pixels = read_image(exhibit.path).pixels
            return Turn(exhibit, draw_alike(pixels), draw_thumb(pixels))
        except ImageError as error:  # it could be when the page was opened
            log.warning("a picture of the game cannot be opened", extra={"reason": str(error)})
            table.rounds -= 1
    return None


def _guess(forged: bool) -> Callable[[Table], tuple[Any, Any]]:
    def guess(table: Table) -> tuple[Any, Any]:
        """The first answer counts."""
        if table.turn is None:
            raise page_gone()
        if table.turn.guess is None:
            table.turn.guess = forged
        return gr.Button(interactive=False), gr.Button(interactive=False)

    return guess


def _judge_with(jury: Jury, queue: FairQueue) -> Callable[[Table], Iterator[Pieces]]:
    def judge(table: Table) -> Iterator[Pieces]:
        """Have the picture judged while the player thinks; how far that is shows, and nothing else."""
        turn = table.turn
        if turn is None or table.ended:
            yield []
            return
        yield LOOKING
        yield from run_steps(_settle(turn, jury, queue))  # what failed may go well once the player has answered
        yield [] if turn.guess is not None or not turn.answers else DECIDED

    return judge


def _reveal_with(jury: Jury, queue: FairQueue) -> Callable[[Table], Iterator[Shown]]:
    def reveal(table: Table) -> Iterator[Shown]:
        """What it was and what everybody said, once everybody has answered."""
        turn = table.turn
        if turn is None or turn.guess is None:
            yield *_show(table), gr.skip()
            return
        unchanged = (gr.skip(),) * 6
        if not turn.answers:
            yield *unchanged, SEALED
        failed = yield from run_steps(((*unchanged, said) for said in _settle(turn, jury, queue)), more=ASK_AGAIN)
        yield *_show(table), failed

    return reveal


def _settle(turn: Turn, jury: Jury, queue: FairQueue) -> Iterator[Pieces]:
    """Have the round judged, once. Yields how many are before it. Raises QueueFullError."""

    def judge() -> Iterable[Pieces]:
        comparison, picture = judge_item(Item("", turn.exhibit.path), jury)
        turn.drawn = _draw(comparison, picture, jury)
        turn.answers = take_answers(comparison, jury)
        return ()

    if not turn.answers:
        yield from take_turn(queue, judge, wanted=lambda: not turn.answers)


def _draw(comparison: Comparison, picture: Picture | None, jury: Jury) -> Pieces:
    """The picture with its boxes, the faces with their rows and heat maps."""
    if picture is None:
        return say(str(comparison.error), kind="error")
    drawing = Drawing(picture.pixels, jury, anchor="game-face", settled=True)
    faces = tuple(replace(face, jury=None, agreement=None) for face in comparison.faces)  # the jury is a player here
    shown = replace(comparison, faces=faces, provenance=None)  # what a file says of itself plays no part
    return drawing.draw(shown)[1:]  # without the headline


def _show(table: Table) -> Shown:
    """The picture, what is said, and the buttons, as the game stands."""
    turn = table.turn
    asking, told = turn is not None and not turn.over, turn is not None and turn.over and not table.ended
    offers = (
        gr.Button("Play again", visible=table.ended or turn is None),
        gr.Button(visible=asking, interactive=True),
        gr.Button(visible=asking, interactive=True),
        gr.Button("Next picture" if table.coming else "See the result", visible=told),
    )
    if turn is None:
        return GONE, [], *offers
    if table.ended:
        fooled = [render("fooled", turns=[(turn, _fooled(turn)) for turn in table.turns])]
        return _draw_end(table), fooled, *offers
    number = len(table.turns)
    values = {"turn": turn, "number": number, "rounds": table.rounds}
    scores = _count(table)
    if not turn.over:
        return [render("round", **values)], [render("scores", scores=scores)] if scores else [], *offers
    told_now = render("reveal", scores=scores, **values)
    return [render("round", **values)], [told_now, *turn.drawn], *offers


def _fooled(turn: Turn) -> list[str]:
    """Whom it fooled, as named within a sentence."""
    return [_name(player) for player in find_fooled(turn.everybody, forged=turn.exhibit.forged)]


def _name(player: str) -> str:
    """A player within a sentence."""
    return player.lower() if player in (YOU, JURY_TITLE) else player


def _count(table: Table) -> list[Any]:
    over = [turn for turn in table.turns if turn.over]
    return count_scores([(turn.exhibit.forged, turn.everybody) for turn in over]) if over else []


def _result(table: Table) -> tuple[int, int] | None:
    """The player's right answers and rounds, once the game is over."""
    you = _count(table)[:1] if table.ended else []
    return (you[0].right, you[0].rounds) if you else None


def _draw_end(table: Table) -> Pieces:
    """Who did how well, and how little ten rounds say."""
    you, *others = _count(table)
    low, high = wilson(you.right, you.rounds)
    beaten = [_name(other.player) for other in others if other.right < you.right]
    level = [_name(other.player) for other in others if other.right == you.right]
    return [render("game_end", you=you, others=others, beaten=beaten, level=level, low=low, high=high)]
