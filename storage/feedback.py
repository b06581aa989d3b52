"""What users say about verdicts that were wrong, what the operator makes of it, and the folder that training takes.

A user's feedback comes by the user's name, as in storage.history; review and export are the operator's.
"""

import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, Row, and_, delete, func, insert, select, update

from storage.database import inserted_id, once_more, reading, writing
from storage.history import MAX_FILE_NAME_CHARACTERS, Comparison, as_text
from storage.kept import check_reports, drop_unused, lock_owner, store_picture
from storage.tables import feedback, pictures, users
from text.plain_text import make_storable
from text.reading_order import read_order

Claim = Literal["real", "fake"]
CLAIMS = ("real", "fake")
ENDINGS = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"RIFF": ".webp", b"GIF8": ".gif", b"BM": ".bmp"}
OTHER_ENDING = ".img"
UNFINISHED = ".part"  # behind the ending, of what an export that broke off was writing


@dataclass(frozen=True)
class Feedback:
    """One "this was wrong". `face` is a place in the comparison's list, from 0, None the whole image; it is not the
    face's number, which `say_where` says. `accepted` is None until reviewed.
    """

    id: int
    user: str
    time: datetime
    claim: str
    face: int | None
    detector: str
    file_name: str
    sha256: str
    has_picture: bool
    accepted: bool | None
    comparison: Comparison

    def say_where(self) -> str:
        """On what it was wrong, with the number that the page gave the face: "face 2"."""
        if self.face is None:
            return "the whole image"
        order = read_order([face["box"] for face in self.comparison.get("faces") or []])
        return f"face {(order.index(self.face) if self.face in order else self.face) + 1}"


@dataclass(frozen=True)
class Exported:
    """How many pictures an export wrote, why it left others out, and how many of an earlier one it removed."""

    real: int
    fake: int
    without_picture: int
    several_faces: int
    contradictory: int
    removed: int


@once_more
def give_feedback(
    engine: Engine,
    user: str,
    *,
    comparison: Comparison,
    claim: Claim,
    detector: str,
    face: int | None,
    file_name: str,
    picture: bytes | None = None,
) -> int:
    """Write down that a verdict was wrong. `detector` is its key or "jury"; `picture` only with the user's consent.

    What the user said of the same verdict before gives way, and is to be reviewed again. Raises ValueError for another
    claim, QuotaReached, AccountGone, DatabaseUnavailable.
    """
    if claim not in CLAIMS:
        raise ValueError(f"A claim is 'real' or 'fake', not {claim!r}")
    with writing(engine) as connection:
        owner = lock_owner(connection, user)
        same = _same_verdict(owner, str(comparison["sha256"]), detector, face)
        if not connection.execute(delete(feedback).where(*same)).rowcount:
            check_reports(connection, owner)
        row = {
            "user_id": owner,
            "picture_id": store_picture(connection, owner, picture=picture),
            "created_at": int(time.time()),
            "claim": claim,
            "face": face,
            "detector": detector,
            "file_name": make_storable(file_name)[:MAX_FILE_NAME_CHARACTERS],
            "sha256": str(comparison["sha256"]),
            "comparison": as_text(comparison),
        }
        number = inserted_id(connection.execute(insert(feedback).values(row)))
        drop_unused(connection, owner)
        return number


def _same_verdict(owner: int, sha256: str, detector: str, face: int | None) -> list[ColumnElement[bool]]:
    mine = [feedback.c.user_id == owner, feedback.c.sha256 == sha256, feedback.c.detector == detector]
    return [*mine, feedback.c.face.is_(None) if face is None else feedback.c.face == face]


def list_feedback(engine: Engine, *, accepted: bool | None, limit: int | None = None) -> list[Feedback]:
    """The feedback that is accepted (True), refused (False) or still to be reviewed (None), oldest first.

    limit: of how many; None for all.
    """
    wanted = feedback.c.accepted.is_(None) if accepted is None else feedback.c.accepted == accepted
    with reading(engine) as connection:
        listed = select(users.c.name, feedback).join(users).where(wanted).order_by(feedback.c.id).limit(limit)
        return [_feedback(row) for row in connection.execute(listed)]


