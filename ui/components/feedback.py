"""The form under verdicts: "this one was wrong", with the picture only where its owner says so."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from sqlalchemy import Engine

from storage.feedback import give_feedback
from storage.history import PHOTO, HistoryEntry, open_entry, read_picture
from text.reading_order import read_order
from ui.components.controls import build_choice
from ui.components.markup import build_html
from ui.render.cards import say_line
from ui.render.wording import TITLES
from ui.server.database import ASKING, in_plain_words, user_of
from ui.server.events import QUICK
from ui.server.limits.visits import OPEN_TOO_LONG

CONSENT = "Include the picture: the operator of this page may look at it and train detectors with it"
NOTHING = "This comparison is not in your history, so feedback on it is not possible."
NOT_CHOSEN = "Choose the verdict that was wrong, and what the picture is."
NO_PICTURE = "The picture of this comparison is no longer on the server. Send the feedback without it."
THANKS = "Thank you. The operator of this page will look at it."


@dataclass(frozen=True)
class FeedbackForm:
    """The components. `whole` is shown when there is an entry."""

    whole: gr.Accordion
    which: gr.Dropdown
    claim: gr.Radio
    consent: gr.Checkbox
    said: gr.HTML

    @property
    def components(self) -> list[Any]:
        """What `offer` gives values for."""
        return [self.whole, self.which, self.claim, self.consent, self.said]


def build_feedback(engine: Engine, entry: gr.State, picture: gr.Image | None = None) -> FeedbackForm:
    """Build the form into the page that is open. entry: the comparison's number; picture: where it may still be."""
    with gr.Accordion("Was a verdict wrong?", open=False, visible=False, elem_classes="feedback") as whole:
        which = build_choice([], "Which verdict")
        claim = gr.Radio([("It is real", "real"), ("It is fake", "fake")], label="What is the picture?")
        consent = gr.Checkbox(label=CONSENT, container=False)
        send = gr.Button("Send", size="sm", variant="secondary", elem_classes="lesser")
        said = build_html("")
    form = FeedbackForm(whole, which, claim, consent, said)
    given = [entry, which, claim, consent, *([picture] if picture else [])]
    send.click(_send_to(engine), given, [said, send], **ASKING)
    which.input(lambda: ("", gr.Button(interactive=True)), None, [said, send], **QUICK)
    return form


def offer(entry: HistoryEntry | None) -> tuple[Any, ...]:
    """The empty form for a photo's verdicts; hidden without one."""
    choices = list(_choices(entry)) if entry and entry.kind == PHOTO else []
    return gr.Accordion(visible=bool(choices), open=False), gr.Dropdown(choices, value=None), None, False, ""


def _choices(entry: HistoryEntry) -> Iterator[tuple[str, str]]:
    """What is shown of each verdict, and "FACE:DETECTOR"; FACE counts from 0, and is empty for the whole picture."""
    faces = entry.comparison["faces"]
    for number, place in enumerate(read_order([face["box"] for face in faces]), start=1):
        face, where = faces[place], "The face" if len(faces) == 1 else f"Face {number}"
        for verdict in face["verdicts"]:
            yield f"{where}, {verdict['title']}: {TITLES[verdict['label']]}", f"{place}:{verdict['detector']}"
        if face.get("jury"):
            yield f"{where}, the jury: {TITLES[face['jury']['label']]}", f"{place}:jury"
    for verdict in entry.comparison["whole_image"]:
        yield f"The whole picture, {verdict['title']}: {TITLES[verdict['label']]}", f":{verdict['detector']}"


def _send_to(engine: Engine) -> Any:
    def send_feedback(  # noqa: PLR0917 - Gradio passes by position
        request: gr.Request,
        number: int | None,
        which: str | None,
        claim: str | None,
        consent: bool,
        path: str | None = None,
    ) -> tuple[str, Any]:
        """Write it down, and thank."""
        user = user_of(request)
        with in_plain_words():
            entry = open_entry(engine, user, entry_id=number) if number else None
            if entry is None:  # the form is only seen where there is a number
                return say_line(NOTHING if number else OPEN_TOO_LONG), gr.Button()
            if which not in {value for _, value in _choices(entry)} or claim not in ("real", "fake"):
                return say_line(NOT_CHOSEN), gr.Button()
            picture = _find_picture(engine, user, entry, path) if consent else None
            if consent and picture is None:
                return say_line(NO_PICTURE), gr.Button()
            _give(engine, user, entry, which=str(which), claim=claim, picture=picture)
        return say_line(THANKS), gr.Button(interactive=False)

    return send_feedback


def _give(engine: Engine, user: str, entry: HistoryEntry, *, which: str, claim: Any, picture: bytes | None) -> None:
    face, _, detector = which.partition(":")
    give_feedback(
        engine,
        user,
        comparison=entry.comparison,
        claim=claim,
        detector=detector,
        face=int(face) if face else None,
        file_name=entry.file_name,
        picture=picture,
    )


def _find_picture(engine: Engine, user: str, entry: HistoryEntry, path: str | None) -> bytes | None:
    """The picture as it was uploaded: the kept one, or the one still in the field."""
    return read_picture(engine, user, entry_id=entry.id) or read_same(path, entry.sha256)


def read_same(path: str | None, sha256: str) -> bytes | None:
    """The file's bytes if they are still those that were judged; the field may hold another picture by now."""
    try:
        data = Path(path).read_bytes() if path else b""
    except FileNotFoundError:  # it was swept
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None
