"""The sound videos, networks and pictures with words from which deeper inputs are made; always the same bytes."""

import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import PIL.Image
from onnx import TensorProto, helper, numpy_helper

from tests.attack import corpus
from tests.detectors.pictures import encode, quarters
from tests.detectors.sounds import to_wav, voice, write_coded
from tests.detectors.videos import every, write_video

ANSWERS = (("level", "p_fake"), ("heat", "heatmap"))
XMP = b"""<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/"
xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmp:CreatorTool="A tool"
Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + step, b"&%c;" % (97 + step) * 10) for step in range(8)
)  # each ten of the one before


def videos() -> Iterator[bytes]:
    """One of each container, a few frames long."""
    frames = [np.roll(quarters(), 3 * step, axis=1) for step in range(8)]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.mp4", "a.avi", "a.webm"):
            yield write_video(Path(folder, name), frames, every(0.04, until=1)).read_bytes()


def sounds() -> Iterator[bytes]:
    """One of each kind, a quarter of a second long."""
    codecs = {"a.mp3": "libmp3lame", "a.flac": "flac", "a.ogg": "libopus", "a.m4a": "aac"}
    yield to_wav(voice(0.25))
    with tempfile.TemporaryDirectory() as folder:
        for name, codec in codecs.items():
            yield write_coded(Path(folder, name), voice(0.25, rate=48_000), codec=codec, rate=48_000).read_bytes()


def networks() -> Iterator[bytes]:
    """A small one, one with branches, and one with a loop."""
    yield _network()
    constant = helper.make_node("Constant", [], ["out"], value_float=0.5)
    inner = helper.make_graph([constant], "inner", [], [helper.make_tensor_value_info("out", TensorProto.FLOAT, ())])
    yield _network(helper.make_node("If", ["on"], ["either"], then_branch=inner, else_branch=inner))
    yield _network(helper.make_node("Reshape", ["heat", "shape"], ["other"]))


def _network(*nodes: onnx.NodeProto) -> bytes:
    constants: dict[str, np.ndarray[Any, Any]] = {
        "level": np.full((1, 1), 0.125, np.float32),
        "heat": np.full((1, 2, 2), 0.5, np.float32),
        "shape": np.array([4, 1], np.int64),
        "on": np.array(True),
    }
    graph = helper.make_graph(
        [*(helper.make_node("Identity", [name], [out]) for name, out in ANSWERS), *nodes],
        "graph",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, (1, 32, 32, 3))],
        [
            helper.make_tensor_value_info("p_fake", TensorProto.FLOAT, (1, 1)),
            helper.make_tensor_value_info("heatmap", TensorProto.FLOAT, (1, 2, 2)),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def pictures_with_words() -> Iterator[bytes]:
    """EXIF, XMP and the texts of PNGs, with and without entities that grow, and boxes of Content Credentials."""
    exif = PIL.Image.Exif()
    exif[271], exif[272], exif[305], exif[315] = "A maker", "A camera", "Some software 1.0", "Anna <b>Author</b>"
    exif.get_ifd(0x8769)[37510] = b"UNICODE\0A comment"
    yield encode(quarters(), "JPEG", exif=exif.tobytes())
    yield encode(quarters(), "WEBP", exif=exif.tobytes(), xmp=XMP)
    yield corpus.jpeg_of_segments(b"http://ns.adobe.com/xap/1.0/\0" + XMP, mark=b"")
    texts = [
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + ENTITIES + b"]>" + XMP),
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP)),
        (b"zTXt", b"parameters\0\0" + zlib.compress(b"a cat, Steps: 20, Sampler: Euler")),
        (b"tEXt", b"Software\0NovelAI"),
        (b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")),
        (b"caBX", b"\0\0\0\x30jumb\0\0\0\x28jumdc2pa" + bytes(30)),
    ]
    pixels = (b"IDAT", zlib.compress(bytes(64 * 193)))
    for text in texts:
        yield corpus.png(64, 64, text, pixels)
    yield corpus.png(64, 64, *texts, pixels)
