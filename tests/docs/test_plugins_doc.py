"""docs/plugins.md says what the code does."""

import inspect
import json
import tomllib
from pathlib import Path

from typer.testing import CliRunner

from detectors.__main__ import app
from detectors.conformance import samples
from detectors.conformance.checks import CHECKS, name_check, say_expected
from detectors.conformance.scaffold import write_plugin
from detectors.faces.crop import CROP_SIDE
from detectors.sandbox import isolated_detector, process
from detectors.sandbox.audit import CACHES
from registry import load_registry
from registry.contract import MAX_SECONDS, MIN_FACE_PIXELS
from registry.hookspecs import Register
from registry.manager import OPTIONS
from tests.docs.pages import find_blocks

TEXT = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text()
WORDS = " ".join(TEXT.split())


def blocks(language: str) -> list[str]:
    return find_blocks(TEXT, language)


def table(first: str) -> list[list[str]]:
    """The rows of the table whose first heading is this."""
    after = TEXT.split(f"| {first} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in after.splitlines()[2:]]


def test_the_first_code_on_the_page_is_a_whole_plugin(tmp_path: Path) -> None:
    plugin, photo = tmp_path / "edges.py", tmp_path / "photo.png"
    plugin.write_text(blocks("python")[0])
    photo.write_bytes(samples.as_png(samples.photo()))
    result = CliRunner().invoke(app, ["compare", str(photo), "--only", "edges", "--add", str(plugin), "--json"])
    (comparison,) = json.loads(result.stdout)
    assert [verdict["error"] for verdict in comparison["faces"][0]["verdicts"]] == [None]


def test_the_first_plugin_stands_on_the_first_screen() -> None:
    assert TEXT.index("```console") < 1200


def test_every_argument_is_there_with_its_default_and_no_other() -> None:
    parameters = [item for name, item in inspect.signature(Register.__call__).parameters.items() if name != "self"]
    defaults = {item.name: item.default for item in parameters}
    said = {argument.strip("`"): default.strip("`") for argument, default, _ in table("argument")}
    required = {name for name, default in defaults.items() if default is inspect.Parameter.empty}
    assert said == {name: "required" if name in required else json.dumps(defaults[name]) for name in defaults}
    assert defaults.keys() - required == OPTIONS


def test_every_check_is_there_in_its_own_words() -> None:
    assert table("check") == [[f"`{name_check(check)}`", say_expected(check)] for check in CHECKS]


def test_the_entry_point_is_the_one_that_new_writes(tmp_path: Path) -> None:
    written = tomllib.loads((write_plugin("edges", tmp_path) / "pyproject.toml").read_text())
    said = tomllib.loads(blocks("toml")[0])
    assert said["project"]["entry-points"] == written["project"]["entry-points"]


def test_the_limits_are_those_of_the_code() -> None:
    limits = [
        f"at most {MAX_SECONDS:g}",
        f"loading takes longer than {isolated_detector.LOAD_SECONDS:g} s",
        f"more than {isolated_detector.MEMORY_BYTES / 1e9:g} GB",
        f"every {process.WATCH_SECONDS * 1000:g} ms",
        f"a face below {MIN_FACE_PIXELS} pixels",
        f"a square of {CROP_SIDE:g} times",
        f"and {'four'} forgeries" if samples.FORGERIES == 4 else "?",
    ]
    assert [limit for limit in limits if limit not in WORDS] == []
    assert {"XDG_CACHE_HOME", "HF_HOME"} <= set(CACHES)


def test_the_page_names_no_detector_that_is_here() -> None:
    assert "edges" not in load_registry().keys()  # noqa: SIM118  # the examples would fail with a taken key
