"""How the jury talks with a detector's process: one line of JSON, then the bytes of an array as they are.

No pickle: what comes back was written by untrusted code, and unpickling it would run that code in our process.
"""

import json
import math
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Values = dict[str, Any]
Array = NDArray[np.generic]

KINDS = {"uint8": np.uint8, "float32": np.float32}  # an image or clip goes one way, a heat map or scores the other
MAX_LINE_BYTES = 65_536
MAX_ARRAY_BYTES = 400_000_000  # above the largest picture `images` lets in, as RGB
MAX_LISTING_BYTES = 4_000_000  # of what a plugin registers, its cards included
MAX_HEATMAP_BYTES = 64_000_000  # 16 megapixels, of which the page shows a hundred thousand


def send(stream: IO[bytes], values: Values, array: Array | None = None) -> None:
    """Write one message. array: uint8 or float32, any shape. Raises OSError when the other side is gone."""
    header = values if array is None else values | {"array": {"kind": str(array.dtype), "shape": array.shape}}
    stream.write(json.dumps(header).encode() + b"\n")
    if array is not None:
        stream.write(np.ascontiguousarray(array).data)
    stream.flush()


def receive(stream: IO[bytes], *, limit: int = MAX_ARRAY_BYTES) -> tuple[Values, Array | None]:
    """Read one message. limit: of its array, in bytes.

    Raises EOFError when the other side is gone, ValueError on what is no message.
    """
    values = _read_values(stream)
    described = values.pop("array", None)
    return values, None if described is None else _read_array(stream, described, limit)


def _read_values(stream: IO[bytes]) -> Values:
    line = stream.readline(MAX_LINE_BYTES)
    if not line.endswith(b"\n"):
        if len(line) == MAX_LINE_BYTES:
            raise ValueError(f"a message's first line may have {MAX_LINE_BYTES} bytes")
        raise EOFError("the other side has closed")
    try:
        values = json.loads(line)
    except RecursionError as error:
        raise ValueError("a message is nested too deeply") from error
    if not isinstance(values, dict):
        raise ValueError("a message must be an object")
    return values


def _read_array(stream: IO[bytes], described: Values, limit: int) -> Array:
    try:
        kind, shape = np.dtype(KINDS[described["kind"]]), tuple(int(side) for side in described["shape"])
    except (KeyError, TypeError, OverflowError) as error:  # JSON has infinite numbers, as Python reads it
        raise ValueError("an array must name its kind and its shape") from error
    count = math.prod(shape) * kind.itemsize
    if min(shape, default=0) < 0 or count > limit:
        raise ValueError(f"an array may have {limit} bytes, got shape {shape!s:.80}")
    data = bytearray(stream.read(count))  # a bytearray: the reader may write into what it was given
    if len(data) < count:
        raise EOFError("the other side closed in the middle of an array")
    return np.frombuffer(data, dtype=kind).reshape(shape)
