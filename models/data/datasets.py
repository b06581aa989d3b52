"""Labelled faces on disk, their splits, and where the face is in each: what training and evaluation read.

Three layouts are read: a `manifest.csv` (path and label; generator, kind, source, group and split where known), the
Kaggle deepfake-faces layout (`metadata.csv` beside `faces_224/`), and a plain folder of `real/` and `fake/`, which may
stand under `train/`, `valid/` and `test/`.
"""

import hashlib
import os
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from detectors.commands.terminal import errors
from models.data.tables import LABELS, SPLIT_NAMES, TableRow, read_rows
from models.errors import DataError

Split = Literal["train", "val", "test", "eval"]
SPLITS: tuple[Split, ...] = ("train", "val", "test", "eval")
SUFFIXES = {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".gif", ".mpo"}
MINE, WITHOUT = "my-", "-without-"  # in the key of a network that was exported here; that lacks a generator
TRAIN_SHARE, VAL_SHARE = 0.8, 0.1  # of the groups, where the data names no split; the rest is "test"


@dataclass(frozen=True)
class Sample:
    """One labelled picture. group: its source video (its own path where unknown); label: 1 = fake, 0 = real.

    kind: of forgery: "swap", "reenactment" or "generated" (a whole face); empty for reals and where it is not known.
    """

    path: Path
    label: int
    source: str
    group: str
    split: Split
    generator: str = ""
    kind: str = ""


def read_samples(folders: Iterable[Path]) -> list[Sample]:
    """Every labelled picture of these folders, in a fixed order. Raises DataError."""
    places = dict.fromkeys(folder.resolve() for folder in folders)
    samples = [sample for place in places for sample in _read_folder(place)]
    _refuse_shared_groups(samples)
    return _once(samples)


def read_fittable(folders: Iterable[Path]) -> list[Sample]:
    """The train and val samples of these folders. Raises DataError, also for a folder that is for evaluation only."""
    kept = []
    for folder in folders:
        samples = read_samples([folder])
        if samples and all(sample.split == "eval" for sample in samples):
            refuse_eval_only(samples)
        kept += select(samples, "train", "val")
    _refuse_shared_groups(kept)
    return _once(kept)


def _once(samples: Iterable[Sample]) -> list[Sample]:
    """Each picture once, however often it was named. Raises DataError for one that is said to be real and fake."""
    known: dict[Path, Sample] = {}
    for sample in samples:
        if known.setdefault(sample.path, sample).label != sample.label:
            raise DataError(f"{sample.path} is labelled both real and fake")
    return list(known.values())


def select_splits(samples: Sequence[Sample], *splits: str) -> list[Sample]:
    """The samples of these splits. Raises DataError, which names those there are, when one of them is empty."""
    counts = Counter(sample.split for sample in samples)
    for split in splits:
        if not counts[cast("Split", split)]:
            there = ", ".join(f"{name} ({counts[name]} pictures)" for name in SPLITS if counts[name])
            raise DataError(f"no picture is in split {split!r}; there are {there}")
    return select(samples, *splits)


def select(samples: Iterable[Sample], *splits: str) -> list[Sample]:
    """The samples of these splits."""
    return [sample for sample in samples if sample.split in splits]


def leave_out(samples: Sequence[Sample], generators: Sequence[str]) -> list[Sample]:
    """The samples without those of these generators. Raises DataError when one is not among them.

    Real faces of a source of which all fakes are left out go as well: they would teach that whatever looks like that
    source is real, its fakes first of all.
    """
    known = {sample.generator for sample in samples} - {""}
    for generator in generators:
        if generator not in known:
            raise DataError(
                f"no generator {generator!r} is in these folders; there are {', '.join(sorted(known)) or 'none'}"
            )
    kept = [sample for sample in samples if sample.generator not in generators]
    had, have = ({sample.source for sample in some if sample.label} for some in (samples, kept))
    return [sample for sample in kept if sample.source not in had - have]


