"""The report on a sound: one HTML file that needs nothing else, to be printed or kept, like a picture's."""

from detectors.audio.results import JudgedSound
from registry.contract import Samples
from ui.render.audio import describe_sound
from ui.render.cards import render
from ui.render.reports.frame import Case, frame_report


def render_sound_report(judged: JudgedSound, case: Case, *, name: str, samples: Samples | None = None) -> str:
    """The file's text. name: the sound's; samples: what was heard, None where it was not kept."""
    return render("sound_report", **frame_report(case), **describe_sound(judged, samples), name=name)
