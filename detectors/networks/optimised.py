"""Our networks as ONNX Runtime optimised them for this processor, kept in the user's cache folder.

Laying out the weights as the processor likes them best takes two thirds of the time to open a network. They lie in a
file of their own, as they were laid out, which ONNX Runtime maps into memory instead of reading it. A folder is named
by all that it depends on, so that none is ever opened that was made of another network, by another version or for
another processor; those that nobody opened for long are removed.
"""

import hashlib
import os
import shutil
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import onnxruntime
import platformdirs

FOLDER = "networks"
GRAPH_FILE, WEIGHTS_FILE = "graph.onnx", "weights.bin"  # in the folder of a network; the one names the other
UNUSED_DAYS = 90


def find_place(sha256: str) -> Path | None:
    """The folder of the network with that SHA-256, there or not.

    None where the system does not say what its CPU can do, as only Linux does.
    """
    flags = _read_flags()
    if not flags:
        return None
    made_by = hashlib.sha256(f"{onnxruntime.__version__} {flags}".encode()).hexdigest()
    return platformdirs.user_cache_path("facejury") / FOLDER / f"{sha256}-{made_by[:16]}"


@cache
def _read_flags() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def note_use(place: Path) -> None:
    """Keep the folder for as long again."""
    with suppress(OSError):  # another user's, or one that cannot be written to
        os.utime(place)


def remove_unused(folder: Path) -> None:
    """Remove what nobody opened for long."""
    oldest = time.time() - UNUSED_DAYS * 86_400
    for kept in folder.iterdir():
        with suppress(OSError):  # another process was faster
            if kept.stat().st_mtime >= oldest:
                continue
            if kept.is_dir():
                shutil.rmtree(kept)
            else:  # as earlier versions kept a network
                kept.unlink()
