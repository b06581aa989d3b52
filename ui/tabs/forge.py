"""The Forge tab: forge the face in your own photo, and see which detectors notice and where their heat maps point."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from detectors.forgery.blend import MAX_SOFTNESS, BlendParameters, Region
from detectors.forgery.pointing import read_pointing
from detectors.forgery.trial import FILE_NAME, MAX_SIDE, Trial, as_file, count_noticing, forge_photo, hear
from detectors.inputs.images import ImageError, Picture
from detectors.jury.compare import judge_stepwise
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison
from ui.components import examples
from ui.components.controls import NO_PICTURE, offer_stop
from ui.components.judging import run_job
from ui.components.markup import build_frame, build_html
from ui.components.photo_input import PhotoInput, build_photo
from ui.render.cards import WAITING, Pieces, render, say
from ui.render.download import NO_FILE, Saved, save_on_click
from ui.render.pictures import draw_mask, draw_scene
from ui.render.wording import say_notice, say_pointing
from ui.server.events import ALL_AT_ONCE, PRIVATE, QUICK
from ui.server.job_slot import Job, JobSlot
from ui.server.queue import FairQueue

SMALL: dict[str, Any] = {"variant": "secondary", "size": "sm", "elem_classes": "lesser"}
REGIONS = [("Whole face", "face"), ("Eyes", "eyes"), ("Nose", "nose"), ("Mouth", "mouth"), ("Lower half", "lower")]
VARIANTS = 9
VARIANT = 6  # on the example, one that half of our own jury notices
EMPTY = say("The forgery appears here.", more="Choose a photo, or take the example, and press Forge.")
FORGING = say("Forging…", kind="busy")
CANCELLED = say("Cancelled.", more="Press Forge to start again.")
VARIES = "Random, but repeatable: colour, sharpness, size and position of the copy"
Shown = tuple[Any, Any, Any, Any]
"""What an event changes: the result, the Forge button, the Cancel button, the Save button."""


@dataclass(frozen=True, eq=False)
class Order(Job):
    """What is to be forged, and how."""

    recipe: BlendParameters = field(default_factory=BlendParameters)


@dataclass
class ForgeSession:
    """One visitor's: the slot, and the order whose forgery is shown whole. No picture of theirs is kept here."""

    slot: JobSlot = field(default_factory=JobSlot)
    done: Order | None = None


@dataclass(frozen=True)
class ForgeControls:
    """The components of the tab that take part in its events."""

    photo: PhotoInput
    example: gr.Button
    recipe: list[Any]
    forge: gr.Button
    cancel: gr.Button
    result: gr.HTML
    save: gr.Button
    session: gr.State


def build_forge(jury: Jury, queue: FairQueue) -> None:
    """Build the tab into the page that is open, and connect it."""
    controls = _lay_out()
    shown = [controls.result, controls.forge, controls.cancel, controls.save]
    given = [controls.photo, controls.session, *controls.recipe]
    # queued, so that what it shows comes after what an older judging still had to say
    started = controls.forge.click(_start, given, shown, trigger_mode="multiple", **ALL_AT_ONCE, **PRIVATE)
    run = _run_with(jury, queue)
    started.then(run, [controls.session], shown, trigger_mode="multiple", **ALL_AT_ONCE, **PRIVATE)
    for event, sentence in ((controls.cancel.click, CANCELLED), (controls.photo.change, EMPTY)):
        event(_clear_to(sentence), [controls.session], shown, **ALL_AT_ONCE, **PRIVATE)
    controls.example.click(lambda: str(examples.portrait()), None, [controls.photo], **QUICK)
    save_on_click(controls.save, _save, [controls.session], concurrency_limit=1, **PRIVATE)


def _lay_out() -> ForgeControls:
    build_html(render("forge_intro", side=MAX_SIDE))
    with gr.Row(elem_id="forge"):
        with gr.Column(scale=2, min_width=300):
            photo = build_photo(height=260, elem_id="forge-photo", alt_text="The photo to forge")
            example = gr.Button("Take the example portrait", size="sm", variant="secondary")
            region = gr.Radio(REGIONS, value="face", label="What to forge", elem_id="forge-region")
            strength = gr.Slider(10, 100, 100, step=5, label="Strength, %", info="How much of the altered copy shows")
            softness = gr.Slider(0, 100, 40, step=5, label="Smoothness of the border, %", info="0 is a hard cut")
            variant = gr.Slider(1, VARIANTS, VARIANT, step=1, label="Variant", info=VARIES)
            forge = gr.Button("Forge", variant="primary", elem_id="forge-start")
            cancel = gr.Button("Cancel", variant="secondary", visible=False)
        with gr.Column(scale=5, min_width=320):
            result = build_frame(EMPTY, elem_id="forge-result")
            save = gr.Button("Save the forged picture", visible=False, elem_id="forge-save", **SMALL)
    recipe = [region, strength, softness, variant]
    return ForgeControls(photo, example, recipe, forge, cancel, result, save, gr.State(ForgeSession()))


