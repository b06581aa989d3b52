"""The ID of a report: the same for the same file, judged by the same versions, whoever makes it and whenever."""

import base64
import hashlib
import json
from collections.abc import Mapping

PREFIX = "FJ-"
LETTERS = 10  # base 32: 50 bits, so that no two of a million results are likely to share one


def make_report_id(sha256: str, versions: Mapping[str, str], *, start: float = 0.0) -> str:
    """Such as "FJ-7K3MA-QXD2R". versions: of all that judged, by name; start: in a video, in seconds."""
    judged = json.dumps([sha256, dict(versions), start], sort_keys=True)
    letters = base64.b32encode(hashlib.sha256(judged.encode()).digest()).decode()[:LETTERS]
    return f"{PREFIX}{letters[:5]}-{letters[5:]}"