def count_unreviewed(engine: Engine) -> int:
    """How much feedback is still to be reviewed."""
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).where(feedback.c.accepted.is_(None))).scalar_one())


def read_feedback_picture(engine: Engine, feedback_id: int) -> bytes | None:
    """The picture that came with the feedback, or None."""
    of = and_(feedback.c.picture_id == pictures.c.id, feedback.c.id == feedback_id)
    with reading(engine) as connection:
        return connection.execute(select(pictures.c.data).join(feedback, of)).scalar()


def review_feedback(engine: Engine, feedback_id: int, *, accepted: bool) -> None:
    """Accept or refuse one."""
    with writing(engine) as connection:
        connection.execute(update(feedback).where(feedback.c.id == feedback_id).values(accepted=accepted))


def export_feedback(engine: Engine, folder: Path) -> Exported:
    """Write the pictures of accepted feedback to `folder`/real and `folder`/fake, named by their SHA-256.

    Left out and counted: feedback without a picture, or that is gone meanwhile; with several faces, where a claim on
    one says nothing of the others; and pictures that accepted feedback calls both real and fake. What an earlier export
    wrote there goes where the feedback says something else by now. Raises OSError where nothing can be written there.
    """
    folder.mkdir(parents=True, exist_ok=True)  # before all else: it is told also where nothing is accepted yet
    accepted = list_feedback(engine, accepted=True)
    claims = {(entry.sha256, entry.claim) for entry in accepted}
    count: Counter[str] = Counter()
    written: set[Path] = set()
    for entry in accepted:
        reason = _left_out(entry, claims)
        data = None if reason else read_feedback_picture(engine, entry.id)
        if data is None:  # or it was taken back since it was listed
            count[reason or "without_picture"] += 1
            continue
        path = _write(data, folder / entry.claim)
        count[entry.claim] += path not in written
        written.add(path)
    count["removed"] = _remove_outdated(engine, folder, written)
    return Exported(*(count[name] for name in Exported.__dataclass_fields__))


def _left_out(entry: Feedback, claims: set[tuple[str, str]]) -> str:
    if not entry.has_picture:
        return "without_picture"
    if len(entry.comparison.get("faces") or []) > 1:
        return "several_faces"
    return "contradictory" if {(entry.sha256, claim) for claim in CLAIMS} <= claims else ""


def _remove_outdated(engine: Engine, folder: Path, written: set[Path]) -> int:
    """Only files with the name that an export gives to a picture reported here: no others in the folder are ours."""
    with reading(engine) as connection:
        known = set(connection.execute(select(feedback.c.sha256)).scalars())
    endings = [ending + more for ending in (*ENDINGS.values(), OTHER_ENDING) for more in ("", UNFINISHED)]
    names = {f"{sha256}{ending}" for sha256 in known for ending in endings}
    there = [path for claim in CLAIMS for path in (folder / claim).glob("*")]
    outdated = [path for path in there if path.name in names and path not in written]
    for path in outdated:
        path.unlink()
    return len(outdated)


def _write(data: bytes, folder: Path) -> Path:
    """Under the name of its content, where a file stands only once it is whole."""
    ending = next((ending for start, ending in ENDINGS.items() if data.startswith(start)), OTHER_ENDING)
    path = folder / f"{hashlib.sha256(data).hexdigest()}{ending}"
    folder.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}{UNFINISHED}")
    fresh.write_bytes(data)
    return fresh.replace(path)


def _feedback(row: Row[tuple[Any, ...]]) -> Feedback:
    return Feedback(
        id=row.id,
        user=row.name,
        time=datetime.fromtimestamp(row.created_at, UTC),
        claim=row.claim,
        face=row.face,
        detector=row.detector,
        file_name=row.file_name,
        sha256=row.sha256,
        has_picture=row.picture_id is not None,
        accepted=row.accepted,
        comparison=json.loads(row.comparison),
    )
