"""Recordings on disk and the windows that are made of them: what the voice network learns from and is measured on.

A folder holds manifest.csv: path, label (0 real, 1 fake), source, speaker, split and kind (the synthesiser of a fake).
Splits: "train", "val" and "test" share their sources; "fit" holds the sources and synthesisers that thresholds are
fitted on, "eval" those that nothing was fitted on. Fakes by copy-synthesis are made here, from the reals, by rule.
"""

import csv
import hashlib
import io
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, cast

import av
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from models.architectures.voice import RATE, SAMPLES
from models.data.channel import choose_codec, pass_codec, trim_silence
from models.data.tables import TableRow, read_rows
from models.data.vocoders import Samples, vocode
from models.errors import DataError

SpeechSplit = Literal["train", "val", "fit", "test", "eval"]
SPLITS = ("train", "val", "fit", "test", "eval")
KNOWN_VOCODERS = ("mel-griffin-lim", "world")  # learnt from
FIT_VOCODER, EVAL_VOCODER = "random-phase", "linear-prediction"  # never learnt from; the last not fitted on either
MAX_WINDOWS = {"fit": 2, "eval": 3}  # of one recording; 1 in the other splits
SHORT_SHARE = 0.4  # of the synthesised sentences, cut short: so many of the reals are single words
MIN_SAMPLES = RATE // 3  # less is no speech
PEAK = 32_767
WINDOWS, INDEX = "windows.npy", "windows.csv"
LEARNT = "train, val or test"  # the splits that share their sources
MANIFEST, MADE_FROM = "manifest.csv", "windows.from"


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One sound file. speaker: its own path where unknown."""

    path: Path
    label: int
    source: str
    speaker: str
    split: SpeechSplit
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class SpeechWindow:
    """At most 4 s of one recording, real or made. kind: the vocoder or synthesiser of a fake; length: samples."""

    label: int
    source: str
    speaker: str
    split: str
    kind: str
    codec: str
    length: int


@dataclass(frozen=True)
class SpeechWindows:
    """SpeechWindows in order, each with its samples: int16 (n, 64000), zeros after its length."""

    index: Sequence[SpeechWindow]
    samples: NDArray[np.int16]

    def choose(self, **wanted: object) -> "SpeechWindows":
        """Those of these values; a value may be a tuple of several."""
        kept = [place for place, window in enumerate(self.index) if _fits(window, wanted)]
        return SpeechWindows([self.index[place] for place in kept], self.samples[kept])

    def column(self, name: str) -> NDArray[Any]:
        """One field of all windows."""
        return np.array([getattr(window, name) for window in self.index])

    def read(self, place: int) -> Samples:
        """The samples of one, float32 in [-1, 1], as long as it is."""
        return np.asarray(self.samples[place, : self.index[place].length] / np.float32(PEAK), dtype=np.float32)


def _fits(window: SpeechWindow, wanted: dict[str, object]) -> bool:
    values = ((getattr(window, name), value) for name, value in wanted.items())
    return all(mine in value if isinstance(value, tuple) else mine == value for mine, value in values)


def read_recordings(folder: Path) -> list[Recording]:
    """The rows of manifest.csv, in order. Raises DataError."""
    place = folder / MANIFEST
    if not place.is_file():
        raise DataError(f"{folder} has no {MANIFEST}")
    recordings = [_read_row(row, folder) for row in read_rows(place, needed=("path", "label", "source", "split"))]
    _refuse_shared(recordings)
    return recordings


def _refuse_shared(recordings: Sequence[Recording]) -> None:
    """Raises DataError for a source that is learnt from, fitted on or left out and another of these as well, and for a
    speaker or a file in two splits: what is measured then would have been heard before.
    """
    uses: dict[str, set[str]] = defaultdict(set)
    splits: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in recordings:
        uses[one.source].add(one.split if one.split in ("fit", "eval") else LEARNT)
        splits["speaker", f"{one.source}/{one.speaker}"].add(one.split)
        splits["file", os.path.normpath(one.path)].add(one.split)
    if shared := sorted(source for source, found in uses.items() if len(found) > 1):
        found = " and in ".join(sorted(uses[shared[0]]))
        raise DataError(f"{MANIFEST}: {', '.join(shared)} cannot be in split {found}")
    if shared_by := sorted(name for name, found in splits.items() if len(found) > 1):
        what, name = shared_by[0]
        raise DataError(f"{MANIFEST}: {what} {name} cannot be in split {' and in '.join(sorted(splits[what, name]))}")


def _read_row(row: TableRow, folder: Path) -> Recording:
    label, split, kind = row.label(), row.get("split"), row.get("kind")
    if split not in SPLITS:
        raise DataError(f'{row.table}, line {row.line}: column split must be {", ".join(SPLITS)}, got "{split}"')
    if bool(label) != bool(kind):
        raise DataError(
            f"{row.table}, line {row.line}: column kind must name a fake's synthesiser, and of a real be empty"
        )
    return Recording(
        path=folder / row.path("path"),
        label=label,
        source=row.need("source"),
        speaker=row.get("speaker") or row.need("path"),
        split=cast("SpeechSplit", split),
        kind=kind,
    )


def decode(path: Path) -> tuple[Samples, int]:
    """A trusted file's samples, mono at 16 kHz in [-1, 1], and the rate it was kept at. Raises DataError."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            mono = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            frames = [part for frame in container.decode(stream) for part in mono.resample(frame)]
            frames += mono.resample(None)
            return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32), stream.rate
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise DataError(f"{path.name} cannot be decoded: {error}") from error


