"""What a video file is, by its first bytes and its codec: which are read, and what the others are called."""

from pathlib import Path

SUFFIXES = {".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi"}
HEAD_BYTES = 600  # three packets of an MPEG transport stream
QUICKTIME = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}  # what an MP4 or MOV may begin with
PICTURES = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"avif", b"avis"}  # ftyp brands
CONTAINERS = "mov,matroska,avi"  # FFmpeg's names of what may be opened; WebM is a kind of Matroska
WAY_OUT = "convert it to MP4 with H.264 and try again."
UNKNOWN = "This is not a video we can read: use MP4, MOV, WebM, MKV or AVI."

# FFmpeg's decoders that may run. It has hundreds, many of them for the files of old games, and seldom tested.
DECODERS = {
    *("h264", "hevc", "libdav1d", "av1", "vp8", "vp9", "libvpx", "libvpx-vp9", "mpeg4", "mpeg2video", "mpeg1video"),
    *("mjpeg", "prores", "dnxhd", "ffv1", "h263", "msmpeg4", "msmpeg4v1", "msmpeg4v2", "wmv1", "wmv2", "vc1", "wmv3"),
    *("dvvideo", "huffyuv", "ffvhuff", "utvideo", "rawvideo", "png", "theora", "flv"),
}
ENCRYPTED = "The video is encrypted (copy protection), so its frames cannot be seen."

OTHERS = {
    b"0&\xb2u\x8ef\xcf\x11": "a Windows Media file (WMV, ASF)",
    b"FLV\x01": "a Flash video (FLV)",
    b"OggS": "an Ogg file (OGV)",
    b".RMF": "a RealMedia file (RM)",
    b"\x00\x00\x01\xba": "an MPEG program stream (MPG, VOB)",
    b"\x00\x00\x01\xb3": "an MPEG video without a container",
    b"\x00\x00\x00\x01": "a video without a container (H.264, H.265)",
    b"\x06\x0e\x2b\x34": "an MXF file",
}
TRANSPORT_STREAM = "an MPEG transport stream (TS, MTS, M2TS)"


def is_readable(head: bytes) -> bool:
    """Whether a file that begins so is in a container that is read."""
    if head.startswith(b"\x1a\x45\xdf\xa3"):  # EBML: Matroska and WebM
        return b"webm" in head or b"matroska" in head
    if head.startswith(b"RIFF"):
        return head[8:12] == b"AVI "
    return head[4:8] in QUICKTIME and not (head[4:8] == b"ftyp" and head[8:12] in PICTURES)


def name_other(head: bytes) -> str | None:
    """What a video is called that begins so and is not read; None where it is none of those."""
    for packet, at in ((188, 0), (192, 4)):  # of broadcast, and of camcorders and Blu-ray
        if len(head) > at + 2 * packet and all(head[at + packet * number] == 0x47 for number in range(3)):
            return TRANSPORT_STREAM
    return next((name for start, name in OTHERS.items() if head.startswith(start)), None)


def read_head(path: Path) -> bytes:
    """A file's first bytes; none where it cannot be read, or is a pipe, of which reading would take them away."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def say_container(head: bytes) -> str:
    """Why a file that begins so is not read, in a sentence."""
    name = name_other(head)
    return f"This is {name}, which is not read here: {WAY_OUT}" if name else UNKNOWN


def say_codec(name: str) -> str | None:
    """Why a video of that codec is not decoded, in a sentence; None where it is.

    name: of FFmpeg's decoder; empty where it has none.
    """
    if name in DECODERS:
        return None
    return f"The video is coded {f'as {name}' if name else 'in an unknown way'}, which is not decoded here: {WAY_OUT}"
