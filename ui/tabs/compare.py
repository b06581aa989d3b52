"""The photo view of Check: the field for all files, one photo, the detectors, and what they say of every face in it."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from detectors.inputs.images import read_image
from detectors.jury.compare import compare, judge_stepwise
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison
from detectors.provenance import read_provenance
from storage.recorder import Recorder
from ui.components import examples
from ui.components.by_address import FETCHING, build_by_address, fetched
from ui.components.controls import NO_DETECTOR, NO_PICTURE, list_detectors, offer_stop
from ui.components.entrance import build_entrance, build_uploading
from ui.components.files_input import FilesInput
from ui.components.judging import run_job
from ui.components.keeping import Keeping, build_keeping, build_tick, connect_keeping, record_call, record_page
from ui.components.markup import build_verdicts
from ui.components.photo_input import PhotoInput, build_photo
from ui.render.cards import WAITING, Drawing, Pieces, say
from ui.render.reports.photo import build_report
from ui.server.endpoint import ENDPOINTS, offer_endpoint, without_path
from ui.server.events import ALL_AT_ONCE, PRIVATE, QUICK
from ui.server.job_slot import Job, JobSlot
from ui.server.queue import FairQueue, QueueFullError
from ui.server.remote_picture import Fetcher

EMPTY = say(
    "The verdicts appear here.", more="Drop a photo, several files, a zip, a video or a sound, or try an example."
)
SEARCHING = say("Looking for faces…", kind="busy")
CANCELLED = say("Cancelled.", more="Press Judge to start again.")
STABILITY = "Test how much verdicts change when the face is recompressed, reduced in size or shifted"
ALT = "The chosen picture"
Shown = tuple[Any, Any, Any]
"""What an event changes: the verdicts, the Judge button, the Cancel button."""

Record = Callable[[Comparison], None]
"""What is done with a comparison that is complete."""


@dataclass(frozen=True)
class CompareControls:
    """The components of the tab that take part in its events."""

    entrance: FilesInput
    picture: PhotoInput
    portrait: gr.Button
    forgery: gr.Button
    detectors: gr.CheckboxGroup
    stability: gr.Checkbox
    judge: gr.Button
    cancel: gr.Button
    another: gr.Button
    verdicts: gr.HTML
    slot: gr.State
    keeping: Keeping | None  # where visitors are signed in

    @property
    def shown(self) -> list[Any]:
        """What `clear` gives values for."""
        return [self.verdicts, self.judge, self.cancel, *(self.keeping.shown if self.keeping else [])]

    def clear(self, slot: JobSlot, notice: Pieces) -> dict[Any, Any]:
        """Want nothing, and show this in place of the verdicts and of all that is said below them."""
        slot.clear(notice)
        judge, cancel = offer_stop(False)
        shown = {self.verdicts: notice, self.judge: judge, self.cancel: cancel}
        return shown | (self.keeping.clear() if self.keeping else {})


def build_compare(
    jury: Jury, queue: FairQueue, recorder: Recorder | None = None, fetcher: Fetcher | None = None
) -> CompareControls:
    """Build the tab into the page that is open, and connect it.

    recorder: writes down what its visitors compare; fetcher: brings pictures by their addresses, where that is allowed.
    """
    controls = _lay_out(jury, recorder, fetcher)
    _connect(controls, jury, queue)
    _offer_api(controls, jury, queue, fetcher)
    return controls


def _lay_out(jury: Jury, recorder: Recorder | None, fetcher: Fetcher | None) -> CompareControls:
    with gr.Row(elem_id="compare"):
        with gr.Column(elem_id="case", scale=2, min_width=300):
            entrance = build_entrance()
            picture = build_photo(height=320, elem_id="photo", alt_text=ALT)
            if fetcher:
                build_by_address(fetcher, picture)
            with gr.Row(elem_id="examples"):
                portrait = gr.Button("Try a portrait", size="sm", variant="secondary")
                forgery = gr.Button("Try a forgery of it", size="sm", variant="secondary")
            with gr.Accordion("Options", open=False, elem_id="options"):
                detectors = list_detectors(jury, elem_id="detectors")
                stability = gr.Checkbox(False, label=STABILITY, container=False, elem_id="stability")
            judge = gr.Button("Judge", variant="primary", elem_id="judge")
            cancel = gr.Button("Cancel", variant="secondary", visible=False, elem_id="cancel")
            another = gr.Button("Check another", variant="secondary", elem_id="another")
        with gr.Column(scale=5, min_width=320):
            build_uploading()
            verdicts, slot = build_verdicts(EMPTY, elem_id="verdicts"), gr.State(JobSlot())
            build_report(slot, jury, concurrency_id="report", concurrency_limit=1, **PRIVATE)
            keeping = build_keeping(recorder, build_tick(), picture) if recorder else None
    return CompareControls(
        entrance,
        picture,
        portrait,
        forgery,
        detectors,
        stability,
        judge,
        cancel,
        another,
        verdicts,
        slot,
        keeping,
    )


def _connect(controls: CompareControls, jury: Jury, queue: FairQueue) -> None:
    """A new picture clears the old verdicts at once, stops what still runs, and is judged."""
    shown = [controls.verdicts, controls.judge, controls.cancel]
    given = [controls.picture, controls.detectors, controls.slot, controls.stability]
    starts = [controls.picture.change, controls.judge.click]
    # queued, so that what it shows comes after what an older judging still had to say
    started = gr.on(starts, _start, given, shown, trigger_mode="multiple", **ALL_AT_ONCE, **PRIVATE)
    judge = _judge_with(jury, queue, controls.keeping)
    judged = started.then(judge, [controls.slot], shown, trigger_mode="multiple", **ALL_AT_ONCE, **PRIVATE)
    if controls.keeping:
        connect_keeping(controls.keeping, controls.slot, picture=controls.picture, starts=starts, judged=judged)
    controls.cancel.click(_cancel, [controls.slot], shown, **QUICK)
    controls.another.click(lambda: None, None, [controls.picture], **QUICK)
    controls.portrait.click(lambda: str(examples.portrait()), None, [controls.picture], **QUICK)
    controls.forgery.click(lambda: str(examples.forgery()), None, [controls.picture], **PRIVATE)


def _start(path: str | None, keys: list[str], slot: JobSlot, stability: bool) -> Shown:
    """What the page shows before the first answer."""
    if path is None or not keys:
        slot.clear(EMPTY if path is None else say(NO_DETECTOR, kind="error"))
    else:
        slot.put(Job(Path(path), tuple(keys), stability), WAITING)
    return slot.notice, *offer_stop(slot.busy)


def _cancel(slot: JobSlot) -> Shown:
    slot.clear(CANCELLED)
    return slot.notice, *offer_stop(slot.busy)


def _judge_with(
    jury: Jury, queue: FairQueue, keeping: Keeping | None
) -> Callable[[JobSlot, gr.Request], Iterator[Shown]]:
    def judge(slot: JobSlot, request: gr.Request) -> Iterator[Shown]:
        """The verdicts as they arrive, for as long as they are wanted."""
        job = slot.take()
        if job is None:  # an earlier run took it
            yield gr.skip(), gr.skip(), gr.skip()
            return
        chosen = jury.choose(job.detectors)
        record = partial(record_page, keeping.recorder, request, chosen.specs) if keeping else _forget
        find = partial(_find, job, chosen, wanted=lambda: slot.wants(job), record=record)
        for shown in run_job(job, slot, queue, find):
            yield shown, *offer_stop(slot.busy)

    return judge


def _forget(comparison: Comparison) -> None:
    """Where nobody is signed in, nothing is recorded."""


def _find(job: Job, jury: Jury, *, wanted: Callable[[], bool], record: Record) -> Iterator[Pieces]:
    """The verdicts of a job as they arrive. Raises ImageError."""
    yield SEARCHING
    picture = read_image(job.path)
    drawing, provenance = Drawing(picture.pixels, jury), read_provenance(job.path)
    for judged in judge_stepwise(picture, jury, path=job.path.name, stability=job.stability, wanted=wanted):
        if judged.error:
            yield say(judged.error, kind="error")
            return
        comparison = replace(judged, provenance=provenance)
        yield drawing.draw(comparison)
    if wanted():  # else it ended before all had spoken
        record(comparison)


def _offer_api(controls: CompareControls, jury: Jury, queue: FairQueue, fetcher: Fetcher | None) -> None:
    """The endpoint /compare: the same, as JSON, for gradio_client and curl; and /compare_url, where it is allowed."""
    keeping = controls.keeping

    def compare_picture(picture: str | None, detectors: list[str], request: gr.Request) -> dict[str, Any]:
        """Judge every face in a picture. The answer is one entry of `compare --json --provenance`."""
        if picture is None or not detectors:
            raise gr.Error(NO_DETECTOR if picture else NO_PICTURE, print_exception=False)
        try:
            with queue.wait() as place:
                deque(place, maxlen=0)  # wait
                chosen = jury.choose(detectors)
                judged = compare(Path(picture), chosen, path=Path(picture).name)
        except QueueFullError as error:
            raise gr.Error(str(error), print_exception=False) from error
        sentence = ENDPOINTS.get(judged.error, judged.error)
        comparison = replace(judged, error=sentence, provenance=read_provenance(Path(picture)))
        if keeping:
            record_call(keeping.recorder, request, chosen.specs, comparison)
        return without_path(comparison.as_dict())

    def compare_address(url: str, detectors: list[str], request: gr.Request) -> dict[str, Any]:
        """Judge every face in a picture on the web, by its address. The answer is that of /compare."""
        with fetched(fetcher, url) as picture:  # type: ignore[arg-type]
            return compare_picture(str(picture), detectors, request)

    given = [controls.picture, controls.detectors]
    offer_endpoint(compare_picture, given, name="compare", label="comparison", **ALL_AT_ONCE)
    if fetcher:
        address = gr.Textbox(visible=False, label="url")
        given = [address, controls.detectors]
        offer_endpoint(compare_address, given, name="compare_url", label="comparison", **FETCHING)
