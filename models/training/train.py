"""Train one network: `facejury models train KEY --data DIR...`. Killed and started again, it goes on.

Head first where the backbone is pretrained, then everything; AdamW on a cosine with warm-up; the weights' running
average (Polyak & Juditsky 1992) is what is validated and kept; stops early on validation AUC. The same code runs on
TensorFlow, JAX or PyTorch: set KERAS_BACKEND.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.architectures.base import Architecture
from models.data.datasets import refuse_eval_only
from models.data.face_index import LabelledFace
from models.training.batches import Batches, Images, Teacher, ask_teacher, select_faces, thin, validate_on
from models.training.config import TrainingConfig
from models.training.recipe_file import Recipe, join_learnt, read_learnt, read_recipe, write_recipe
from models.training.run import RunProgress, TrainingRun, read_progress

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
    taught: Recipe | None = None,
    start: Path | None = None,
) -> keras.Model:
    """The trained network, with the averaged weights of its best validation. `run` keeps checkpoints.

    teacher: see Batches. taught: what it has learnt from, as read_learnt gives it: so has its pupil. start: a
    model.keras of this architecture whose weights a new run begins with. A run that is gone on with keeps the
    head_steps that it began with.

    Raises DataError when a face is for evaluation only, ValueError when validation lacks a class.
    """
    refuse_eval_only(face.sample for face in faces)
    make_repeatable(recipe.seed)
    fed = select_faces(faces, architecture.supervision)
    held_out, learnt = ([face for face in fed if face.sample.split == split] for split in ("val", "train"))
    validation = _Validation.of(thin(held_out), architecture)
    if read_progress(run).step:
        recipe = replace(recipe, head_steps=read_recipe(run).get("head_steps", recipe.head_steps))
    state = TrainingRun.open(architecture, recipe, run, start=start)
    if state.progress.step < recipe.steps:  # else nothing is learnt
        before = read_recipe(run) if state.progress.step else read_learnt(start.parent) if start else {}
        sources = {face.sample.source for face in fed}
        write_recipe(run, architecture.key, recipe, sources, join_learnt(before, taught or {}))
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
            state.check(validation.aucs, loss)
            if state.progress.exhausted(recipe):
                break
    return state.best()


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
