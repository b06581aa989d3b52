"""The video view of Check: one video, who is seen in it, and the verdicts on each person from frame to frame."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gradio as gr

from detectors.inputs.timecode import read_time, say_at, say_length
from detectors.inputs.video import MAX_BYTES, MAX_SECONDS
from detectors.jury.judge import Jury
from detectors.scan.batch import say_time_left
from detectors.video.judge import compare_video, judge_video
from detectors.video.results import JudgedVideo
from registry import DetectorSpec
from storage.recorder import Recorder
from ui.components.controls import NO_TIME, START, list_detectors, offer_stop
from ui.components.entrance import Receiver
from ui.components.files_input import FilesInput
from ui.components.film import FilmView, draw_view, lay_out_film
from ui.components.judging import run_steps
from ui.components.markup import build_frame, build_html
from ui.components.run_keeping import Finished, Smalls, Written, build_run_keeping, connect_run_keeping, record_run
from ui.render.cards import STOPPING, WAITING, Pieces, render, say
from ui.render.download import NO_FILE, Saved, save_on_click
from ui.render.kept.video import draw_film_thumb, outline_film, pack_stills, store_video
from ui.render.reports.video import render_film_report
from ui.render.video import Film
from ui.server.database import user_of
from ui.server.endpoint import offer_endpoint, without_path
from ui.server.events import ALL_AT_ONCE, PRIVATE, QUICK
from ui.server.job_slot import Job, JobSlot

IN_TURN: dict[str, Any] = {"concurrency_id": "video", "concurrency_limit": 1}  # beside Compare, which need not wait
DRAW_SECONDS = 1.0  # between two drawings of a growing plot
EMPTY = say(
    "The people in a video appear here, each with p_fake over time.",
    more=f"MP4, MOV, WebM, MKV or AVI, at most {MAX_BYTES // 1_000_000} MB; {say_length(MAX_SECONDS)} at a time.",
)
OPENING = say("Opening the video…", kind="busy")
STOPPED = "Stopped at {at}; the rest was not seen."
CANCELLED = say("Cancelled.", more="Press Judge the video to start again.")
STILLS = "the most suspect stills"
NO_CHOICE = "Choose a video and at least one detector first."
Shown = tuple[Any, ...]
"""What an event changes: the status, the persons, the person chosen, the frame, the tools, the two buttons."""


@dataclass
class VideoSession(FilmView):
    """One visitor's: the slot, the last video, whom of it they look at, when, and what the history has of it.

    began: of time.monotonic(); stopped: by the visitor, before its end.
    """

    slot: JobSlot = field(default_factory=JobSlot)
    began: float = 0.0
    stopped: bool = False
    written: Written | None = None

    @property
    def busy(self) -> bool:
        """Whether more of it may come."""
        return self.slot.busy

    @property
    def result(self) -> Film | None:
        """What there is to keep of the last video: of one that was stopped, it notes where."""
        return _note_end(self.film) if self.film and self.stopped else self.film


def build_video(jury: Jury, recorder: Recorder | None = None) -> Receiver:
    """Build the view into the page that is open, and connect it.

    recorder: writes down what its visitors have judged.
    """
    session, dropped = gr.State(VideoSession()), gr.State(0.0)
    build_html(render("back"))
    with gr.Row(elem_id="video"):
        with gr.Column(scale=2, min_width=300):
            file = FilesInput(file_count="single", label="A video", height=180, elem_id="video-file")
            start = gr.Textbox(START, label="Start at", max_lines=1, elem_id="video-start")
            keys = list_detectors(jury, elem_id="video-detectors")
            judge = gr.Button("Judge the video", variant="primary", elem_id="video-judge")
            cancel = gr.Button("Cancel", variant="secondary", visible=False, elem_id="video-cancel")
        with gr.Column(scale=5, min_width=320):
            film = _lay_out_film(session)
            keeping = build_run_keeping(recorder, pictures=STILLS, prefix="video") if recorder else None
    shown = [*film, judge, cancel]
    started = gr.on(
        [judge.click, dropped.change], _start, [file, start, keys, session], shown, **ALL_AT_ONCE, **PRIVATE
    )
    judging = _judge_with(jury, recorder)
    judged = started.then(judging, [session], shown, trigger_mode="multiple", **IN_TURN, **PRIVATE)
    if keeping:
        connect_run_keeping(keeping, session, started=started, judged=judged, take_smalls=_take_stills)
    cancel.click(_cancel, [session], shown, **QUICK)
    _offer_api(file, start, keys, jury, recorder)
    return Receiver(file, keys, dropped, tuple(spec.key for spec in jury.limit_to("clip", "audio").specs), start)


def _lay_out_film(session: gr.State) -> list[Any]:
    """What is shown of a video, as in Shown, and connected to its clicks; below it what saves it."""
    status = build_frame(EMPTY, elem_id="video-status")
    parts = lay_out_film(session, prefix="video", player=True)
    with gr.Row(visible=False, elem_id="video-tools") as tools:
        pictured = gr.Checkbox(value=True, label="Include the stills", container=False, min_width=220)
        report = gr.Button("Save the report", min_width=140, elem_id="video-report")
        saved = gr.Button("Save JSON", min_width=110, elem_id="video-json")
    save_on_click(report, _save_report, [pictured, session], **ALL_AT_ONCE, **PRIVATE)
    save_on_click(saved, _save_json, [session], **ALL_AT_ONCE, **PRIVATE)
    return [status, *parts, tools]


def _start(paths: list[str], start: str, keys: list[str], session: VideoSession) -> Shown:
    session.film, session.person, session.frame = None, None, None
    session.stopped, session.written = False, None
    if not paths or not keys:
        session.slot.clear(say(NO_CHOICE, kind="error"))
    else:
        try:
            session.slot.put(Job(Path(paths[0]), tuple(keys), start=read_time(start or "")), WAITING)
        except ValueError:
            session.slot.clear(say(NO_TIME, kind="error"))
    return _show(session)


def _cancel(session: VideoSession) -> Shown:
    session.stopped = session.slot.busy  # a click may come late
    session.slot.clear(STOPPING if session.film else CANCELLED)
    return (gr.skip() if session.film else CANCELLED), *(gr.skip(),) * 4, *offer_stop(False)


def _judge_with(jury: Jury, recorder: Recorder | None = None) -> Callable[[VideoSession, gr.Request], Iterator[Shown]]:
    def judge(session: VideoSession, request: gr.Request) -> Iterator[Shown]:
        """The persons and their lines as they grow, for as long as that is wanted."""
        job = session.slot.take()
        if job is None:  # an earlier run took it, or it was cancelled before its turn
            yield _show(session)
            return
        session.jury, session.film, session.began = jury.choose(job.detectors), None, time.monotonic()
        session.slot.notice = OPENING
        yield _show(session)
        film: Film | None = None
        judges, is_over = session.judges, False

        def watch() -> Iterator[Shown]:
            nonlocal film
            for grown in _watch(session, job):
                film = grown
                yield _show(session)

        try:
            failed = yield from run_steps(watch(), more=job.path.name)
            is_over = session.slot.put_away(job)
            if is_over and failed:
                film, session.film, session.slot.notice = None, None, failed
        finally:  # also of one that another one replaced, or whose page was closed
            if recorder and film:
                seen = film if is_over else _note_end(film)
                recorded = record_run(recorder, user_of(request), _write_up(seen, judges.specs))
                if session.film is film:
                    session.written = Written(recorded)
        yield _show(session)

    return judge


def _watch(session: VideoSession, job: Job) -> Iterator[Film]:
    """Judge it, with a pause for drawing at its first frame, and then now and again. The film is one, and grows."""
    film: Film | None = None
    drawn = 0.0
    given: dict[str, Any] = {"start": job.start, "name": job.path.name}
    for look in judge_video(job.path, session.judges, wanted=lambda: session.slot.wants(job), **given):
        if not session.slot.wants(job):
            return
        session.film = film = film or Film(look.video, source=str(job.path))
        film.add(look)
        if time.monotonic() - drawn > DRAW_SECONDS:
            yield film
            drawn = time.monotonic()


def _note_end(film: Film) -> Film:
    """Of a film that was not seen to its end, the same with a note that says where that was."""
    if film.video.share == 1:
        return film
    note = STOPPED.format(at=say_at(film.video.looks[-1]))
    return replace(film, video=replace(film.video, notes=(*film.video.notes, note)))


def _show(session: VideoSession) -> Shown:
    if session.film is None:
        return list(session.slot.notice) or EMPTY, [], [], [], gr.Row(visible=False), *offer_stop(session.slot.busy)
    tools = gr.Row(visible=not session.slot.busy)
    return (
        _say_progress(session, session.film.video),
        *draw_view(session, session.film),
        tools,
        *offer_stop(session.slot.busy),
    )


def _say_progress(session: VideoSession, video: JudgedVideo) -> Pieces:
    """How far it is; nothing once it is through."""
    busy = session.slot.busy
    if not busy and not session.stopped:
        return []
    left = say_time_left(round(1000 * video.share), 1000, since=session.began) if busy else ""
    values = {"share": round(video.share, 3), "left": left, "busy": busy}
    return [render("watching", at=say_at(video.looks[-1]), end=say_at(round(video.end)), **values)]


def _save_json(session: VideoSession) -> Saved:
    """What `compare --json` prints."""
    film = session.result
    if film is None:
        return NO_FILE
    return "video.json", "application/json", json.dumps([film.video.as_dict()], indent=2)


def _save_report(pictured: bool, session: VideoSession) -> Saved:
    film = session.result
    if film is None:
        return NO_FILE
    text = render_film_report(film, session.judges.specs, pictured=pictured, made=datetime.now(UTC))
    return f"facejury-{film.video.sha256[:12]}.html", "text/html", text


def _write_up(film: Film, specs: tuple[DetectorSpec, ...]) -> Finished:
    """What the history gets of a video, also of one that ended early: at least one look."""
    video = film.video
    return Finished(Path(video.path).name, store_video(video), outline_film(film), specs)


def _take_stills(session: VideoSession) -> Smalls | None:
    """The most suspect frames, the face of whoever is most suspect in front; None where the video is gone."""
    if session.film is None or not session.film.persons():
        return None
    return Smalls(pack_stills(session.film), draw_film_thumb(session.film))


def _offer_api(
    file: FilesInput, start: gr.Textbox, keys: gr.CheckboxGroup, jury: Jury, recorder: Recorder | None
) -> None:
    """The endpoint /video: the same, as JSON, for gradio_client and curl."""

    def judge_film(file: list[str], start: str, detectors: list[str], request: gr.Request) -> dict[str, Any]:
        """Judge every person in a video: one entry of what `compare --json` prints for it.

        start: where to begin, as "90" or "1:30". A video that cannot be judged is an entry whose "error" says why.
        """
        if not file or not detectors:
            raise gr.Error(NO_CHOICE, print_exception=False)
        try:
            seconds = read_time(start or "")
        except ValueError as error:
            raise gr.Error(NO_TIME, print_exception=False) from error
        path = Path(file[0])
        chosen = jury.choose(detectors)
        video = compare_video(path, chosen, start=seconds, name=path.name)
        if recorder and video.error is None:
            record_run(recorder, user_of(request), _write_up(Film(video), chosen.specs))
        return without_path(video.as_dict()) | {"name": path.name}

    offer_endpoint(judge_film, [file, start, keys], name="video", label="video", **IN_TURN)
