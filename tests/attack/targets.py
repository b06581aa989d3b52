"""Where untrusted bytes come in, each as a function of bytes: what it says when it accepts, or its own refusal.

Anything else that leaves one of them is a finding.
"""

import hashlib
import io
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import av

from detectors.inputs.archive import ArchiveError, is_zip, list_members
from detectors.inputs.audio.decoder import SoundReader, UnheardError
from detectors.inputs.audio.read import RATE, SoundError, check_sound
from detectors.inputs.images import ImageError, decode_image
from detectors.inputs.video import MAX_PIXELS, VideoError, check_video
from detectors.inputs.video_decoder import Reader, UnreadableError
from detectors.networks.folder import CONFIG, ArtifactError, read_config
from detectors.networks.onnx_check import NetworkError, check_network
from detectors.provenance import read_provenance
from detectors.sandbox.protocol import receive

Target = Callable[[bytes], str]
TAKEN, REFUSED = "taken", "refused"
MEMBERS_TRIED = 30


class NotPlainError(AssertionError):
    """What was said to a visitor is not one plain sentence."""


def try_picture(data: bytes) -> str:
    """images.decode_image: uint8 RGB, or one sentence."""
    try:
        pixels = decode_image(data)
    except ImageError as error:
        return _refuse(error)
    if str(pixels.dtype) != "uint8" or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise NotPlainError(f"{pixels.dtype} {pixels.shape}")
    return TAKEN


def try_provenance(data: bytes) -> str:
    """provenance: never raises."""
    problem = read_provenance(data).problem
    return TAKEN if problem is None else _refuse(problem)


def try_zip(data: bytes) -> str:
    """archive: the list, and each member's bytes; nothing is written."""
    path = _folder() / "given.zip"
    path.write_bytes(data)
    if not is_zip(path):
        return REFUSED
    try:
        members = list_members(path)
    except ArchiveError as error:
        return _refuse(error)
    said = [_try_member(member.read) for member in members[:MEMBERS_TRIED]]
    if [found.name for found in _folder().iterdir()] != ["given.zip"]:
        raise NotPlainError("something was unpacked")
    return TAKEN if TAKEN in said else REFUSED


def _try_member(read: Callable[[], bytes]) -> str:
    try:
        read()
    except ArchiveError as error:
        return _refuse(error)
    return TAKEN


def try_config(data: bytes) -> str:
    """artifact.read_config; its refusals name the folder, never its place."""
    (_config_folder() / CONFIG).write_bytes(data)
    try:
        hash(read_config(_config_folder()).as_json())
    except ArtifactError as error:
        if str(_config_folder().parent) in str(error):
            raise NotPlainError(str(error)) from error
        return REFUSED
    return TAKEN


def try_network(data: bytes) -> str:
    """onnx_check.check_network: what is done with a network before it runs, confined."""
    try:
        check_network(data)
    except NetworkError as error:
        if "\n" in str(error):
            raise NotPlainError(str(error)[:200]) from error
        return REFUSED
    return TAKEN


def try_video(data: bytes) -> str:
    """What the decoder's process does for a video: its header, its first frame and one later on."""
    path = _video_folder() / "given.mp4"
    path.write_bytes(data)
    try:
        check_video(path)
        reader = Reader(str(path), pixels=MAX_PIXELS)
        reader.describe()
        reader.find(0.0)
        reader.find(0.2)
    except (VideoError, UnreadableError) as error:
        return _refuse(str(error).replace(" / ", " "))  # FFmpeg's name of H.264
    except (av.FFmpegError, MemoryError):
        return REFUSED
    return TAKEN


def try_sound(data: bytes) -> str:
    """What the decoder's process does for a sound: its first five seconds."""
    path = _video_folder() / "given.wav"
    path.write_bytes(data)
    try:
        check_sound(path)
        _, samples = SoundReader(str(path)).read(0.0, 5 * RATE)
    except (SoundError, UnheardError) as error:
        return _refuse(error)
    except (av.FFmpegError, MemoryError, ValueError):
        return REFUSED
    if str(samples.dtype) != "float32" or samples.size > 5 * RATE or not (abs(samples) <= 1).all():
        raise NotPlainError(f"{samples.dtype} {samples.shape}")
    return TAKEN


def try_message(data: bytes) -> str:
    """messages.receive: messages until the stream ends."""
    stream, taken = io.BytesIO(data), REFUSED
    try:
        for _ in range(20):
            receive(stream)
            taken = TAKEN
    except (EOFError, ValueError):
        pass
    return taken


def _refuse(said: object) -> str:
    text = str(said)
    if not text.endswith(".") or len(text) > 200 or not text.isprintable() or "/" in text or "Error" in text:
        raise NotPlainError(text[:200])
    return REFUSED


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="attack-"))


@cache
def _video_folder() -> Path:
    av.logging.set_level(av.logging.PANIC)
    return Path(tempfile.mkdtemp(prefix="attack-"))


@cache
def _config_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="attack-")) / "model"
    folder.mkdir()
    return folder


TARGETS: dict[str, Target] = {
    "picture": try_picture,
    "provenance": try_provenance,
    "zip": try_zip,
    "config": try_config,
    "message": try_message,
    "network": try_network,
    "video": try_video,
    "sound": try_sound,
    "words": try_provenance,
}


def a_config() -> dict[str, object]:
    """The values of a config.json that is taken."""
    return {
        "schema": 1,
        "key": "tiny",
        "title": "Tiny",
        "pixels": 128,
        "mode": "resize",
        "expects": "face",
        "fake_from": 0.7,
        "real_until": 0.4,
        "seconds": 10.0,
        "crop_side": 0.87,
        "polarity": "p_fake, 1 = fake",
        "architecture": "a network",
        "parameters": 1000,
        "license": "research",
        "trained_on": ["a", "b"],
        "without": [],
        "files": {"model.onnx": hashlib.sha256(b"").hexdigest()},
    }
