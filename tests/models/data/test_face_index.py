"""The index of faces: found once, kept, looked at again only when a file changes."""

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import skimage.data

from models.data import face_index
from models.data.datasets import Sample
from models.data.face_index import LabelledFace, check_copies, choose_evenly, label_faces, list_some, say_left_out
from models.errors import DataError
from models.evaluation.robustness.recompression import pick_tested


@pytest.fixture
def samples(tmp_path: Path) -> Any:
    portrait, nothing, broken = (tmp_path / name for name in ("portrait.png", "nothing.png", "broken.jpg"))
    PIL.Image.fromarray(skimage.data.astronaut()).save(portrait)
    PIL.Image.fromarray(np.full((80, 80, 3), 128, np.uint8)).save(nothing)
    broken.write_bytes(b"no picture")
    return [Sample(path, 0, "made", path.name, "train") for path in (portrait, nothing, broken)]


def test_faces_are_labelled_and_the_faceless_are_named(samples: Any, tmp_path: Path) -> None:
    threads = os.environ.get("FACEJURY_THREADS")
    faces, faceless = label_faces(samples, tmp_path / "faces.json")
    assert [face.sample.path.name for face in faces] == ["portrait.png"]
    assert len(faces[0].landmarks) == 5
    assert faces[0].crop().shape[0] == faces[0].crop().shape[1]
    assert [sample.path.name for sample in faceless] == ["nothing.png", "broken.jpg"]
    assert os.environ.get("FACEJURY_THREADS") == threads, "one thread each is for the finders alone"


def test_one_picture_under_two_names_and_both_labels_is_refused(samples: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(samples[0].path.read_bytes())
    with pytest.raises(DataError, match=r"portrait\.png and .*copy\.png are the same picture, labelled both"):
        label_faces([*samples, replace(samples[0], path=copy, label=1)], tmp_path / "faces.json")
    with pytest.raises(DataError, match="labelled both"):
        check_copies([*samples, replace(samples[0], path=copy, label=1, split="test")])
    (said,) = check_copies([*samples, replace(samples[0], path=copy, split="test")])
    assert said == "Pictures that are in train or val, too, under other names: 1: copy.png"
    page = tmp_path / "page.jpg"
    page.write_bytes(samples[2].path.read_bytes())
    assert check_copies([*samples, replace(samples[2], path=page, label=1)]) == []  # no picture, of neither class


def test_what_was_found_is_not_looked_for_again_unless_the_file_changed(
    samples: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "faces.json"
    first = label_faces(samples, cache)
    looked: list[Any] = []

    def find_nothing(paths: Any) -> list[None]:
        looked.append(paths)
        return [None for _ in paths]

    monkeypatch.setattr(face_index, "_find_all", find_nothing)
    assert label_faces(samples, cache) == first
    assert looked == []
    assert len(json.loads(cache.read_text())["faces"]) == 3
    samples[1].path.write_bytes(samples[1].path.read_bytes() + b"more")
    label_faces(samples, cache)
    assert looked == [[samples[1].path]]


def test_what_another_version_of_the_finder_found_is_looked_for_again(
    samples: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "faces.json"
    label_faces(samples[:1], cache)
    kept = json.loads(cache.read_text())
    [name] = kept["faces"]
    kept["faces"][name]["box"] = [1, 2, 3, 4]
    cache.write_text(json.dumps(kept))
    assert label_faces(samples[:1], cache)[0][0].box == (1, 2, 3, 4)
    monkeypatch.setattr(face_index, "_finder", lambda: "another")
    assert label_faces(samples[:1], cache)[0][0].box != (1, 2, 3, 4)


def write_photo(path: Path, column: int, size: int) -> Sample:
    """The astronaut from that column on, in a file of exactly so many bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(np.ascontiguousarray(skimage.data.astronaut()[:, column:])).save(path)
    path.write_bytes(path.read_bytes().ljust(size, b"\0"))
    return Sample(path, 0, "made", path.name, "train")


def test_pictures_of_the_same_name_and_size_keep_their_own_faces(tmp_path: Path) -> None:
    first, second = (write_photo(tmp_path / str(place) / "a/b/c/1.png", 60 * place, 600_000) for place in (0, 1))
    faces, _ = label_faces([first, second], tmp_path / "faces.json")
    assert faces[0].box[0] - faces[1].box[0] == pytest.approx(60, abs=4)


def test_a_file_that_was_replaced_by_one_of_its_size_is_looked_at_again(tmp_path: Path) -> None:
    cache, path = tmp_path / "faces.json", tmp_path / "a/b/c/1.png"
    before = label_faces([write_photo(path, 0, 600_000)], cache)[0][0].box
    after = label_faces([write_photo(path, 60, 600_000)], cache)[0][0].box
    assert before[0] - after[0] == pytest.approx(60, abs=4)


def test_an_index_serves_a_copy_of_the_data_elsewhere(
    samples: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "faces.json"
    label_faces(samples, cache)
    monkeypatch.setattr(face_index, "_find_all", None)
    moved = (tmp_path / "elsewhere").absolute()
    moved.mkdir()
    copies = [replace(sample, path=sample.path.rename(moved / sample.path.name)) for sample in samples]
    assert len(label_faces(copies, cache)[0]) == 1


@pytest.mark.parametrize("kept", ["", "[]", '{"faces": {}}', '{"found_by": 1}'])
def test_an_index_that_cannot_be_read_is_written_anew(samples: Any, tmp_path: Path, kept: str) -> None:
    cache = tmp_path / "faces.json"
    cache.write_text(kept)
    assert len(label_faces(samples[:1], cache)[0]) == 1
    assert len(json.loads(cache.read_text())["faces"]) == 1


def test_what_is_left_out_is_counted_and_named(samples: Any, tmp_path: Path) -> None:
    cache = tmp_path / "faces.json"
    _, faceless = label_faces(samples, cache)
    broken, empty = say_left_out(faceless, cache)
    assert broken.startswith("Pictures that could not be read, left out: 1: broken.jpg (This is not a picture")
    assert empty == "Pictures without a face that can be used, left out: 1: nothing.png"
    assert say_left_out([], cache) == []
    assert list_some(list("abcde")) == "a, b, c, 2 more"


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
