"""Train and calibrate the voice network: real windows against vocoded and synthesised ones, half of each batch.

A vocoded window stands beside the real one it was made of, so that nothing but the vocoder tells them apart. The best
weights on the validation windows are kept; thresholds come from sources and synthesisers that were not learnt from.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.architectures import voice
from models.data.channel import augment, fill
from models.data.speech import KNOWN_VOCODERS, SpeechWindows
from models.errors import DataError
from models.training.calibration import Calibration, Thresholds, fit_platt, round_outwards
from models.training.train import make_repeatable

BEST, PROGRESS = "best.keras", "voice.json"
RIGHT = 0.95  # of what it answers on the "fit" split: 0.9 is promised, and other sources are worse
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class VoiceRecipe:
    """How to train. synthesised: the share of the fakes that a synthesiser spoke; the others are vocoded reals."""

    steps: int = 1_200
    batch: int = 32
    rate: float = 2e-3
    warm_up: int = 50
    every: int = 100
    seed: int = 0
    synthesised: float = 0.3
    source_power: float = 0.5  # a source is drawn by its size to this power


def train(
    windows: SpeechWindows, run: Path, *, recipe: VoiceRecipe, report: Callable[[int, float, float], None]
) -> keras.Model:
    """The network with the best validation AUC, also written to the run. report: step, loss, AUC.

    Raises DataError where the windows of the train or val split lack a class.
    """
    make_repeatable(recipe.seed)
    batches, validation = _Draw.of(windows.choose(split="train"), recipe), windows.choose(split="val")
    if set(validation.column("label")) != {0, 1}:
        raise DataError("the val split must hold real and fake voices")
    model = voice.build()
    warm_up = min(recipe.warm_up, recipe.steps // 4)
    rate = keras.optimizers.schedules.CosineDecay(
        recipe.rate / 10, recipe.steps - warm_up, warmup_target=recipe.rate, warmup_steps=warm_up
    )
    loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.05)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=0.01), loss)
    best, losses, history = -1.0, [], []  # so that one network is kept, however wrong
    for step in range(1, recipe.steps + 1):
        samples, labels = batches.take(default_rng([recipe.seed, step]))
        losses.append(float(np.ravel(model.train_on_batch(samples, labels))[0]))
        if step % recipe.every == 0 or step == recipe.steps:
            auc = float(roc_auc_score(validation.column("label"), ask(model, validation)))
            history.append({"step": step, "loss": round(float(np.mean(losses)), 4), "auc": round(auc, 4)})
            report(step, float(np.mean(losses)), auc)
            losses = []
            if auc > best:
                best = auc
                model.save(run / BEST)
            (run / PROGRESS).write_text(json.dumps({"recipe": asdict(recipe), "history": history}, indent=2) + "\n")
    return keras.saving.load_model(run / BEST, compile=False)


def ask(model: keras.Model, windows: SpeechWindows, *, batch: int = 64) -> Floats:
    """The network's output for each window, filled by repetition: (n,)."""
    outputs = []
    for start in range(0, len(windows.index), batch):
        places = range(start, min(start + batch, len(windows.index)))
        outputs.append(np.asarray(model.predict_on_batch(np.stack([read_filled(windows, p) for p in places]))))
    return np.concatenate(outputs)[:, 0].astype(np.float64)


def read_filled(windows: SpeechWindows, place: int) -> NDArray[np.float32]:
    """One window as the network takes it: float32 (64000,)."""
    return fill(windows.read(place), voice.SAMPLES)


def calibrate(model: keras.Model, windows: SpeechWindows) -> tuple[Calibration, Thresholds]:
    """Calibration and thresholds on the split "fit": sources and synthesisers that were not learnt from.

    Raises DataError where it lacks a class, and where what is fake does not sound more so there.
    """
    held_out = windows.choose(split="fit")
    labels = held_out.column("label")
    if set(labels) != {0, 1}:
        raise DataError("the fit split must hold real and fake voices")
    logits = ask(model, held_out)
    calibration = fit_platt(logits, labels)
    if calibration.scale <= 0:
        raise DataError("the network calls reals of the split fit fake rather than its fakes: it cannot be calibrated")
    return calibration, choose_thresholds(calibration.apply(logits), labels)


def choose_thresholds(p_fake: Floats, labels: NDArray[np.int64]) -> Thresholds:
    """The widest answers of which 95 % are right, both classes weighing the same; 1 and 0 where there are none."""
    candidates = np.unique(p_fake)
    shares = np.array([[(p_fake[labels == of] >= at).mean() for of in (0, 1)] for at in candidates])
    fake = shares[:, 1] / np.maximum(shares.sum(axis=1), 1e-9) >= RIGHT
    below = 1 - shares
    real = (below[:, 0] / np.maximum(below.sum(axis=1), 1e-9) >= RIGHT) & (below[:, 0] > 0)
    fake_from = candidates[fake & (shares[:, 1] > 0)].min(initial=1.0)
    real_until = candidates[real].max(initial=0.0)
    return round_outwards(float(fake_from), float(real_until))


@dataclass(frozen=True)
class _Draw:
    """The training windows by what they are. pairs: place of each real whose vocoded window follows it."""

    windows: SpeechWindows
    pairs: NDArray[np.int64]
    chances: Floats
    synthesised: NDArray[np.int64]
    recipe: VoiceRecipe

    @classmethod
    def of(cls, windows: SpeechWindows, recipe: VoiceRecipe) -> "_Draw":
        labels, kinds = windows.column("label"), windows.column("kind")
        vocoded = np.isin(kinds, KNOWN_VOCODERS)
        pairs = np.flatnonzero((labels[:-1] == 0) & vocoded[1:])
        if not len(pairs):
            raise DataError("the train split holds no real voices")
        _, place, counts = np.unique(windows.column("source")[pairs], return_inverse=True, return_counts=True)
        chances = (counts**recipe.source_power / counts)[place]
        return cls(windows, pairs, chances / chances.sum(), np.flatnonzero((labels == 1) & ~vocoded), recipe)

    def take(self, rng: Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A batch: samples (b, 64000) and labels (b, 1), each real beside a fake."""
        reals = rng.choice(self.pairs, self.recipe.batch // 2, p=self.chances)
        fakes = reals + 1
        spoken = rng.random(len(fakes)) < self.recipe.synthesised
        if len(self.synthesised):
            fakes = np.where(spoken, rng.choice(self.synthesised, len(fakes)), fakes)
        places = np.concatenate([reals, fakes])
        samples = [fill(augment(self.windows.read(place), rng), voice.SAMPLES) for place in places]
        labels = np.repeat(np.array([0, 1], np.float32), len(reals))[:, None]
        return np.stack(samples), labels
