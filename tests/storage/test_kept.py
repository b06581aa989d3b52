"""What is kept of one user: pictures that the database can take, and otherwise a sentence that is not an outage."""

import os

import pytest
from sqlalchemy import Engine

from auth import accounts
from storage.database import is_shared
from storage.feedback import give_feedback, list_feedback
from storage.history import add_entry, keep_picture, open_entry, read_picture
from storage.kept import PICTURE_TOO_LARGE, QuotaReached
from tests.auth.server import PASSWORD

FOUND = {"schema": 1, "sha256": "a" * 64, "faces": [], "whole_image": []}


@pytest.fixture
def anna(engine: Engine, name: str) -> str:
    return accounts.add_user(engine, name, password=PASSWORD, rounds=4).name


@pytest.mark.parametrize("size", [7_000_000, 8_400_000, 16_777_216, 20_000_000])
def test_a_picture_of_any_size_is_kept_or_refused_in_a_sentence_of_its_own(
    engine: Engine, anna: str, size: int
) -> None:
    number = add_entry(engine, anna, file_name="a.jpg", comparison=FOUND)
    picture = os.urandom(size)
    if is_shared(engine) and size > 16_777_216:  # MariaDB's max_allowed_packet
        with pytest.raises(QuotaReached, match=PICTURE_TOO_LARGE):
            keep_picture(engine, anna, entry_id=number, picture=picture)
        assert open_entry(engine, anna, entry_id=number) is not None, "the verdict stays"
        assert read_picture(engine, anna, entry_id=number) is None
    else:
        keep_picture(engine, anna, entry_id=number, picture=picture)
        assert read_picture(engine, anna, entry_id=number) == picture


def test_feedback_with_a_picture_that_is_too_large_is_refused_likewise(engine: Engine, anna: str) -> None:
    add_entry(engine, anna, file_name="a.jpg", comparison=FOUND)
    given = {"comparison": FOUND, "claim": "real", "detector": "whole", "face": None, "file_name": "a.jpg"}
    if is_shared(engine):
        with pytest.raises(QuotaReached, match=PICTURE_TOO_LARGE):
            give_feedback(engine, anna, **given, picture=os.urandom(17_000_000))  # type: ignore[arg-type]
        assert [one for one in list_feedback(engine, accepted=None) if one.user == anna] == []