def name_without(key: str, title: str, generators: Sequence[str]) -> tuple[str, str]:
    """Key and title of a network that was trained without some generators: its own, not those of ours."""
    for generator in generators:
        key = f"{key}{WITHOUT}{re.sub('[^a-z0-9]+', '-', generator.lower()).strip('-')}"
        title = f"{title} without {generator}"
    return key, title


def refuse_eval_only(samples: Iterable[Sample]) -> None:
    """For everything that fits anything. Raises DataError when a sample is marked as evaluation only."""
    barred = sorted({sample.source for sample in samples if sample.split == "eval"})
    if barred:
        raise DataError(f"marked for evaluation only, so nothing may be fitted on it: {', '.join(barred)}")


def _read_folder(folder: Path) -> list[Sample]:
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder" if folder.exists() else f"there is no folder {folder}")
    if (folder / "manifest.csv").is_file():
        return _keep_files(folder, _read_manifest(folder), "manifest.csv")
    if marked := _read_marked_above(folder):
        return _keep_files(folder, *marked)
    if (folder / "metadata.csv").is_file():
        return _keep_files(folder, _read_kaggle(folder), "metadata.csv")
    if samples := _read_plain(folder):
        return samples
    raise DataError(
        f"{folder.name}: expected manifest.csv, metadata.csv with faces_224/, or pictures in real/ and fake/"
    )


def _keep_files(folder: Path, samples: Sequence[Sample], table: str) -> list[Sample]:
    """The samples whose pictures are there. Raises DataError where none is.

    How many are not there is said, and how many pictures in the folder its table does not list.
    """
    missing = [sample.path for sample in samples if not sample.path.is_file()]
    if len(missing) == len(samples):
        raise DataError(f"{folder.name}: none of its {len(samples)} pictures is there, {missing[0]} for instance")
    if missing:
        errors.print(
            f"{folder.name}: {len(missing)} of {len(samples)} pictures are left out, for there is no such file: "
            f"{missing[0]}{' and others' if len(missing) > 1 else ''}",
            markup=False,
        )
    _say_unlisted(folder, {sample.path for sample in samples}, table)
    return [sample for sample in samples if sample.path.is_file()]


def _say_unlisted(folder: Path, known: Collection[Path], table: str) -> None:
    pictures = [path for path in _list_files(folder) if path.suffix.lower() in SUFFIXES and path not in known]
    if pictures:
        first = pictures[0].relative_to(folder)
        errors.print(
            f"{folder.name}: {len(pictures)} {'pictures are' if len(pictures) > 1 else 'picture is'} left out, for "
            f"{table} does not list them: {first}{' and others' if len(pictures) > 1 else ''}",
            markup=False,
            soft_wrap=True,
        )


def _read_manifest(folder: Path) -> list[Sample]:
    rows = read_rows(folder / "manifest.csv", needed=("path", "label"))
    return [_from_manifest(folder, row) for row in rows]


def _from_manifest(folder: Path, row: TableRow) -> Sample:
    path = row.path("path")
    group = row.get("group") or path.as_posix()
    split = cast("Split", row.split()) or _split_of(group)
    source = row.get("source") or folder.name
    return Sample(_locate(folder, row), row.label(), source, group, split, row.get("generator"), row.kind())


def _locate(folder: Path, row: TableRow) -> Path:
    return Path(os.path.normpath(folder / row.path("path")))


def _read_marked_above(folder: Path) -> tuple[list[Sample], str] | None:
    """What the nearest manifest above that lists pictures of this folder says of them, and the manifest's place.

    So an eval-only set stays one when a folder of it is named alone. Tables above that list none of it may be of
    anything, so that nothing else of them is read.
    """
    for place in folder.parents:
        if (place / "manifest.csv").is_file():
            rows = [row for row in read_rows(place / "manifest.csv", needed=()) if row.get("path")]
            mine = [row for row in rows if folder in _locate(place, row).parents]
            if mine:
                return [_from_manifest(place, row) for row in mine], os.path.relpath(place / "manifest.csv", folder)
    return None


