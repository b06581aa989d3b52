"""Training of the temporal network on few clips, and what it says of those of whose group it saw nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from models.architectures import temporal
from models.data.clips import FINDER_NOISE, Track, fills_window, forge, show, unsettle
from models.errors import DataError
from models.training.calibration import Calibration, fit_platt

VARIANTS = 16  # of each clip, shown at random; and as many forgeries by rule of each real one
FORGED_SHARE, UNSETTLED_SHARE = 0.4, 0.3  # of the fakes: forged by rule; of the reals: the control


@dataclass(frozen=True, kw_only=True)
class TemporalRecipe:
    """How it is trained. The rate falls to nothing along a cosine."""

    steps: int = 300
    batch: int = 32
    rate: float = 3e-3
    seed: int = 0


@dataclass(frozen=True)
class Pool:
    """Examples, made once. features: float32 (n, 60, 30); kinds: 0 real, 1 its control, 2 fake, 3 forged by rule."""

    features: NDArray[np.float32]
    kinds: NDArray[np.int64]
    groups: Sequence[frozenset[str]]

    def share(self, kind: int) -> NDArray[np.float64]:
        """How often each example is drawn of a kind: (n,), of sum 1. Each group as often, however many fakes it has.

        A group's videos have one frame rate, which must not tell real from fake.
        """
        named = [min(groups) for groups in self.groups]
        chosen = self.kinds == kind
        count = Counter(name for name, here in zip(named, chosen, strict=True) if here)
        each = np.array([1 / count[name] if here else 0.0 for name, here in zip(named, chosen, strict=True)])
        return np.asarray(each / each.sum())

    def without(self, group: str) -> "Pool":
        """Those that nobody of that group is in."""
        kept = np.array([group not in groups for groups in self.groups])
        groups = [one for one, keep in zip(self.groups, kept, strict=True) if keep]
        return Pool(self.features[kept], self.kinds[kept], groups)


def fill_pool(tracks: Sequence[Track], *, seed: int) -> Pool:
    """What is drawn from in training. Raises DataError where real or fake tracks are missing without a group."""
    rng = np.random.default_rng(seed)
    reals = [track for track in tracks if not track.fake]
    for group in sorted(set().union(*(track.groups for track in tracks))):
        if {track.fake for track in tracks if group not in track.groups} != {True, False}:
            raise DataError(f"clips to train on must be real ones and fakes also without those of the group {group!r}")
    made: list[tuple[Track, int]] = []
    for track in tracks:
        made += [(track, 2 if track.fake else 0)] * VARIANTS
    for real in reals:
        others = [one for one in reals if one.groups != real.groups and fills_window(len(one.points), real.fps)]
        others = others or [real]  # its frames are counted off as if they were the real one's, whatever their rate
        made += [(forge(real, others[rng.integers(len(others))], rng), 3) for _ in range(VARIANTS)]
        made += [(unsettle(real, rng), 1) for _ in range(VARIANTS)]
    features = np.stack([show(track, rng) for track, _ in made])
    return Pool(features, np.array([kind for _, kind in made]), [track.groups for track, _ in made])


def train(pool: Pool, recipe: TemporalRecipe) -> keras.Model:
    """The network, trained on a pool: half of each batch fake. Both of its branches learn by themselves."""
    keras.utils.set_random_seed(recipe.seed)
    model = temporal.build(pool.features)
    rate = keras.optimizers.schedules.CosineDecay(recipe.rate, recipe.steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-2, clipnorm=1.0)
    clip = [keras.layers.GlobalAveragePooling1D()(branch) for branch in model.outputs]
    judging = keras.Model(model.input, clip)
    loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)
    judging.compile(optimizer=optimizer, loss=[loss, loss])
    rng = np.random.default_rng(recipe.seed)
    drawn = [pool.share(kind) for kind in range(4)]
    shares = np.array([1 - UNSETTLED_SHARE, UNSETTLED_SHARE, 1 - FORGED_SHARE, FORGED_SHARE]) / 2
    for _ in range(recipe.steps):
        kinds = rng.choice(4, size=recipe.batch, p=shares)
        chosen = [int(rng.choice(len(drawn[kind]), p=drawn[kind])) for kind in kinds]
        labels = (kinds >= 2).astype(np.float32)[:, None]
        judging.train_on_batch(pool.features[chosen], [labels, labels])
    return model


def leave_groups_out(tracks: Sequence[Track], pool: Pool, recipe: TemporalRecipe) -> NDArray[np.float64]:
    """The mean logit of each track by both branches of a network that was trained without its group: (2, 2, n).

    First as it is, and then with points that tremble as serving's may.
    """
    held_out = {group: train(pool.without(group), recipe) for group in sorted({g for t in tracks for g in t.groups})}
    logits = np.zeros((2, 2, len(tracks)))
    for group, model in held_out.items():
        places = [place for place, track in enumerate(tracks) if group in track.groups]
        for row, noise in enumerate((0.0, FINDER_NOISE)):
            shown = np.stack([show(tracks[place], noise=noise) for place in places])
            for branch, moments in enumerate(model.predict_on_batch(shown)):
                logits[row, branch, places] = moments.mean(axis=(1, 2))
    return logits


def combine(calibrations: Sequence[Calibration], logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """p_fake of each clip: the mean of both branches' calibrated logits. logits: (2, n)."""
    pairs = zip(calibrations, logits, strict=True)
    mean = np.mean([calibration.scale * branch + calibration.shift for calibration, branch in pairs], axis=0)
    return np.asarray(1 / (1 + np.exp(-mean)))


def judge_apart(
    tracks: Sequence[Track], fitted: NDArray[np.float64], judged: NDArray[np.float64]
) -> NDArray[np.float64]:
    """p_fake of each clip, by calibrations that were fitted on the clips of the other groups alone: what to report.

    fitted, judged: logits of both branches, (2, n), of the clips as calibrations are fitted on them, and as they are
    judged. A calibration that has seen a clip's label may turn a branch round so that it suits the clip.
    """
    labels, p_fake = np.array([int(track.fake) for track in tracks]), np.zeros(len(tracks))
    for groups in {track.groups for track in tracks}:
        mine = np.array([track.groups == groups for track in tracks])
        others = np.array([not track.groups & groups for track in tracks])
        calibrations = [fit_platt(branch[others], labels[others]) for branch in fitted]
        p_fake[mine] = combine(calibrations, judged[:, mine])
    return p_fake
