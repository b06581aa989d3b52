"""Nobody's own training writes over what is served, unless it is asked to."""

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.jury.fusion import JURY, JURY_METRICS
from detectors.networks.folder import WEIGHTS
from models.commands.application import app
from models.commands.checks import choose_place
from models.errors import DataError
from models.evaluation.sample import SAMPLE
from tests.models.portraits import write_portraits


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A handful of portraits and forgeries; what is found in them is kept beside them."""
    monkeypatch.chdir(tmp_path)
    return write_portraits(tmp_path / "photos", ["val"] * 2 + ["test"] * 2)


def hash_served() -> str:
    """Of everything that is served or says how good it is."""
    files = sorted(path for path in WEIGHTS.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in [*files, JURY, JURY_METRICS, SAMPLE])).hexdigest()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "--save", "--only", "custom-cnn"], "--save writes beside what was added with --add"),
        (["fit-jury"], "at least 200 real and as many fake validation faces; these folders hold 2 and 2"),
        (["fit-jury", "--replace-builtin"], "at least 200 real and as many fake"),
    ],
)
def test_nothing_that_is_served_is_replaced_by_the_way(photos: Path, arguments: list[str], said: str) -> None:
    before = hash_served()
    done = CliRunner().invoke(app, [*arguments, "--data", str(photos)])
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
    assert hash_served() == before


def test_a_jury_that_was_fitted_is_printed_and_put_in_no_place(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.evaluation.fit_jury.MIN_OF_A_CLASS", 2)
    before = hash_served()
    done = CliRunner().invoke(app, ["fit-jury", "--data", str(photos)])
    assert done.exit_code == 0, done.output
    assert set(json.loads(done.stdout)["members"]) == {
        "blend",
        "custom-cnn",
        "efficientnet",
        "efficientnet-160",
        "residual",
    }
    assert hash_served() == before


def test_an_export_goes_beside_its_run_under_a_key_of_its_own() -> None:
    run = Path("runs/custom-cnn")
    assert choose_place(run, ("my-cnn", "Mine"), None, None) == (run / "weights", "my-cnn", "Mine")
    assert choose_place(run, ("my-cnn", "Mine"), None, Path("there")) == (Path("there"), "my-cnn", "Mine")


def test_a_way_round_to_the_built_in_detectors_is_seen(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(WEIGHTS / "custom-cnn")
    (tmp_path / "all").symlink_to(WEIGHTS)
    ways = (tmp_path / "link", tmp_path / "all", tmp_path / "all" / "new", WEIGHTS, WEIGHTS / ".." / "weights" / "x")
    for way in ways:
        with pytest.raises(DataError, match=r"choose another with --to$"):
            choose_place(Path("runs/custom-cnn"), ("my-cnn", "Mine"), None, way)


def test_it_takes_a_built_in_detectors_place_only_when_told() -> None:
    run, builtin = Path("runs/custom-cnn"), ("custom-cnn", "Custom CNN")
    assert choose_place(run, ("my-cnn", "Mine"), builtin, None) == (WEIGHTS / "custom-cnn", *builtin)
    with pytest.raises(DataError, match="choose another with --key"):
        choose_place(run, ("custom-cnn", "Mine"), None, None)
    with pytest.raises(DataError, match="choose another with --to"):
        choose_place(run, ("my-cnn", "Mine"), None, WEIGHTS / "custom-cnn")


@pytest.mark.parametrize("key", ["jury", "My CNN!", ""])
def test_a_key_that_no_detector_may_have_is_refused(key: str) -> None:
    with pytest.raises(DataError, match="--key must be kebab-case"):
        choose_place(Path("runs/custom-cnn"), (key, "Mine"), None, None)
