"""A short version of the long proof: a few hundred pictures, killed three times at random."""

from pathlib import Path

import pytest

from tests.detectors.scan.proof import compare_tables, lay_out, prove

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ONLY = "--only", "custom-cnn", "--workers", "2"


def test_a_few_hundred_pictures_killed_three_times_give_the_table_of_an_undisturbed_scan(
    photos: Path, tmp_path: Path
) -> None:
    pictures = sorted(map(str, photos.glob("*.*g"))) * 4
    proof = prove(lay_out(pictures, tmp_path / "photos", twice=False), tmp_path, *ONLY)
    assert proof.holds, proof
    assert (proof.pictures, proof.kills) == (240, 3)


def test_the_proof_sees_a_lost_a_doubled_and_a_changed_row() -> None:
    rows = [{"path": name, "p_fake": "0.5"} for name in "abc"]
    assert compare_tables(3, 0, rows, rows, {b"a": 1, b"b": 1, b"c": 1}).holds
    assert compare_tables(3, 0, rows, rows[:2], {b"a": 1, b"b": 1}).lost == 1
    assert compare_tables(3, 0, rows, rows, {b"a": 2, b"b": 1, b"c": 1}).doubled == 1
    changed = [*rows[:2], {"path": "c", "p_fake": "0.6"}]
    assert compare_tables(3, 0, rows, changed, {b"a": 1, b"b": 1, b"c": 1}).different == 2
