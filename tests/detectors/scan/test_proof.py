"""A short version of the long proof: pictures scanned while the scan is killed three times at random."""

from pathlib import Path

import pytest

from tests.detectors.scan.proof import compare_tables, lay_out, prove
from tests.detectors.scan.scanning import PHOTOS, run_scan

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ONLY = "--only", "custom-cnn", "--workers", "2"


def test_a_scan_killed_three_times_at_random_gives_the_table_of_an_undisturbed_one_and_is_done_then(
    photos: Path, tmp_path: Path
) -> None:
    laid_out = lay_out(sorted(map(str, photos.glob("*.*g"))), tmp_path / "photos", twice=True)
    proof = prove(laid_out, tmp_path, *ONLY)
    assert proof.holds, proof
    assert (proof.pictures, proof.kills) == (2 * PHOTOS, 3)
    files = tmp_path / "killed.csv", tmp_path / "killed.csv.journal"
    before = [file.read_bytes() for file in files]
    assert f"0 of {2 * PHOTOS} files judged" in run_scan(laid_out, *ONLY, out=files[0]).stderr
    assert [file.read_bytes() for file in files] == before


def test_the_proof_sees_a_lost_a_doubled_and_a_changed_row() -> None:
    rows = [{"path": name, "p_fake": "0.5"} for name in "abc"]
    assert compare_tables(3, 0, rows, rows, {b"a": 1, b"b": 1, b"c": 1}).holds
    assert compare_tables(3, 0, rows, rows[:2], {b"a": 1, b"b": 1}).lost == 1
    assert compare_tables(3, 0, rows, rows, {b"a": 2, b"b": 1, b"c": 1}).doubled == 1
    changed = [*rows[:2], {"path": "c", "p_fake": "0.6"}]
    assert compare_tables(3, 0, rows, changed, {b"a": 1, b"b": 1, b"c": 1}).different == 2
