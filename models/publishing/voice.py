"""The voice network's model folder: export with its features and calibration inside, figures and card.

It is not the face networks' export: samples go in, and there is no heat map.
"""

import json
from pathlib import Path
from typing import Any

import jinja2
import keras
import numpy as np

from detectors.networks.folder import CARD, METRICS, MODEL, Config, read_config
from detectors.networks.onnx_runtime import open_session
from models.architectures.voice import PAPER
from models.data.speech import SpeechWindows, check_measurable
from models.evaluation.sound.trivial import tell_apart
from models.evaluation.sound.voices import measure_sets, say_share
from models.publishing.export import export_plain, fold_calibration
from models.training.calibration import Calibration, Thresholds
from models.training.voice import read_filled

KEY, TITLE = "voice", "Voice expert"
TEMPLATE = Path(__file__).with_name("voice_card.md.j2")
CHECKED = 12  # windows on which ONNX and Keras are compared
Metrics = dict[str, Any]


def build_listener(model: keras.Model, calibration: Calibration) -> keras.Model:
    """float32 samples (n, 64000) -> p_fake (n, 1), the calibration folded in."""
    served = fold_calibration(model, calibration, layer="logit")
    return keras.Model(served.input, keras.layers.Activation("sigmoid", name="p_fake")(served.output))


NOT_TESTED_ON = [
    "deepfake data sets and recordings from the wild, where small networks of this kind are near chance",
    "modern neural vocoders, voice conversion and cloned voices",
    "music, noise and languages other than English, German and Spanish",
]


def export_voice(
    model: keras.Model, calibration: Calibration, thresholds: Thresholds, windows: SpeechWindows, folder: Path
) -> Config:
    """Write model.keras, model.onnx and config.json. Raises ExportError where ONNX Runtime and Keras differ."""
    places = range(0, len(windows.index), max(1, len(windows.index) // CHECKED))
    learnt = windows.choose(split="train", label=0)
    config = Config(
        key=KEY,
        title=TITLE,
        expects="audio",
        fake_from=thresholds.fake_from,
        real_until=thresholds.real_until,
        architecture=PAPER,
        license="research use: see models/weights/LICENSE",
        trained_on=tuple(sorted(set(learnt.column("source").tolist()))),
        files={},
    )
    filled = np.stack([read_filled(windows, place) for place in places])
    return export_plain(build_listener(model, calibration), folder, config=config, inputs=filled)


def measure_folder(folder: Path, windows: SpeechWindows) -> Metrics:
    """What metrics.json holds. Raises ArtifactError for no model folder, DataError where a split lacks a class."""
    config = read_config(folder)
    check_measurable(windows)
    session = open_session(folder / MODEL)
    asked = windows.choose(split=("fit", "test", "eval"))
    heard = [session.run(read_filled(asked, place)[None])[0][0, 0] for place in range(len(asked.index))]
    thresholds = {"fake_from": config.fake_from, "real_until": config.real_until}
    return {
        "schema": 1,
        "detector": config.key,
        "model": config.files[MODEL],
        "overall": {},  # the sets are of different mixtures: one figure for all would say little
        "sources": measure_sets(asked, np.array(heard, dtype=np.float64), **thresholds),
        "not_tested_on": NOT_TESTED_ON,
        "without_listening": tell_apart(windows),
    }


def write_voice_card(folder: Path, metrics: Metrics) -> None:
    """metrics.json and README.md. Every number of the card comes from there and from config.json."""
    card = render_voice_card(read_config(folder), metrics)
    (folder / METRICS).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    (folder / CARD).write_text(card, encoding="utf-8")


def render_voice_card(config: Config, metrics: Metrics) -> str:
    """The card: a YAML block for the Hub, then Markdown."""
    jinja = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701  # Markdown
    jinja.filters["say"] = say_share
    return jinja.from_string(TEMPLATE.read_text(encoding="utf-8")).render(config=config, metrics=metrics)
