"""What a file is that is no picture we read, by its first bytes: each with the way out, in one sentence."""

from collections.abc import Mapping

from detectors.inputs.audio.kinds import is_sound_file
from detectors.inputs.header_limits import JPEG, PNG, TIFFS
from detectors.inputs.video_kinds import PICTURES, is_readable, name_other

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF")  # Pillow opens MPO, what some phones call JPEG, as JPEG
UNKNOWN = "This is not a picture we can read: use JPEG, PNG, WebP, AVIF, BMP, TIFF or GIF."
AS_JPEG = "which is not read here: save it as JPEG and try again."
RAW = f"This is a camera's raw file, {AS_JPEG}"
ARCHIVE = "unpack it and scan its folder, or drop a zip on the page."
VIDEO = "This is a video, not a picture."
SOUND = "This is a sound, not a picture."
DEEP_TIFF = "This TIFF is stored in a rare way, such as 32 bits a colour: save it with 8 bits a colour and try again."
AVIF_BRANDS = {b"avif", b"avis"}
Elsewhere = Mapping[str | None, str]
"""By the error of a picture: what is said in its place where the file is judged elsewhere."""
STARTS = (JPEG, PNG, b"GIF8", b"BM", *TIFFS)

OTHERS = {
    b"PK\x03\x04": f"This is a zip archive, or a document in one: {ARCHIVE}",
    b"Rar!": f"This is a RAR archive: {ARCHIVE}",
    b"7z\xbc\xaf": f"This is a 7z archive: {ARCHIVE}",
    b"\x1f\x8b": f"This is a gzip archive: {ARCHIVE}",
    b"%PDF": "This is a PDF: save the picture in it as PNG or JPEG and try again.",
    b"\xff\x0a": f"This is a JPEG XL picture, {AS_JPEG}",
    b"\0\0\0\x0cJXL ": f"This is a JPEG XL picture, {AS_JPEG}",
    b"\0\0\0\x0cjP  ": f"This is a JPEG 2000 picture, {AS_JPEG}",
    b"8BPS": f"This is a Photoshop file, {AS_JPEG}",
    b"FUJIFILMCCD-RAW": RAW,
}
MARKUP = (b"<svg", b"<?xml", b"<!doctype", b"<html")
PAGE = "This is a web page or a drawing (HTML, SVG), not a photo: save the picture itself and try again."


def is_picture_file(head: bytes) -> bool:
    """Whether a file that begins so is of a kind that is read, or a HEIC picture."""
    in_container = (head[4:8] == b"ftyp" and head[8:12] in PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
    return in_container or head.startswith(STARTS)


def send_elsewhere(*, video: str, sound: str) -> Elsewhere:
    """What to say of videos and sounds. video, sound: which command, tool or endpoint judges it; behind a colon."""
    return {VIDEO: f"{VIDEO[:-1]}: {video}", SOUND: f"{SOUND[:-1]}: {sound}"}


def say_picture(data: bytes) -> str:
    """Why these bytes, which no decoder knows, are no picture we read."""
    if data[4:8] == b"ftyp" and data[8:12] in PICTURES - AVIF_BRANDS:
        return f"This is a HEIC picture, {AS_JPEG}"
    if data[4:12] == b"ftypcrx ":
        return RAW
    for start, said in OTHERS.items():
        if data.startswith(start):
            return said
    if data.startswith(TIFFS):
        return DEEP_TIFF
    if data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(MARKUP):
        return PAGE
    is_film = is_readable(data) or name_other(data)
    return SOUND if is_sound_file(data) else VIDEO if is_film else UNKNOWN
