"""The command `facejury`, as tests call it: in a process of its own, or in this one, which takes no time to start."""

import os
import sys
from pathlib import Path
from unittest.mock import patch

from typer.testing import CliRunner, Result

from detectors.commands.terminal import errors, screen
from facejury import app

ROOT = Path(__file__).parents[1]
# Root as anybody else, whom the permissions of files and folders bind; only Linux has such a root, and the command.
BOUND = ("setpriv", *(f"--{kind}=-dac_override,-dac_read_search" for kind in ("bounding-set", "inh-caps")))
UNPRIVILEGED = BOUND if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
FACEJURY = (sys.executable, str(ROOT / "facejury.py"))  # not -m: from any folder it is this checkout's


def call(*arguments: object, typed: str | bytes = "", columns: int = 80) -> Result:
    """What the command says and its exit code, in this process; whatever it raises is raised.

    columns: of the terminal. Rich reads COLUMNS once, when the consoles are made, which another test may have done.
    """
    with patch.object(screen, "_width", columns), patch.object(errors, "_width", columns):
        done = CliRunner().invoke(app, [str(argument) for argument in arguments], input=typed, prog_name="facejury")
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done
