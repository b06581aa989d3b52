"""What a network's file must be before anything runs it: one whole, well-formed ONNX file of ONNX's own operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx
    from google.protobuf.message import Message

DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})  # onnx.proto: "" is ai.onnx; all others are somebody's own


class NetworkError(ValueError):
    """The file is no network we run. The message is one sentence without its name."""


def check_network(data: bytes) -> None:
    """Look at a network's bytes without running them, or opening any file they name. Raises NetworkError."""
    _check_content(_parse(data))
    _check_form(data)


def _check_content(model: onnx.ModelProto) -> None:
    if any(_is_outside(tensor) for tensor in _find(model, "TensorProto")):
        raise NetworkError("the network keeps weights in other files; save it as one file")
    strange = sorted({node.domain for node in _find(model, "NodeProto")} - DOMAINS)
    if strange:
        raise NetworkError(f"the network has operators of {', '.join(map(repr, strange))}; only ONNX's own are run")


def _parse(data: bytes) -> onnx.ModelProto:
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model: onnx.ModelProto = onnx.ModelProto.FromString(data)
    except DecodeError as error:
        raise NetworkError("the network is not an ONNX file") from error
    return model


def _is_outside(tensor: onnx.TensorProto) -> bool:
    """True if its numbers are in another file, of any path on this machine."""
    return tensor.data_location == tensor.EXTERNAL or len(tensor.external_data) > 0


def _check_form(data: bytes) -> None:
    """ONNX's own check, in C++. It looks for the files of outside data, so those are refused before."""
    import onnx.checker

    try:
        onnx.checker.check_model(data)
    except (onnx.checker.ValidationError, ValueError) as error:
        said = str(error).strip().partition("\n")[0]
        raise NetworkError(f"the network is not a well-formed ONNX file: {said}") from error


def _find(message: Message, kind: str) -> Iterator[Any]:
    """Every message of a kind anywhere in a network: initializers, attributes, subgraphs, functions."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for part in value if isinstance(value, Sequence) else [value]:
            if field.message_type.name == kind:
                yield part
            yield from _find(part, kind)
