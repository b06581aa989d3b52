"""Which versions judged: of Facejury, of the jury's weights, and of each detector with its network."""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from detectors.jury.about import describe, find_model_hash
from detectors.jury.fusion import hash_jury
from registry import DetectorSpec

FACEJURY, JURY = "Facejury", "The jury"  # no key of a detector's has a capital
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
HASH_LETTERS = 12
UNKNOWN = "no version"


def list_versions(specs: Iterable[DetectorSpec]) -> dict[str, str]:
    """The version of each detector by its key, after those of Facejury and of the jury."""
    ours = {FACEJURY: read_own_version(), JURY: f"sha256 {hash_jury()[:HASH_LETTERS]}"}
    return ours | {spec.key: find_version(spec) for spec in specs}


@cache
def read_own_version() -> str:
    """Facejury's own, "0.2.0"."""
    return str(tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"])


@cache
def find_version(spec: DetectorSpec) -> str:
    """A detector's: what its package says, and the beginning of its network's SHA-256, as far as there are any."""
    told, network = describe(spec)["version"], find_model_hash(spec)
    parts = [told if not told.startswith("sha256 ") else "", f"sha256 {network[:HASH_LETTERS]}" if network else ""]
    return " ".join(filter(None, parts)) or UNKNOWN