def _start(path: str | None, session: ForgeSession, *told: Any) -> Shown:
    session.done = None
    if path is None:
        session.slot.clear(say(NO_PICTURE, kind="error"))
    else:
        session.slot.put(Order(Path(path), (), recipe=_read_recipe(*told)), WAITING)
    return _show(session, session.slot.notice)


def _read_recipe(region: Region, strength: float, softness: float, variant: float) -> BlendParameters:
    """strength, softness: in percent, as the sliders have them."""
    return BlendParameters(region, strength / 100, softness / 100 * MAX_SOFTNESS, int(variant))


def _clear_to(sentence: Pieces) -> Callable[[ForgeSession], Shown]:
    def clear(session: ForgeSession) -> Shown:
        session.done = None
        session.slot.clear(sentence)
        return _show(session, sentence)

    return clear


def _show(session: ForgeSession, pieces: Any) -> Shown:
    """These pieces, with the buttons that go with them."""
    return pieces, *offer_stop(session.slot.busy), gr.Button(visible=session.done is not None)


def _run_with(jury: Jury, queue: FairQueue) -> Callable[[ForgeSession], Iterator[Shown]]:
    def run(session: ForgeSession) -> Iterator[Shown]:
        """The forgery, then what is said of it, for as long as it is wanted."""
        order = session.slot.take()
        if not isinstance(order, Order):  # an earlier run took it
            yield (gr.skip(),) * 4
            return
        for pieces in run_job(order, session.slot, queue, partial(_find, order, jury, session)):
            yield _show(session, pieces)

    return run


def _find(order: Order, jury: Jury, session: ForgeSession) -> Iterator[Pieces]:
    """Before, after and the mask; then what was said of both. Raises ImageError."""
    wanted = partial(session.slot.wants, order)
    yield FORGING
    trial = forge_photo(order.path, order.recipe)
    shown = _draw_pictures(trial)
    yield [shown, *say("The jury looks at both…", kind="busy")]
    before, after = (_judge_last(picture, jury, wanted) for picture in (trial.before, trial.after))
    if wanted():
        yield [shown, _draw_answers(trial, before, after, jury)]
    if wanted():
        session.done = order


def _draw_answers(trial: Trial, before: Comparison, after: Comparison, jury: Jury) -> str:
    """What each detector said of both pictures, and how many noticed."""
    said = hear(trial, before, after, jury)
    noticing, voted = count_noticing(said)
    return render(
        "trial",
        said=said,
        noticing=noticing,
        voted=voted,
        say_notice=say_notice,
        say_pointing=say_pointing,
        read_pointing=read_pointing,
    )


def _judge_last(picture: Picture, jury: Jury, wanted: Callable[[], bool]) -> Comparison:
    *_, comparison = judge_stepwise(picture, jury, wanted=wanted)
    if comparison.error:  # the server is about to end
        raise ImageError(comparison.error)
    return comparison


def _draw_pictures(trial: Trial) -> str:
    left, top, right, bottom = trial.frame
    before, after = (draw_scene(picture.pixels[top:bottom, left:right]) for picture in (trial.before, trial.after))
    mask = draw_mask(trial.forgery.mask[top:bottom, left:right])
    return render("forged", before=before, after=after, mask=mask, reduced=trial.reduced, side=MAX_SIDE)


def _save(session: ForgeSession) -> Saved:
    """The forgery that is shown, made once more: nothing of it was kept."""
    if session.done is None:
        return NO_FILE
    try:
        trial = forge_photo(session.done.path, session.done.recipe)
    except ImageError as error:
        raise gr.Error("The photo is no longer on the server; choose it again.", print_exception=False) from error
    return FILE_NAME, "image/png;base64", base64.b64encode(as_file(trial)).decode("ascii")
