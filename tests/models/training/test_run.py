"""A run that begins with another network's weights, and how its rate is set."""

from pathlib import Path

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

from detectors.networks.folder import Config, load_folder
from models.architectures.base import Architecture, finish, image_input
from models.commands.application import app
from models.errors import DataError
from models.publishing.export import build_serving, export
from models.training.calibration import Calibration
from models.training.config import TrainingConfig
from models.training.run import TrainingRun, _optimizer, _reschedule, take_weights

pytestmark = pytest.mark.slow  # Keras networks are built and loaded


def build_named() -> keras.Model:
    """A network whose layers have names of their own, as those that are shipped; Keras numbers the others."""
    image = image_input(16)
    scaled = keras.layers.Rescaling(1 / 255, name="scaled")(image)
    return finish(image, keras.layers.Conv2D(4, 3, strides=4, name="first")(scaled), dropout=0.0)


NAMED = Architecture(key="named", title="Named", pixels=16, paper="", build=build_named)
RECIPE = TrainingConfig(steps=10, head_steps=0)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of a network of that architecture."""
    keras.utils.set_random_seed(3)
    path = tmp_path_factory.mktemp("weights") / "start.keras"
    NAMED.build().save(path)
    return path


def test_a_run_begins_with_the_weights_it_is_given(start: Path, tmp_path: Path) -> None:
    keras.utils.set_random_seed(4)
    begun = TrainingRun.open(NAMED, RECIPE, tmp_path / "run", start=start).model.get_weights()
    wanted = keras.saving.load_model(start, compile=False).get_weights()
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(begun, wanted, strict=True))
    fresh = TrainingRun.open(NAMED, RECIPE, tmp_path / "fresh", start=None).model.get_weights()
    assert not all(np.array_equal(ours, theirs) for ours, theirs in zip(fresh, wanted, strict=True))


def test_the_weights_of_another_architecture_are_refused_by_the_layer_that_differs(start: Path) -> None:
    image = keras.Input((32, 32, 3))
    other = keras.Model(image, keras.layers.Conv2D(3, 3, name="elsewhere")(image))
    with pytest.raises(DataError, match=r"start\.keras is no network of this architecture: elsewhere differs"):
        take_weights(other, start)


def test_only_a_rate_that_follows_a_schedule_is_set_anew_for_more_steps() -> None:
    longer = TrainingConfig(steps=1000)
    head, whole = (_optimizer(RECIPE, head_only=head_only) for head_only in (True, False))
    rate = float(head.learning_rate)
    for optimizer in (head, whole):
        _reschedule(optimizer, longer)
    assert float(head.learning_rate) == rate == pytest.approx(RECIPE.head_rate)
    assert whole._learning_rate.decay_steps == 1000 - longer.steps // 10


def test_two_networks_are_averaged_by_their_shares_and_others_refused(start: Path, tmp_path: Path) -> None:
    keras.utils.set_random_seed(5)
    second, other, mixed = (tmp_path / f"{name}.keras" for name in ("second", "other", "new/mixed"))
    NAMED.build().save(second)
    given = ["average", str(start), str(second), "--share", "0.25", "--to", str(mixed)]
    assert CliRunner().invoke(app, given).exit_code == 0
    weights = [keras.saving.load_model(path, compile=False).get_weights() for path in (start, second, mixed)]
    for one, another, mean in zip(*weights, strict=True):
        assert mean == pytest.approx(0.25 * one + 0.75 * another, abs=1e-6)
    assert "already there" in CliRunner().invoke(app, given).output
    image = keras.Input((32, 32, 3))
    keras.Model(image, keras.layers.Conv2D(3, 3)(image)).save(other)
    refused = CliRunner().invoke(app, ["average", str(start), str(other), "--to", str(tmp_path / "none.keras")])
    assert refused.exit_code == 2 and "their layers differ" in refused.output


def test_the_mean_of_two_networks_that_are_served_can_be_exported(start: Path, tmp_path: Path) -> None:
    trained = keras.saving.load_model(start, compile=False)
    served, mixed = tmp_path / "served.keras", tmp_path / "mixed.keras"
    build_serving(trained, Calibration()).save(served)
    for second in (served, start):
        mixed.unlink(missing_ok=True)
        done = CliRunner().invoke(app, ["average", str(served), str(second), "--to", str(mixed)])
        assert done.exit_code == 0, done.output
        mean, crops = keras.saving.load_model(mixed, compile=False), np.full((2, 16, 16, 3), 90, np.uint8)
        assert mean.predict_on_batch(crops) == pytest.approx(trained.predict_on_batch(crops), abs=1e-3)
        config = Config(key="mixed", title="Mixed", pixels=16, files={})
        export(mean, Calibration(), tmp_path / "folder", config=config, crops=crops)
    p_fake, heatmap = load_folder(tmp_path / "folder").examine(crops[0])
    assert 0 < p_fake < 1 and heatmap.ndim == 2


def test_networks_that_give_no_logit_are_not_averaged(tmp_path: Path) -> None:
    image = keras.Input((32, 32, 3))
    keras.Model(image, keras.layers.Conv2D(3, 3)(image)).save(tmp_path / "other.keras")
    given = ["average", *[str(tmp_path / "other.keras")] * 2, "--to", str(tmp_path / "none.keras")]
    refused = CliRunner().invoke(app, given)
    assert refused.exit_code == 2 and "it has no layer 'logit'" in refused.output
