"""Networks that are not what was shipped: cut short by a bad copy, or swapped for another."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from detectors.conformance import samples
from tests.auth.server import wait_for
from tests.resilience.server import FILE, RunningDemo, copy_checkout, serving, wait_until_ready

pytestmark = pytest.mark.slow
KEYS = ("custom-cnn", "efficientnet", "efficientnet-160", "blend", "residual")
ALL = (*KEYS, "temporal", "voice")  # which judge no picture


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """A demo whose first network lost its end, and whose others are the first one, whole."""
    root = copy_checkout(tmp_path_factory.mktemp("checkout"))
    first, *others = (root / "models/weights" / key / "model.onnx" for key in ALL)
    for other in others:
        shutil.copy(first, other)
    first.write_bytes(first.read_bytes()[:-1])
    with serving(tmp_path_factory.mktemp("demo"), "--no-login", root=root) as demo:
        yield demo


def test_a_truncated_and_a_swapped_network_are_refused_by_their_hash_and_named(demo: RunningDemo) -> None:
    browser = demo.browser()
    path = browser.upload(samples.as_png(samples.photo()))
    said = browser.call("compare", FILE | {"path": path}, list(KEYS))[1]
    for key in KEYS:
        assert f"{key}: config.json: model.onnx has SHA-256" in said
    assert said.count('"label": "failed"') == len(KEYS)
    refusals = [line for line in demo.log() if line["event"] in {f"detector {key} failed" for key in KEYS}]
    assert {line["error"][0]["type"] for line in refusals} == {"ArtifactError"}
    assert all("has SHA-256" in line["error"][0]["text"] for line in refusals)


def test_one_truncated_network_costs_its_own_verdict_and_no_other(tmp_path: Path) -> None:
    root = copy_checkout(tmp_path / "checkout")
    bad, *good = KEYS
    network = root / "models/weights" / bad / "model.onnx"
    network.write_bytes(network.read_bytes()[:-1])
    with serving(tmp_path, "--no-login", root=root) as demo:
        wait_until_ready(demo)
        browser = demo.browser()
        path = browser.upload(samples.as_png(samples.photo()))
        answer = browser.call("compare", FILE | {"path": path}, list(KEYS))[1]
        comparison = json.loads(answer.rpartition("data: ")[2])[-1]
        events = demo.events()
    [face] = comparison["faces"]
    given = {verdict["detector"]: verdict["p_fake"] for verdict in face["verdicts"]}
    assert given[bad] is None and None not in [given[key] for key in good]
    assert {event for event in events if event.endswith(" failed")} == {f"detector {bad} failed"}


def test_a_server_none_of_whose_networks_load_is_alive_and_not_ready(demo: RunningDemo) -> None:
    def have_all_failed() -> None:
        assert {f"detector {key} failed" for key in ALL} <= set(demo.events())

    wait_for(have_all_failed, seconds=120)
    assert httpx.get(f"{demo.url}/healthz").status_code == 200
    assert (httpx.get(f"{demo.url}/readyz").status_code, httpx.get(f"{demo.url}/readyz").json()) == (
        503,
        {"jury": False},
    )
