"""Two commits are compared through their front doors. No time is asserted."""

import json
import subprocess
import sys

import pytest

from benchmarks.commits import ROOT


@pytest.mark.slow
def test_the_older_commit_is_run_from_a_folder_of_its_own_which_goes_again() -> None:
    command = [sys.executable, "-m", "benchmarks.commits", "HEAD", "--rounds", "2", "--only", "compare", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["work"] == "compare" and len(found["seconds"]) == 2
    assert all(seconds > 0 for pair in found["seconds"] for seconds in pair)
    trees = subprocess.run(["git", "worktree", "list"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "/base " not in trees


def test_a_commit_that_is_not_there_is_a_sentence() -> None:
    command = [sys.executable, "-m", "benchmarks.commits", "no-such-commit", "--only", "compare"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "no-such-commit cannot be checked out" in done.stderr and "Traceback" not in done.stderr
