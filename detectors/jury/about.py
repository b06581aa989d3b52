"""What is known of a detector: who brought it, what it was trained on, how it was measured, and on what it was not.

All of it is read from the registry and from the detector's model folder; nothing is loaded, and nobody is asked.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

from detectors.jury.fusion import JURY_METRICS, JURY_TITLE, hash_jury, hash_network, known_detectors
from detectors.networks.files import read_plain_file
from detectors.networks.folder import CONFIG, METRICS, MODEL, ArtifactError, Config, read_config
from detectors.networks.metrics import UNREADABLE, OtherWeightsError, is_trained_on, read_metrics
from detectors.networks.resolve import is_added, is_on_hub
from registry import DetectorSpec
from registry.contract import is_card_path

ALL = "all test splits"
BUILT_IN = "built in"  # the owner of our own
MAX_CARD_BYTES = 1_000_000  # as much as is fetched from the Hub
MAX_TEXT = 20_000  # characters of a card
MAX_WORDS = 300  # characters of any other text
MAX_POINTS = 1000  # of a curve
MAX_LINES = 100  # of any list or table


class Figure(TypedDict):
    """A measured figure and its 95 % interval."""

    value: float
    low: float
    high: float


class Measured(TypedDict):
    """What was measured on one set of faces: so many real ones and fake ones. figures: by name, e.g. "auc"."""

    data: str
    in_training: bool | None  # other pictures of the same set were learnt from; None where that is not stated
    real: int
    fake: int
    figures: dict[str, Figure]


class Bin(TypedDict):
    """Faces of about the same p_fake: their mean p_fake, the share of them that was fake, and their count."""

    p_fake: float
    fake: float
    count: int


class About(TypedDict):
    """All that is known of a detector, as JSON. Texts are empty and lists too where nothing is said.

    owner: "built in", "plugin package NAME", "unpackaged file NAME", "model folder NAME", "network NAME" or
    "hub:user/name@commit". parameters: 0 where unknown. overall: all test splits together, or none. false_alarms: on
    real faces, each time harmlessly changed in one way. left_out: by generator, of one trained without it. roc: points
    of (real faces called fake, fakes called fake). card: the Markdown of a detector that is no model folder. problem:
    why there are no figures although there should be. fault: why it could not be loaded; only a jury knows.
    """

    key: str
    title: str
    looks_for: str
    expects: str
    owner: str
    version: str
    source: str
    license: str
    architecture: str
    parameters: int
    fake_from: float
    real_until: float
    seconds: float
    trained_on: list[str]
    measured: list[Measured]
    overall: Measured | None
    false_alarms: list[Measured]
    left_out: list[Measured]
    roc: list[list[float]]
    reliability: list[Bin]
    not_tested_on: list[str]
    card: str
    problem: str
    fault: str


NOTHING: dict[str, Any] = {  # what is known of a detector that says nothing of itself
    "license": "",
    "architecture": "",
    "parameters": 0,
    "trained_on": [],
    "measured": [],
    "overall": None,
    "false_alarms": [],
    "left_out": [],
    "roc": [],
    "reliability": [],
    "not_tested_on": [],
    "card": "",
    "problem": "",
    "fault": "",
}


def describe(spec: DetectorSpec) -> About:
    """What is known of a detector. Never raises for what stands in its files."""
    return cast("About", NOTHING | _describe_spec(spec) | _describe_files(spec))


def _describe_spec(spec: DetectorSpec) -> dict[str, Any]:
    names = ("key", "title", "looks_for", "expects", "version", "fake_from", "real_until", "seconds")
    return {name: getattr(spec, name) for name in names} | {"owner": say_owner(spec), "source": _shorten(spec.source)}


def _describe_files(spec: DetectorSpec) -> dict[str, Any]:
    folder = find_model_folder(spec)
    if folder is None:
        return {"card": read_card(spec)[:MAX_TEXT], "license": _say_package_license(spec)}
    try:
        config = read_config(folder, model=_name_network(spec))
    except ArtifactError as error:
        return {"problem": _shorten(error)}
    return _describe_config(config, spec) | _describe_metrics(folder, config)


def _describe_metrics(folder: Path, config: Config) -> dict[str, Any]:
    try:
        return _read_measured(folder / METRICS, hashes=config.files.values(), trained_on=config.trained_on)
    except FileNotFoundError:
        return {}
    except UNREADABLE:
        return {"problem": f"Its {METRICS} cannot be read."}


def is_measured(spec: DetectorSpec) -> bool:
    """Whether there are figures for the very network that a plugin brings.

    A spec without a plugin was made in this process, by whoever counts its verdicts. What a plugin brings under the key
    of a member of the jury, another network, counts as not measured: the jury's weights were fitted on the member's.
    """
    if not spec.plugin:
        return True
    if spec.key in known_detectors():  # measured when the jury was fitted; to read the figures again would take long
        return spec.builtin or find_model_hash(spec) == hash_network(spec.key)
    return bool(describe(spec)["measured"])


def say_owner(spec: DetectorSpec) -> str:
    """Who brought a detector, without the folders of this machine."""
    if spec.builtin:
        return BUILT_IN
    if is_on_hub(spec.plugin):
        return spec.plugin
    if is_added(spec.plugin):
        kinds = {".py": "unpackaged file", ".onnx": "network"}
        return f"{kinds.get(Path(spec.plugin).suffix, 'model folder')} {Path(spec.plugin).name}"
    return f"plugin package {spec.owner}" if spec.plugin else ""


def find_model_folder(spec: DetectorSpec) -> Path | None:
    """The folder of a detector that is a network with its config.json; None for any other."""
    path = _find_card(spec)
    return path.parent if path and (path.parent / CONFIG).is_file() else None


def read_card(spec: DetectorSpec) -> str:
    """The Markdown of a detector's card, which it gives as text or as the path of a file; "" when there is none."""
    path = _find_card(spec)
    if path is None:
        return spec.card
    try:
        return read_plain_file(path, MAX_CARD_BYTES).decode("utf-8")
    except (OSError, ValueError):
        return ""


