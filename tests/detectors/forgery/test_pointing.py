"""Where a heat map is hottest, beside where the forgery is."""

import numpy as np
import pytest

from detectors.forgery.pointing import find_hit, read_pointing
from registry import DetectorSpec, load_registry

REGION = np.zeros((40, 60), dtype=bool)
REGION[20:, :30] = True  # the lower left quarter


def spot(row: int, column: int) -> np.ndarray:
    heat = np.zeros((4, 6), dtype=np.float32)
    heat[row, column] = 1
    return heat


def test_a_hottest_place_inside_is_a_hit_and_its_place_is_told() -> None:
    hit = find_hit(spot(3, 0), REGION)
    assert (hit.inside, hit.by_chance) == (1.0, 0.25)
    assert hit.x < 0.2 and hit.y > 0.8


def test_a_hottest_place_outside_is_none() -> None:
    assert find_hit(spot(0, 5), REGION).inside == 0.0


def test_a_flat_map_points_everywhere_so_it_hits_by_chance() -> None:
    hit = find_hit(np.full((7, 7), 0.4, dtype=np.float32), REGION)
    assert hit.inside == pytest.approx(hit.by_chance)


def test_what_was_measured_is_read_for_who_was_measured() -> None:
    measured = read_pointing(load_registry(blocked=())["efficientnet"])
    assert measured.count > 100
    assert measured.hit["low"] <= measured.hit["value"] <= measured.hit["high"]
    assert read_pointing(DetectorSpec(key="new", title="New", load=lambda: lambda image: 0.5)) is None
