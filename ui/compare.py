"""The Compare tab: one photo, the chosen detectors, and what they say of every face in it."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from detectors.compare import Jury, compare, judge_stepwise
from detectors.images import ImageError, read_image
from ui import examples
from ui.cards import Drawing, Pieces, say
from ui.photo_input import PhotoInput

ONE_AT_A_TIME: dict[str, Any] = {"concurrency_id": "inference", "concurrency_limit": 1}  # all that runs a network
log = logging.getLogger(__name__)
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
QUICK: dict[str, Any] = PRIVATE | {"queue": False}
EMPTY = say("The verdicts appear here.", more="Drop a photo, paste one, take one, or try an example.")
WAITING = say("Waiting for its turn…", kind="busy")
SEARCHING = say("Looking for faces…", kind="busy")
CANCELLED = say("Cancelled.", more="Press Judge to start again.")
BROKEN = say("Something went wrong here; the server's log says what.", kind="error")
NO_PICTURE = "Choose a picture first."
NO_DETECTOR = "Choose at least one detector."
ALT = "The chosen picture"
PLACEHOLDER = "# Drop a photo here\nor click to choose one"


@dataclass(frozen=True)
class Controls:
    """The components of the tab that take part in its events."""

    picture: PhotoInput
    portrait: gr.Button
    forgery: gr.Button
    detectors: gr.CheckboxGroup
    judge: gr.Button
    cancel: gr.Button
    verdicts: gr.HTML
    turn: gr.State  # counts the judgings


def build_compare(jury: Jury) -> None:
    """Build the tab into the page that is open, and connect it."""
    controls = _lay_out(jury)
    _connect(controls, jury)
    _offer_api(controls, jury)


def _lay_out(jury: Jury) -> Controls:
    with gr.Row(elem_id="compare"):
        with gr.Column(elem_id="case", scale=2, min_width=300):
            picture = PhotoInput(
                show_label=False, height=320, placeholder=PLACEHOLDER, buttons=[], elem_id="photo", alt_text=ALT
            )
            with gr.Row(elem_id="examples"):
                portrait = gr.Button("Try a portrait", size="sm", variant="secondary")
                forgery = gr.Button("Try a forgery of it", size="sm", variant="secondary")
            detectors = _list_detectors(jury)
            judge = gr.Button("Judge", variant="primary", elem_id="judge")
            cancel = gr.Button("Cancel", variant="secondary", visible=False, elem_id="cancel")
        with gr.Column(scale=5, min_width=320):
            verdicts = gr.HTML(
                EMPTY,
                html_template='<div class="jury">${value.join("")}</div>',
                js_on_load=None,
                apply_default_css=False,
                elem_id="verdicts",
            )
    return Controls(picture, portrait, forgery, detectors, judge, cancel, verdicts, gr.State(0))


def _list_detectors(jury: Jury) -> gr.CheckboxGroup:
    choices = [(spec.title, spec.key) for spec in jury.specs]
    return gr.CheckboxGroup(choices, value=[key for _, key in choices], label="Detectors", elem_id="detectors")


def _connect(controls: Controls, jury: Jury) -> None:
    """A new picture clears the old verdicts at once, stops what still runs, and is judged.

    Order matters: the browser takes the listeners of a change in turn, and must cancel before it starts anew.
    """
    buttons = [controls.judge, controls.cancel]
    given = [controls.picture, controls.detectors]
    judging = controls.turn.change(_judge_with(jury), given, [controls.verdicts], **ONE_AT_A_TIME, **PRIVATE)
    judging.then(lambda: _offer_cancel(False), None, buttons, **QUICK)
    controls.picture.change(None, cancels=[judging])
    started = [controls.verdicts, *buttons, controls.turn]
    starts = [controls.picture.change, controls.judge.click]
    gr.on(
        starts, _start, [*given, controls.turn], started, concurrency_limit=None, **PRIVATE
    )  # queued: else a State does not change
    controls.cancel.click(None, cancels=[judging])
    controls.cancel.click(lambda: (CANCELLED, *_offer_cancel(False)), None, [controls.verdicts, *buttons], **QUICK)
    controls.portrait.click(lambda: str(examples.portrait()), None, [controls.picture], **QUICK)
    controls.forgery.click(lambda: str(examples.forgery()), None, [controls.picture], **ONE_AT_A_TIME, **PRIVATE)


def _start(path: str | None, keys: list[str], turn: int) -> tuple[Any, ...]:
    """What the page shows before the first answer; the next turn starts the judging, the same one does not."""
    if path is None:
        return EMPTY, *_offer_cancel(False), turn
    if not keys:
        return say(NO_DETECTOR, kind="error"), *_offer_cancel(False), turn
    return WAITING, *_offer_cancel(True), turn + 1


def _offer_cancel(running: bool) -> tuple[Any, Any]:
    """The two buttons: Judge, or Cancel in its place."""
    return gr.Button(visible=not running), gr.Button(visible=running)


def _judge_with(jury: Jury) -> Callable[[str, list[str]], Iterator[Pieces]]:
    def judge(path: str, keys: list[str]) -> Iterator[Pieces]:
        """The verdicts as they arrive."""
        yield SEARCHING
        try:
            yield from _draw_stepwise(Path(path), jury.choose(keys))
        except Exception:  # here and not by `failure`, which also follows a turn that was cancelled
            log.exception("judging failed")
            yield BROKEN

    return judge


def _draw_stepwise(path: Path, jury: Jury) -> Iterator[Pieces]:
    try:
        picture = read_image(path)
    except ImageError as error:
        yield say(str(error), kind="error")
        return
    drawing = Drawing(picture.pixels, jury)
    for comparison in judge_stepwise(picture, jury, path=path.name):
        yield drawing.draw(comparison)


def _offer_api(controls: Controls, jury: Jury) -> None:
    """The endpoint /compare: the same, as JSON, for gradio_client and curl."""

    def compare_picture(picture: str | None, detectors: list[str]) -> dict[str, Any]:
        """Judge every face in a picture. The answer is one entry of `python -m detectors compare --json`."""
        if picture is None or not detectors:
            raise gr.Error(NO_DETECTOR if picture else NO_PICTURE, print_exception=False)
        answer = compare(Path(picture), jury.choose(detectors)).as_dict()
        return answer | {"path": None}  # gradio_client takes any object with a "path" for a file and fetches it

    trigger, answer = gr.Button(visible=False), gr.JSON(visible=False, label="comparison")
    given = [controls.picture, controls.detectors]
    trigger.click(compare_picture, inputs=given, outputs=answer, api_name="compare", **ONE_AT_A_TIME)
