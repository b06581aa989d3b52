"""The report on a sound: one HTML file that needs nothing else, to be printed or kept, like a picture's."""

from datetime import datetime

from detectors.audio.judge import Hearing
from registry import DetectorSpec
from ui.render.audio import describe_sound
from ui.render.cards import render
from ui.render.reports.frame import frame_report, identify


def render_sound_report(hearing: Hearing, specs: tuple[DetectorSpec, ...], *, made: datetime) -> str:
    """The file's text. specs: the detectors that were asked."""
    judged = hearing.judged
    case = identify(judged.sha256, specs, made=made, start=judged.start)
    return render("sound_report", **frame_report(case), **describe_sound(hearing), name=judged.path)
