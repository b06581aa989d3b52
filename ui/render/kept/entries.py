"""The history's list: what a card says of an entry, without reading more of it than the list holds."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from storage.history import PHOTO, HistoryEntry, HistoryQuery
from ui.render.band import Headline
from ui.render.cards import render
from ui.render.kept.photo import head_stored, say_stored
from ui.render.pictures import draw_still
from ui.render.wording import say_time


def draw_entries(entries: Sequence[HistoryEntry], wanted: HistoryQuery) -> str:
    """The cards, or a sentence where there are none. wanted: what the list was narrowed to."""
    sought = {name: value for name, value in asdict(wanted).items() if value}
    return render("entries", rows=[_describe(entry) for entry in entries], sought=sought, say_time=say_time)


def _describe(entry: HistoryEntry) -> dict[str, Any]:
    """The entry, its verdict, and the rest in a few words."""
    if entry.kind == PHOTO:
        headline, said = head_stored(entry.comparison), say_stored(entry.comparison)
    else:
        headline, said = Headline(entry.outline["said"], entry.outline["label"] or None), ""  # type: ignore[arg-type]
    uri = draw_still(entry.thumb) if entry.thumb else None
    return {"entry": entry, "headline": headline, "said": said, "thumb": uri}
