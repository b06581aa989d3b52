"""How far two detectors' ROC-AUCs lie apart on the same faces, as it was measured of the weights that are here."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from detectors.jury.about import Figure
from detectors.networks.files import read_plain_file
from detectors.networks.folder import DIFFERENCES

MAX_BYTES = 1_000_000


class Difference(NamedTuple):
    """One detector's ROC-AUC less another's. mean, unseen: over all sets, and those that neither was trained on."""

    faces: int
    mean: Figure
    unseen: Figure | None
    unseen_sets: tuple[str, ...]
    sets: dict[str, Figure]

    def turned(self) -> "Difference":
        """The other's less the one's."""
        turned = {name: _turn(figure) for name, figure in self.sets.items()}
        return self._replace(mean=_turn(self.mean), unseen=_turn(self.unseen) if self.unseen else None, sets=turned)


def find_difference(one: str, other: str, hashes: Mapping[str, str]) -> Difference | None:
    """Of two keys; None where these were not measured on the same faces. hashes: key -> SHA-256 of what is here."""
    stored = _read()
    if any(hashes.get(key, "") != stored["models"].get(key) for key in (one, other)):
        return None
    for pair in stored["pairs"]:
        if {pair["first"], pair["second"]} == {one, other}:
            found = Difference(pair["faces"], pair["mean"], pair["unseen"], tuple(pair["unseen_sets"]), pair["sets"])
            return found if pair["first"] == one else found.turned()
    return None


@cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read_plain_file(DIFFERENCES, MAX_BYTES))
    return found


def _turn(figure: Figure) -> Figure:
    return Figure(value=-figure["value"], low=-figure["high"], high=-figure["low"])
