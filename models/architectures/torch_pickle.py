"""Read the tensors of a legacy PyTorch `.pth` file without PyTorch, by an unpickler that admits only tensors.

The format (torch.save before 1.6): four pickles (magic number, protocol, system, the state dict), a fifth with the
storages' names in order, then each storage as an int64 count and its raw little-endian numbers.
"""

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C  # torch.serialization.MAGIC_NUMBER
DTYPES: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True)
class _Tensor:
    """A tensor still without its numbers: a window into a storage. Offset and strides count numbers, not bytes."""

    storage: str
    dtype: np.dtype[Any]
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def read(self, storages: dict[str, bytes]) -> NDArray[Any]:
        width = self.dtype.itemsize
        strides = tuple(step * width for step in self.strides)  # not always C order: these came from TensorFlow
        return np.ndarray(self.shape, self.dtype, storages[self.storage], self.offset * width, strides).copy()


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Name -> array of every tensor in the file. Raises pickle.UnpicklingError when it holds anything else."""
    try:
        with path.open("rb") as file:
            return _read(file)
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, LookupError) as error:
        raise pickle.UnpicklingError(f"{path.name} is no PyTorch file of tensors: {error}") from error


def _read(file: BinaryIO) -> dict[str, NDArray[Any]]:
    if _load(file) != MAGIC:
        raise pickle.UnpicklingError("it lacks the magic number of the legacy format")
    _load(file), _load(file)  # protocol and system: the numbers are little-endian wherever this is read
    tensors: dict[str, _Tensor] = dict(_load(file))
    if not all(isinstance(tensor, _Tensor) for tensor in tensors.values()):
        raise pickle.UnpicklingError("only tensors are admitted")
    storages = {name: _read_storage(file, _dtype_of(name, tensors)) for name in _load(file)}
    return {name: tensor.read(storages) for name, tensor in tensors.items()}


def _dtype_of(storage: str, tensors: dict[str, _Tensor]) -> np.dtype[Any]:
    for tensor in tensors.values():
        if tensor.storage == storage:
            return tensor.dtype
    raise LookupError(f"no tensor stands in the storage {storage!r}")


def _read_storage(file: BinaryIO, dtype: np.dtype[Any]) -> bytes:
    count = int(np.frombuffer(file.read(8), "<i8")[0])
    return file.read(count * dtype.itemsize)


def _load(file: BinaryIO) -> Any:
    return _TensorUnpickler(file).load()


class _TensorUnpickler(pickle.Unpickler):
    """Admits the three names a state dict needs, and turns each into plain data."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in DTYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is not admitted: only tensors are")

    def persistent_load(self, reference: Any) -> tuple[str, np.dtype[Any]]:
        _, kind, name, *_ = reference  # ("storage", type, name, device, count, view)
        return str(name), DTYPES[str(kind)]


def _rebuild(
    storage: tuple[str, np.dtype[Any]], offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> _Tensor:
    name, dtype = storage
    return _Tensor(name, dtype, offset, tuple(shape), tuple(strides))
