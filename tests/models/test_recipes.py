"""The recipes beside the weights: commands that `facejury models train` still understands."""

import shlex
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.networks.folder import WEIGHTS, read_config
from models.architectures.by_key import ARCHITECTURES
from models.commands.application import app

KEYS = sorted(one.key for one in ARCHITECTURES if (WEIGHTS / one.key).is_dir())


@pytest.mark.parametrize("key", KEYS)
def test_a_recipe_is_of_data_that_its_network_names_and_of_options_that_there_are(key: str, tmp_path: Path) -> None:
    recipe = tomllib.loads((WEIGHTS / key / "recipe.toml").read_text(encoding="utf-8"))
    assert set(recipe["data"]) == set(read_config(WEIGHTS / key).trained_on)
    for stage in (*recipe["stage"], *recipe.get("again", [])):
        options = shlex.split(stage["options"])
        assert stage.get("kept_at", 0) <= stage["ended_at"] <= int(options[options.index("--steps") + 1])
        done = CliRunner().invoke(app, ["train", key, "--data", str(tmp_path), *options])
        assert f"{tmp_path.name}: expected manifest.csv" in done.output, done.output  # so every option was taken
