"""How the page looks: white or near-black, one accent, the fonts the visitor's system has. Nothing is fetched."""

from pathlib import Path
from typing import Any

import gradio as gr

ACCENT = gr.themes.Color(
    name="accent",
    c50="#edf2ff",
    c100="#dbe4ff",
    c200="#bac8ff",
    c300="#91a7ff",
    c400="#748ffc",
    c500="#4c6ef5",
    c600="#3b5bdb",
    c700="#364fc7",
    c800="#2b3f9e",
    c900="#22327d",
    c950="#182358",
)
GREY = gr.themes.Color(
    name="grey",
    c50="#f8f9fb",
    c100="#f1f3f6",
    c200="#e4e7ec",
    c300="#d0d5dd",
    c400="#98a2b3",
    c500="#667085",
    c600="#475467",
    c700="#344054",
    c800="#1d2129",
    c900="#15181e",
    c950="#0e1014",
)
SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def _theme() -> gr.themes.Base:
    theme = gr.themes.Base(
        primary_hue=ACCENT, secondary_hue=ACCENT, neutral_hue=GREY, radius_size="lg", font=SANS, font_mono=MONO
    )
    return theme.set(
        body_background_fill="white",
        body_background_fill_dark="*neutral_950",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary_dark="*neutral_950",
        block_background_fill_dark="*neutral_900",
        border_color_primary_dark="#2b313b",
        block_border_color_dark="#2b313b",
        block_label_text_color="*neutral_600",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
        button_primary_text_color="white",
        input_background_fill_dark="*neutral_800",
        link_text_color="*primary_600",
        link_text_color_dark="*primary_400",
        button_secondary_background_fill="*neutral_100",
        button_secondary_background_fill_hover="*neutral_200",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover_dark="#2b313b",
    )


PLOTS = ("render/templates/plot.css", "render/templates/sound.css")  # which the reports have too
STYLES = ("page.css", *PLOTS, "everybody.css")  # the last one overrides the others


def dress() -> dict[str, Any]:
    """The arguments of launch() that make the look. The style goes into the head as it is: Gradio rewrites css=."""
    here = Path(__file__).parent
    style = "".join((here / name).read_text(encoding="utf-8") for name in STYLES)
    head = f"<style>{style}</style>"
    return {"theme": _theme(), "head": head, "favicon_path": here / "favicon.png"}
