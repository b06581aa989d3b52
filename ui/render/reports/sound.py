"""The report on a sound: one HTML file that needs nothing else, to be printed or kept, like a picture's."""

from detectors.audio.results import BANDS, JudgedSound
from ui.render.audio import describe_sound
from ui.render.cards import render
from ui.render.reports.frame import Case, frame_report


def render_sound(judged: JudgedSound, case: Case, *, name: str) -> str:
    """The file's text. name: the sound's."""
    return render("sound_report", **frame_report(case), **describe_sound(judged), name=name, bands=BANDS)
