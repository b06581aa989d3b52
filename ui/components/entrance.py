"""The one field of the Check tab: what is dropped there decides, by its content, which view judges it, at once."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gradio as gr
import PIL

from detectors.inputs.archive import is_zip
from detectors.inputs.audio.kinds import is_sound_file
from detectors.inputs.header_limits import JPEG
from detectors.inputs.images import NO_BYTES, ImageError, open_picture, read_file
from detectors.inputs.kinds import Kind, tell_kind
from detectors.inputs.picture_kinds import UNKNOWN as NO_PICTURE
from detectors.inputs.picture_kinds import say_picture
from detectors.inputs.video_kinds import is_readable, read_head
from ui.components.controls import START
from ui.components.files_input import FilesInput
from ui.components.markup import build_html, read_script
from ui.render.cards import WAITING, Pieces, render, say
from ui.server.events import PRIVATE
from ui.server.job_slot import JobSlot

ONE_VIDEO = "Videos are checked one at a time: choose one of them."
ONE_SOUND = "Sounds are checked one at a time: choose one of them."
UNKNOWN = (
    "This is neither a picture, a zip of pictures, a video nor a sound that we can read: use JPEG, PNG, WebP, AVIF, "
    "BMP, TIFF or GIF, MP4, MOV, WebM, MKV or AVI, or WAV, MP3, FLAC, OGG, Opus or M4A."
)
View = Literal["compare", "batch", "video", "audio"]
VIEWS: dict[Kind, View] = {"picture": "compare", "sound": "audio", "video": "video"}


@dataclass(frozen=True)
class Receiver:
    """A view that judges files. files, detectors: its own fields; dropped: whose every change starts its judging.

    more: keys of the detectors that can be chosen in this view alone, and are; start: where in the file it begins.
    """

    files: FilesInput
    detectors: gr.CheckboxGroup
    dropped: gr.State
    more: tuple[str, ...] = ()
    start: gr.Textbox | None = None


@dataclass(frozen=True)
class PhotoView:
    """The view that judges one photo. picture: whose every change starts its judging; detectors: for all views.

    clear: ends what its slot has, and shows a notice in place of the verdicts: values for all that is `shown`.
    """

    picture: gr.Image
    detectors: gr.CheckboxGroup
    slot: gr.State
    shown: Sequence[Any]
    clear: Callable[[JobSlot, Pieces], dict[Any, Any]]


def build_entrance() -> FilesInput:
    """Build the field, and the way to the camera, into the page that is open."""
    field = FilesInput(file_count="multiple", show_label=False, height=220, elem_id="entrance")
    build_html(render("entrance"), script=read_script("listen.js", "camera.js", "entrance.js"), elem_id="entrance-more")
    return field


def build_uploading() -> None:
    """Build what stands above the verdicts, and in their place while a file is uploaded, into the page that is open."""
    build_html(render("uploading"), script=read_script("uploading.js"), elem_id="uploading")


def connect_entrance(
    entrance: FilesInput, *, views: gr.Tabs, photo: PhotoView, batch: Receiver, video: Receiver, audio: Receiver
) -> None:
    """Hand over what is dropped to the view that judges it, from its beginning; the photo view shows refusals."""

    def receive(paths: list[str], keys: list[str], slot: JobSlot) -> dict[Any, Any]:
        if not paths:
            return {entrance: None}
        try:
            view = sort_files([Path(path) for path in paths])
        except ImageError as error:
            return {entrance: None} | photo.clear(slot, _refuse(error, paths))
        if view == "compare":
            shown = {views: gr.Tabs(selected=view), photo.picture: paths[0]}
            return {entrance: None} | shown | photo.clear(slot, WAITING)
        to = {"batch": batch, "video": video, "audio": audio}[view]
        given = {to.files: paths if view == "batch" else paths[0], to.dropped: time.monotonic()}
        given |= {to.detectors: [*([] if view == "audio" else keys), *to.more]}
        given |= {to.start: START} if to.start else {}
        return {entrance: None, views: gr.Tabs(selected=view)} | given

    changed = [entrance, views, photo.picture, *photo.shown]
    for to in (batch, video, audio):
        changed += [part for part in (to.files, to.detectors, to.dropped, to.start) if part is not None]
    given = [entrance, photo.detectors, photo.slot]
    entrance.upload(receive, given, changed, concurrency_limit=None, **PRIVATE)


def sort_files(paths: Sequence[Path]) -> View:
    """The view that judges these files. Raises ImageError where there is none."""
    if len(paths) > 1:
        _check_several([read_head(path) for path in paths])
        return "batch"
    (path,) = paths
    if is_zip(path):
        return "batch"
    kind = tell_kind(path)  # also of a sound or a video that is not read: its own view says why
    if kind == "picture":
        _check_picture(path)
    return VIEWS[kind]


def _check_several(heads: Sequence[bytes]) -> None:
    """Raises ImageError when these are several of what is judged one at a time."""
    if all(is_sound_file(head) for head in heads):
        raise ImageError(ONE_SOUND)
    if all(is_readable(head) for head in heads):
        raise ImageError(ONE_VIDEO)


def _check_picture(path: Path) -> None:
    """Raises ImageError when this is no picture; one that is damaged is, and is refused where it is judged."""
    data = read_file(path)
    if not data:
        raise ImageError(NO_BYTES)
    try:
        open_picture(data).close()
    except PIL.UnidentifiedImageError as error:
        if data.startswith(JPEG):
            return
        sentence = say_picture(data)
        raise ImageError(UNKNOWN if sentence == NO_PICTURE else sentence) from error
    except Exception:  # noqa: S110 - decoders raise nearly anything on broken files, and the photo view says what is wrong
        pass


def _refuse(error: ImageError, paths: Sequence[str]) -> Pieces:
    return say(str(error), more=", ".join(Path(path).name for path in paths[:3]), kind="error")
