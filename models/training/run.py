"""A run in progress: the network, its optimizer and the average of its weights, kept so that a kill costs little."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from models.architectures.base import Architecture
from models.errors import DataError
from models.training.batches import Batch
from models.training.config import TrainingConfig
from models.training.localisation import localisation_loss
from models.training.recipe_file import CHECKPOINT, OLD_CHECKPOINT

HEAD = ("evidence",)  # the layers trained first
AVERAGED_EVERY = 10  # steps: copying the weights out costs 6 % of a step
Weights = list[NDArray[np.float32]]


@dataclass
class RunProgress:
    """Where a run is. Written beside its weights."""

    step: int = 0
    best_auc: float = 0.0
    best_step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    seeds: list[list[int]] = field(default_factory=list)  # of the dropout layers: Keras does not save where they are

    def note(self, aucs: Mapping[str, float], loss: float) -> bool:
        """Record a validation, the AUC of each kind of fakes; True when their mean is the best so far."""
        auc = float(np.mean(list(aucs.values())))
        self.history.append({"step": self.step, "auc": auc, "loss": loss, **aucs})
        better = auc > self.best_auc or not self.best_step  # one network is kept, however wrong
        if better:
            self.best_auc, self.best_step = auc, self.step
        return better

    def exhausted(self, recipe: TrainingConfig) -> bool:
        """Whether the last `patience` validations were all no better than the best. However far apart they were."""
        return sum(entry["step"] > self.best_step for entry in self.history) >= recipe.patience


@dataclass
class TrainingRun:
    """A run in progress: the network with its optimizer, the average of its weights, and where it is."""

    model: keras.Model
    average: Weights
    progress: RunProgress
    recipe: TrainingConfig
    run: Path

    @classmethod
    def open(
        cls, architecture: Architecture, recipe: TrainingConfig, run: Path, *, start: Path | None
    ) -> "TrainingRun":
        """Go on from the run's checkpoint, or begin."""
        checkpoint = _find_checkpoint(run)
        if checkpoint.is_dir():
            model = keras.saving.load_model(
                checkpoint / "model.keras", custom_objects={localisation_loss.__name__: localisation_loss}
            )
            _reschedule(model.optimizer, recipe)
            progress = read_progress(run)
            for variable, seed in zip(_seeds(model), progress.seeds, strict=False):
                variable.assign(seed)
            return cls(model, _load_weights(checkpoint / "average.npz"), progress, recipe, run)
        plain = architecture.build()  # its evidence is supervised where the forged region is known
        model = keras.Model(plain.input, [plain.output, plain.get_layer("evidence").output])
        if start:
            take_weights(model, start)
        run.mkdir(parents=True, exist_ok=True)
        state = cls(model, [], RunProgress(), recipe, run)
        state._compile(head_only=recipe.head_steps > 0)
        return state

    @property
    def grid(self) -> int:
        """Places of the evidence, a side."""
        return int(self.model.get_layer("evidence").output.shape[1])

    def learn(self, batch: Batch) -> float:
        """One step. Returns the mean loss since the last validation."""
        if self.progress.step == self.recipe.head_steps > 0:
            self._compile(head_only=False)
        loss = self.model.train_on_batch(batch.images, [batch.targets, batch.regions[..., None]])
        self.progress.step += 1
        self._blend()
        return float(np.asarray(loss).reshape(-1)[0])

    def check(self, measure: Callable[[keras.Model], Mapping[str, float]], loss: float) -> None:
        """Validate the averaged weights, keep them when best, and write a checkpoint. measure: the AUC of each kind."""
        current = self.model.get_weights()
        self.model.set_weights(self.average)
        if self.progress.note(measure(self.model), loss):
            _replace(self.run / "best.keras", keras.Model(self.model.input, self.model.outputs[0]).save)
        self.model.set_weights(current)
        self.model.reset_metrics()
        self._write_checkpoint()

    def best(self) -> keras.Model:
        """The network with the best averaged weights so far."""
        return keras.saving.load_model(self.run / "best.keras", compile=False)

    def _compile(self, *, head_only: bool) -> None:
        for layer in self.model.layers:
            layer.trainable = not head_only or layer.name in HEAD
        loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=self.recipe.smoothing)
        weights = [1.0, self.recipe.pointing]
        self.model.compile(
            _optimizer(self.recipe, head_only=head_only), [loss, localisation_loss], loss_weights=weights
        )
        self.average = self.model.get_weights()

    def _blend(self) -> None:
        """Move the average towards the weights; faster at first, when it still remembers the start."""
        if self.progress.step % AVERAGED_EVERY:
            return
        begun = max(0, self.progress.step - self.recipe.head_steps) // AVERAGED_EVERY
        keep = min(self.recipe.average, (1 + begun) / (10 + begun))
        current = self.model.get_weights()
        self.average = [keep * kept + (1 - keep) * weights for kept, weights in zip(self.average, current, strict=True)]

    def _write_checkpoint(self) -> None:
        fresh, checkpoint = self.run / f"{CHECKPOINT}.new", self.run / CHECKPOINT
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        self.model.save(fresh / "model.keras")
        np.savez(fresh / "average.npz", *self.average)
        self.progress.seeds = [np.asarray(variable).tolist() for variable in _seeds(self.model)]
        (fresh / "progress.json").write_text(json.dumps(asdict(self.progress)))
        old = self.run / OLD_CHECKPOINT
        shutil.rmtree(old, ignore_errors=True)  # left by a kill
        if checkpoint.exists():
            checkpoint.rename(old)
        fresh.rename(checkpoint)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def hold(run: Path) -> Iterator[None]:
    """Let no other process train in this folder meanwhile. Raises DataError where one does already."""
    run.mkdir(parents=True, exist_ok=True)
    with (run / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go by the kernel, however the process ends
        except BlockingIOError:
            raise DataError(f"{run} is trained by another process already: wait, or choose another --run") from None
        yield


def _find_checkpoint(run: Path) -> Path:
    """Its folder, there or not; the one before takes its place where a kill came between the two renames."""
    checkpoint, old = run / CHECKPOINT, run / OLD_CHECKPOINT
    if not checkpoint.is_dir() and old.is_dir():
        old.rename(checkpoint)
    return checkpoint


def read_progress(run: Path) -> RunProgress:
    """Where a run is by its last checkpoint; at step 0 where it has none."""
    path = _find_checkpoint(run) / "progress.json"
    return RunProgress(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else RunProgress()


def take_weights(model: keras.Model, source: Path) -> None:
    """Begin with the weights of a trained model.keras, layer by layer. Raises DataError when it has other layers."""
    trained = keras.saving.load_model(source, compile=False)
    for layer in model.layers:
        if layer.weights:
            try:
                layer.set_weights(trained.get_layer(layer.name).get_weights())
            except ValueError as error:
                raise DataError(f"{source.name} is no network of this architecture: {layer.name} differs") from error


def _optimizer(recipe: TrainingConfig, *, head_only: bool) -> keras.optimizers.Optimizer:
    if head_only:
        return keras.optimizers.AdamW(recipe.head_rate, weight_decay=0.0)
    return keras.optimizers.AdamW(_schedule(recipe), weight_decay=recipe.decay, global_clipnorm=recipe.clip)


def _schedule(recipe: TrainingConfig) -> keras.optimizers.schedules.LearningRateSchedule:
    """Up in a line, then down along a cosine (Loshchilov & Hutter 2017) to a fiftieth."""
    warm_up = min(recipe.warm_up, recipe.steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        0.0, recipe.steps - warm_up, alpha=0.02, warmup_target=recipe.rate, warmup_steps=warm_up
    )


def _reschedule(optimizer: keras.optimizers.Optimizer, recipe: TrainingConfig) -> None:
    """A run may be gone on with for more steps, or fewer, than it was begun with."""
    if optimizer.weight_decay:  # the head's optimizer has no schedule
        optimizer.learning_rate = _schedule(recipe)


def _seeds(model: keras.Model) -> list[keras.Variable]:
    """Where the dropout layers' random numbers are: they must go on with the training, not begin again."""
    return [variable for variable in model.variables if variable.name == "seed_generator_state"]


def _load_weights(path: Path) -> Weights:
    with np.load(path) as arrays:
        return [arrays[name] for name in arrays.files]


def _replace(path: Path, save: Callable[[Any], None]) -> None:
    """Write beside the file, then put it in its place: a kill leaves the old one whole."""
    fresh = path.with_name(f"new-{path.name}")
    save(fresh)
    os.replace(fresh, path)
