"""The Space's entry: the page, as `python demo.py` serves it. Where there is persistent storage, accounts are kept."""

import os
import runpy
from pathlib import Path

STORAGE = Path("/data")  # where Spaces mount what outlives a restart, if the Space has it
if os.access(STORAGE, os.W_OK):
    os.environ.setdefault("XDG_DATA_HOME", str(STORAGE))
    os.environ.setdefault("HF_HOME", str(STORAGE / ".huggingface"))

runpy.run_path(str(Path(__file__).with_name("demo.py")), run_name="__main__")
