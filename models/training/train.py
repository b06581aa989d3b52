"""Train one network: `facejury models train KEY --data DIR...`. Killed and started again, it goes on.

Head first where the backbone is pretrained, then everything; AdamW on a cosine with warm-up; the weights' running
average (Polyak & Juditsky 1992) is what is validated and kept; stops early on validation AUC. The same code runs on
TensorFlow, JAX or PyTorch: set KERAS_BACKEND.
"""

import json
import math
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.architectures.base import Architecture
from models.data.datasets import refuse_eval_only
from models.data.face_index import LabelledFace
from models.errors import DataError
from models.training.batches import Batch, Batches, Images, Teacher, ask_teacher, select_faces, thin, validate_on

HEAD = ("evidence",)  # the layers trained first
AVERAGED_EVERY = 10  # steps: copying the weights out costs 6 % of a step
FAINT = 1e-4  # added to a share: one of 0 costs 9
Weights = list[NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How to train. Everything a run depends on, but for the data, the architecture and the teacher."""

    steps: int = 12_000
    batch: int = 32
    seed: int = 0
    head_steps: int = 200  # with the backbone frozen; 0 for a network from scratch
    head_rate: float = 3e-3
    rate: float = 3e-4  # at the peak
    warm_up: int = 400  # steps
    decay: float = 0.02  # AdamW's weight decay
    smoothing: float = 0.02  # of the labels
    pointing: float = 0.3  # weight of `localisation_loss` beside the cross-entropy
    clip: float = 1.0  # global gradient norm
    average: float = 0.98  # momentum of the weights' running average, a step in ten
    every: int = 500  # steps between validations, and checkpoints
    patience: int = 8  # validations without a better AUC
    source_weights: dict[str, float] = field(default_factory=dict)  # see Batches
    forged: float | None = None  # see Batches


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
        better = auc > self.best_auc
        if better:
            self.best_auc, self.best_step = auc, self.step
        return better

    def exhausted(self, recipe: TrainingConfig) -> bool:
        """Whether the last `patience` validations were all worse than the best."""
        return self.step - self.best_step >= recipe.patience * recipe.every


Report = Callable[[RunProgress, TrainingConfig, float], None]
"""Called after every step with the progress, the recipe and the mean loss since the last validation."""


def train(
    architecture: Architecture,
    faces: Sequence[LabelledFace],
    *,
    recipe: TrainingConfig,
    run: Path,
    report: Report,
    teacher: Teacher | None = None,
    start: Path | None = None,
) -> keras.Model:
    """The trained network, with the averaged weights of its best validation. `run` keeps checkpoints.

    teacher: see Batches. start: a model.keras of this architecture whose weights a new run begins with.

    Raises DataError when a face is for evaluation only, ValueError when validation lacks a class.
    """
    refuse_eval_only(face.sample for face in faces)
    make_repeatable(recipe.seed)
    fed = select_faces(faces, architecture.supervision)
    held_out, learnt = ([face for face in fed if face.sample.split == split] for split in ("val", "train"))
    validation = _Validation.of(thin(held_out), architecture)
    state = _State.open(architecture, recipe, run, start=start)
    distillation_targets = ask_teacher(teacher, learnt) if teacher else {}
    batches = Batches(
        learnt,
        architecture,
        recipe.batch,
        recipe.seed,
        state.grid,
        distillation_targets,
        recipe.source_weights,
        recipe.forged,
    )
    for batch in batches.run(state.progress.step, recipe.steps):
        loss = state.learn(batch)
        report(state.progress, recipe, loss)
        if state.progress.step % recipe.every == 0 or state.progress.step == recipe.steps:
            state.check(validation, loss)
            if state.progress.exhausted(recipe):
                break
    return state.best()


def read_source_weights(options: Iterable[str], sources: Collection[str]) -> dict[str, float]:
    """SOURCE=TIMES, each, as TrainingConfig.source_weights. Raises DataError for an unknown source or a bad number."""
    times = {}
    for option in options:
        source, _, number = option.rpartition("=")
        if source not in sources:
            raise DataError(
                f"--source-weight: no source {source!r} in this data; there are {', '.join(sorted(sources))}"
            )
        try:
            times[source] = float(number)
        except ValueError:
            times[source] = 0.0
        if not 0 < times[source] < math.inf:
            raise DataError(f"--source-weight {source}: a positive number was expected, got {number!r}")
    return times


def make_repeatable(seed: int) -> None:
    """Fix every seed, and let TensorFlow use only operations that give the same bits twice."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


@dataclass(frozen=True)
class _Validation:
    """The validation crops, and how well a network tells them apart."""

    images: Images
    labels: NDArray[np.int64]
    kinds: NDArray[np.str_]

    @classmethod
    def of(cls, faces: Sequence[LabelledFace], architecture: Architecture) -> "_Validation":
        images, labels = validate_on(faces, architecture)
        if set(labels.tolist()) != {0, 1}:
            raise ValueError("the validation split must hold real and fake faces")
        kinds = [face.sample.kind for face in faces] + ["self-blended"] * (len(images) - len(faces))
        return cls(images, labels, np.array([f"auc of {kind or 'fakes'}" for kind in kinds]))

    def aucs(self, model: keras.Model) -> dict[str, float]:
        """The AUC of each kind of fakes against all reals."""
        parts = np.array_split(self.images, -(-len(self.images) // 64))
        logits = np.concatenate([np.asarray(model.predict_on_batch(part)[0]) for part in parts])
        reals = self.labels == 0
        chosen = {kind: reals | (self.kinds == kind) for kind in np.unique(self.kinds[~reals])}
        return {str(kind): float(roc_auc_score(self.labels[of], logits[of, 0])) for kind, of in chosen.items()}


@dataclass
class _State:
    """A run in progress: the network with its optimizer, the average of its weights, and where it is."""

    model: keras.Model
    average: Weights
    progress: RunProgress
    recipe: TrainingConfig
    run: Path

    @classmethod
    def open(cls, architecture: Architecture, recipe: TrainingConfig, run: Path, *, start: Path | None) -> "_State":
        """Go on from the run's checkpoint, or begin."""
        checkpoint = run / "checkpoint"
        if not checkpoint.is_dir() and (run / "checkpoint.old").is_dir():  # killed between the two renames
            (run / "checkpoint.old").rename(checkpoint)
        if checkpoint.is_dir():
            model = keras.saving.load_model(
                checkpoint / "model.keras", custom_objects={localisation_loss.__name__: localisation_loss}
            )
            _reschedule(model.optimizer, recipe)
            progress = RunProgress(**json.loads((checkpoint / "progress.json").read_text()))
            for variable, seed in zip(_seeds(model), progress.seeds, strict=False):
                variable.assign(seed)
            return cls(model, _load_weights(checkpoint / "average.npz"), progress, recipe, run)
        model = _show_evidence(architecture.build())
        if start:
            take_weights(model, start)
        run.mkdir(parents=True, exist_ok=True)
        (run / "recipe.json").write_text(json.dumps({"architecture": architecture.key, **asdict(recipe)}, indent=2))
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

    def check(self, validation: _Validation, loss: float) -> None:
        """Validate the averaged weights, keep them when best, and write a checkpoint."""
        current = self.model.get_weights()
        self.model.set_weights(self.average)
        if self.progress.note(validation.aucs(self.model), loss):
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
        fresh, checkpoint = self.run / "checkpoint.new", self.run / "checkpoint"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        self.model.save(fresh / "model.keras")
        np.savez(fresh / "average.npz", *self.average)
        self.progress.seeds = [np.asarray(variable).tolist() for variable in _seeds(self.model)]
        (fresh / "progress.json").write_text(json.dumps(asdict(self.progress)))
        old = self.run / "checkpoint.old"
        shutil.rmtree(old, ignore_errors=True)  # left by a kill
        if checkpoint.exists():
            checkpoint.rename(old)
        fresh.rename(checkpoint)
        shutil.rmtree(old, ignore_errors=True)


def take_weights(model: keras.Model, source: Path) -> None:
    """Begin with the weights of a trained model.keras, layer by layer. Raises DataError when it has other layers."""
    trained = keras.saving.load_model(source, compile=False)
    for layer in model.layers:
        if layer.weights:
            try:
                layer.set_weights(trained.get_layer(layer.name).get_weights())
            except ValueError as error:
                raise DataError(f"{source.name} is no network of this architecture: {layer.name} differs") from error


def localisation_loss(regions: Any, evidence: Any) -> Any:
    """How far from where the forgery is the evidence points: -log of the region's share of a softmax over places.

    Both (n, h, w, 1); regions in [0, 1], all 0 where no region is known, which costs nothing. It says where the
    evidence should be highest and leaves open how high, which is for the logit's loss to say.
    """
    region, points = (ops.reshape(values, (ops.shape(values)[0], -1)) for values in (regions, evidence))
    shares = ops.sum(region * ops.softmax(points), axis=-1)
    return ops.where(ops.max(region, axis=-1) > 0, -ops.log(shares + FAINT), 0.0)


def _show_evidence(model: keras.Model) -> keras.Model:
    """The network with its evidence as a second output, which is supervised where the forged region is known."""
    return keras.Model(model.input, [model.output, model.get_layer("evidence").output])


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
