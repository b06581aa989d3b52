"""The README's figures are those of metrics.json, and what was measured is what is shipped."""

from pathlib import Path

from typer.testing import CliRunner

from detectors.networks.folder import MODEL, WEIGHTS, read_config
from models.commands.application import app
from models.evaluation.document import fill
from models.evaluation.intervals import say_figure
from models.publishing.report import (
    LEFT_OUT_MARK,
    MARK,
    NETWORKS_MARK,
    left_out_networks_table,
    left_out_table,
    measured_table,
    read_all,
)
from registry import load_registry

README = Path(__file__).parents[3] / "README.md"
EVERY_ONE = load_registry(blocked=()).detectors
DETECTORS = [spec for spec in EVERY_ONE if spec.expects == "face"]  # the table is of pictures


def test_the_readme_shows_exactly_what_was_measured() -> None:
    text = README.read_text(encoding="utf-8")
    found = read_all(DETECTORS)
    assert fill(text, MARK, measured_table(found, DETECTORS)) == text
    assert fill(text, LEFT_OUT_MARK, left_out_table(found)) == text
    assert fill(text, NETWORKS_MARK, left_out_networks_table(found)) == text


def test_the_command_writes_the_tables_between_their_marks_and_nothing_else(tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    page = tmp_path / "README.md"
    emptied = text
    for mark in (MARK, LEFT_OUT_MARK, NETWORKS_MARK):
        emptied = fill(emptied, mark, "nothing yet")
    page.write_text(emptied, encoding="utf-8")
    done = CliRunner().invoke(app, ["report", "--readme", str(page)])
    assert done.exit_code == 0, done.output
    assert done.stdout == f"written: {page}\n"
    assert page.read_text(encoding="utf-8") == text


def test_a_page_without_the_marks_is_one_sentence_and_keeps_its_text(tmp_path: Path) -> None:
    (page := tmp_path / "more.txt").write_text("More.")
    done = CliRunner().invoke(app, ["report", "--readme", str(page)])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"the page has no place for this table, between <!-- {MARK}: begin -->")
    assert page.read_text() == "More."


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


def read_rows(table: str) -> dict[str, dict[str, str]]:
    heads, _, *rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
    return {row[0]: dict(zip(heads, row, strict=True)) for row in rows}


def test_a_generator_that_was_left_out_stands_beside_what_is_made_of_it_by_those_that_met_it() -> None:
    found = read_all(DETECTORS)
    jury = list(found.values())[-1]
    of_jury, of_networks = read_rows(left_out_table(found)), read_rows(left_out_networks_table(found))
    assert of_jury.keys() == of_networks.keys() == jury["left_out"].keys()
    for name, cells in of_networks.items():
        assert {name, *cells["together with"].split(", ")} == set(jury["left_out"][name]["together"])
        assert cells["Blend expert: ROC-AUC"] == say_figure(found["Blend expert"]["generators"][name]["auc"])
        assert of_jury[name]["having met it"] == say_figure(jury["generators"][name]["auc"])


def test_what_was_measured_on_other_data_or_lacks_a_generator_leaves_a_dash() -> None:
    found = read_all(DETECTORS)
    (*_, (network, its)), (jury, ours) = (list(found.items())[:-1], list(found.items())[-1])
    generator = {"real": 9, "fake": 9, "together": ["mine"], "members": [its["detector"]]}
    changed = {
        **found,
        network: its | {"sources": {"elsewhere": its["overall"]}, "overall": its["overall"]},
        jury: ours | {"left_out": ours["left_out"] | {"mine": generator}},
    }
    measured = read_rows(measured_table(changed, DETECTORS))
    assert {cells[f"{network}: ROC-AUC"] for cells in measured.values()} == {"-"}
    assert measured["all test splits"][f"{jury}: ROC-AUC"] == say_figure(ours["overall"]["auc"])
    assert read_rows(left_out_table(changed))["mine"]["having met it"] == "-"
    assert read_rows(left_out_networks_table(changed))["mine"][f"{network}: ROC-AUC"] == "-"


def test_a_set_of_which_two_splits_were_measured_names_who_was_trained_on_it() -> None:
    found = read_all(DETECTORS)
    split = {
        title: metrics
        | {"sources": {f"deepfake-faces ({name})": metrics["overall"] | {"split": name} for name in ("val", "test")}}
        for title, metrics in found.items()
    }
    plain, rows = (read_rows(measured_table(figures, DETECTORS)) for figures in (found, split))
    expected = plain["deepfake-faces"]["trained on by"]
    assert expected != "none"
    assert [rows[f"deepfake-faces ({name})"]["trained on by"] for name in ("val", "test")] == [expected] * 2
