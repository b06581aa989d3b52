"""From frames to videos: mean, trimmed mean and the aggregation of the video tab, side by side on the same frames.

`facejury models videos --data DIR... [--only KEY] [--json] [--save]`. A video is all frames of one source video that
have the same label and generator: fakes made of it by two methods are two videos. Nothing is fitted on videos.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.faces.face import measure_side
from detectors.video.aggregate import aggregate_frames
from models.data.datasets import Sample
from models.errors import DataError
from models.evaluation.document import as_table, read_between, write_between
from models.evaluation.draws import Scores
from models.evaluation.evaluate import Answers
from models.evaluation.intervals import say_figure
from models.evaluation.metrics import measure
from registry import DetectorSpec, Label, judge
from registry.contract import MIN_FACE_PIXELS

MARK = "measured"
TRIMMED = 0.1  # of the frames at either end
MIN_FRAMES = 2.0  # a video on average, for a source to count as one of videos
BY_LABEL: dict[Label, float] = {"fake": 1.0, "inconclusive": 0.5, "failed": 0.5, "real": 0.0}
FIGURES = {
    "auc": "ROC-AUC",
    "balanced_accuracy": "balanced accuracy at 0.5",
    "coverage": "coverage",
    "right_when_answered": "selective accuracy",
    "reals_called_fake": "false-positive rate",
    "fakes_called_fake": "true-positive rate",
}
HEADS = ["videos of", "real + fake", "detector", "aggregation", *FIGURES.values()]
TITLE = 2  # the column
SHIPPED = tuple(FIGURES)[2:]  # they follow from the labels
Floats = NDArray[np.float64]
Word = tuple[float, Label]
"""p_fake and label of a video."""


def say_mean(values: Floats, spec: DetectorSpec) -> Word:
    """The mean of its frames, by the detector's thresholds."""
    return _judge(float(values.mean()), spec)


def say_trimmed_mean(values: Floats, spec: DetectorSpec) -> Word:
    """The mean without a tenth of the frames at either end."""
    cut = int(TRIMMED * len(values) + 0.5)
    kept = np.sort(values)[cut : len(values) - cut] if len(values) > 2 * cut else values
    return _judge(float(kept.mean()), spec)


def say_median(values: Floats, spec: DetectorSpec) -> Word:
    """What a person in a video is judged by, with its reasons for no verdict."""
    verdict = aggregate_frames(values.tolist(), fake_from=spec.fake_from, real_until=spec.real_until)
    return verdict.p_fake if verdict.p_fake is not None else 0.5, verdict.label


AGGREGATIONS: dict[str, Callable[[Floats, DetectorSpec], Word]] = {
    "mean": say_mean,
    "trimmed mean": say_trimmed_mean,
    "median, as used": say_median,
}


def compare_aggregations(answers: Answers, specs: Sequence[DetectorSpec]) -> list[dict[str, Any]]:
    """One entry a source of videos, detector and aggregation. Raises DataError where no source is one of videos.

    Each is {"source", "detector", "title", "rule": the aggregation, figures of measure}.
    """
    found = [
        {"source": source, "detector": spec.key, "title": spec.title, "rule": name, **figures}
        for source, of_source in _sources(answers)
        for spec in specs
        for name, figures in _measure(of_source, spec)
    ]
    if not found:
        raise DataError("no video of several frames is among these faces")
    return found


def _sources(answers: Answers) -> Iterator[tuple[str, Answers]]:
    """Each source whose videos hold several frames."""
    sources, videos = answers.column("source"), answers.number_videos()
    for source in np.unique(sources):
        chosen = np.flatnonzero(sources == source)
        if len(chosen) >= MIN_FRAMES * len(np.unique(videos[chosen])):
            yield str(source), answers.where(chosen.tolist())


def _measure(answers: Answers, spec: DetectorSpec) -> Iterator[tuple[str, dict[str, Any]]]:
    videos = list(_gather(answers, spec.key))
    labels = np.array([label for _, label, _ in videos], dtype=np.int64)
    groups = np.array([group for group, _, _ in videos])
    thresholds = {"fake_from": spec.fake_from, "real_until": spec.real_until}
    for name, say in AGGREGATIONS.items():
        words = [say(values, spec) for _, _, values in videos]
        scored = measure(Scores(np.array([p_fake for p_fake, _ in words]), labels, groups), **thresholds)
        called = np.array([BY_LABEL[label] for _, label in words])
        yield name, scored | _measure_labels(Scores(called, labels, groups))


def _measure_labels(scores: Scores) -> dict[str, Any]:
    figures = measure(scores, fake_from=0.75, real_until=0.25)
    return {name: figures[name] for name in SHIPPED if name in figures}


def _gather(answers: Answers, key: str) -> Iterator[tuple[str, int, Floats]]:
    """Group, label and p_fake of each video's frames in their order, where the face is large enough and a number is."""
    frames: dict[int, list[float]] = {}
    samples: dict[int, Sample] = {}
    for face, video, p_fake in zip(answers.faces, answers.number_videos(), answers.p_fake[key], strict=True):
        if measure_side(face.box) >= MIN_FACE_PIXELS and not np.isnan(p_fake):
            samples.setdefault(video, face.sample)
            frames.setdefault(video, []).append(float(p_fake))
    for video, values in frames.items():
        yield samples[video].group, samples[video].label, np.array(values)


def _judge(p_fake: float, spec: DetectorSpec) -> Word:
    return p_fake, judge(p_fake, fake_from=spec.fake_from, real_until=spec.real_until)


def as_markdown(found: Sequence[Mapping[str, Any]]) -> str:
    """A table: a line a detector and aggregation."""
    return as_table([HEADS, *_list_rows(found)])


def _list_rows(found: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    for entry in found:
        figures = [say_figure(entry[name]) if name in entry else "-" for name in FIGURES]
        counts = f"{entry['real']} + {entry['fake']}"
        yield [entry["source"], counts, entry["title"], entry["rule"], *figures]


def check_page(page: Path) -> None:
    """Raises DataError when a mark is missing: before anything is measured, not after it."""
    read_between(page, MARK)


def write(page: Path, found: Sequence[Mapping[str, Any]], *, titles: Sequence[str] = ()) -> None:
    """Put the table between the marks of a Markdown file. Raises DataError when a mark is missing.

    titles: of all detectors, in their order; the lines of those that were not measured now stay.
    """
    rows, measured = list(_list_rows(found)), {entry["title"] for entry in found}
    for line in read_between(page, MARK).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == len(HEADS) and cells[TITLE] in titles and cells[TITLE] not in measured:
            rows.append(cells)
    if titles:
        rows.sort(key=lambda row: (row[0], titles.index(row[TITLE])))
    write_between(page, {MARK: as_table([HEADS, *rows])})
