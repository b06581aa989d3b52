"""Some faces stand for all: of every class, source and generator, whatever the order of a manifest."""

from collections import Counter
from pathlib import Path

import pytest

from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.evaluation.choice import choose_evenly
from models.evaluation.robustness.recompression import pick_tested


def make_face(place: int, *, source: str = "made") -> LabelledFace:
    """Real and fake in turn."""
    return LabelledFace(Sample(Path(f"{place}.png"), place % 2, source, f"v{place}", "test"), (0, 0, 90, 90))


@pytest.mark.parametrize("most", [128, 400, 999])
def test_of_reals_and_fakes_in_turn_both_are_chosen(most: int) -> None:
    chosen = pick_tested([make_face(place) for place in range(2_000)], most)
    assert len({face.sample.path for face in chosen}) == most
    counts = Counter(face.sample.label for face in chosen)
    assert abs(counts[0] - counts[1]) <= 1


def test_every_source_has_its_share_and_its_last_faces_are_among_them() -> None:
    faces = [make_face(place, source="large" if place % 10 else "small") for place in range(1_000)]
    chosen = choose_evenly(faces, 300)
    assert Counter(face.sample.source for face in chosen) == {"large": 270, "small": 30}
    assert max(int(face.sample.path.stem) for face in chosen) > 990


def test_of_few_faces_all_are_chosen() -> None:
    faces = [make_face(place) for place in range(5)]
    assert choose_evenly(faces, 5) == faces