def _find_card(spec: DetectorSpec) -> Path | None:
    return Path(spec.card) if is_card_path(spec.card) else None


def _name_network(spec: DetectorSpec) -> str:
    return Path(spec.plugin).name if spec.plugin.endswith(".onnx") else MODEL


def _say_package_license(spec: DetectorSpec) -> str:
    """What an installed plugin's package says of its licence; the first line of it."""
    if not spec.plugin or is_added(spec.plugin):
        return ""
    try:
        fields = metadata(spec.owner).json
    except PackageNotFoundError:
        return ""
    return _shorten(fields.get("license_expression") or fields.get("license") or "").partition("\n")[0]


def _describe_config(config: Config, spec: DetectorSpec) -> dict[str, Any]:
    network = f"sha256 {config.files[_name_network(spec)][:12]}"
    return {
        "version": network if spec.builtin else spec.version,
        "license": _shorten(config.license),
        "architecture": _shorten(config.architecture),
        "parameters": config.parameters if isinstance(config.parameters, int) else 0,
        "trained_on": [_shorten(name) for name in config.trained_on[:MAX_LINES]],
    }


def describe_jury(abouts: Sequence[About]) -> dict[str, Any] | None:
    """About, of the jury's own verdict; None where not all of its members are among these."""
    members = [about for about in abouts if about["owner"] == BUILT_IN and about["key"] in known_detectors()]
    if not members or {about["key"] for about in members} != known_detectors():
        return None
    trained_on = sorted({name for about in members for name in about["trained_on"]})
    read = _read_measured(JURY_METRICS, hashes=[hash_jury()], trained_on=trained_on)
    return NOTHING | {"title": JURY_TITLE, "owner": BUILT_IN, "trained_on": trained_on} | read


