"""Whether a heat map points where the forgery is: held-out faces whose forged region is known.

They are real ones that are blended here, and fakes whose photo is in the data unforged as well.

Pointing game (Zhang et al. 2016, https://arxiv.org/abs/1608.00507): is the hottest place inside the blended region?
Overlap: of the region and as many of the hottest pixels as it has, intersection over union. Beside both stands what a
heat map that knows nothing scores.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.progress import track

from detectors.commands.terminal import errors
from detectors.forgery.pointing import Region, find_hit, lay
from detectors.jury.judge import Jury
from models.data.face_index import LabelledFace, choose_evenly
from models.data.forged_faces import ForgedFace, forge_face
from models.data.twins import find_twins, read_twins
from models.evaluation.metrics import mean
from registry import DetectorSpec, Heatmap

MAX_FACES = 300  # of the test split, evenly chosen


@dataclass(frozen=True)
class Pointing:
    """How one heat map did on one face, and what chance would. rose: whether p_fake rose by the forgery."""

    hit: float
    hit_by_chance: float
    overlap: float
    overlap_by_chance: float
    rose: float


def measure_heatmaps(specs: Sequence[DetectorSpec], faces: Sequence[LabelledFace]) -> dict[str, dict[str, Any]]:
    """Detector -> {"n", and each field of Pointing: its mean with interval}; empty for one that draws no heat map."""
    reals = [face for face in faces if face.sample.split == "test" and not face.sample.label and face.landmarks]
    chosen = choose_evenly(reals, MAX_FACES)
    return _measure(specs, ((face, forge_face(face, seed=index)) for index, face in enumerate(chosen)))


def measure_on_twins(specs: Sequence[DetectorSpec], faces: Sequence[LabelledFace]) -> dict[str, dict[str, Any]]:
    """The same on test fakes whose photo is there unforged as well: others made these forgeries."""
    tested = [face for face in faces if face.sample.split == "test"]
    twins = find_twins(tested)
    fakes = choose_evenly([face for face in tested if face.sample.path in twins], MAX_FACES)
    pairs = ((fake, _read_pair(fake, twins[fake.sample.path])) for fake in fakes)
    return _measure(specs, ((fake, forged) for fake, forged in pairs if forged))


def _read_pair(fake: LabelledFace, real: LabelledFace) -> ForgedFace | None:
    """A fake as the detectors see it, its photo in the same frame, and where they differ."""
    if (pictures := read_twins(real, fake)) is None:
        return None
    photo, forgery, region = pictures
    return ForgedFace(fake.crop_from(photo), fake.crop_from(forgery), fake.crop_from(region)[..., 0] > 0)


def _measure(
    specs: Sequence[DetectorSpec], forgeries: Iterable[tuple[LabelledFace, ForgedFace]]
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Pointing]] = {spec.key: {} for spec in specs}
    with Jury([spec for spec in specs if spec.expects == "face"]) as jury:
        for index, (face, forged) in enumerate(track(forgeries, "forging", console=errors)):
            if 0 < forged.region.mean() < 1:
                group = f"{face.sample.source}/{face.sample.group}"
                for spec in jury.specs:
                    found[spec.key] |= _point(jury, spec, forged, f"{group}#{index}")
    return {key: _summarise(points) for key, points in found.items()}


def _point(jury: Jury, spec: DetectorSpec, forged: ForgedFace, name: str) -> dict[str, Pointing]:
    before, after = (jury.judge(spec, crop) for crop in (forged.before, forged.after))
    if after.heatmap is None or after.p_fake is None or before.p_fake is None:
        return {}
    return {name: point(after.heatmap, forged.region, rose=after.p_fake > before.p_fake)}


def point(heatmap: Heatmap, region: Region, *, rose: bool) -> Pointing:
    """Lay a heat map over the face it was drawn for, and compare it with the truth."""
    laid, hit = lay(heatmap, region).ravel(), find_hit(heatmap, region)
    truth, share = region.ravel(), hit.by_chance
    hottest = np.argsort(-laid, kind="stable")[: int(truth.sum())]
    both = float(truth[hottest].sum())
    return Pointing(
        hit=hit.inside,
        hit_by_chance=share,
        overlap=both / (2 * len(hottest) - both),
        overlap_by_chance=share / (2 - share),
        rose=float(rose),
    )


def _summarise(points: dict[str, Pointing]) -> dict[str, Any]:
    if not points:
        return {}
    groups = np.array([name.rpartition("#")[0] for name in points])
    rows = [asdict(one) for one in points.values()]
    return {"n": len(rows)} | {name: asdict(mean(np.array([row[name] for row in rows]), groups)) for name in rows[0]}
