"""The folder that training takes: what the feedback says now, and nothing that it said before."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import Engine

from auth import accounts
from storage.database import open_database
from storage.feedback import ENDINGS, give_feedback, list_feedback, read_feedback_picture, review_feedback
from tests.auth.server import PASSWORD, picture
from tests.command import call


@pytest.fixture
def own(new_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A database of this test's own, which the command finds."""
    url = new_url()
    monkeypatch.setenv("FACEJURY_DATABASE_URL", url)
    engine = open_database(url)
    for name in ("Anna", "Bert"):
        accounts.add_user(engine, name, password=PASSWORD, rounds=4)
    yield engine
    engine.dispose()


def give(engine: Engine, claim: Literal["real", "fake"], number: int, *, user: str = "Anna") -> int:
    found = {"schema": 1, "sha256": hashlib.sha256(picture(number)).hexdigest(), "faces": []}
    given: dict[str, Any] = {"comparison": found, "detector": "jury", "face": None, "file_name": "a.png"}
    report = give_feedback(engine, user, claim=claim, **given, picture=picture(number))
    review_feedback(engine, report, accepted=True)
    return report


def export(folder: Path) -> str:
    done = call("feedback", "export", folder)
    assert done.exit_code == 0, done.output
    return done.stdout


def pictures_in(folder: Path) -> set[tuple[str, bytes]]:
    return {(path.parent.name, path.read_bytes()) for path in folder.glob("*/*")}


def test_an_export_into_the_same_folder_holds_what_the_feedback_says_now(own: Engine, tmp_path: Path) -> None:
    for number in (1, 2, 4):
        give(own, "real", number)
    refused = give(own, "fake", 3)
    assert export(tmp_path).startswith("3 real and 1 fake") and "Removed" not in export(tmp_path)
    give(own, "fake", 1)
    give(own, "fake", 2, user="Bert")
    review_feedback(own, refused, accepted=False)
    said = export(tmp_path)
    assert said.startswith("1 real and 1 fake") and "2 called both" in said and "Removed: 3 of an earlier" in said
    assert pictures_in(tmp_path) == {("fake", picture(1)), ("real", picture(4))}
    assert len(list_feedback(own, accepted=True)) == 4


def test_a_picture_that_is_taken_back_during_an_export_is_left_out_and_counted(
    own: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(own, "fake", 1)
    give(own, "fake", 2, user="Bert")
    bert = accounts.find_user(own, "Bert")
    assert bert is not None

    def read_late(engine: Engine, feedback_id: int) -> bytes | None:
        accounts.remove_user(engine, bert.id)
        return read_feedback_picture(engine, feedback_id)

    monkeypatch.setattr("storage.feedback.read_feedback_picture", read_late)
    said = export(tmp_path)
    assert said.startswith("0 real and 1 fake") and "1 without a picture" in said
    assert pictures_in(tmp_path) == {("fake", picture(1))}


def test_an_export_that_breaks_off_leaves_no_half_picture_behind(
    own: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(own, "fake", 1)

    def break_off(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:9])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", break_off)
        assert call("feedback", "export", tmp_path).exit_code == 1
    assert not [path for path in tmp_path.glob("*/*") if path.suffix in ENDINGS.values()]
    export(tmp_path)
    assert pictures_in(tmp_path) == {("fake", picture(1))}


def test_an_export_leaves_alone_what_is_not_of_its_own_making(own: Engine, tmp_path: Path) -> None:
    others = [tmp_path / "real" / f"{'a' * 64}.png", tmp_path / "real" / "portrait.png", tmp_path / "README"]
    others[0].parent.mkdir()
    for path in others:
        path.write_bytes(b"another's")
    give(own, "fake", 1)
    assert "Removed" not in export(tmp_path)
    assert all(path.read_bytes() == b"another's" for path in others)
