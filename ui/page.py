"""The whole page: its title, its tabs, and what a visitor must know before believing a verdict."""

import os
from collections.abc import Sequence

import gradio as gr

from detectors.forgery.game import Deck
from detectors.jury.judge import Jury
from registry import Problem
from storage.recorder import Recorder
from text.languages.catalogues import LANGUAGES
from ui.components.entrance import PhotoView, connect_entrance
from ui.components.markup import build_html, read_script
from ui.components.offline import forbid_fetching
from ui.render.cards import render
from ui.server.events import QUICK
from ui.server.programs.webhook import Webhooks
from ui.server.programs.wrong_values import TellingBlocks
from ui.server.queue import FairQueue
from ui.server.remote_picture import Fetcher
from ui.tabs.audio import build_audio
from ui.tabs.batch import build_batch
from ui.tabs.compare import build_compare
from ui.tabs.detectors import build_detectors
from ui.tabs.forge import build_forge
from ui.tabs.game import build_game
from ui.tabs.guide import build_guide
from ui.tabs.history import build_history
from ui.tabs.live import build_live
from ui.tabs.video import build_video

PLACES = 40  # in the queue before the networks
QUEUED = 200  # events on their way in; how many pictures may wait is said in compare
NEVER = "1000000000"  # runs
ROWS = "wrap"  # a tab in the framework's menu of those that do not fit is none to a script, so it had no address
OPEN_API = """const open = () => {
  const button = document.querySelector("footer .show-api");
  if (button) button.click(); else setTimeout(open, 100);
};
element.querySelector("[href='?api']").addEventListener("click", (event) => { event.preventDefault(); open(); });
const asked = new URLSearchParams(location.search);
// the framework says of each language that its client must be installed; our JavaScript needs none
const spare = () => {
  for (const step of document.querySelectorAll(".api-docs p")) {
    const spared = step.textContent.startsWith("1. Install the javascript client");
    if (spared !== step.classList.contains("no-client")) step.classList.toggle("no-client", spared);
  }
};
new MutationObserver(spare).observe(document.body, { childList: true, subtree: true, characterData: true });
if (asked.get("view") === "api") location.replace("?api"); else if (asked.has("api")) open();
"""  # a page that is opened with Gradio's own ?view=api shows nothing: its documentation is only fetched by a click
CACHE_SECONDS = (10**9, 10**9)  # Gradio deletes all uploads when it ends; before, ui.server.front sweeps the old ones


def build_page(
    jury: Jury,
    problems: Sequence[Problem] = (),
    *,
    recorder: Recorder | None = None,
    deck: Deck | None = None,
    fetcher: Fetcher | None = None,
    webhooks: Webhooks | None = None,
) -> gr.Blocks:
    """The page for a jury.

    problems: what kept plugins out; recorder: visitors are signed in; deck: of the game; fetcher: pictures may be given
    by their addresses; webhooks: a batch's results may be posted to an address.
    """
    forbid_fetching()
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = NEVER  # else all runs so far are summed up after each one
    with TellingBlocks(title="Facejury", analytics_enabled=False, delete_cache=CACHE_SECONDS, fill_width=True) as page:
        build_html(render("head", account=recorder is not None, languages=LANGUAGES))
        queue = FairQueue(PLACES)
        everybody, jury = jury, jury.limit_to("face", "image")  # who judges single pictures
        with gr.Tabs(overflow_behavior=ROWS) as tabs:
            within = {"elem_classes": "views", "overflow_behavior": ROWS}
            with gr.Tab("Check", id="check"), gr.Tabs(elem_id="check-views", **within) as views:
                with gr.Tab("Photo", id="compare"):
                    photo = build_compare(jury, queue, recorder, fetcher)
                with gr.Tab("Batch", id="batch"):
                    batch = build_batch(jury, queue, recorder, webhooks)
                with gr.Tab("Video", id="video"):
                    video = build_video(everybody, recorder)
                with gr.Tab("Audio", id="audio"):
                    audio = build_audio(everybody, recorder)
                with gr.Tab("Live", id="live"):
                    build_live(jury)
            view = PhotoView(photo.picture, photo.detectors, photo.slot, photo.shown, photo.clear)
            connect_entrance(photo.entrance, views=views, photo=view, batch=batch, video=video, audio=audio)
            if recorder is not None:
                with gr.Tab("History", id="history") as history:
                    build_history(recorder.engine, everybody, queue, page, tabs=tabs, tab=history)
            with gr.Tab("Learn", id="learn"), gr.Tabs(**within):
                with gr.Tab("Guide", id="guide"):
                    build_guide(jury)
                if deck is not None:
                    with gr.Tab("Beat the jury", id="game"):
                        build_game(jury, queue, deck, recorder.engine if recorder else None)
                with gr.Tab("Forge", id="forge"):
                    build_forge(jury, queue)
            with gr.Tab("Detectors", id="detectors") as detectors:
                build_detectors(everybody, problems, tab=detectors)
        build_html(render("foot"), script=OPEN_API)
        scripts = read_script("views.js", "focus.js", "choices.js", "refused.js")
        build_html(render("dock", account=recorder is not None), script=scripts)
        # A visitor's first event makes their session, which takes half a second: not the one with their photo, then.
        page.load(lambda: None, **QUICK)
    page.queue(max_size=QUEUED)
    return page
