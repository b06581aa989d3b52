"""The Space's entry: the page, as `python demo.py` serves it, with the detectors of plugins.toml.

Where there is persistent storage, accounts and detectors are kept in it.
"""

import os
import runpy
import subprocess
import sys
from pathlib import Path

STORAGE = Path("/data")  # where Spaces mount what outlives a restart, if the Space has it
if os.access(STORAGE, os.W_OK):
    os.environ.setdefault("XDG_DATA_HOME", str(STORAGE))
    os.environ.setdefault("HF_HOME", str(STORAGE / ".huggingface"))

HERE = Path(__file__).parent
if (HERE / "plugins.toml").is_file():  # packages came with requirements.txt; what fails is on the page, under Detectors
    subprocess.run([sys.executable, "facejury.py", "detectors", "install"], cwd=HERE, check=False)

runpy.run_path(str(HERE / "demo.py"), run_name="__main__")
