"""What is checked before any long work, and what passes."""

import zipfile
from pathlib import Path

import pytest

from models.commands.checks import check_backend, check_faces, check_keras, choose_for_pictures
from models.errors import DataError
from registry import load_registry


def test_a_backend_that_is_not_installed_is_named_with_the_one_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"jax": object(), "torch": None}
    monkeypatch.setattr("importlib.util.find_spec", installed.get)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(DataError, match=r"KERAS_BACKEND is torch, which is not installed here; .* use tensorflow"):
        check_backend()
    for name in ("jax", "tensorflow"):
        monkeypatch.setenv("KERAS_BACKEND", name)
        check_backend()


def test_what_is_measured_on_faces_is_measured_without_the_detectors_of_clips() -> None:
    assert {spec.expects for spec in choose_for_pictures(load_registry())} == {"face"}
    with pytest.raises(DataError, match=r"^temporal: not for single pictures"):
        choose_for_pictures(load_registry(), ["temporal"])


def test_a_start_is_a_file_of_keras(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    check_keras(tmp_path / "model.keras")
    (tmp_path / "text.keras").write_text("text")
    with pytest.raises(DataError, match=r"text\.keras is not a \.keras file, or not all of one$"):
        check_keras(tmp_path / "text.keras")


def test_pictures_without_any_face_are_refused_with_their_number() -> None:
    check_faces(["a face"], ["a", "b"])
    with pytest.raises(DataError, match="no face of at least 64 pixels was found in any of the 2 pictures"):
        check_faces([], ["a", "b"])
