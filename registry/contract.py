"""The contract between a detector and everybody else: what it is, what it is given, what it answers.

One polarity everywhere: p_fake is P(fake) in [0, 1], 1 = fake.
"""

import inspect
import math
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""uint8 RGB, shape (height, width, 3)."""
Heatmap = NDArray[np.float32]
"""float32 in [0, 1], shape (h', w'), any size; laid over the image the detector was given. 1 = looks fake."""
Samples = NDArray[np.float32]
"""Sound: float32 in [-1, 1], shape (n,), one channel."""
Clip = NDArray[np.uint8]
"""uint8 RGB, shape (t, height, width, 3): a person's face in t frames of a video."""
Times = NDArray[np.float64]
"""float64, shape (t,): when each frame of a clip is shown, in seconds from the video's beginning, ascending."""
Scores = NDArray[np.float32]
"""float32 in [0, 1], shape (t,): what looks fake when, one number for each frame of a clip. 1 = looks fake."""
ExamineResult = float | tuple[float, Heatmap | Scores | None]
Label = Literal["fake", "real", "inconclusive", "failed"]
Expects = Literal["face", "image", "clip", "audio"]

AUDIO_RATE = 16_000  # samples a second of the sound that a detector is given
MIN_FACE_PIXELS = 64  # longer side of the face box; below it every verdict is "inconclusive"
ROUNDING = 1e-6  # how far a softmax of float32 may leave [0, 1]
MAX_SECONDS = 600.0  # what `seconds` may ask for at most: a visitor is waiting
MAX_LOOKS_FOR = 40  # characters: it stands beside the title
KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # kebab-case, what a plugin may register
MAX_KEY_CHARACTERS = 128  # one from the Hub has up to 109: "hub:", 96 of its name there, "@" and 8 of the commit
RESERVED = frozenset({"jury"})  # the jury's own verdicts stand under it in tables and JSON


@runtime_checkable
class Detector(Protocol):
    """A loaded detector of pictures. A plain callable with the same argument and answer will do as well.

    One that expects "clip" has `examine(clip, times)`, and may answer with Scores in place of a heat map.
    One that expects "audio" has `examine(samples, rate)`: a window of Samples, and how many there are in a second.
    """

    @property
    def examine(self) -> "Examine":
        """P(fake) for one uint8 RGB image (h, w, 3), alone or with a heat map."""
        ...


Examine = Callable[..., ExamineResult]
"""What it is called with depends on `expects`: an image, a clip and its times, or samples and their rate."""
Load = Callable[[], Detector | Examine]


@dataclass(frozen=True, kw_only=True)
class DetectorSpec:
    """A registered detector: plain values and a `load` that is called once, on first use.

    expects: "face" for a face crop, "image" for the whole picture, "clip" for a face in a video, "audio" for a
    window of sound.
    fake_from, real_until: thresholds on p_fake.
    seconds: how long one call of `examine` may take. source: where it comes from; card: its model card (Markdown text
    or a path to it). looks_for: the kind of trace it finds, in a few words ("blending traces"); empty for any forgery.
    owner and version name the distribution that registered it; plugin says whom to ask for it again (the name of a
    plugin, or the absolute path of an added file or folder; empty when it was made by hand).
    Raises ValueError on a bad value. Any kind of number becomes a float.
    """

    key: str
    title: str
    load: Load = field(repr=False, compare=False)
    expects: Expects = "face"
    fake_from: float = 0.5
    real_until: float = 0.5
    seconds: float = 10.0
    source: str = ""
    card: str = field(default="", repr=False)
    looks_for: str = ""
    owner: str = ""
    version: str = ""
    plugin: str = ""
    builtin: bool = False

    def __post_init__(self) -> None:
        for name in ("key", "expects", "source", "card", "looks_for"):
            _require(isinstance(getattr(self, name), str), f"{name} must be text", getattr(self, name))
        limit = f"key must have at most {MAX_KEY_CHARACTERS} characters"
        _require(len(self.key) <= MAX_KEY_CHARACTERS, limit, len(self.key))
        _require(isinstance(self.title, str) and self.title.strip(), "title must be a non-empty text", self.title)
        _require(callable(self.load), "load must be callable", self.load)
        _require(_takes_nothing(self.load), "load must take nothing and return the detector", self.load)
        kinds = ("face", "image", "clip", "audio")
        _require(self.expects in kinds, 'expects must be "face", "image", "clip" or "audio"', self.expects)
        came = self.fake_from, self.real_until, self.seconds
        for name, value in zip(("fake_from", "real_until", "seconds"), came, strict=True):
            object.__setattr__(self, name, _read_setting(name, value))
        thresholds = "0 <= real_until <= fake_from <= 1 must hold"
        _require(0 <= self.real_until <= self.fake_from <= 1, thresholds, (came[1], came[0]))
        limit = f"seconds must be above 0 and at most {MAX_SECONDS:.0f}"
        _require(0 < self.seconds <= MAX_SECONDS, limit, came[2])
        short = len(self.looks_for) <= MAX_LOOKS_FOR and "\n" not in self.looks_for
        _require(short, f"looks_for must be one line of at most {MAX_LOOKS_FOR} characters", self.looks_for)