def say_made_from(folder: Path, seed: int) -> str:
    """What the windows of a folder of recordings depend on: its manifest, and the seed."""
    return f"{hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()}, seed {seed}"


def make_windows(recordings: Iterable[Recording], folder: Path, *, seed: int = 0) -> int:
    """Write the windows of these recordings, and their fakes, into a folder. Returns how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    index: list[SpeechWindow] = []
    raw = io.FileIO(folder / "windows.raw", "w")
    with raw:
        for place, recording in enumerate(recordings):
            for window, samples in _make(recording, default_rng([seed, place])):
                index.append(window)
                whole = np.zeros(SAMPLES, np.int16)
                whole[: window.length] = np.round(np.clip(samples, -1, 1) * PEAK)
                raw.write(whole.tobytes())
    np.save(folder / WINDOWS, np.fromfile(folder / "windows.raw", np.int16).reshape(-1, SAMPLES))
    (folder / "windows.raw").unlink()
    with (folder / INDEX).open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [field.name for field in fields(SpeechWindow)])
        table.writeheader()
        table.writerows(asdict(window) for window in index)
    return len(index)


def read_windows(folder: Path) -> SpeechWindows:
    """What make_windows wrote. Raises DataError."""
    if not (folder / INDEX).is_file():
        raise DataError(f"{folder} has no {INDEX}: train first")
    with (folder / INDEX).open(newline="", encoding="utf-8") as file:
        rows = [row | {"label": int(row["label"]), "length": int(row["length"])} for row in csv.DictReader(file)]
    return SpeechWindows([SpeechWindow(**cast("Any", row)) for row in rows], np.load(folder / WINDOWS, mmap_mode="r"))


def check_measurable(windows: SpeechWindows) -> None:
    """Raises DataError where a split lacks real voices or fakes that measuring needs: to learn what can be told without
    listening, to test that, and to measure on what was left out.
    """
    for split in ("train", "test", "eval"):
        if set(windows.choose(split=split).column("label")) != {0, 1}:
            raise DataError(f"the {split} split must hold real and fake voices")


def _make(recording: Recording, rng: Generator) -> Iterator[tuple[SpeechWindow, Samples]]:
    """The windows of a recording, and, where it is real, of what the split's vocoders make of them."""
    whole, rate = decode(recording.path)
    if recording.label == 1 and recording.split != "eval" and rng.random() < SHORT_SHARE:
        whole = trim_silence(whole)[: int(RATE * rng.uniform(0.4, 2.2))]
    for cut in _cut(trim_silence(whole), MAX_WINDOWS.get(recording.split, 1), rng):
        plain = SpeechWindow(
            label=recording.label,
            source=recording.source,
            speaker=recording.speaker,
            split=recording.split,
            kind=recording.kind,
            codec="",
            length=len(cut),
        )
        kinds = choose_vocoders(recording.split, rng) if recording.label == 0 else ()
        for kind in (plain.kind, *kinds):
            samples = vocode(kind, cut, rng) if kind in kinds else cut
            codec = choose_codec(rate, rng)
            sent = pass_codec(samples, codec, band=min(rate, RATE) / 2, rng=rng)[:SAMPLES]
            yield replace(plain, label=int(bool(kind)), kind=kind, codec=codec, length=len(sent)), sent


def choose_vocoders(split: SpeechSplit, rng: Generator) -> tuple[str, ...]:
    """The vocoders that a real recording of this split goes through."""
    one = str(rng.choice(KNOWN_VOCODERS))
    return {
        "train": (one,),
        "val": (one,),
        "fit": (one, FIT_VOCODER),
        "test": (one, EVAL_VOCODER),
        "eval": (*KNOWN_VOCODERS, EVAL_VOCODER),
    }[split]


def _cut(samples: Samples, most: int, rng: Generator) -> Iterator[Samples]:
    if len(samples) <= SAMPLES:
        if len(samples) >= MIN_SAMPLES:
            yield samples
        return
    room = len(samples) // most
    for part in range(most):
        spare = max(0, room - SAMPLES)
        start = part * room + int(rng.integers(0, spare + 1))
        cut = samples[start : start + SAMPLES]
        if len(cut) >= MIN_SAMPLES:
            yield cut
