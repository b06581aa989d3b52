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
from detectors.jury.wording import NOT_MEASURED, say_split
from detectors.provenance import Provenance
from detectors.provenance.say import say_provenance
from registry import DetectorSpec, Image, Verdict
from storage.plain_text import show_in_html
from ui.render import base_rate, pictures
from ui.render import wording as words
from ui.render.base_rate import step_verdicts

Pieces = list[str]

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    finalize=show_in_html,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["say_jury"] = words.say_jury
_templates.globals.update(
    draw_crop=pictures.draw_crop,
    draw_heatmap=pictures.draw_heatmap,
    say_band=words.say_band,
    say_doubt=words.say_doubt,
    say_figure=words.say_figure,
    as_steps=base_rate.as_steps,
    rates=[base_rate.say_share(rate) for rate in base_rate.RATES],
    start=base_rate.START,
    heat_strength=pictures.HEAT_STRENGTH,
    say_measured_share=words.say_measured_share,
    say_milliseconds=words.say_milliseconds,
    say_moves=words.say_moves,
    say_p_fake=words.say_p_fake,
    say_percent=words.say_percent,
    say_share=base_rate.say_share,
    say_thresholds=words.say_thresholds,
    say_why=words.say_why,
    titles=words.TITLES,
    not_measured=NOT_MEASURED,
)


def render(template: str, **values: Any) -> str:
    """A template of this folder, filled in; all values are escaped."""
    return _templates.get_template(f"{template}.html.j2").render(values)


def say(sentence: str, *, more: str = "", kind: str = "plain") -> Pieces:
    """One sentence instead of verdicts. kind: "plain", "busy" or "error"."""
    return [render("notice", sentence=sentence, more=more, kind=kind)]


WENT_WRONG = "Something went wrong here; the server's log has the details."
BROKEN = say(WENT_WRONG, kind="error")
WAITING = say("Waiting for its turn…", kind="busy")
STOPPING = say("Stopping…", kind="busy")


def say_line(sentence: str, *, link: str = "", link_text: str = "") -> str:
    """One line beside something else, with a link that opens in another tab."""
    return render("said", sentence=sentence, link=link, link_text=link_text)


@cache
def _list_untested(spec: DetectorSpec) -> list[str]:
    """What its own evaluation says it was not tested on."""
    return describe(spec)["not_tested_on"]


def draw_provenance(found: Provenance | None) -> Pieces:
    """What the file says of itself, apart from every verdict; nothing when it was not asked."""
    return [] if found is None else [render("provenance", found=found, lines=say_provenance(found))]


class Drawing:
    """A picture's verdicts as they grow. A face is drawn again only when it changed. anchor: begins the faces' ids.

    settled: what the faces hold is all there is, as in the history or the game. No verdict is waited for, and no base
    rate is offered, whose counts are today's.
    """

    def __init__(self, image: Image, jury: Jury, *, anchor: str = "face", settled: bool = False) -> None:
        self._anchor = anchor
        self._scene = pictures.draw_scene(image)
        self._settled = settled
        self._image = image
        self._jury = jury
        self._drawn: dict[int, tuple[JudgedFace, str]] = {}

    def draw(self, comparison: Comparison) -> Pieces:
        """The picture, the summary, the faces, and what was said of the whole picture."""
        faces = [self._draw_face(number, face, comparison) for number, face in enumerate(comparison.faces, start=1)]
        scene = render("scene", scene=self._scene, comparison=comparison, anchor=self._anchor)
        whole, provenance = self._draw_whole(comparison), draw_provenance(comparison.provenance)
        return [scene, self._draw_summary(comparison), *faces, *whole, *provenance]

    def _draw_summary(self, comparison: Comparison) -> str:
        splits = [self._say_split(face.verdicts, "face") for face in comparison.faces]
        movable = not self._settled and any(self._find_jury(face) and not face.doubt for face in comparison.faces)
        return render("summary", comparison=comparison, splits=splits, movable=movable, anchor=self._anchor)

    def _draw_face(self, number: int, face: JudgedFace, comparison: Comparison) -> str:
        before, html = self._drawn.get(number, (None, ""))
        if before is not face:
            lone = len(comparison.faces) == 1
            name = "The face" if lone else f"Face {number}"
            more: dict[str, Any] = {
                "lone": lone,
                "stability": face.stability,
                "jury": self._find_jury(face),
                "doubt": face.doubt,
            }
            html = self._draw_section(
                f"{self._anchor}-{number}", name, face.crop, face.verdicts, expects="face", **more
            )
            self._drawn[number] = face, html
        return html

    def _find_jury(self, face: JudgedFace) -> JuryVerdict | None:
        """The jury's verdict, once every detector has answered; None where it has none."""
        return face.jury if self._settled or len(face.verdicts) >= len(self._choose("face")) else None

    def _draw_whole(self, comparison: Comparison) -> Pieces:
        if not self._choose("image"):
            return []
        return [
            self._draw_section(
                f"{self._anchor}-whole", "The whole picture", self._image, comparison.whole_image, expects="image"
            )
        ]

    def _draw_section(
        self,
        anchor: str,
        name: str,
        crop: Image,
        verdicts: Sequence[Verdict],
        *,
        expects: str,
        lone: bool = False,
        stability: Stability | None = None,
        jury: JuryVerdict | None = None,
        doubt: str | None = None,
    ) -> str:
        """One section: what was judged, the split in a sentence, one card a detector, empty while it thinks."""
        given = {verdict.detector: verdict for verdict in verdicts}
        rows = [(spec, given.get(spec.key)) for spec in self._choose(expects)]
        split = self._say_split(verdicts, expects)
        values = {"anchor": anchor, "name": name, "crop": crop, "rows": rows, "split": split, "lone": lone}
        steps = step_verdicts(jury) if jury and not self._settled and not doubt else []
        more = {"stability": stability, "jury": jury, "doubt": doubt, "steps": steps}
        return render("face", **values, **more, untested=_list_untested)

    def _say_split(self, verdicts: Sequence[Verdict], expects: str) -> str:
        """The split, once everybody has spoken."""
        chosen = len(self._choose(expects))
        if len(verdicts) < chosen:
            return f"analysing, {len(verdicts)} of {chosen} done"
        return say_split(verdicts) if chosen else "none of the chosen detectors judges faces"

    def _choose(self, expects: str) -> list[DetectorSpec]:
        return [spec for spec in self._jury.specs if spec.expects == expects]
