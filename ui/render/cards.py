"""A comparison as HTML: the picture with its boxes, then each face with one card a detector.

Drawn as a list of pieces, so that only what changed travels to the browser. The templates escape all they are given.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from detectors.jury.about import describe
from detectors.jury.fusion import JuryVerdict
from detectors.jury.judge import Jury
from detectors.jury.results import Comparison, JudgedFace
from detectors.jury.stability import Stability
from detectors.jury.wording import NOT_IN_JURY, NOT_MEASURED, say_number, say_range, say_split
from detectors.provenance import Provenance
from detectors.provenance.say import say_found, say_provenance
from registry import DetectorSpec, Image, Label, Verdict
from text.plain_text import show_in_html
from ui.render import base_rate, pictures
from ui.render import wording as words
from ui.render.band import (
    label_faces,
    list_p_fakes,
    rank_faces,
    say_agreement,
    say_highest,
    say_likely,
    say_next,
    sum_up,
    warn,
    warn_face,
)
from ui.render.remembered import as_remembered

Pieces = list[str]
Juries = Sequence[JuryVerdict | None]
"""The jury's verdict on each face; None where there is none, or not yet."""
Labels = Sequence[Label | None]

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    finalize=show_in_html,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters |= {
    "list_names": words.list_names,
    "say_chance": words.say_chance,
    "say_jury": words.say_jury,
    "say_likely": say_likely,
    "is_clear": words.is_clear,
}
_templates.globals.update(
    draw_crop=pictures.draw_crop,
    draw_heatmap=pictures.draw_heatmap,
    draw_thumb=pictures.draw_thumb,
    find_hottest=pictures.find_hottest,
    outline_units=pictures.OUTLINE_UNITS,
    trace_outline=pictures.trace_outline,
    say_agreement=say_agreement,
    say_word=words.say_word,
    say_band=words.say_band,
    say_doubt=words.say_doubt,
    say_figure=words.say_figure,
    as_classes=base_rate.as_classes,
    as_steps=base_rate.as_steps,
    rates=list(base_rate.RATES.items()),
    start=base_rate.START,
    heat_strength=pictures.HEAT_STRENGTH,
    say_measured_share=words.say_measured_share,
    say_milliseconds=words.say_milliseconds,
    say_moves=words.say_moves,
    say_number=say_number,
    say_p_fake=words.say_p_fake,
    say_percent=words.say_percent,
    say_percents=words.say_percents,
    say_range=say_range,
    say_signed=words.say_signed,
    say_span=words.say_span,
    say_share=base_rate.say_share,
    scale_steps=base_rate.scale_steps,
    say_thresholds=words.say_thresholds,
    say_why=words.say_why,
    titles=words.TITLES,
    kinds=words.KIND_TITLES,
    not_measured=NOT_MEASURED,
    not_in_jury=NOT_IN_JURY,
)


def render(template: str, **values: Any) -> str:
    """A template of this folder, filled in; all values are escaped."""
    return _templates.get_template(f"{template}.html.j2").render(values)


def say(sentence: str, *, more: str = "", kind: str = "plain") -> Pieces:
    """One sentence instead of verdicts. kind: "plain", "busy" or "error"."""
    return [render("notice", sentence=sentence, more=more, kind=kind)]


SEARCHES = [
    ("Google Lens", "https://lens.google.com/"),
    ("TinEye", "https://tineye.com/"),
    ("Bing", "https://www.bing.com/visualsearch"),
    ("Yandex", "https://yandex.com/images/"),
]
"""Where one may search for other copies of a picture: only links, which the visitor follows or not."""
BROKEN = say(words.WENT_WRONG, kind="error")
WAITING = say("Waiting for its turn…", kind="busy")
STOPPING = say("Stopping…", kind="busy")


def say_line(sentence: str, *, link: str = "", link_text: str = "", entry: int | None = None) -> str:
    """One line beside something else. entry: of the history, where it tells.

    The link opens in another tab, the same each time: an open page holds one of a browser's six connections to a host.
    """
    return render("said", sentence=sentence, link=link, link_text=link_text, entry=entry)


