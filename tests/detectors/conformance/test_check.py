import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.__main__ import app
from detectors.conformance.check import check_detector
from detectors.conformance.checks import CHECKS, name_check
from detectors.networks.resolve import add_source
from registry import DetectorSpec, Registry, load_registry
from registry.manager import BUILTINS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # each check starts workers

FAULTS = Path(__file__).parents[1] / "faults.py"
ROOT = Path(__file__).parents[3]
NAMES = [name_check(check) for check in CHECKS]
FAILS = {  # a detector that does one thing wrong -> the check that must say so
    "late": "time-limit",
    "above": "range-and-type",
    "text": "range-and-type",
    "nan": "no-nan",
    "drifts": "repeatable",
    "no-grey": "grey",
    "no-alpha": "alpha",
    "no-tiny": "tiny",
    "no-huge": "huge",
    "squares-only": "portrait-and-landscape",
    "shared": "eight-threads",
    "scribbles": "input-not-mutated",
    "flat-map": "heat-map",
    "in-a-list": "heat-map",
    "bright-map": "heat-map",
    "reads-again": "loaded-once",
    "connects": "no-network",
    "writes": "no-writes",
    "connects-apart": "no-network",
    "writes-apart": "no-writes",
    "leak": "memory",
    "backwards": "polarity",
    "no-card": "card",
}
ALONE = {"no-grey", "no-alpha", "no-tiny", "no-huge", "shared", "scribbles", "reads-again", "connects"} | {
    *("writes", "connects-apart", "writes-apart", "leak", "backwards", "no-card", "late")
}
# About time, memory and the sandbox.
OWN_PROCESS = {"late", "leak", "connects", "writes", "connects-apart", "writes-apart"}


def find_failed(spec: DetectorSpec) -> set[str]:
    return {check.name for check in check_detector(spec) if not check.passed}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    plugin = tmp_path_factory.mktemp("faulty") / "faults.py"  # what a detector writes beside its module goes there
    plugin.write_text(FAULTS.read_text())
    return add_source(Registry(()), str(plugin))


@pytest.fixture(scope="module")
def failed_together(faulty: Registry) -> dict[str, list[str]]:
    """Key -> the checks that failed; of those that harm none but themselves, all in one process."""
    (module,) = {spec.plugin for spec in faulty}
    command = [
        sys.executable,
        "-m",
        "tests.detectors.conformance.checked_together",
        module,
        *FAILS.keys() - OWN_PROCESS,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("key", FAILS)
def test_a_bad_detector_fails_the_check_of_its_fault(
    faulty: Registry, failed_together: dict[str, list[str]], key: str
) -> None:
    failed = find_failed(faulty[key]) if key in OWN_PROCESS else set(failed_together[key])
    assert FAILS[key] in failed
    if key in ALONE:
        assert failed == {FAILS[key]}


def test_an_answer_that_depends_on_the_call_fails_wherever_answers_are_compared(
    failed_together: dict[str, list[str]],
) -> None:
    compared = {"repeatable", "path-bytes-array", "exif-rotated", "eight-threads"}
    assert set(failed_together["drifts"]) == compared


def test_an_answer_in_a_list_is_told_what_to_return_by_every_check_that_reads_it() -> None:
    result = CliRunner().invoke(app, ["check", "in-a-list", "--add", str(FAULTS), "--json"])
    got = [check["got"] for check in json.loads(result.stdout)["checks"] if not check["passed"]]
    assert len(got) == 14
    assert all(one.startswith("TypeError: examine must return p_fake, or (p_fake, heatmap), got [0.3, ") for one in got)


def test_a_detector_that_never_answers_fails_every_check_and_says_why_once(faulty: Registry) -> None:
    first, *others = check_detector(faulty["hang"])
    assert (first.name, first.passed, first.got) == ("time-limit", False, "it took longer than 1 s")
    assert {check.got for check in others} == {"not tried: it did not answer"}


def test_a_detector_that_cannot_be_loaded_fails_every_check_with_the_reason(faulty: Registry) -> None:
    checks = check_detector(faulty["load-raises"])
    assert [check.name for check in checks] == NAMES
    assert {check.got for check in checks} == {"it could not be loaded: FileNotFoundError: weights are missing"}


def test_checks_are_printed_as_json_and_a_failed_one_is_the_exit_code() -> None:
    result = CliRunner().invoke(app, ["check", "no-card", "--add", str(FAULTS), "--json"])
    checks = json.loads(result.stdout)["checks"]
    assert result.exit_code == 1
    assert [check["name"] for check in checks] == NAMES
    assert all(set(check) == {"name", "passed", "expected", "got"} for check in checks)
    assert [check["name"] for check in checks if not check["passed"]] == ["card"]


def test_checks_are_printed_as_a_table_and_exit_with_0_when_all_passed() -> None:
    result = CliRunner().invoke(app, ["check", "fine", "--add", str(FAULTS)])
    assert result.exit_code == 0
    assert all(name in result.stdout for name in ["all 20 checks passed", *NAMES])


def test_an_unknown_detector_leaves_with_2() -> None:
    result = CliRunner().invoke(app, ["check", "no-such-detector"])
    assert result.exit_code == 2


BUILT_IN = [dotted.rpartition(".")[2].replace("_", "-") for dotted in BUILTINS]


@pytest.mark.parametrize("key", BUILT_IN)
def test_our_own_detectors_pass_every_check(key: str) -> None:
    failed = {check.name: check.got for check in check_detector(load_registry()[key]) if not check.passed}
    assert not failed, failed
