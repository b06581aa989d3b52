"""A judged video as it is looked at, on Check and in the history: who is in it, one of them, and one frame."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from detectors.jury.judge import Jury
from ui.components.markup import build_frame, build_html, build_verdicts, read_script
from ui.render.cards import Pieces, render, say
from ui.render.video import Film, draw_film, draw_frame, draw_person, find_first_shown
from ui.server.events import QUICK
from ui.server.limits.visits import OPEN_TOO_LONG


@dataclass
class FilmView:
    """What one visitor sees of a video. jury: who judged it, None before the first.

    person, frame: a number and an index, None where none was chosen.
    """

    jury: Jury | None = None  # not Jury(()): Gradio copies what a visit starts with, and locks cannot be copied
    film: Film | None = None
    person: int | None = None
    frame: int | None = None

    @property
    def judges(self) -> Jury:
        """Who judged it; nobody before the first."""
        return self.jury or Jury(())

    @property
    def busy(self) -> bool:
        """Whether more of it may come."""
        return False


def lay_out_film(view: gr.State, *, prefix: str, player: bool = False) -> list[Any]:
    """The persons, the chosen one and the frame, connected to their clicks.

    view: holds a FilmView; prefix: of their ids; player: whether there is a player to move together with.
    """
    choose = f"const hasPlayer = {'true' if player else 'false'};" + read_script("listen.js", "film.js")
    persons = build_frame([], script=choose, elem_id=f"{prefix}-persons")
    if player:
        build_html(render("player"), script=read_script("listen.js", "upload_link.js", "player.js"))
    person = build_frame([], script=choose, elem_id=f"{prefix}-person")
    frame = build_verdicts([], elem_id=f"{prefix}-frame", elem_classes="film-frame")
    for part in (persons, person):
        part.click(choose_part, [view], [persons, person, frame], trigger_mode="always_last", **QUICK)
    return [persons, person, frame]


def draw_view(view: FilmView, film: Film) -> tuple[Pieces, Pieces, Pieces]:
    """The persons, the chosen one, and the chosen frame: the most suspect until another is chosen."""
    person = film.find(view.person)
    if person is None:
        return [] if view.busy else draw_film(film, None), [], []
    index = view.frame if view.frame is not None else find_first_shown(person)
    index = min(index, len(person.frames) - 1)
    frame = [] if view.busy else draw_frame(film, person, index, view.judges)
    return draw_film(film, person.number), draw_person(film, person, index), frame


def choose_part(view: FilmView, event: gr.EventData) -> tuple[Any, Any, Any]:
    """Another person, or another frame of the same one."""
    given = event._data if isinstance(event._data, dict) else {}
    person, frame = given.get("person"), given.get("frame")
    if view.film is None:
        return gr.skip(), gr.skip(), gr.skip() if view.busy else say(OPEN_TOO_LONG, kind="error")
    if isinstance(person, int):
        view.person, view.frame = person, None
        return draw_view(view, view.film)
    shown = view.film.find(view.person)
    if shown is None or not isinstance(frame, int) or not 0 <= frame < len(shown.frames):
        return gr.skip(), gr.skip(), gr.skip()
    view.person, view.frame = shown.number, frame
    return gr.skip(), gr.skip(), draw_frame(view.film, shown, frame, view.judges)
