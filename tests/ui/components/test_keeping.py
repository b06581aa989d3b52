"""What the line under the verdicts says of the picture that was to be kept."""

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import Engine

from storage.history import add_entry, open_entry
from storage.kept import PICTURE_TOO_LARGE
from tests.auth.server import picture
from ui.components.keeping import KEPT, RECORDED, _keep_as_told


def test_a_picture_that_the_database_cannot_take_is_told_beside_the_verdict_that_it_took(
    kept: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(picture(1))
    found = {"schema": 1, "sha256": hashlib.sha256(picture(1)).hexdigest(), "faces": [], "whole_image": []}
    entry = open_entry(kept, "Anna", entry_id=add_entry(kept, "Anna", file_name="a.png", comparison=found))
    assert entry is not None
    monkeypatch.setattr("storage.kept.find_most_bytes", lambda _connection: 10)
    assert f"{RECORDED} {PICTURE_TOO_LARGE}" in _keep_as_told(kept, "Anna", entry, True, str(path))
    monkeypatch.undo()
    assert KEPT in _keep_as_told(kept, "Anna", entry, True, str(path))
