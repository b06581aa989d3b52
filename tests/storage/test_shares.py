"""Links to one entry: what they show, to whom, and when they end."""

import time

import pytest
from sqlalchemy import Engine, select, update

from auth import accounts
from storage.database import reading, writing
from storage.history import NoSuchEntry, add_entry, delete_entries
from storage.shares import DAY_SECONDS, DAYS, end_share, find_share, open_shared, share_entry, sweep_shares
from storage.tables import shares
from tests.auth.server import PASSWORD
from tests.storage.test_history import comparison

DATA = b"a picture"


@pytest.fixture
def anna(engine: Engine, name: str) -> str:
    return accounts.add_user(engine, name, password=PASSWORD, rounds=4).name


@pytest.fixture
def entry(engine: Engine, anna: str) -> int:
    return add_entry(engine, anna, file_name="a.jpg", comparison=comparison(), picture=DATA)


def made(engine: Engine, user: str, entry: int, *, with_picture: bool = False) -> str:
    """A link that was just made."""
    secret = share_entry(engine, user, entry_id=entry, days=7, with_picture=with_picture)
    assert secret is not None
    return secret


@pytest.mark.parametrize("with_picture", [False, True])
def test_a_link_shows_one_entry_and_the_picture_only_where_allowed(
    engine: Engine, anna: str, entry: int, with_picture: bool
) -> None:
    add_entry(engine, anna, file_name="b.jpg", comparison=comparison())
    shown = open_shared(engine, made(engine, anna, entry, with_picture=with_picture))
    assert shown is not None
    assert (shown.entry.id, shown.picture) == (entry, DATA if with_picture else None)
    assert find_share(engine, anna, entry_id=entry) == shown.share
    assert abs(shown.share.until.timestamp() - time.time() - 7 * DAY_SECONDS) < 60


def test_only_the_hash_of_a_link_is_kept(engine: Engine, anna: str, entry: int) -> None:
    secret = made(engine, anna, entry)
    with reading(engine) as connection:
        kept = connection.execute(select(shares).where(shares.c.comparison_id == entry)).one()
    assert not any(secret[3:] in str(value) for value in kept)
    for wrong in (kept.token_sha256, secret[:-1], secret + "A", "", "fl_" + "é" * 43):
        assert open_shared(engine, wrong) is None


@pytest.mark.parametrize("how", ["ended", "renewed", "deleted", "removed", "outlived"])
def test_a_link_ends(engine: Engine, anna: str, entry: int, how: str) -> None:
    secret, account = made(engine, anna, entry), accounts.find_user(engine, anna)
    assert account is not None
    if how == "ended":
        end_share(engine, anna, entry_id=entry)
    elif how == "renewed":
        made(engine, anna, entry)
    elif how == "deleted":
        delete_entries(engine, anna, entry_ids=[entry])
    elif how == "removed":
        accounts.remove_user(engine, account.id)
    else:
        with writing(engine) as connection:
            of_entry = update(shares).where(shares.c.comparison_id == entry)
            connection.execute(of_entry.values(until=int(time.time())))
        assert find_share(engine, anna, entry_id=entry) is None
    assert open_shared(engine, secret) is None
    sweep_shares(engine)
    with reading(engine) as connection:
        left = connection.execute(select(shares).where(shares.c.comparison_id == entry)).all()
    assert len(left) == (how == "renewed")


def test_nobody_shares_or_ends_what_is_anothers(engine: Engine, anna: str, entry: int) -> None:
    other = accounts.add_user(engine, f"not {anna}", password=PASSWORD, rounds=4).name
    secret = made(engine, anna, entry)
    with pytest.raises(NoSuchEntry):
        share_entry(engine, other, entry_id=entry, days=DAYS[0], with_picture=True)
    end_share(engine, other, entry_id=entry)
    assert find_share(engine, other, entry_id=entry) is None
    assert open_shared(engine, secret) is not None
    with pytest.raises(ValueError, match="365"):
        share_entry(engine, anna, entry_id=entry, days=365, with_picture=False)
