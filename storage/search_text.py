"""What the search in a history looks through: one folded text an entry, as databases fold in different ways."""

from sqlalchemy import ColumnElement, Connection, Engine, select, update

from storage.database import reading, writing
from storage.tables import comparisons
from storage.users import owner_id
from text.folding import fold_line

SOURCES = (comparisons.c.file_name, comparisons.c.note, comparisons.c.tags, comparisons.c.members)


def make_search_text(*, file_name: str, members: str | None, note: str = "", tags: str = "") -> str:
    """A line each: the file's name, the note, every tag, and of a batch every picture's name and hash."""
    lines = [file_name, note, *tags.split(","), *(members or "").split("\n")]
    return "\n".join(filter(None, map(fold_line, lines)))


def renew_search_text(connection: Connection, *chosen: ColumnElement[bool]) -> None:
    """Write it anew for the entry chosen, whose note or tags have changed; there may be none."""
    row = connection.execute(select(*SOURCES).where(*chosen).with_for_update()).first()
    if row:
        written = make_search_text(**row._asdict())
        connection.execute(update(comparisons).where(*chosen).values(search_text=written))


def fill_search_texts(engine: Engine, user: str) -> None:
    """Write those that are missing: of what an older server recorded while others were brought up to date already."""
    with reading(engine) as connection:
        lacking = comparisons.c.user_id == owner_id(connection, user), comparisons.c.search_text.is_(None)
        numbers = connection.execute(select(comparisons.c.id).where(*lacking)).scalars().all()
    if numbers:
        with writing(engine) as connection:
            for number in numbers:
                renew_search_text(connection, comparisons.c.id == number)
