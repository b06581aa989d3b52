"""The README's figures are those of metrics.json, and what was measured is what is shipped."""

from pathlib import Path

from typer.testing import CliRunner

from detectors.networks.folder import MODEL, WEIGHTS, read_config
from models.commands.application import app
from models.evaluation.document import fill
from models.publishing.report import MARK, measured_table, read_all
from registry import load_registry

README = Path(__file__).parents[3] / "README.md"
EVERY_ONE = load_registry(blocked=()).detectors
DETECTORS = [spec for spec in EVERY_ONE if spec.expects == "face"]  # the table is of pictures


def test_the_readme_shows_exactly_what_was_measured() -> None:
    text = README.read_text(encoding="utf-8")
    assert fill(text, MARK, measured_table(read_all(DETECTORS), DETECTORS)) == text


def test_the_command_writes_the_table_between_its_marks_and_nothing_else(tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    page = tmp_path / "README.md"
    page.write_text(fill(text, MARK, "nothing yet"), encoding="utf-8")
    done = CliRunner().invoke(app, ["report", "--readme", str(page)])
    assert done.exit_code == 0, done.output
    assert page.read_text(encoding="utf-8") == text


def test_what_was_measured_is_what_is_shipped() -> None:
    for spec in EVERY_ONE:
        (metrics,) = read_all([spec]).values()
        assert metrics["model"] == read_config(WEIGHTS / spec.key).files[MODEL]


def test_each_detector_scores_fakes_above_reals_where_it_was_measured() -> None:
    for metrics in read_all(DETECTORS).values():
        assert metrics["overall"]["auc"]["low"] > 0.5


def test_every_data_set_stands_in_the_table_with_its_interval() -> None:
    table = measured_table(read_all(DETECTORS), DETECTORS)
    for source in next(iter(read_all(DETECTORS).values()))["sources"]:
        (line,) = [line for line in table.splitlines() if line.startswith(f"| {source} |")]
        assert line.count("[") == len(read_all(DETECTORS)) + (" right" not in line)


def test_the_table_names_who_was_trained_on_other_pictures_of_a_set() -> None:
    rows = [line.strip("| ").split(" | ") for line in measured_table(read_all(DETECTORS), DETECTORS).splitlines()]
    trained_on = {row[0]: row[2] for row in rows}
    assert trained_on["faceforensics-c23"] == "none"  # kept for evaluation
    for source, who in trained_on.items():
        for spec in DETECTORS:
            is_named = who == "all" or spec.title in who.split(", ")
            assert is_named == (source in read_config(WEIGHTS / spec.key).trained_on), (source, spec.key)
