"""How the jury talks with a detector's process: one line of JSON, then the bytes of an array as they are.

No pickle: what comes back was written by a stranger's process, and unpickling it would run what it likes in ours.
"""

import json
import math
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Values = dict[str, Any]
Array = NDArray[np.generic]

KINDS = {"uint8": np.uint8, "float32": np.float32}  # an image goes one way, a heat map the other
MAX_LINE_BYTES = 65_536
MAX_ARRAY_BYTES = 400_000_000  # above the largest picture `images` lets in, as RGB


def send(stream: IO[bytes], values: Values, array: Array | None = None) -> None:
    """Write one message. array: uint8 or float32, any shape. Raises OSError when the other side is gone."""
    header = values if array is None else values | {"array": {"kind": str(array.dtype), "shape": array.shape}}
    stream.write(json.dumps(header).encode() + b"\n")
    if array is not None:
        stream.write(np.ascontiguousarray(array).data)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[Values, Array | None]:
    """Read one message. Raises EOFError when the other side is gone, ValueError on what is no message."""
    line = stream.readline(MAX_LINE_BYTES)
    if not line:
        raise EOFError("the other side has closed")
    values = json.loads(line)
    if not isinstance(values, dict):
        raise ValueError("a message must be an object")
    described = values.pop("array", None)
    return values, None if described is None else _read_array(stream, described)


def _read_array(stream: IO[bytes], described: Values) -> Array:
    try:
        kind, shape = np.dtype(KINDS[described["kind"]]), tuple(int(side) for side in described["shape"])
    except (KeyError, TypeError) as error:
        raise ValueError("an array must name its kind and its shape") from error
    count = math.prod(shape) * kind.itemsize
    if min(shape, default=0) < 0 or count > MAX_ARRAY_BYTES:
        raise ValueError(f"an array may have {MAX_ARRAY_BYTES} bytes, got shape {shape}")
    data = bytearray(stream.read(count))  # a bytearray: the reader may write into what it was given
    if len(data) < count:
        raise EOFError("the other side closed in the middle of an array")
    return np.frombuffer(data, dtype=kind).reshape(shape)
