"""A stand-in for the Hub, with one detector on it."""

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.utils import _http

from tests.detectors.networks.steady import REPO, make_files, make_network
from tests.hub_stand_in import Repo, StandIn, serving


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """The Hub of this process, with one detector on it; the data folder is a fresh one."""
    with serving(StandIn()) as server:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", server.url)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(
            huggingface_hub.constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            server.url + "/{repo_id}/resolve/{revision}/{filename}",
        )
        monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", "no-token-is-stored-here")
        monkeypatch.setenv("HF_TOKEN", "")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        server.repos["model", REPO] = Repo("model", REPO, private=False)
        server.repo(REPO).commit(make_files(make_network()))
        yield server
    _http.close_session()
