"""The tools: compare, explain, detectors, and video and audio where an agent can name a file.

They are thin: what a tool answers is what `facejury compare --json` prints, or what the page shows.
"""

import base64
import inspect
import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import anyio
import cv2
import numpy as np
import PIL.Image
from anyio import to_thread
from mcp.server import MCPServer
from mcp.server.mcpserver import Image as Picture
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from auth.routes import PICTURE_BYTES
from detectors.audio.judge import compare_sound
from detectors.audio.results import JudgedSound
from detectors.inputs.images import CLOSED, ImageError, read_file
from detectors.inputs.picture_kinds import Elsewhere, send_elsewhere
from detectors.inputs.timecode import read_time
from detectors.jury.about import About, describe
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison, JudgedFace
from detectors.jury.wording import say_number
from detectors.video.judge import compare_video
from detectors.video.results import JudgedVideo
from registry import Heatmap, Image, Verdict
from ui.render.band import label_face, say_agreement, say_likely, warn
from ui.render.pictures import CROP_PIXELS, find_hottest, paint_heatmap, shrink
from ui.render.wording import say_chance

AT_ONCE = 2  # judgings; further ones wait
INSTRUCTIONS = """\
Facejury judges every face in a picture by several independent deepfake detectors. p_fake is 0 for real and 1 for fake,
an estimate as if half of all faces were fake. Report the jury's label as it stands: "inconclusive" is an answer, and
neither "real" nor "fake" is proof. Of forgeries made in ways that the detectors never met, many are called real: the
tool `detectors` says how often, by kind. Pass on `doubt` and `notes`, which say why to be careful.
"""
DATA_URL = re.compile(r"\Adata:[^,]*;base64,", re.IGNORECASE)
NO_BASE64 = "This is not a picture in base64."
NO_FACE = "No face was found in this picture."
READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """Where an agent's pictures come from. help: what it is to send; read: that, as bytes; raises ImageError.

    elsewhere: what it is told of a video and a sound; files: whether what it sends is the path of a file, which may
    then be one of these.
    """

    help: str
    read: Callable[[str], bytes]
    elsewhere: Elsewhere
    files: bool = False


def _find_file(path: str) -> Path:
    """What an agent calls so. ~ is a home, or stays where it is nobody's, as in a shell. Raises ToolError."""
    try:
        return Path(os.path.expanduser(path))
    except ValueError as error:  # a null byte in the name of whose home it is
        raise ToolError(CLOSED) from error


def _read_path(path: str) -> bytes:
    return read_file(_find_file(path))


def _read_base64(text: str) -> bytes:
    """Also in lines, as the command `base64` writes them, and as a data: URL."""
    try:
        return base64.b64decode(DATA_URL.sub("", "".join(text.split())), validate=True)
    except ValueError as error:
        raise ImageError(NO_BASE64) from error


FILES = Source(
    "picture: the path of a file on this machine.",
    _read_path,
    send_elsewhere(video="the tool `video` judges it.", sound="the tool `audio` judges it."),
    files=True,
)
SENT = Source(
    f"picture: the bytes of its file (JPEG, PNG, WebP and others) in base64, {PICTURE_BYTES // 1_000_000} MB at most.",
    _read_base64,
    send_elsewhere(video="the page's endpoint /video judges it.", sound="the page's endpoint /audio judges it."),
)


def build_server(jury: Jury, source: Source) -> MCPServer:
    """A server of the tools, for any transport. It judges AT_ONCE pictures at once, whoever asks."""
    server = MCPServer("facejury", title="Facejury", instructions=INSTRUCTIONS, log_level="WARNING")
    tools = Tools(jury, source)
    offered: dict[str, Callable[..., Any]] = {"Judge a picture": tools.compare, "Explain a verdict": tools.explain}
    for title, tool in offered.items():
        said = f"{inspect.getdoc(tool)}\n\n{source.help}"
        server.add_tool(tool, title=title, description=said, annotations=READ_ONLY)
    server.add_tool(tools.detectors, title="List the detectors", annotations=READ_ONLY)
    if source.files:
        server.add_tool(tools.video, title="Judge a video", annotations=READ_ONLY)
        server.add_tool(tools.audio, title="Listen to a recording", annotations=READ_ONLY)
    return server


