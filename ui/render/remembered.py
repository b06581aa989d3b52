"""What a browser tab remembers of a picture: its name and who said what of each face, never the picture."""

import json
from typing import Any

from detectors.jury.fusion import JURY_KEY
from text.reading_order import read_order

WHOLE = "the whole picture"


def as_remembered(comparison: dict[str, Any], name: str) -> str:
    """JSON: {"name", "parts": [{"part", "said": {detector: label}}]}; faces that cannot be judged are left out.

    comparison: in its JSON form.
    """
    parts = []
    faces = comparison["faces"]
    for number, place in enumerate(read_order([face["box"] for face in faces]), start=1):
        face = faces[place]
        said = _list_labels(face["verdicts"]) | ({JURY_KEY: face["jury"]["label"]} if face["jury"] else {})
        if not face["doubt"]:
            parts.append({"part": f"face {number}", "said": said})
    if comparison["whole_image"]:
        parts.append({"part": WHOLE, "said": _list_labels(comparison["whole_image"])})
    return json.dumps({"name": name, "parts": parts})


def _list_labels(verdicts: list[dict[str, Any]]) -> dict[str, str]:
    return {verdict["detector"]: verdict["label"] for verdict in verdicts}
