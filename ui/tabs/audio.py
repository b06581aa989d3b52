"""The audio view of Check: one sound, and what the detectors of sound say of it over time."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gradio as gr

from detectors.audio.judge import Hearing, compare_sound, judge_sound
from detectors.audio.results import JudgedSound
from detectors.inputs.audio.read import MAX_BYTES, MAX_SECONDS
from detectors.inputs.timecode import read_time, say_at, say_length
from detectors.jury.judge import Jury
from registry import DetectorSpec
from storage.recorder import Recorder
from ui.components.controls import NO_DETECTOR, NO_TIME, START, list_detectors, offer_stop
from ui.components.entrance import Receiver
from ui.components.files_input import FilesInput
from ui.components.judging import run_steps
from ui.components.markup import build_frame, build_html, read_script
from ui.components.run_keeping import Finished, Written, build_run_keeping, connect_run_keeping, record_run
from ui.render.audio import draw_sound
from ui.render.cards import WAITING, Pieces, render, say
from ui.render.download import NO_FILE, Saved, save_on_click
from ui.render.kept.sound import outline_sound
from ui.render.reports.frame import identify
from ui.render.reports.sound import render_sound_report
from ui.server.database import user_of
from ui.server.endpoint import offer_endpoint, without_path
from ui.server.events import ALL_AT_ONCE, PRIVATE, QUICK
from ui.server.job_slot import Job, JobSlot

IN_TURN: dict[str, Any] = {"concurrency_id": "audio", "concurrency_limit": 1}
DRAW_SECONDS = 1.0  # between two drawings while it is judged
EMPTY = say(
    "What the sound shows appears here.",
    more=f"WAV, MP3, FLAC, OGG, Opus, M4A, or a video with sound; at most {MAX_BYTES // 1_000_000} MB, "
    f"{say_length(MAX_SECONDS)} at a time.",
)
OPENING = say("Opening the sound…", kind="busy")
RECORDING = "the recording"
STOPPED = "Stopped at {at}; the rest was not heard."
CANCELLED = say("Cancelled.", more="Press Judge the sound to start again.")
NO_SOUND = "Choose a sound first."
Shown = tuple[Any, ...]
"""What an event changes: the result, the tools, the two buttons."""


@dataclass
class AudioSession:
    """One visitor's: the slot, what was heard last, of which upload, who judged it, and what the history has of it.

    stopped: by the visitor, before its end.
    """

    slot: JobSlot = field(default_factory=JobSlot)
    hearing: Hearing | None = None
    source: str = ""
    judges: tuple[DetectorSpec, ...] = ()
    stopped: bool = False
    written: Written | None = None

    @property
    def result(self) -> Hearing | None:
        """What there is to show and keep: of a sound that was stopped, what was heard; None before its first window."""
        return _note_end(self.hearing) if self.hearing and self.stopped else self.hearing


def build_audio(jury: Jury, recorder: Recorder | None = None) -> Receiver:
    """Build the view into the page that is open, and connect it.

    jury: all detectors; recorder: writes down what its visitors have judged.
    """
    hearers, session, dropped = jury.limit_to("audio"), gr.State(AudioSession()), gr.State(0.0)
    build_html(render("back"))
    with gr.Row(elem_id="audio"):
        with gr.Column(scale=2, min_width=300):
            file = FilesInput(file_count="single", label="A sound", height=180, elem_id="audio-file")
            start = gr.Textbox(START, label="Start at", max_lines=1, elem_id="audio-start")
            keys = list_detectors(hearers, elem_id="audio-detectors")
            judge = gr.Button("Judge the sound", variant="primary", elem_id="audio-judge")
            cancel = gr.Button("Cancel", variant="secondary", visible=False, elem_id="audio-cancel")
        with gr.Column(scale=5, min_width=320):
            result = build_frame(EMPTY, elem_id="audio-result")
            build_html(render("sound_player"), script=read_script("listen.js", "upload_link.js", "sound.js"))
            with gr.Row(visible=False, elem_id="audio-tools") as tools:
                report = gr.Button("Save the report", min_width=140, elem_id="audio-report")
                saved = gr.Button("Save JSON", min_width=110, elem_id="audio-json")
            keeping = build_run_keeping(recorder, pictures=RECORDING, prefix="audio") if recorder else None
    shown = [result, tools, judge, cancel]
    given = [file, start, keys, session]
    started = gr.on([judge.click, dropped.change], _start_with(hearers), given, shown, **ALL_AT_ONCE, **PRIVATE)
    judging = _judge_with(hearers, recorder)
    judged = started.then(judging, [session], shown, trigger_mode="multiple", **IN_TURN, **PRIVATE)
    if keeping:
        connect_run_keeping(keeping, session, started=started, judged=judged)
    cancel.click(_cancel, [session], shown, **QUICK)
    save_on_click(report, _save_report, [session], **ALL_AT_ONCE, **PRIVATE)
    save_on_click(saved, _save_json, [session], **ALL_AT_ONCE, **PRIVATE)
    _offer_api(file, start, keys, hearers, recorder)
    return Receiver(file, keys, dropped, tuple(spec.key for spec in hearers.specs), start)


def _find_fault(paths: list[str], start: str, keys: list[str], hearers: Jury) -> str:
    """Why nothing can be judged, in a sentence; empty where it can. Without detectors there still are measurements."""
    if not paths:
        return NO_SOUND
    if hearers.specs and not keys:
        return NO_DETECTOR
    try:
        read_time(start or "")
    except ValueError:
        return NO_TIME
    return ""


def _start_with(hearers: Jury) -> Callable[..., Shown]:
    def start(paths: list[str], start: str, keys: list[str], session: AudioSession) -> Shown:
        session.hearing, session.stopped, session.written = None, False, None
        if fault := _find_fault(paths, start, keys, hearers):
            session.slot.clear(say(fault, kind="error"))
        else:
            session.slot.put(Job(Path(paths[0]), tuple(keys), start=read_time(start or "")), WAITING)
        return _show(session)

    return start


def _cancel(session: AudioSession) -> Shown:
    session.stopped = session.slot.busy  # a click may come late
    session.slot.clear(CANCELLED)
    return _show(session)


def _judge_with(
    hearers: Jury, recorder: Recorder | None = None
) -> Callable[[AudioSession, gr.Request], Iterator[Shown]]:
    def judge(session: AudioSession, request: gr.Request) -> Iterator[Shown]:
        """The plots as they grow, for as long as that is wanted."""
        job = session.slot.take()
        if job is None:  # an earlier run took it, or it was cancelled before its turn
            yield _show(session)
            return
        session.slot.notice = OPENING
        yield _show(session)
        chosen = hearers.choose(job.detectors)
        session.source, session.judges = str(job.path), chosen.specs
        hearing: Hearing | None = None
        is_over = False

        def listen() -> Iterator[Shown]:
            nonlocal hearing
            drawn = 0.0
            for grown in _listen(session, job, chosen):
                hearing = grown
                if time.monotonic() - drawn > DRAW_SECONDS:
                    yield _show(session)
                    drawn = time.monotonic()

        try:
            failed = yield from run_steps(listen(), more=job.path.name)
            is_over = session.slot.put_away(job)
            if is_over and failed:
                hearing, session.hearing, session.slot.notice = None, None, failed
        finally:  # also of one that another one replaced, or whose page was closed
            if recorder and hearing and chosen.specs:
                _record(session, hearing, chosen.specs, is_over=is_over, recorder=recorder, user=user_of(request))
        yield _show(session)

    return judge


def _listen(session: AudioSession, job: Job, hearers: Jury) -> Iterator[Hearing]:
    """Judge it, for as long as that is wanted."""
    given: dict[str, Any] = {"start": job.start, "name": job.path.name}
    for hearing in judge_sound(job.path, hearers, wanted=lambda: session.slot.wants(job), **given):
        if not session.slot.wants(job):
            return
        session.hearing = hearing
        yield hearing


def _record(
    session: AudioSession,
    hearing: Hearing,
    specs: tuple[DetectorSpec, ...],
    *,
    is_over: bool,
    recorder: Recorder,
    user: str,
) -> None:
    """Hand to the history what there is to keep. is_over: it was heard to its end."""
    heard = hearing if is_over else _note_end(hearing)
    if heard:
        recorded = record_run(recorder, user, _write_up(heard.judged, specs))
        if session.hearing is hearing:
            session.written = Written(recorded)


def _note_end(hearing: Hearing) -> Hearing | None:
    """Of a sound that was not heard to its end, the same with a note that says where that was; None for nothing."""
    return Hearing(hearing.judged.end_early(STOPPED), hearing.sound) if hearing.judged.windows else None


def _show(session: AudioSession) -> Shown:
    busy, hearing = session.slot.busy, session.result
    if hearing is None:
        return list(session.slot.notice) or EMPTY, gr.Row(visible=False), *offer_stop(busy)
    judged = hearing.judged
    at = say_at(judged.windows[-1].end if judged.windows else judged.start)
    share = {"share": round(judged.share, 3), "left": "", "busy": True}
    progress: Pieces = [render("watching", at=at, end=say_at(round(judged.end)), **share)] if busy else []
    drawn = [] if busy else draw_sound(hearing, source=session.source)
    return [*progress, *drawn], gr.Row(visible=not busy), *offer_stop(busy)


def _write_up(judged: JudgedSound, specs: tuple[DetectorSpec, ...]) -> Finished:
    """What the history gets of a sound, also of one that ended early."""
    stored = judged.as_dict()
    return Finished(Path(judged.path).name, stored, outline_sound(stored), specs)


def _save_json(session: AudioSession) -> Saved:
    """What `facejury audio --json` prints."""
    hearing = session.result
    if hearing is None:
        return NO_FILE
    return "sound.json", "application/json", json.dumps([hearing.judged.as_dict()], indent=2)


def _save_report(session: AudioSession) -> Saved:
    hearing = session.result
    if hearing is None:
        return NO_FILE
    judged = hearing.judged
    case = identify(judged.sha256, session.judges, made=datetime.now(UTC), start=judged.start)
    text = render_sound_report(judged, case, name=judged.path, samples=hearing.sound.samples)
    return f"facejury-{judged.sha256[:12]}.html", "text/html", text


def _offer_api(
    file: FilesInput, start: gr.Textbox, keys: gr.CheckboxGroup, hearers: Jury, recorder: Recorder | None
) -> None:
    """The endpoint /audio: the same, as JSON, for gradio_client and curl."""

    def judge_audio(file: list[str], start: str, detectors: list[str], request: gr.Request) -> dict[str, Any]:
        """Look for traces of synthesis in a sound, or in a video's: one entry of what `facejury audio --json` prints.

        start: where to begin, as "90" or "1:30". A sound that cannot be judged is an entry whose "error" says why.
        """
        if fault := _find_fault(file, start, detectors, hearers):
            raise gr.Error(fault, print_exception=False)
        path = Path(file[0])
        chosen = hearers.choose(detectors)
        sound = compare_sound(path, chosen, start=read_time(start or ""), name=path.name)
        if recorder and sound.error is None and chosen.specs:
            record_run(recorder, user_of(request), _write_up(sound, chosen.specs))
        return without_path(sound.as_dict()) | {"name": path.name}

    offer_endpoint(judge_audio, [file, start, keys], name="audio", label="sound", **IN_TURN)
