"""A decoded frame of a video as the picture that a player shows: whole, upright, in its shape and its colours."""

import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.filter import Graph
from av.sidedata.sidedata import Type as SideDataType
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, ColorTrc

from registry import Image

UNKNOWN_COLOURS = 2  # of a frame that does not say by which matrix it became YUV
HD_FROM_LINES = 720  # players take frames that do not say it, from here on, for BT.709, and smaller ones for BT.601
HDR = {ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67}  # brighter than a picture can be: PQ and HLG
MATRIX_BYTES = 36  # nine numbers of four bytes, row by row
TO_SDR = "out_transfer=bt709:out_primaries=bt709:out_color_matrix=bt709:out_range=full"


def deinterlace(frames: Iterable[VideoFrame]) -> Iterator[VideoFrame]:
    """The frames, those whose lines are of two times rebuilt from the lines of one; the others as they are."""
    graph, form = None, None
    for frame in frames:
        if form is None and not frame.interlaced_frame:
            yield frame
            continue
        if form != (frame.width, frame.height, frame.format.name):
            yield from _drain(graph)
            form = (frame.width, frame.height, frame.format.name)
            graph = _build(frame, ("bwdif", "mode=send_frame:deint=interlaced"))
        if graph is not None:
            graph.vpush(frame)
            yield from _pull(graph)
    yield from _drain(graph)


def _drain(graph: Graph | None) -> Iterator[VideoFrame]:
    """The frames that a graph still holds."""
    if graph is not None:
        graph.vpush(None)
        yield from _pull(graph)


def _pull(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def _build(frame: VideoFrame, *filters: tuple[str, str]) -> Graph:
    """A graph of filters, each with its options, for frames like this one."""
    graph = Graph()
    base = frame.time_base or Fraction(1, 1000)
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=base)
    graph.link_nodes(source, *(graph.add(*named) for named in filters), graph.add("buffersink")).configure()
    return graph


def to_picture(frame: VideoFrame, aspect: Fraction | None) -> Image:
    """uint8 RGB (h, w, 3), upright. aspect: width by height of one of its pixels; None for squares."""
    width, height = find_shape(frame.width, frame.height, aspect)
    if frame.color_trc in HDR:
        graph = _build(frame, ("scale", f"{width}:{height}:{TO_SDR}"), ("format", "pix_fmts=rgb24"))
        graph.vpush(frame)
        shown = graph.vpull()
    else:
        shown = frame.reformat(width, height, "rgb24", **_find_colours(frame))
    return np.ascontiguousarray(_turn(np.asarray(shown.to_ndarray(), dtype=np.uint8), frame))


def _find_colours(frame: VideoFrame) -> dict[str, int]:
    """What `reformat` has to be told beside the frame."""
    if frame.colorspace != UNKNOWN_COLOURS or not frame.format.name.startswith("yuv"):
        return {}
    return {"src_colorspace": Colorspace.ITU709 if frame.height >= HD_FROM_LINES else Colorspace.ITU601}


def find_shape(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """The size at which a frame is shown: one side grows, none shrinks."""
    if not aspect or aspect <= 0:
        return width, height
    return (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))


def is_on_its_side(frame: VideoFrame) -> bool:
    """Whether the file asks for a turn that makes columns of a frame's rows."""
    a, b, c, d = _read_matrix(frame)
    return max(abs(b), abs(c)) > max(abs(a), abs(d))


def _turn(pixels: Image, frame: VideoFrame) -> Image:
    """A frame's pixels, turned and mirrored as the file asks."""
    a, b, c, d = _read_matrix(frame)
    if is_on_its_side(frame):
        return pixels.transpose(1, 0, 2)[:: -1 if b < 0 else 1, :: -1 if c < 0 else 1]
    return pixels[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]


def _read_matrix(frame: VideoFrame) -> tuple[int, int, int, int]:
    """Where the file sends a frame's pixel (x, y): to (a x + c y, b x + d y), up to a factor and a shift."""
    sides: Any = frame.side_data  # its types know motion vectors alone
    matrix = bytes(sides.get(SideDataType.DISPLAYMATRIX) or b"")
    if len(matrix) < MATRIX_BYTES:
        return 1, 0, 0, 1
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    return a, b, c, d
