"""Dockerfile, .dockerignore and compose.yaml: what is in the image, who runs it, and what its health check says."""

import ast
import fnmatch
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.error import HTTPError

import pytest
import yaml  # type: ignore[import-untyped]

from models.publishing import space
from tests.command import ROOT

FILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
STEPS = [line for line in FILE.splitlines() if line and not line.startswith("#")]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
LAST = STEPS[[place for place, line in enumerate(STEPS) if line.startswith("FROM ")][-1] :]


def in_image(name: str) -> bool:
    """Whether .dockerignore lets a path in: the last rule that matches it, or a folder above it, holds."""
    lets = True
    parts = Path(name).parts
    above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    for rule in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = rule.lstrip("!").removeprefix("**/")
        matches = {path for path in above if fnmatch.fnmatch(path, pattern) and ("/" in rule or path == above[0])}
        if matches:
            lets = rule.startswith("!")
    return lets


def test_the_image_holds_what_a_space_holds_and_how_to_install_it() -> None:
    parts = {*space.PARTS, *space.list_weights(), space.LANDMARKS, "pyproject.toml", "requirements.lock"}
    assert [part for part in sorted(parts) if not in_image(part)] == []
    outside = ("tests/conftest.py", "models/training/train.py", ".git/config", "docs/api.md", "facejury.db", ".venv/x")
    assert [name for name in (*outside, "models/weights/blend/model.keras", "ui/a.pyc") if in_image(name)] == []


def test_the_last_stage_runs_as_nobody_and_brings_no_compiler() -> None:
    assert FILE.count("\nFROM ") == 2 and any("COPY --from=build" in line for line in LAST)
    [user] = [line.split()[1] for line in LAST if line.startswith("USER ")]
    assert int(user) >= 1000
    assert not [line for line in LAST if re.search(r"\b(gcc|g\+\+|build-essential|pip|curl)\b", line)]
    assert not re.search(r"\b(gcc|build-essential|-dev)\b", (ROOT / "packages.txt").read_text())


def test_uploads_lie_in_the_volume_and_not_in_memory() -> None:
    [environment] = [line.split()[1:] for line in LAST if line.startswith("ENV ")]
    [volume] = [line.split()[1] for line in LAST if line.startswith("VOLUME ")]
    assert dict(variable.split("=", 1) for variable in environment)["GRADIO_TEMP_DIR"].startswith(f"{volume}/")


@pytest.mark.parametrize("command", re.findall(r"docker run [^`\n]*", OPERATIONS))
def test_every_container_on_the_page_has_the_volume(command: str) -> None:
    assert "-v facejury:/data" in command


def test_compose_leaves_the_app_nothing_to_write_but_its_volume() -> None:
    app = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["app"]
    assert (app["read_only"], app["cap_drop"], app["tmpfs"]) == (True, ["ALL"], ["/tmp"])
    assert [volume.partition(":")[2] for volume in app["volumes"]] == ["/data"]
    assert all(port.startswith("127.0.0.1:") for port in app["ports"])


def test_compose_trusts_a_proxy_on_this_machine_and_no_other_container() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())
    [network] = services["networks"]["default"]["ipam"]["config"]
    trusted = services["services"]["app"]["environment"]["FORWARDED_ALLOW_IPS"]
    assert trusted == network["gateway"]
    assert ip_address(trusted) in ip_network(network["subnet"])


@pytest.fixture
def statuses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What the page at the health check's address answers, one after the other."""
    left: list[int] = []

    class ReadyPage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(left.pop() if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), ReadyPage) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        left.append(server.server_port)
        yield left
        server.shutdown()
        thread.join()


def test_the_health_check_fails_while_the_page_cannot_judge(statuses: list[int]) -> None:
    port = statuses.pop()
    python, option, code = json.loads(FILE[FILE.index("CMD [", FILE.index("HEALTHCHECK")) + 4 :].partition("\n")[0])
    assert (python, option) == ("python", "-c") and f"EXPOSE {7860}" in FILE
    program = compile(ast.parse(code.replace("7860", str(port))), "HEALTHCHECK", "exec")
    statuses += [503, 200]
    exec(program, {})
    with pytest.raises(HTTPError):
        exec(program, {})
