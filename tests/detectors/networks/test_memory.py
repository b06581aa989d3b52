"""Arenas of malloc as glibc itself counts them, and what a process holds as the kernel does."""

import subprocess
import sys

import pytest

from detectors.networks import memory
from detectors.networks.memory import ARENAS

COUNT = """
import ctypes, os, sys, tempfile, threading
from detectors.networks.memory import bound_arenas
if "bound" in sys.argv:
    bound_arenas()
libc, together = ctypes.CDLL(None), threading.Barrier(6)
libc.malloc.restype, libc.fdopen.restype = ctypes.c_void_p, ctypes.c_void_p
libc.malloc_info.argtypes, libc.fclose.argtypes = (ctypes.c_int, ctypes.c_void_p), (ctypes.c_void_p,)
def allocate():
    together.wait()
    libc.malloc(50_000)
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
with tempfile.NamedTemporaryFile() as file:
    stream = libc.fdopen(os.dup(file.fileno()), b"w")
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(open(file.name).read().count("<heap nr="))
"""

HOLES = """
from detectors.networks.memory import trim
def held():
    return int(open("/proc/self/statm").read().split()[1])
kept = [bytearray(50_000) for _ in range(2000)]
del kept[::2], kept[::2], kept[::2]
before = held()
trim()
print(before - held())
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")


def run(program: str, *arguments: str) -> int:
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_threads_share_few_arenas_once_they_are_bounded() -> None:
    assert run(COUNT) > ARENAS
    assert run(COUNT, "bound") <= ARENAS


def test_what_was_freed_between_what_is_kept_goes_back_to_the_system() -> None:
    assert run(HOLES) > 10_000  # pages of 4 kB: most of 87 MB


def test_where_the_system_has_no_such_function_nothing_happens() -> None:
    memory._call("no_such_function", 1)
    memory.trim()  # what it has is still called
