"""A model folder (config.json, model.onnx) as a detector: hashes checked, loaded on first use.

The graph holds normalisation, network, calibration and heat map. All that is left to do here is the one resize to
the size in config.json, so nobody outside can get preprocessing wrong.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import contextmanager
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from detectors.networks.files import hash_plain_file, read_plain_file
from detectors.networks.once import once
from detectors.networks.onnx_check import NetworkError, check_network
from registry.contract import AUDIO_RATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from detectors.networks.onnx_runtime import Session
    from registry.contract import Expects, Heatmap, Image, Samples
    from registry.hookspecs import Register

WEIGHTS = Path(__file__).parent.parent.parent / "models" / "weights"
DIFFERENCES = WEIGHTS / "differences.json"  # between the AUCs of the built-in ones
SOUND_SAMPLES = 4 * AUDIO_RATE  # what a network that hears takes
MODEL, CONFIG, METRICS, CARD = "model.onnx", "config.json", "metrics.json", "README.md"
MAX_NETWORK_BYTES = 500_000_000  # it is held several times over while it is loaded, in a process of 2 GB
MAX_CONFIG_BYTES = 100_000  # as much as is fetched from the Hub
TEXTS = ("key", "title", "expects", "architecture", "license")
NUMBERS = ("fake_from", "real_until", "seconds", "parameters")
LISTS = ("trained_on", "without")
PLAIN_NAME = re.compile(r"\w[\w.-]*")  # of a file beside config.json: no folder, on any system
Mode = Literal["resize", "centre-crop"]


class ArtifactError(ValueError):
    """A model folder is not what its config.json says. The message says what, and of which detector."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """What runs: config.json as values. files: name -> SHA-256 of what must stand beside it.

    pixels: side of the square the graph takes, 0 for a graph that takes sound. mode: "resize" fits the face crop into
    it, "centre-crop" takes that many native pixels from the middle. polarity is written for readers; only the one we
    use is accepted. without: generators left out of its training on purpose.
    """

    key: str
    title: str
    pixels: int = 0
    mode: Mode = "resize"
    expects: Expects = "face"
    fake_from: float = 0.5
    real_until: float = 0.5
    seconds: float = 10.0
    crop_side: float = 0.87
    polarity: str = "p_fake, 1 = fake"
    architecture: str = ""
    parameters: int = 0
    license: str = ""
    trained_on: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    files: Mapping[str, str]

    def as_json(self) -> str:
        """The text of config.json."""
        return json.dumps({"schema": 1, **asdict(self)}, indent=2) + "\n"


def read_config(folder: Path, *, model: str = MODEL) -> Config:
    """config.json of a model folder, whose network has that file name. Raises ArtifactError."""
    try:
        values = _parse(read_plain_file(folder / CONFIG, MAX_CONFIG_BYTES).decode("utf-8"))
    except OSError as error:  # its own text holds the path of this machine
        raise ArtifactError(f"{folder.name}: {CONFIG} cannot be opened: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{folder.name}: {CONFIG} cannot be read: {error}") from error
    _require((schema := values.pop("schema")) == 1, folder, f"schema must be 1, got {schema!r}")
    _check_kinds(values, folder)
    config = Config(**values | {name: tuple(values.get(name, ())) for name in LISTS})
    for name in ("polarity", "crop_side"):  # the one framing: see faces.crop_face
        came, ours = getattr(config, name), getattr(Config, name)
        _require(came == ours, folder, f"{name} must be {ours!r}, got {came!r}")
    _require(config.mode in get_args(Mode), folder, f"mode must be resize or centre-crop, got {config.mode!r}")
    sized = isinstance(config.pixels, int) and (8 <= config.pixels <= 2048 or config.expects == "audio")
    _require(sized, folder, "pixels must be 8 to 2048")
    _check_files(config.files, folder, model)
    return config


def _parse(text: str) -> dict[str, Any]:
    """A config.json's fields, unchecked. Raises ValueError where it is no object or has not the fields of Config."""
    values = json.loads(text)
    if not isinstance(values, dict):
        raise ValueError("it must be an object, such as {...}")
    defaults = {"schema": MISSING} | {one.name: one.default for one in fields(Config)}
    if missing := [name for name, default in defaults.items() if default is MISSING and name not in values]:
        raise ValueError(f"it lacks {', '.join(missing)}")
    if unknown := sorted(values.keys() - defaults.keys()):
        raise ValueError(f"there is no field {', '.join(map(repr, unknown))}")
    return values


