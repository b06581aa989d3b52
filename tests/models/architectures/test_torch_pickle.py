"""A PyTorch file is read for its tensors; anything else in it is refused before it can do anything."""

import io
import pickle
import struct
import sys
import types
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.architectures.torch_pickle import MAGIC, read_tensors


class Storage:
    """Stands for a torch storage while a file is written."""

    def __init__(self, name: str, kind: Any, numbers: np.ndarray) -> None:
        self.name, self.kind, self.numbers = name, kind, numbers


class Tensor:
    """Stands for a torch tensor: a window into a storage."""

    def __init__(self, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.arguments: tuple[Any, ...] = (storage, offset, shape, strides, False, OrderedDict())

    def __reduce__(self) -> tuple[Any, ...]:
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


class TorchPickler(pickle.Pickler):
    """Writes storages as torch does: by reference."""

    def persistent_id(self, value: Any) -> Any:
        if isinstance(value, Storage):
            return ("storage", value.kind, value.name, "cpu", value.numbers.size, None)
        return None


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Storage types by name; pickle writes them as names in a module called torch, which is not installed."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def rebuild(*_: Any) -> None:
        raise AssertionError("never called")

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild  # type: ignore[attr-defined]
    made = {name: type(name, (), {"__module__": "torch"}) for name in ("FloatStorage", "LongStorage", "HalfStorage")}
    for name, kind in made.items():
        setattr(torch, name, kind)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)
    return made


def dump(value: Any) -> bytes:
    buffer = io.BytesIO()
    TorchPickler(buffer, protocol=2).dump(value)
    return buffer.getvalue()


def legacy_file(folder: Path, state: Any, storages: list[Storage]) -> Path:
    """A file as torch.save wrote it before version 1.6."""
    parts = [dump(MAGIC), dump(1001), dump({"little_endian": True}), dump(state), dump([s.name for s in storages])]
    for storage in storages:
        parts += [struct.pack("<q", storage.numbers.size), storage.numbers.tobytes()]
    path = folder / "weights.pth"
    path.write_bytes(b"".join(parts))
    return path


def test_tensors_are_read_with_offsets_strides_and_shared_storages(tmp_path: Path, kinds: dict[str, Any]) -> None:
    floats = Storage("a", kinds["FloatStorage"], np.arange(12, dtype="<f4"))
    longs = Storage("b", kinds["LongStorage"], np.array([7], dtype="<i8"))
    state = OrderedDict(
        rows=Tensor(floats, 0, (3, 4), (4, 1)),
        columns=Tensor(floats, 2, (2, 3), (1, 2)),
        count=Tensor(longs, 0, (), ()),
    )
    found = read_tensors(legacy_file(tmp_path, state, [floats, longs]))
    assert list(found) == ["rows", "columns", "count"]
    assert np.array_equal(found["rows"], np.arange(12).reshape(3, 4))
    assert np.array_equal(found["columns"], [[2, 4, 6], [3, 5, 7]])
    assert found["count"] == 7
    assert found["rows"].dtype == np.float32


def call(module: str, name: str, argument: str) -> bytes:
    """A pickle that calls a function when it is loaded."""
    return f"c{module}\n{name}\n(V{argument}\ntR.".encode()


ATTACKS = [("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "exec"), ("subprocess", "Popen")]
HARMLESS_LOOKING = [("torch", "load"), ("torch._utils", "_rebuild_parameter"), ("collections", "defaultdict")]


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize(("module", "name"), ATTACKS + HARMLESS_LOOKING)
def test_a_pickle_that_names_anything_but_tensors_is_refused(
    tmp_path: Path, module: str, name: str, place: int
) -> None:
    pwned = tmp_path / "pwned"
    parts = [dump(MAGIC), dump(1001), dump({}), dump(OrderedDict()), dump([])]
    parts[place] = call(module, name, f"open({str(pwned)!r}, 'w')" if module == "builtins" else f"touch {pwned}")
    path = tmp_path / "evil.pth"
    path.write_bytes(b"".join(parts))
    with pytest.raises(pickle.UnpicklingError, match=f"{module}.{name} is not admitted: only tensors are"):
        read_tensors(path)
    assert not pwned.exists()


def test_a_name_reached_through_an_admitted_module_is_refused(tmp_path: Path) -> None:
    dotted = pickle.PROTO + b"\x04" + b"\x8c\x0bcollections\x8c\x0fOrderedDict.pop\x93."
    path = tmp_path / "evil.pth"
    path.write_bytes(dump(MAGIC) + dump(1001) + dump({}) + dotted)
    with pytest.raises(pickle.UnpicklingError, match="not admitted"):
        read_tensors(path)


@pytest.mark.parametrize("state", [OrderedDict(a=5), OrderedDict(a="text"), OrderedDict(a=OrderedDict()), [1, 2], 5])
def test_values_that_are_no_tensors_are_refused(tmp_path: Path, state: Any) -> None:
    with pytest.raises(pickle.UnpicklingError, match="no PyTorch file of tensors"):
        read_tensors(legacy_file(tmp_path, state, []))


def test_a_storage_of_an_unknown_type_is_refused(tmp_path: Path, kinds: dict[str, Any]) -> None:
    half = Storage("a", kinds["HalfStorage"], np.zeros(4, dtype="<f2"))
    with pytest.raises(pickle.UnpicklingError, match="HalfStorage is not admitted"):
        read_tensors(legacy_file(tmp_path, OrderedDict(a=Tensor(half, 0, (4,), (1,))), [half]))


@pytest.mark.parametrize(
    ("offset", "shape", "strides"), [(0, (99,), (1,)), (3, (4,), (1,)), (-1, (2,), (1,)), (0, (2,), (9,))]
)
def test_a_window_outside_its_storage_reads_nothing(
    tmp_path: Path, kinds: dict[str, Any], offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    storage = Storage("a", kinds["FloatStorage"], np.zeros(4, dtype="<f4"))
    state = OrderedDict(a=Tensor(storage, offset, shape, strides))
    with pytest.raises(pickle.UnpicklingError, match=r"weights\.pth is no PyTorch file of tensors"):
        read_tensors(legacy_file(tmp_path, state, [storage]))


@pytest.mark.parametrize("data", [b"", b"\x80", b"M" * 9, b"PK\x03\x04" + bytes(40), b"text", dump(5), dump(MAGIC)])
def test_another_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.pth"
    path.write_bytes(data)
    with pytest.raises(pickle.UnpicklingError, match=r"other\.pth"):
        read_tensors(path)


def test_a_truncated_file_is_refused(tmp_path: Path, kinds: dict[str, Any]) -> None:
    storage = Storage("a", kinds["FloatStorage"], np.zeros(4, dtype="<f4"))
    path = legacy_file(tmp_path, OrderedDict(a=Tensor(storage, 0, (4,), (1,))), [storage])
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(pickle.UnpicklingError, match=r"weights\.pth is no PyTorch file of tensors"):
        read_tensors(path)


def test_a_storage_in_which_no_tensor_stands_is_refused(tmp_path: Path, kinds: dict[str, Any]) -> None:
    storage, spare = (Storage(name, kinds["FloatStorage"], np.zeros(4, dtype="<f4")) for name in ("a", "spare"))
    state = OrderedDict(a=Tensor(storage, 0, (4,), (1,)))
    with pytest.raises(pickle.UnpicklingError, match="no tensor stands in the storage 'spare'"):
        read_tensors(legacy_file(tmp_path, state, [storage, spare]))
