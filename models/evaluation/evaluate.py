"""Measure registered detectors on labelled folders: the only writer of metrics.

`facejury models evaluate --data DIR... [--only KEY] [--json] [--save] [--thorough] [--plots DIR]`
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from detectors.commands.terminal import errors
from detectors.jury.judge import Jury
from detectors.networks.folder import CONFIG, MODEL, WEIGHTS, read_config
from models.data.datasets import Sample
from models.data.face_index import LabelledFace
from models.evaluation.curves import curves
from models.evaluation.draws import Scores
from models.evaluation.metrics import measure
from registry import DetectorSpec, Image

NOT_TESTED_ON = (
    "whole scenes without a face, audio, video as such",
    "pictures from newer generators than those named here, or edited by hand",
    "faces under 64 pixels, masks, drawings, heavy make-up",
    "fakes of people by age, gender or race: only real faces carry such labels",
)


@dataclass(frozen=True)
class Answers:
    """What the detectors said of every face. p_fake: detector -> (n,), NaN where it failed.

    small: pictures of which no verdict is given, for their face is under 64 pixels.
    """

    faces: Sequence[LabelledFace]
    faceless: Sequence[Sample]
    p_fake: Mapping[str, NDArray[np.float64]]
    small: Sequence[Sample] = ()

    def scores(self, detector: str) -> Scores:
        """One detector's scores on all faces."""
        labels = np.array([face.sample.label for face in self.faces], dtype=np.int64)
        groups = np.array([f"{face.sample.source}/{face.sample.group}" for face in self.faces])
        return Scores(self.p_fake[detector], labels, groups)

    def number_videos(self) -> NDArray[np.intp]:
        """(n,): the number of each face's video. Fakes made of one source video by two methods are two videos."""
        samples = [face.sample for face in self.faces]
        names = [(sample.source, sample.group, sample.label, sample.generator) for sample in samples]
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        return np.array([numbers[name] for name in names], dtype=np.intp)

    def where(self, chosen: Sequence[int]) -> "Answers":
        """The answers on some of the faces."""
        p_fake = {key: values[list(chosen)] for key, values in self.p_fake.items()}
        return Answers([self.faces[index] for index in chosen], [], p_fake)

    def column(self, name: str) -> NDArray[np.str_]:
        """One field of every face's sample."""
        return np.array([getattr(face.sample, name) for face in self.faces])


Change = Callable[[Image, int], Image]
"""(crop, index of the face) -> what the detectors are shown instead."""


def ask(
    specs: Sequence[DetectorSpec],
    faces: Sequence[LabelledFace],
    faceless: Sequence[Sample] = (),
    *,
    change: Change | None = None,
) -> Answers:
    """Put every face before every detector, the way serving does."""
    p_fake = {spec.key: np.full(len(faces), np.nan) for spec in specs}
    with Jury(specs) as jury:
        for index, face in enumerate(track(faces, "judging", console=errors)):
            picture = face.read()
            crop = face.crop_from(picture)
            for spec in specs:
                shown = crop if spec.expects == "face" else picture
                verdict = jury.judge(spec, shown if change is None else change(shown, index))
                p_fake[spec.key][index] = np.nan if verdict.p_fake is None else verdict.p_fake
    return Answers(faces, faceless, p_fake)


def summarise(answers: Answers, spec: DetectorSpec) -> dict[str, Any]:
    """The metrics of one detector: overall, per source and per generator.

    Overall are the test faces of the sources that hold both classes: from others one learns the source.
    """
    scores, thresholds = answers.scores(spec.key), {"fake_from": spec.fake_from, "real_until": spec.real_until}
    answered = ~np.isnan(scores.p_fake)
    splits = answers.column("split")
    sources, both, videos = answers.column("source"), list_two_class(answers), answers.number_videos()
    tested = scores.where(answered & (splits == "test") & np.isin(sources, both))
    folder = find_folder(spec)
    return {
        "schema": 1,
        "detector": spec.key,
        "model": read_config(folder).files[MODEL] if folder else "",  # of the weights that were measured
        "failed": int((~answered).sum()),
        "no_face": count_faceless(answers),
        "overall": measure(tested, **thresholds),
        "curves": curves(tested),
        "sources": {
            name: measure(scores.where(answered & chosen), **thresholds) | {"split": split}
            for name, split, chosen in _sources(answers)
        },
        "videos": {
            name: measure(scores.where(answered & chosen).by_video(videos[answered & chosen]), **thresholds)
            for name, _, chosen in _sources(answers)
            if len(np.unique(scores.groups[chosen])) < 0.8 * int(chosen.sum())  # more than one face each
        },
        "generators": {
            name: measure(scores.where(answered & chosen), **thresholds) for name, chosen in by_generator(answers)
        },
        "not_tested_on": list(NOT_TESTED_ON),
    }


def find_folder(spec: DetectorSpec) -> Path | None:
    """The model folder of a built-in detector, or of one that was added by its folder; None for any other."""
    folder = WEIGHTS / spec.key if spec.builtin else Path(spec.plugin)
    return folder if folder.is_absolute() and (folder / CONFIG).is_file() else None


def count_faceless(answers: Answers) -> dict[str, dict[str, int]]:
    """Source -> how many of its pictures showed no face, or one too small for a verdict, and of how many.

    They are counted, never dropped.
    """
    samples = [*(face.sample for face in answers.faces), *answers.faceless, *answers.small]
    sources = sorted({sample.source for sample in samples})
    return {
        name: {
            "count": sum(sample.source == name for sample in answers.faceless),
            "too_small": sum(sample.source == name for sample in answers.small),
            "of": sum(sample.source == name for sample in samples),
        }
        for name in sources
    }


def list_two_class(answers: Answers) -> list[str]:
    """The sources whose faces are real and fake."""
    labels = np.array([face.sample.label for face in answers.faces])
    sources = answers.column("source")
    return [str(name) for name in np.unique(sources) if len(np.unique(labels[sources == name])) == 2]


def _sources(answers: Answers) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Each source's name, split and faces; the split stands in the name, too, where a source has several."""
    sources, splits = answers.column("source"), answers.column("split")
    for source in np.unique(sources):
        found = np.unique(splits[sources == source])
        for split in found:
            name = str(source) if len(found) == 1 else f"{source} ({split})"
            yield name, str(split), (sources == source) & (splits == split)


def by_generator(answers: Answers) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Each generator's fakes against all reals of the same split: what one threshold for everything must part."""
    generators, splits = answers.column("generator"), answers.column("split")
    labels = answers.scores(next(iter(answers.p_fake))).labels
    for generator in np.unique(generators[labels == 1]):
        mine = (generators == generator) & (labels == 1)
        yield str(generator), mine | ((labels == 0) & np.isin(splits, np.unique(splits[mine])))


def join(*parts: Answers) -> Answers:
    """Several rounds of answers by the same detectors, one after the other."""
    p_fake = {key: np.concatenate([part.p_fake[key] for part in parts]) for key in parts[0].p_fake}
    return Answers([face for part in parts for face in part.faces], [], p_fake)


def write(metrics: Mapping[str, Any], path: Path) -> None:
    """Write a metrics.json."""
    path.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")


def rows(metrics: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The lines of the table: what was measured on, and the figures."""
    yield "all test splits", metrics["overall"]
    for name, figures in metrics["sources"].items():
        split = f" ({figures['split']})"
        yield name if name.endswith(split) else name + split, figures
    for name, figures in metrics["videos"].items():
        yield f"{name}, by video", figures
