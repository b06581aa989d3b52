"""Marks that generators leave in a file: prompts in PNG text, workflows, IPTC's digital source type."""

import re
from collections.abc import Iterator, Mapping

from detectors.provenance.metadata import Metadata
from detectors.provenance.record import Trace, clean

ALGORITHMIC = {  # IPTC's codes for what no camera took: cv.iptc.org/newscodes/digitalsourcetype
    "trainedAlgorithmicMedia": "created by a generative model",
    "compositeWithTrainedAlgorithmicMedia": "edited with a generative model",
    "compositeSynthetic": "composed with generated parts",
    "algorithmicMedia": "created by a program",
}
# As the Stable Diffusion web UI writes them. Atomic: who puts thousands of steps into a text shall not make it slow.
PARAMETERS = re.compile(r"\A(?>.*?\bSteps: \d+,).*\bSampler: ", re.DOTALL)
PNG_TEXTS = {  # name of a PNG text -> who writes it, and what it must hold
    "parameters": ("Stable Diffusion web UI", PARAMETERS),
    "workflow": ("ComfyUI", re.compile(r'"(nodes|links|class_type)"')),
    "prompt": ("ComfyUI", re.compile(r'"class_type"')),
    "invokeai_metadata": ("InvokeAI", re.compile(r"\{")),
    "sd-metadata": ("InvokeAI", re.compile(r"\{")),
    "fooocus_scheme": ("Fooocus", re.compile(r".")),
    "Software": ("NovelAI", re.compile(r"^NovelAI$")),
    "Description": ("Midjourney", re.compile(r"\bJob ID: [0-9a-f-]{36}")),
}


def find_traces(texts: Mapping[str, str], found: Metadata) -> tuple[Trace, ...]:
    """All marks. texts: a PNG's own, by name."""
    return (*_in_texts(texts), *_in_comment(found.comment), *name_source(found.source_type, "XMP DigitalSourceType"))


def _in_texts(texts: Mapping[str, str]) -> Iterator[Trace]:
    for name, (generator, needed) in PNG_TEXTS.items():
        if needed.search(texts.get(name, "")):
            yield Trace(generator, f"PNG text “{name}”", clean(texts[name]) or "")


def _in_comment(comment: str) -> Iterator[Trace]:
    if PARAMETERS.search(comment):
        yield Trace("Stable Diffusion web UI", "EXIF UserComment", clean(comment) or "")


def name_source(code: str | None, where: str) -> Iterator[Trace]:
    """What a digital source type says, when it names something that no camera took."""
    if code in ALGORITHMIC:
        yield Trace("Digital source type", where, f"{code}: {ALGORITHMIC[code]}")
