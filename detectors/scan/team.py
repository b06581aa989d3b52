"""Who is asked, as plain values that travel to other processes, and what told these detectors from others."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from detectors.jury.fusion import JURY, JURY_KEY
from detectors.networks.folder import CONFIG
from detectors.networks.resolve import add_source
from detectors.scan.errors import ScanError
from registry import DetectorSpec, load_registry
from registry.contract import is_card_path

SCHEMA = 4  # 2: rows have a roll; 3: and a band; 4: and held_back_by, enlarged
DIGITS = 12  # of a hash, for people


@dataclass(frozen=True)
class Team:
    """The choice of detectors made at the command line: --only and --add."""

    only: tuple[str, ...] = ()
    add: tuple[str, ...] = ()

    def choose(self) -> tuple[DetectorSpec, ...]:
        """The detectors, in the registry's order. Raises UnknownDetectorError, SourceError."""
        return reduce(add_source, self.add, load_registry()).choose(self.only)

    def choose_for_scan(self) -> tuple[DetectorSpec, ...]:
        """Those of them that judge pictures or sounds. Raises ScanError where there is none, and what choose raises."""
        chosen = self.choose()
        if not chosen:
            raise ScanError("no detector is here: `facejury detectors list` says what kept them out")
        if not (specs := tuple(spec for spec in chosen if spec.expects != "clip")):
            keys = ", ".join(spec.key for spec in chosen)
            raise ScanError(f"{keys}: for videos alone, and a scan is of pictures and sounds")
        return specs


def describe_team(specs: tuple[DetectorSpec, ...]) -> dict[str, str]:
    """Key -> everything that can change what a detector says: whose it is, its weights, framing and thresholds."""
    described = {spec.key: _describe(spec) for spec in specs}
    return described | {JURY_KEY: f"weights {_digest(JURY)}"}


def team_as_line(described: Mapping[str, str]) -> bytes:
    """One line of JSON, the same for the same team."""
    return (json.dumps({"scan": SCHEMA, "detectors": dict(described)}, sort_keys=True) + "\n").encode("ascii")


def check_team(line: bytes, described: Mapping[str, str], *, name: str) -> None:
    """That a line written by team_as_line tells of this team. name: of the file it stands in. Raises ScanError."""
    try:
        head = json.loads(line)
        schema, then = head["scan"], dict(head["detectors"])
    except (ValueError, TypeError, KeyError) as error:
        raise ScanError(f"{name} was not written by a scan: choose another --out") from error
    if schema != SCHEMA:
        raise ScanError(f"{name} was written by another version of the scan: choose another --out")
    if difference := _say_difference(then, described):
        raise ScanError(
            f"{name} contains verdicts of other detectors: {difference}. Choose another --out, or remove it."
        )


def _say_difference(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    parts = [f"{key} was not used then" for key in now if key not in then]
    parts += [f"{key} is not used now" for key in then if key not in now]
    parts += [f"{key} was ({then[key]}), is ({now[key]})" for key in now if then.get(key, now[key]) != now[key]]
    return "; ".join(parts)


def _describe(spec: DetectorSpec) -> str:
    config = Path(spec.card).parent / CONFIG if is_card_path(spec.card) else None  # a model folder's, beside its card
    weights = f", {CONFIG} {_digest(config)}" if config and config.is_file() else ""
    return f"{spec.owner} {spec.version}{weights}, real below {spec.real_until:g}, fake from {spec.fake_from:g}"


def _digest(path: Path) -> str:
    """The start of a file's SHA-256. config.json holds its network's hash and framing, so it stands for both."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:DIGITS] if path.is_file() else "none"