def _check_kinds(values: Mapping[str, Any], folder: Path) -> None:
    """Texts are texts and numbers numbers: they go onto the page, and into arithmetic."""
    for name, value in values.items():
        if name in TEXTS:
            _require(isinstance(value, str), folder, f"{name} must be a text")
        elif name in NUMBERS:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            _require(is_number and -1e12 < value < 1e12, folder, f"{name} must be a number")
        elif name in LISTS:
            is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
            _require(is_list, folder, f"{name} must be a list of texts")


def _check_files(files: object, folder: Path, model: str) -> None:
    if not (isinstance(files, dict) and all(isinstance(value, str) for value in files.values())):
        raise ArtifactError(f"{folder.name}: {CONFIG}: files must map names to SHA-256")
    _require(model in files, folder, f"files must name {model}")
    _require(all(PLAIN_NAME.fullmatch(name) for name in files), folder, "files must stand beside config.json")


def _require(holds: bool, folder: Path, rule: str) -> None:
    if not holds:
        raise ArtifactError(f"{folder.name}: {CONFIG}: {rule}")


def register_folder(register: Register, folder: Path, *, model: str = MODEL, looks_for: str = "") -> None:
    """Register the detector of a model folder: what each of our own plugins does. Raises ArtifactError."""
    config = read_config(folder, model=model)
    kinds = f'a network alone must expect "face", "image" or "audio", got {config.expects!r}'
    _require(config.expects in ("face", "image", "audio"), folder, kinds)
    load: Callable[..., OnnxDetector | SoundNetwork] = load_hearing if config.expects == "audio" else load_folder
    register(
        key=config.key,
        title=config.title,
        load=lambda: load(folder, model=model),
        expects=config.expects,
        fake_from=config.fake_from,
        real_until=config.real_until,
        seconds=config.seconds,
        source=f"models/weights/{folder.name}" if folder.parent == WEIGHTS else folder.name,
        card=str(folder / CARD),
        looks_for=looks_for,
    )


def load_folder(folder: Path, *, model: str = MODEL) -> OnnxDetector:
    """The detector of a model folder, its network checked against config.json and loaded. Raises ArtifactError."""
    return OnnxDetector(read_config(folder, model=model), _open(folder, model))


def open_builtin_networks() -> None:
    """Open our own networks that judge faces, for who will ask for them. Raises ArtifactError."""
    for folder in sorted(path.parent for path in WEIGHTS.glob(f"*/{MODEL}")):
        if read_config(folder).expects == "face":
            _open(folder, MODEL)


def load_hearing(folder: Path, *, model: str = MODEL) -> SoundNetwork:
    """The same of a folder whose network takes sound. Raises ArtifactError."""
    return SoundNetwork(_open(folder, model))


def _open(folder: Path, model: str) -> Session:
    """A session of its network; of ours one for all who ask."""
    return _open_once(folder, model) if folder.parent == WEIGHTS else _open_anew(folder, model)


def _open_anew(folder: Path, model: str) -> Session:
    """Ours are not looked into first: tests do that.

    The package onnx would take longer than all else at a start.
    """
    from detectors.networks.onnx_runtime import open_kept, open_session  # on first use: listing needs no runtime

    sha256 = read_config(folder, model=model).files[model]
    if folder.parent == WEIGHTS:
        with _reading(folder, model):
            found = hash_plain_file(folder / model, MAX_NETWORK_BYTES)
        _require_hash(folder, model, found, sha256)
        return open_kept(sha256, lambda: _read_checked(folder, model, sha256))
    data = _read_checked(folder, model, sha256)
    try:
        check_network(data)
    except NetworkError as error:
        raise ArtifactError(f"{folder.name}: {error}") from error
    return open_session(data)


_open_once = once(_open_anew)


def read_network(folder: Path, *, model: str = MODEL) -> bytes:
    """The network of a model folder, its hash checked against config.json, not yet loaded. Raises ArtifactError."""
    return _read_checked(folder, model, read_config(folder, model=model).files[model])


