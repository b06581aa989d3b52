"""The live view of Check: the visitor's camera, a box and smoothed verdicts over each face. Its pictures go to `/live`.

Gradio's own camera component writes every frame into its upload folder; this one is plain markup and a script.
"""

from pathlib import Path

from detectors.jury.judge import Jury
from detectors.video.smoothing import SMOOTHING_SECONDS
from ui.components.markup import build_html, read_script
from ui.render.cards import render

SCRIPT = Path(__file__).with_name("live.js")


def build_live(jury: Jury) -> None:
    """Build the tab into the page that is open."""
    judging = [spec for spec in jury.specs if spec.expects == "face"]
    idle = [spec.title for spec in jury.specs if spec.expects == "image"]
    markup = render("live", judging=judging, idle=idle, seconds=f"{SMOOTHING_SECONDS:g}")
    build_html(render("back"))
    build_html(markup, script=read_script("camera.js") + SCRIPT.read_text(encoding="utf-8"), elem_id="live")
