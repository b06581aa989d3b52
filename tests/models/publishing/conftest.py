"""The Hub's stand-in, and the command line against it."""

import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub.utils import _http

from models.commands.application import app
from tests.hub_stand_in import StandIn, serving
from tests.models.publishing.client import use


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