def _read_setting(name: str, value: object) -> float:
    """A plain number, whatever kind came: one of NumPy's cannot be written as JSON. Raises ValueError."""
    _require(isinstance(value, Real) and not isinstance(value, bool), f"{name} must be a number", value)
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:  # Python's whole numbers have no end
        return math.inf


def is_card_path(card: str, *, beside: Path = Path()) -> bool:
    """Whether a card is the path of a Markdown file, rather than its text, which may end with the name of one.

    beside: the folder that a relative path starts from.
    """
    if "\n" in card or not card.endswith(".md"):
        return False
    has_blanks = any(map(str.isspace, card))
    return not has_blanks or Path(card).is_absolute() or os.path.isfile(beside / card)  # not Path.is_file: it may raise


def to_examine(detector: Any) -> Examine:
    """What `load` returned, as a callable: an object's examine, or the callable itself. Raises TypeError."""
    examine = getattr(detector, "examine", detector)
    if not callable(examine):
        raise TypeError(f"load must return a callable or an object with examine(image), got {_shorten(detector)}")
    return examine  # type: ignore[no-any-return]


def _takes_nothing(load: Callable[..., Any]) -> bool:
    """Whether it can be called without arguments."""
    try:
        inspect.signature(load).bind()
    except TypeError:
        return False
    except ValueError:  # some callables written in C do not say what they take
        return True
    return True


def _require(holds: object, rule: str, came: object) -> None:
    if not holds:
        raise ValueError(f"{rule}, got {came!r}")


@dataclass(frozen=True)
class Finding:
    """What a detector answered, checked: p_fake in [0, 1] and a heat map, or the scores of a clip, or None."""

    p_fake: float
    heatmap: Heatmap | None = None
    scores: Scores | None = None


def read_finding(answer: object, *, frames: int | None = None) -> Finding:
    """The checked form of what `examine` returned. frames: of the clip that it was given; None for a picture.

    What is out of range by a rounding error is taken for its end. Raises TypeError when it is not a number (or a number
    and a heat map, or scores), ValueError when NaN or out of range.
    """
    p_fake, more = answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, None)
    try:
        number = read_number(p_fake)
    except TypeError as error:
        asked = f"examine must return p_fake, or (p_fake, {'heatmap' if frames is None else 'scores'})"
        raise TypeError(f"{asked}, got {_shorten(answer)}") from error
    if not -ROUNDING <= number <= 1.0 + ROUNDING:  # NaN fails this as well
        raise ValueError(f"p_fake must be a number in [0, 1], got {number}")
    number = min(1.0, max(0.0, number))
    if more is None:
        return Finding(number)
    if frames is not None:
        return Finding(number, scores=_read_scores(more, frames))
    return Finding(number, _read_heatmap(more))


def read_number(value: object) -> float:
    """One number of any kind, alone or in an array, a list or a tuple of one. Raises TypeError on anything else."""
    try:
        alone = np.asarray(value).item()
        if not isinstance(alone, str | bytes | bool | np.bool_):
            return float(alone)
    except (TypeError, ValueError, OverflowError):  # lists of different lengths, several numbers, no number
        pass
    raise TypeError(f"one number is needed, got {_shorten(value)}")


def _read_heatmap(heatmap: object) -> Heatmap:
    array = _read_array(heatmap, "a heat map")
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"a heat map must have shape (h, w), got {array.shape}")
    if not ((array >= -ROUNDING) & (array <= 1 + ROUNDING)).all():
        raise ValueError("a heat map must hold numbers in [0, 1]")
    return np.clip(array, 0, 1)


def _read_scores(scores: object, frames: int) -> Scores:
    array = _read_array(scores, "scores")
    if array.shape != (frames,):
        raise ValueError(f"scores must have shape ({frames},), one for each frame, got {array.shape}")
    if not ((array >= -ROUNDING) & (array <= 1 + ROUNDING)).all():
        raise ValueError("scores must be numbers in [0, 1]")
    return np.clip(array, 0, 1)


def _read_array(values: object, what: str) -> NDArray[np.float32]:
    """Numbers of any kind, of which NumPy would also read those that are written as text. Raises TypeError."""
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "SUcmM":
            return array.astype(np.float32, copy=False)
    except (TypeError, ValueError):  # lists of different lengths, no numbers
        pass
    raise TypeError(f"{what} must be an array of numbers, got {_shorten(values)}")


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


@dataclass(frozen=True)
class Verdict:
    """One detector's verdict on a face or a whole image. milliseconds: without loading; error: None or one sentence.

    measured: whether it is known how often this detector is right; without that its verdict is in no count.
    """

    detector: str
    title: str
    p_fake: float | None
    label: Label
    fake_from: float
    real_until: float
    milliseconds: float
    error: str | None = None
    heatmap: Heatmap | None = field(default=None, repr=False, compare=False)
    measured: bool = True
    scores: Scores | None = field(default=None, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form; the heat map is a picture and the scores are a clip's, so they stay out."""
        values = asdict(self)
        del values["heatmap"], values["scores"]
        return values


def judge(p_fake: float, *, fake_from: float, real_until: float, doubt: str | None = None) -> Label:
    """The label for p_fake. doubt: why no number on this face can be believed, None where nothing speaks against it."""
    if doubt is not None:
        return "inconclusive"
    if p_fake >= fake_from:
        return "fake"
    return "real" if p_fake < real_until else "inconclusive"
