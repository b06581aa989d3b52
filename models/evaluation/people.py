"""Whether real faces of some people are called fake more often than those of others: by age, gender and race.

UTKFace alone says so, in its file names: age_gender_race_time (https://susanqq.github.io/UTKFace/).
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from models.evaluation.evaluate import Answers
from models.evaluation.metrics import measure
from registry import DetectorSpec

SOURCE = "utkface"
NAME = re.compile(r"(?P<age>\d{1,3})_(?P<gender>[01])_(?P<race>[0-4])_")
AGES = ((0, 17), (18, 39), (40, 64), (65, 116))  # years, both included
GENDERS = ("male", "female")
RACES = ("White", "Black", "Asian", "Indian", "other")  # the data set's own words and order


def summarise(answers: Answers, spec: DetectorSpec) -> dict[str, Any]:
    """Group -> the figures of its real test faces; empty where no file name says who is shown."""
    scores = answers.scores(spec.key)
    groups = [name_groups(face.sample.path.name) if face.sample.source == SOURCE else [] for face in answers.faces]
    usable = ~np.isnan(scores.p_fake) & (scores.labels == 0) & (answers.column("split") == "test")
    thresholds = {"fake_from": spec.fake_from, "real_until": spec.real_until}
    found = {}
    for name in _order():
        chosen = usable & np.array([name in mine for mine in groups], dtype=np.bool_)
        if chosen.any():
            found[name] = measure(scores.where(chosen), **thresholds)
    return found


def name_groups(name: str) -> Sequence[str]:
    """The groups that a file name puts a person in; none where it is of another kind."""
    said = NAME.match(name)
    if said is None:
        return []
    ages = [_say_ages(*span) for span in AGES if span[0] <= int(said["age"]) <= span[1]]
    return [*ages, GENDERS[int(said["gender"])], RACES[int(said["race"])]]


def _say_ages(first: int, last: int) -> str:
    return f"{first} to {last} years"


def _order() -> list[str]:
    return [*(_say_ages(*span) for span in AGES), *GENDERS, *RACES]
