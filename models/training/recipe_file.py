"""recipe.json of a run: its architecture, how it is trained, and the sources that it has learnt from."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from detectors.networks.folder import CONFIG, read_config
from models.training.config import TrainingConfig

RECIPE = "recipe.json"
CHECKPOINT, OLD_CHECKPOINT = "checkpoint", "checkpoint.old"  # in a run, as models.training.run writes them
NOT_COMPARED = ("steps", "head_steps")  # a run may be gone on with for more of the first, and keeps the second
Recipe = dict[str, Any]


def read_recipe(run: Path) -> Recipe:
    """What stands in it; nothing where there is no such file."""
    path = run / RECIPE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def read_learnt(folder: Path) -> Recipe:
    """What is known of the weights in a run or a model folder: `architecture`, `sources` and `without`, where it is.

    What is known of a run is known of its checkpoint, too.
    """
    place = folder.resolve()
    recipe = read_recipe(place.parent if place.name == CHECKPOINT else place)
    known: Recipe = {name: recipe[name] for name in ("architecture", "sources", "without") if name in recipe}
    if (folder / CONFIG).is_file():
        config = read_config(folder)
        known |= join_learnt(known, {"sources": [*config.trained_on], "without": [*config.without]})
    return known


def join_learnt(one: Recipe, other: Recipe) -> Recipe:
    """The sources that either has learnt from, and the generators that neither has, as far as they say so."""
    found: Recipe = {"sources": sorted({*one.get("sources", ()), *other.get("sources", ())})}
    told = [set(recipe["without"]) for recipe in (one, other) if "without" in recipe]
    return found | ({"without": sorted(set.intersection(*told))} if told else {})


def write_recipe(
    run: Path, architecture: str, config: TrainingConfig, sources: Iterable[str], before: Recipe | None = None
) -> None:
    """Write how the run is trained from now on. before: what else its weights have learnt from, if anything.

    data: the sources of its own faces; sources: with those of the weights that it began with, and of its teacher.
    """
    now = asdict(config) | {"data": sorted(set(sources)), "sources": sorted(set(sources))}
    recipe = {"architecture": architecture} | now | join_learnt(now, before or {})
    run.mkdir(parents=True, exist_ok=True)
    (run / RECIPE).write_text(json.dumps(recipe, indent=2), encoding="utf-8")


def list_changes(run: Path, config: TrainingConfig, sources: Iterable[str]) -> list[str]:
    """What differs from how the run was trained until now, e.g. "batch 32, now 4"."""
    recipe, now = read_recipe(run), asdict(config) | {"sources": sorted(set(sources))}
    before = recipe | ({"sources": recipe["data"]} if "data" in recipe else {})  # of its own faces alone
    compared = (name for name in now if name in before and name not in NOT_COMPARED)
    return [f"{name} {_say(before[name])}, now {_say(now[name])}" for name in compared if before[name] != now[name]]


def write_averaged(to: Path, parts: Iterable[Path]) -> None:
    """Write what is known of the networks whose mean this is, beside it: of runs, and of model folders."""
    known: Recipe = {}
    for learnt in (read_learnt(part.parent) for part in parts):
        known |= learnt | join_learnt(known, learnt)
    path = to.parent / RECIPE
    if not path.exists():  # a run of its own, if there is one
        path.write_text(json.dumps(known, indent=2), encoding="utf-8")


def _say(value: object) -> str:
    return (" and ".join(map(str, value)) if isinstance(value, list) else str(value)) or "none"