class Tools:
    """One method a tool; what an agent reads of it is its docstring."""

    def __init__(self, jury: Jury, source: Source) -> None:
        self._jury, self._source = jury, source
        self._limiter = anyio.CapacityLimiter(AT_ONCE)

    async def compare(self, picture: str) -> dict[str, Any]:
        """Judge every face in a picture: for each its place, the jury's verdict, and each detector's own."""
        judged = await self._run(lambda: self._judge(picture).as_dict())
        return judged if self._source.files else judged | {"path": None}

    async def explain(self, picture: str, face: Annotated[int, Field(ge=1)] = 1) -> list[str | Picture]:
        """Say in words what the jury and each detector make of one face, with pictures of where the detectors look.

        face: its "number" in what compare answers: from 1, as one reads the picture, row after row.
        """
        return await self._run(lambda: _explain(self._judge(picture), face, self._jury))

    async def detectors(self) -> list[dict[str, Any]]:
        """What each detector looks for, and how well it did on which pictures, seen in training or not."""
        return await self._run(lambda: [_sum_up(describe(spec)) for spec in self._jury.specs])

    async def video(self, path: str, start: str | float = "0:00") -> dict[str, Any]:
        """Judge every person in a video on this machine, from its start for ten minutes at most.

        start: where to begin instead: 90 (seconds), 1:30 or 1:02:30.
        """
        return await self._run(lambda: self._follow(compare_video, path, start))

    async def audio(self, path: str, start: str | float = "0:00") -> dict[str, Any]:
        """Look for traces of synthesis in the speech of a recording, or of a video, on this machine; a weak hint.

        start: where to begin instead of the start: 90 (seconds), 1:30 or 1:02:30. Ten minutes from there are heard.
        """
        return await self._run(lambda: self._follow(compare_sound, path, start))

    async def _run(self, work: Callable[[], T]) -> T:
        return await to_thread.run_sync(work, limiter=self._limiter)

    def _judge(self, picture: str) -> Comparison:
        try:
            data = self._source.read(picture)
        except ImageError as error:
            raise ToolError(str(error)) from error
        judged = compare(data, self._jury, path=picture if self._source.files else "")
        if judged.error:
            raise ToolError(self._source.elsewhere.get(judged.error, judged.error))
        return judged

    def _follow(self, judge: Callable[..., JudgedVideo | JudgedSound], path: str, start: str | float) -> dict[str, Any]:
        try:
            seconds = read_time(str(start))
        except ValueError as error:
            raise ToolError(str(error)) from error
        judged = judge(_find_file(path), self._jury, start=seconds, name=path)
        if judged.error:
            raise ToolError(judged.error)
        return judged.as_dict()


def _explain(judged: Comparison, number: int, jury: Jury) -> list[str | Picture]:
    """The sentences, then the face, then the face under each heat map of which a part stands out."""
    if number > len(judged.faces):
        raise ToolError(f"There is no face {number}: {len(judged.faces)} found." if judged.faces else NO_FACE)
    face = judged.in_reading_order().faces[number - 1]
    said: list[str | Picture] = [_say(judged, face, jury), _as_picture(shrink(face.crop, CROP_PIXELS))]
    for verdict in face.verdicts:
        if verdict.heatmap is not None and find_hottest(verdict.heatmap) is not None:
            said += [
                f"Where {verdict.title} finds most of what speaks for a fake:",
                _overlay(face.crop, verdict.heatmap),
            ]
    return said


def _say(judged: Comparison, face: JudgedFace, jury: Jury) -> str:
    """What the page says of the face: no number where it cannot be believed."""
    label, is_hidden = label_face(face, face.jury), face.doubt is not None
    chance = f" {say_chance(face.jury)}" if face.jury and not is_hidden else ""
    looks_for = {spec.key: spec.looks_for for spec in jury.specs}
    lines = [
        f"Jury: {say_likely(label) if label else 'no verdict'}.{chance}",
        say_agreement(face.verdicts),
        *([face.doubt] if face.doubt else []),
        *warn(judged),
        *(_say_verdict(verdict, looks_for.get(verdict.detector, ""), hidden=is_hidden) for verdict in face.verdicts),
    ]
    return "\n".join(line for line in lines if line)


def _say_verdict(verdict: Verdict, looks_for: str, *, hidden: bool) -> str:
    """hidden: whether the number is left out, for it cannot be believed."""
    name = f"{verdict.title} (looks for {looks_for})" if looks_for else verdict.title
    if verdict.p_fake is None:
        return f"{name}: failed. {verdict.error or ''}".rstrip()
    if hidden:
        return f"{name}: {verdict.label}."
    limits = f"real below {verdict.real_until:.2f}, fake from {verdict.fake_from:.2f}"
    return f"{name}: {verdict.label}, p_fake {say_number(verdict.p_fake, verdict, digits=2)} ({limits})."


def _sum_up(about: About) -> dict[str, Any]:
    """The figures without curves and cards, which would fill an agent's memory."""
    names = ("key", "title", "looks_for", "expects", "owner", "version", "fake_from", "real_until", "trained_on")
    return {name: about[name] for name in (*names, "measured")}  # type: ignore[literal-required]


def _overlay(crop: Image, heatmap: Heatmap) -> Picture:
    """The face with the heat map over it, as the page shows it."""
    face = shrink(crop, CROP_PIXELS)
    height, width = face.shape[:2]
    heat = cv2.resize(paint_heatmap(heatmap), (width, height)).astype(np.float32)
    share = heat[..., 3:] / 255
    return _as_picture(np.rint(face * (1 - share) + heat[..., :3] * share).astype(np.uint8))


def _as_picture(pixels: Image) -> Picture:
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "JPEG", quality=85)
    return Picture(data=buffer.getvalue(), format="jpeg")
