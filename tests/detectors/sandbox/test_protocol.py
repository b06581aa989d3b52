import io
import json
from typing import Any

import numpy as np
import pytest

from detectors.sandbox.protocol import MAX_LINE_BYTES, receive, send


@pytest.mark.parametrize("array", [None, np.arange(24, dtype=np.uint8).reshape(2, 4, 3), np.eye(3, dtype=np.float32)])
def test_what_is_sent_is_received(array: Any) -> None:
    stream = io.BytesIO()
    send(stream, {"p_fake": 0.5}, array)
    stream.seek(0)
    values, received = receive(stream)
    assert values == {"p_fake": 0.5}
    assert received is None if array is None else np.array_equal(received, array)


def test_a_received_picture_may_be_written_into() -> None:
    stream = io.BytesIO()
    send(stream, {}, np.zeros((2, 2, 3), dtype=np.uint8))
    stream.seek(0)
    receive(stream)[1][:] = 1


def test_a_closed_pipe_is_the_end() -> None:
    with pytest.raises(EOFError):
        receive(io.BytesIO())


@pytest.mark.parametrize(
    "line",
    [
        b"\x80\x04\x95 a pickle\n",
        b"[1, 2]\n",
        b" " * (MAX_LINE_BYTES + 10) + b"{}\n",
        json.dumps({"array": {"kind": "object", "shape": [1]}}).encode() + b"\n",
        json.dumps({"array": {"kind": "uint8", "shape": [-1, 5]}}).encode() + b"\n",
        json.dumps({"array": {"kind": "uint8", "shape": [10**6, 10**6]}}).encode() + b"\n",
        json.dumps({"array": 3}).encode() + b"\n",
    ],
)
def test_what_is_no_message_is_refused_unread(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        receive(io.BytesIO(line))


def test_half_an_array_is_the_end() -> None:
    stream = io.BytesIO()
    send(stream, {}, np.zeros(9, dtype=np.float32))
    with pytest.raises(EOFError):
        receive(io.BytesIO(stream.getvalue()[:-4]))