def _read_checked(folder: Path, name: str, expected: str) -> bytes:
    with _reading(folder, name):
        data = read_plain_file(folder / name, MAX_NETWORK_BYTES)
    _require_hash(folder, name, hashlib.sha256(data).hexdigest(), expected)
    return data


@contextmanager
def _reading(folder: Path, name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArtifactError(f"{folder.name}: {name} is missing or cannot be opened") from error
    except ValueError as error:
        raise ArtifactError(f"{folder.name}: {error}") from error


def _require_hash(folder: Path, name: str, found: str, expected: str) -> None:
    _require(found == expected, folder, f"{name} has SHA-256 {found[:12]}…, expected {expected[:12]}…")


@dataclass(frozen=True)
class OnnxDetector:
    """A network in ONNX Runtime. Its graph: uint8 (n, s, s, 3) -> p_fake (n, 1), heat map (n, h', w') in [0, 1].

    One that was trained elsewhere need not have a heat map.
    """

    config: Config
    session: Session

    def examine(self, image: Image) -> tuple[float, Heatmap | None]:
        """P(fake) and the heat map, if there is one, of one uint8 RGB crop (h, w, 3), of any size."""
        fitted = fit(image, self.config.pixels, self.config.mode)
        p_fake, *heatmaps = self.session.run(fitted[None])
        heatmap = heatmaps[0][0] if heatmaps else None
        if heatmap is not None and self.config.mode == "centre-crop":
            heatmap = set_in_middle(heatmap, image.shape[:2], self.config.pixels)
        return float(p_fake[0, 0]), heatmap


@dataclass(frozen=True)
class SoundNetwork:
    """A network in ONNX Runtime that hears. Its graph: float32 samples (1, 64000) -> p_fake (1, 1)."""

    session: Session

    def examine(self, samples: Samples, rate: int) -> float:
        """P(fake) of a sound, float32 (n,) in [-1, 1]: repeated to 4 s, or its first 4 s. Raises ValueError."""
        if rate != AUDIO_RATE or samples.ndim != 1 or not samples.size:
            raise ValueError(f"samples (n,) at {AUDIO_RATE} Hz are needed, got {samples.shape} at {rate} Hz")
        (p_fake, *_) = self.session.run(np.resize(samples, SOUND_SAMPLES).astype(np.float32)[None])
        return float(np.reshape(p_fake, -1)[0])


def fit(image: Image, pixels: int, mode: Mode) -> Image:
    """A crop as the graph takes it: uint8 RGB (pixels, pixels, 3)."""
    return resize_square(image, pixels) if mode == "resize" else centre_crop(image, pixels)


def set_in_middle(heatmap: Heatmap, shape: tuple[int, ...], pixels: int) -> Heatmap:
    """The heat map of a crop's middle as one of the whole crop, of that shape: 0 where the network did not look."""
    wanted = [max(1, round(side * cells / pixels)) for side, cells in zip(shape, heatmap.shape, strict=True)]
    room = [max(0, size - cells) for size, cells in zip(wanted, heatmap.shape, strict=True)]
    whole = np.pad(heatmap, [(free // 2, free - free // 2) for free in room])
    top, left = ((cells - size) // 2 for cells, size in zip(whole.shape, wanted, strict=True))
    return np.ascontiguousarray(whole[top : top + wanted[0], left : left + wanted[1]])


def resize_square(image: Image, pixels: int) -> Image:
    """The one resize: by area where a side shrinks, so that nothing aliases, and bilinear where one grows.

    In two steps, for OpenCV shrinks by area only where neither side grows.
    """
    import cv2

    height, width = (min(side, pixels) for side in image.shape[:2])
    if (height, width) != image.shape[:2]:
        image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if (height, width) != (pixels, pixels):
        image = np.asarray(cv2.resize(image, (pixels, pixels), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return image


def centre_crop(image: Image, pixels: int) -> Image:
    """The middle, in native pixels; where the picture is smaller, its edges are reflected."""
    height, width = image.shape[:2]
    tall, wide = max(0, pixels - height), max(0, pixels - width)
    padding = ((tall // 2, tall - tall // 2), (wide // 2, wide - wide // 2), (0, 0))
    padded = np.pad(image, padding, mode="symmetric")
    top, left = (padded.shape[0] - pixels) // 2, (padded.shape[1] - pixels) // 2
    return np.ascontiguousarray(padded[top : top + pixels, left : left + pixels])