@cache
def _list_untested(spec: DetectorSpec) -> list[str]:
    """What its own evaluation says it was not tested on."""
    return describe(spec)["not_tested_on"]


def draw_provenance(found: Provenance | None) -> Pieces:
    """What to do next: what the file says of itself, and how to find the original; nothing when it was not asked."""
    if found is None:
        return []
    return [render("next_steps", found=found, told=say_found(found), lines=say_provenance(found), elsewhere=SEARCHES)]


class Drawing:
    """A picture's verdicts as they grow. A face is drawn again only when it changed. anchor: begins the faces' ids.

    settled: what the faces hold is all there is, as in the history or the game. No verdict is waited for, and no base
    rate is offered, whose counts are today's. person: whose face it is, by their number in a video, where it is one's.
    Pieces follow one another in the page; one alone need not be balanced.
    """

    def __init__(
        self, image: Image, jury: Jury, *, anchor: str = "face", settled: bool = False, person: int | None = None
    ) -> None:
        self._anchor = anchor
        self._person = person
        self._scene = pictures.draw_scene(image, longest=pictures.ZOOM_PIXELS)
        self._settled = settled
        self._jury = jury
        self._drawn: dict[int, tuple[JudgedFace, str]] = {}

    def draw(self, comparison: Comparison) -> Pieces:
        """The headline, the picture and its boxes, a strip of its faces, each face, and what else was said."""
        comparison = comparison.in_reading_order()
        juries = [self._find_jury(face) for face in comparison.faces]
        labels = label_faces(comparison.faces, juries)
        ready = all(self._is_judged(face) for face in comparison.faces)
        moved = base_rate.move_verdicts(juries) if ready and any(juries) and not self._settled else []
        steps = list(zip(*(label_faces(comparison.faces, one) for one in moved), strict=True)) or [()] * len(labels)
        scene = render("scene", scene=self._scene, comparison=comparison)
        given = {"comparison": comparison, "anchor": self._anchor, "person": self._person}
        boxes = render("boxes", **given, labels=labels, steps=steps)
        faces = [self._draw_face(number, face, comparison) for number, face in enumerate(comparison.faces, start=1)]
        summary = self._draw_summary(comparison, juries, labels, ready=ready, moved=moved)
        strip = self._draw_strip(comparison, juries, labels, steps)
        whole, provenance = self._draw_whole(comparison), draw_provenance(comparison.provenance)
        return [summary, scene, boxes, *strip, *faces, *whole, *provenance]

    def _draw_summary(
        self, comparison: Comparison, juries: Juries, labels: Labels, *, ready: bool, moved: Sequence[Juries]
    ) -> str:
        judged = ready and any(juries)
        lone = comparison.faces[0] if len(comparison.faces) == 1 else None
        steps = [sum_up(label_faces(comparison.faces, juries)) for juries in moved]
        headline = sum_up(labels) if judged else None
        advised = comparison.provenance is not None  # the next steps stand below then
        return render(
            "summary",
            comparison=comparison,
            judging=not ready,
            headline=headline,
            steps=steps,
            highest=say_highest(list_p_fakes(comparison.faces, juries)) if judged else "",
            highest_steps=[say_highest(list_p_fakes(comparison.faces, juries)) for juries in moved],
            advice=say_next(headline.label) if headline and advised else "",
            advice_steps=[say_next(step.label) for step in steps],
            splits=[self._say_split(face.verdicts, "face") for face in comparison.faces],
            lone=lone,
            jury=juries[0] if lone else None,
            jury_steps=base_rate.step_verdicts(juries[0]) if lone and moved and juries[0] else [],
            warnings=warn(comparison),
            movable=bool(moved),
            remembered=as_remembered(comparison.as_dict(), comparison.path) if ready else "",
            anchor=self._anchor,
        )

    def _draw_strip(self, comparison: Comparison, juries: Juries, labels: Labels, steps: Sequence[Labels]) -> Pieces:
        """The faces to choose from, the most suspicious first once all are judged; nothing for one face.

        steps: the labels of each face at the base rates.
        """
        if len(comparison.faces) < 2:
            return []
        ready = all(self._is_judged(face) for face in comparison.faces)
        ranks = rank_faces(comparison.faces, juries) if ready else range(len(comparison.faces))
        rows = enumerate(zip(comparison.faces, ranks, labels, steps, strict=True), start=1)
        thumbs = [
            render("thumb", anchor=self._anchor, number=number, order=rank, crop=face.crop, label=label, steps=moved)
            for number, (face, rank, label, moved) in rows
        ]
        return ['<nav class="strip" aria-label="Faces, the most suspicious first">', *thumbs, "</nav>"]

    def _is_judged(self, face: JudgedFace) -> bool:
        return self._settled or len(face.verdicts) >= len(self._choose("face"))

    def _draw_face(self, number: int, face: JudgedFace, comparison: Comparison) -> str:
        before, html = self._drawn.get(number, (None, ""))
        if before is not face:
            lone = len(comparison.faces) == 1
            more: dict[str, Any] = {
                "number": number,
                "lone": lone,
                "stability": face.stability,
                "jury": self._find_jury(face),
                "doubt": face.doubt,
                "careful": warn_face(face),
            }
            name = "The face" if lone else f"Face {number}"
            place = pictures.place_crop(face.box, face.roll, width=comparison.width, height=comparison.height)
            html = self._draw_section(f"{self._anchor}-{number}", name, place, face.verdicts, expects="face", **more)
            self._drawn[number] = face, html
        return html

    def _find_jury(self, face: JudgedFace) -> JuryVerdict | None:
        """The jury's verdict, once every detector has answered; None where it has none."""
        return face.jury if self._is_judged(face) else None

    def _draw_whole(self, comparison: Comparison) -> Pieces:
        if not self._choose("image"):
            return []
        anchor, name, place = f"{self._anchor}-whole", "The whole picture", pictures.EVERYWHERE
        return [self._draw_section(anchor, name, place, comparison.whole_image, expects="image")]

    def _draw_section(
        self,
        anchor: str,
        name: str,
        place: pictures.CropPlace,
        verdicts: Sequence[Verdict],
        *,
        expects: str,
        number: int = 0,
        lone: bool = False,
        stability: Stability | None = None,
        jury: JuryVerdict | None = None,
        doubt: str | None = None,
        careful: str = "",
    ) -> str:
        """One section: the jury's verdict, one row a detector, empty while it thinks. place: of its heat maps."""
        given = {verdict.detector: verdict for verdict in verdicts}
        rows = [(spec, given.get(spec.key)) for spec in sorted(self._choose(expects), key=_rank_detector)]
        steps = base_rate.step_verdicts(jury) if jury and not self._settled and not doubt else []
        return render(
            "face",
            anchor=anchor,
            name=name,
            place=place,
            rows=rows,
            split=self._say_split(verdicts, expects),
            number=number,
            lone=lone,
            stability=stability,
            jury=jury,
            doubt=doubt,
            careful=careful,
            steps=steps,
            untested=_list_untested,
        )

    def _say_split(self, verdicts: Sequence[Verdict], expects: str) -> str:
        """The split, once everybody has spoken."""
        chosen = len(self._choose(expects))
        if len(verdicts) < chosen:
            return f"analysing, {len(verdicts)} of {chosen} done"
        return say_split(verdicts) if chosen else "none of the chosen detectors judges faces"

    def _choose(self, expects: str) -> list[DetectorSpec]:
        return [spec for spec in self._jury.specs if spec.expects == expects]


def _rank_detector(spec: DetectorSpec) -> int:
    """Ours for any forgery first, then ours for one kind of trace, then what was added."""
    return 2 if not spec.builtin else 1 if spec.looks_for else 0