def _read_kaggle(folder: Path) -> list[Sample]:
    samples = []
    for row in read_rows(folder / "metadata.csv", needed=("videoname", "label")):
        path = folder / "faces_224" / row.path("videoname").with_suffix(".jpg").name
        group = Path(row.get("original") or row.need("videoname")).stem
        fake = row.label()
        made = ("dfdc", "swap") if fake else ("", "")
        samples.append(Sample(path, fake, folder.name, group, _split_of(group), *made))
    return samples


def _read_plain(folder: Path) -> list[Sample]:
    """Pictures under real/ and fake/, each perhaps under a split's folder, however their names are capitalised."""
    samples = []
    for split, place in [("", folder), *_find_splits(folder)]:
        for path in sorted(place.iterdir()):
            if path.is_dir() and path.name.lower() in ("real", "fake"):
                samples += _read_class(folder, path, split)
    if samples:
        _say_unread(folder, {sample.path for sample in samples})
    return samples


def _say_unread(folder: Path, known: Collection[Path]) -> None:
    """Say which files below a plain folder are no samples, by their suffix or their place."""
    unread = [path for path in _list_files(folder) if path not in known]
    if unread:
        first = ", ".join(str(path.relative_to(folder)) for path in unread[:3])
        errors.print(
            f"{folder.name}: {len(unread)} files are left out, for they are no pictures that are read here, or not in "
            f"real/ or fake/: {first}{' and others' if len(unread) > 3 else ''}",
            markup=False,
            soft_wrap=True,
        )


def _find_splits(folder: Path) -> list[tuple[str, Path]]:
    places = sorted(folder.iterdir()) if folder.is_dir() else []
    return [(SPLIT_NAMES[path.name.lower()], path) for path in places if path.name.lower() in SPLIT_NAMES]


def _read_class(folder: Path, place: Path, split: str) -> list[Sample]:
    label = int(place.name.lower() == "fake")
    samples = []
    for path in _list_files(place):
        if path.suffix.lower() in SUFFIXES:
            _refuse_contradiction(folder, path, label)
            group = str(path.relative_to(folder))
            pair = str(path.relative_to(place).with_suffix(""))  # a photo and what was made from it share a name
            chosen = cast("Split", split) or _split_of(pair)
            samples.append(Sample(path, label, folder.name, group, chosen, "fake" if label else ""))
    return samples


def _list_files(folder: Path) -> list[Path]:
    """Every file below a folder and below those that are linked there, in order; a link back up is not followed."""
    files, seen = [], set()
    for at, folders, names in os.walk(folder, followlinks=True):
        place = os.path.realpath(at)
        if place in seen:
            folders.clear()
            continue
        seen.add(place)
        files += [Path(at, name) for name in names]
    return sorted(path for path in files if path.is_file())


def _refuse_contradiction(folder: Path, path: Path, label: int) -> None:
    """Raises DataError for a picture in fake/original/, say: one of the two names must be wrong."""
    for name in path.relative_to(folder).parts[:-1]:
        if name.isalpha() and LABELS.get(name.lower(), label) != label:
            raise DataError(f"{path.relative_to(folder)}: its folders say both real and fake; move or rename one")


def _split_of(group: str) -> Split:
    """A split for a group, by hash: the same on every machine, and for every picture of the group."""
    place = int.from_bytes(hashlib.sha256(group.encode("utf-8", "surrogateescape")).digest()[:4]) / 2**32
    if place < TRAIN_SHARE:
        return "train"
    return "val" if place < TRAIN_SHARE + VAL_SHARE else "test"


def _refuse_shared_groups(samples: Sequence[Sample]) -> None:
    """Raises DataError when one source video, or one path, stands in two splits."""
    splits: dict[tuple[str, str], set[Split]] = defaultdict(set)
    for sample in samples:
        splits[sample.source, sample.group].add(sample.split)
        splits["", str(sample.path)].add(sample.split)
    shared = sorted(name for (_, name), found in splits.items() if len(found) > 1)
    if shared:
        raise DataError(f"{len(shared)} groups stand in two splits, {shared[0]!r} among them")
