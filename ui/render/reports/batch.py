"""The report on a batch: one HTML file that needs nothing else, to be printed or kept, like a picture's."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from detectors.scan.batch import Entry
from registry import DetectorSpec
from ui.render.cards import render
from ui.render.kept.batch import name_batch, outline_batch, store_batch
from ui.render.pictures import draw_still
from ui.render.reports.frame import Case, frame_report, identify
from ui.render.wording import BATCH_TITLES


def render_batch_report(
    entries: Sequence[Entry], thumbs: Mapping[int, bytes], specs: Sequence[DetectorSpec], *, made: datetime
) -> str:
    """The file's text, of a batch that was just judged. thumbs: WebP, by the entries' numbers; specs: who judged."""
    case = identify(store_batch(entries)["sha256"], specs, made=made)
    return render_batch(case, name_batch(entries), entries, thumbs)


def render_batch(case: Case, name: str, entries: Sequence[Entry], thumbs: Mapping[int, bytes]) -> str:
    """The same of a case."""
    outline = outline_batch(entries)
    return render(
        "batch_report",
        **frame_report(case),
        name=name,
        entries=entries,
        thumbs={number: draw_still(data) for number, data in thumbs.items()},
        label=outline["label"],
        headline=outline["said"],
        words=BATCH_TITLES,
    )
