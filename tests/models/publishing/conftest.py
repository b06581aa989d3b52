"""The Hub's stand-in, and the command line against it."""

import hashlib
import json
import shutil
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.utils import _http

from models.commands.application import app
from models.evaluation import plots
from tests.hub_stand_in import StandIn, serving
from tests.models.publishing.client import use


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each set of a card's pictures."""
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(autouse=True)
def draw_anew(monkeypatch: pytest.MonkeyPatch, pictures: Path) -> Callable[..., None]:
    """A card's pictures, which take most of a staging's time, are drawn once for each set of figures.

    What draws them each time, for tests about the drawing.
    """
    really_draw = plots.draw

    def draw(metrics: Mapping[str, Any], folder: Path, *, title: str) -> None:
        figures = json.dumps([title, *(metrics.get(name) for name in ("curves", "sweeps"))], sort_keys=True)
        drawn = pictures / hashlib.sha256(figures.encode()).hexdigest()
        if not drawn.exists():
            really_draw(metrics, drawn, title=title)
        shutil.copytree(drawn, folder, dirs_exist_ok=True)

    monkeypatch.setattr(plots, "draw", draw)
    return really_draw


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """The stand-in as the Hub of this process, ada signed in, and a working directory of its own."""
    with serving(StandIn()) as stand_in:
        use(monkeypatch, stand_in.url)
        monkeypatch.setenv("HF_TOKEN", "hf_write")
        monkeypatch.chdir(tmp_path)
        yield stand_in
    _http.close_session()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the client would have waited before it tried again."""
    taken: list[float] = []
    monkeypatch.setattr(_http, "time", types.SimpleNamespace(sleep=taken.append))
    return taken


@pytest.fixture
def models(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, list[str], list[str]]]:
    """`facejury models …`: exit code, the lines of stdout, stderr."""

    def command(*arguments: object) -> tuple[int, list[str], list[str]]:
        monkeypatch.setattr(sys, "argv", ["models", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            app()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out.splitlines(), captured.err.strip().splitlines()

    return command