def read_jury_figures(part: Literal["measured", "false_alarms", "left_out"]) -> dict[str, Measured]:
    """What the whole built-in jury makes of a set, or of real faces after a harmless change, or a jury like it of fakes
    by a generator that it had never met, each by its name; empty where that is unknown. in_training is not told.
    """
    return {measured["data"]: measured for measured in _read_jury().get(part, [])}


@cache
def _read_jury() -> dict[str, Any]:
    try:
        return _read_measured(JURY_METRICS, hashes=[hash_jury()], trained_on=())
    except UNREADABLE:
        return {}


def _read_measured(path: Path, *, hashes: Iterable[str], trained_on: Sequence[str]) -> dict[str, Any]:
    """The part of About that stands in metrics.json. hashes: of what it may be about. Raises what is in UNREADABLE."""
    try:
        metrics = read_metrics(path, hashes=hashes)
    except OtherWeightsError:
        return {"problem": f"Its {METRICS} was measured on other weights, so it is not shown."}
    overall, curves = metrics["overall"], metrics.get("curves") or {"roc": {"fpr": [], "tpr": []}, "reliability": []}
    sources = islice(metrics["sources"].items(), MAX_LINES)
    harmless, left_out = ((metrics.get(part) or {}).items() for part in ("false_alarms", "left_out"))
    measured = [_read_set(name, found, trained_on) for name, found in sources]
    seen = any(one["in_training"] for one in measured)
    return {
        "measured": measured,
        "overall": _read_set(ALL, overall | {"in_training": seen}, trained_on) if overall.get("n") else None,
        "false_alarms": [_read_set(kind, found, trained_on) for kind, found in islice(harmless, MAX_LINES)],
        "left_out": [_read_set(name, found, trained_on) for name, found in islice(left_out, MAX_LINES)],
        "roc": list(_read_curve(curves["roc"])),
        "reliability": [_read_bin(one) for one in curves["reliability"][:MAX_POINTS]],
        "not_tested_on": [_shorten(line) for line in metrics["not_tested_on"][:MAX_LINES]],
    }


def _read_set(name: str, found: Mapping[str, Any], trained_on: Sequence[str]) -> Measured:
    measured = islice(((key, value) for key, value in found.items() if isinstance(value, dict)), MAX_LINES)
    figures = {_shorten(key): _read_figure(value) for key, value in measured}
    seen = bool(found.get("in_training")) or is_trained_on(name, found, trained_on)
    real, fake = int(found["real"]), int(found["fake"])
    return Measured(data=_shorten(name), in_training=seen, real=real, fake=fake, figures=figures)


def _read_figure(found: Mapping[str, Any]) -> Figure:
    return Figure(value=_read_number(found["value"]), low=_read_number(found["low"]), high=_read_number(found["high"]))


def _read_curve(roc: Mapping[str, Any]) -> Iterator[list[float]]:
    for fpr, tpr in zip(roc["fpr"][:MAX_POINTS], roc["tpr"][:MAX_POINTS], strict=True):
        yield [_read_number(fpr), _read_number(tpr)]


def _read_bin(found: Mapping[str, Any]) -> Bin:
    return Bin(p_fake=_read_number(found["p_fake"]), fake=_read_number(found["fake"]), count=int(found["count"]))


def _read_number(value: object) -> float:
    number = float(value)  # type: ignore[arg-type]  # what is no number is unreadable
    if not math.isfinite(number):
        raise ValueError(f"a figure must be a number, got {number}")
    return number


def _shorten(value: object) -> str:
    text = str(value)
    return text if len(text) <= MAX_WORDS else f"{text[:MAX_WORDS]}…"


def find_model_hash(spec: DetectorSpec) -> str:
    """The SHA-256 of a detector's network, as its config.json promises and its load checks; "" where it has none."""
    folder = find_model_folder(spec)
    try:
        return read_config(folder, model=_name_network(spec)).files[_name_network(spec)] if folder else ""
    except ArtifactError:
        return ""
