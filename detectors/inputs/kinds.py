"""What a file is to be taken for: a picture, a sound or a video."""

from pathlib import Path
from typing import Literal

from detectors.inputs import video_kinds
from detectors.inputs.audio import kinds as sound_kinds
from detectors.inputs.picture_kinds import is_picture_file

Kind = Literal["picture", "sound", "video"]
WINDOWS_MEDIA = {".wmv", ".asf"}  # of videos; sounds in the same container are named .wma


def tell_kind(path: Path) -> Kind:
    """By its first bytes, or, where these say nothing, by its name; a picture where neither says anything.

    Containers of videos may hold sound alone: there a sound's suffix is believed.
    """
    head, suffix = video_kinds.read_head(path), path.suffix.lower()
    if is_picture_file(head):
        return "picture"
    if sound_kinds.is_sound_file(head):
        return "sound"
    if video_kinds.is_readable(head):
        return "sound" if suffix in sound_kinds.SUFFIXES else "video"
    is_of_video = video_kinds.name_other(head) is not None
    if sound_kinds.name_other(head):
        return "video" if is_of_video and suffix in video_kinds.SUFFIXES | WINDOWS_MEDIA else "sound"
    if is_of_video or suffix in video_kinds.SUFFIXES:
        return "video"
    return "sound" if suffix in sound_kinds.SUFFIXES else "picture"
