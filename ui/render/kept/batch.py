"""A batch from the history, as its table is drawn: each picture's comparison a line again."""

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from detectors.inputs.images import ImageError
from detectors.scan.batch import Entry, Item, summarise
from registry import DetectorSpec
from ui.render.cards import render
from ui.render.kept.photo import restore, seat_photo
from ui.render.pictures import draw_still
from ui.render.remembered import as_remembered
from ui.render.wording import BATCH_TITLES

Stored = dict[str, Any]
NOT_KEPT = ImageError("The picture was not kept.")
NAMED = 3  # pictures in the title of a batch


def store_batch(entries: Sequence[Entry]) -> Stored:
    """What is kept of it: the JSON of its pictures. Its own SHA-256 is that of theirs, one a line, in order.

    What could not be read has none; its name stands in that line.
    """
    told = [entry.comparison | {"name": entry.item.name} for entry in entries]
    sha256 = hashlib.sha256("\n".join(one["sha256"] or one["name"] for one in told).encode()).hexdigest()
    return {"schema": 1, "kind": "batch", "sha256": sha256, "comparisons": told}


def restore_batch(stored: Stored) -> list[Entry]:
    """The entries that `store_batch` was called on."""
    return [
        summarise(number, Item(one["name"], NOT_KEPT), restore(one)) for number, one in enumerate(stored["comparisons"])
    ]


def seat_batch(stored: Stored) -> list[DetectorSpec]:
    """Who judged the pictures then."""
    judged = [spec for one in stored["comparisons"] for spec in seat_photo(one)]
    return list({spec.key: spec for spec in judged}.values())


def draw_line(entry: Entry, thumb: bytes | None) -> str:
    """Its line of the table. thumb: WebP."""
    said, uri = as_remembered(entry.comparison, entry.item.name), draw_still(thumb) if thumb else None
    return render("line", entry=entry, thumb=uri, word=BATCH_TITLES[entry.word], remembered=said)


def count_words(entries: Sequence[Entry]) -> dict[str, int]:
    """How many pictures there are of each verdict, by its title; those of none are left in."""
    return {title: sum(entry.word == word for entry in entries) for word, title in BATCH_TITLES.items()}


def name_batch(entries: Sequence[Entry]) -> str:
    """A batch's title: the zip's name where all came in one, else the first few names."""
    names = [entry.item.name for entry in entries]
    zips = {name.partition("/")[0] for name in names}
    if len(zips) == 1 and all("/" in name for name in names):
        return zips.pop()
    more = ", …" if len(names) > NAMED else ""
    return f"{len(names)} {'picture' if len(names) == 1 else 'pictures'}: {', '.join(names[:NAMED])}{more}"


def outline_batch(entries: Sequence[Entry]) -> dict[str, str]:
    """For a list: the gravest verdict and how many pictures there are of each."""
    words = [entry.word for entry in entries]
    label = next((word for word in ("fake", "inconclusive", "real") if word in words), "")
    counted = [f"{count} {title.lower()}" for title, count in count_words(entries).items() if count]
    return {
        "label": label,
        "said": f"{len(words)} {'picture' if len(words) == 1 else 'pictures'}: {', '.join(counted)}",
    }


def pack_thumbs(thumbs: Mapping[int, bytes]) -> bytes:
    """The thumbnails of a batch as a zip of WebP files, by the entries' numbers."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, data in thumbs.items():
            archive.writestr(zipfile.ZipInfo(str(number)), data)
    return packed.getvalue()


def unpack_thumbs(packed: bytes | None) -> dict[int, bytes]:
    """The same the other way round; nothing where none were kept."""
    if packed is None:
        return {}
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {int(name): archive.read(name) for name in archive.namelist()}
