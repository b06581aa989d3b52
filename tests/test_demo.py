"""The demo as a person starts it."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import PIL.Image
import pytest
import typer
from typer.testing import Result

from demo import NO_LINK, ONE_FILE, Options, _serve
from detectors.forgery.game import Deck
from registry import DetectorSpec
from storage.database import GONE
from tests.command import call
from tests.demo_process import ROOT, running
from tests.ports import free_port
from tests.ui.jurors import JURY, say_real, spec

pytestmark = pytest.mark.slow  # each starts demo.py

FOREIGN = {"tensorflow", "keras", "torch", "matplotlib", "models"}


@pytest.fixture(autouse=True)
def own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts go into a file of the test's own."""
    monkeypatch.setenv("FACEJURY_DATABASE_URL", f"sqlite:///{tmp_path / 'facejury.db'}")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command in this process, whose log, limits and allocator stay as they are: for what ends it at once."""
    for name in ("start_log", "hide_process", "bound_arenas", "raise_file_limit"):
        monkeypatch.setattr(f"demo.{name}", lambda: None)
    return partial(call, "serve")


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = run("demo.py", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == f"Port {port} is taken; choose another with --port.\n"
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "203.0.113.7"), "--host 203.0.113.7 is no address of this machine; 0.0.0.0 listens on all"),
        (("--host", "nowhere.invalid"), "--host nowhere.invalid is no address of this machine: it is not known."),
    ],
)
def test_an_address_of_another_machine_is_one_sentence(arguments: tuple[str, str], said: str) -> None:
    done = run("demo.py", *arguments)
    assert done.returncode == 1
    assert said in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes.db").write_text("nothing that SQLite wrote")
    monkeypatch.setenv("FACEJURY_DATABASE_URL", f"sqlite:///{tmp_path / 'notes.db'}")
    done = run("demo.py", "--port", str(free_port()))
    assert done.returncode == 1
    assert "notes.db is no SQLite database" in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "notes.db").read_text() == "nothing that SQLite wrote"


def test_certificates_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    done = run("demo.py", "--port", str(free_port()))
    assert done.returncode == 1
    assert "SSL_CERT_FILE names /nowhere/ca.pem, and there is no such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_detector_is_one_sentence(serve: Callable[..., Result]) -> None:
    done = serve("--only", "nobody")
    assert done.exit_code == 2
    assert "no detector named 'nobody'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the page without accounts writes down what it imports."""
    return tmp_path_factory.mktemp("imported") / "errors"


@pytest.fixture(scope="module")
def without_login(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page without accounts, with a game and at an address of IPv6: for all tests that look at such a page."""
    folder = tmp_path_factory.mktemp("game")
    for number, name in enumerate(("real", "fake")):
        (folder / name).mkdir()
        PIL.Image.new("RGB", (20, 20), (number, 0, 0)).save(folder / name / "secret.png")
    options = ("--no-login", "--host", "::1", "--game", str(folder))
    with imported.open("w") as errors, running(options, {"PYTHONPROFILEIMPORTTIME": "1"}, errors=errors) as address:
        yield address


def test_without_login_the_page_answers_on_this_machine(without_login: str) -> None:
    config = httpx.get(f"{without_login}config").json()
    assert config["title"] == "Facejury"
    assert config["analytics_enabled"] is False


def test_it_listens_on_ipv6_too(without_login: str) -> None:
    assert without_login.startswith("http://[::1]:")


def test_without_login_it_still_says_how_it_is(without_login: str) -> None:
    assert httpx.get(f"{without_login}healthz").text == "ok\n"
    assert set(httpx.get(f"{without_login}readyz").json()) == {"jury"}


def test_a_game_is_on_the_page_where_the_operator_gave_a_folder(without_login: str) -> None:
    config = httpx.get(f"{without_login}config").text
    assert "Beat the jury" in config
    assert "secret" not in config and "/game" not in config


def test_the_demo_imports_no_training_framework_to_show_its_page(without_login: str, imported: Path) -> None:
    assert httpx.get(without_login).status_code == 200
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in imported.read_text().splitlines()}
    assert {"gradio", "onnxruntime"} <= names
    assert names & FOREIGN == set()


@pytest.fixture(scope="module")
def with_login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page as it starts by default, of somebody who reaches the internet through proxies that are away."""
    names = {"http_proxy": "http", "HTTPS_PROXY": "http", "ALL_PROXY": "socks5"}
    proxies = {name: f"{scheme}://127.0.0.1:{free_port()}" for name, scheme in names.items()}
    database = f"sqlite:///{tmp_path_factory.mktemp('accounts') / 'facejury.db'}"
    places = proxies | {"NO_PROXY": "localhost,::1,fd00::/8", "FACEJURY_DATABASE_URL": database}
    with running((), places) as address:
        yield address


def test_a_proxy_does_not_stand_between_the_page_and_itself(with_login: str) -> None:
    assert httpx.get(f"{with_login}healthz").text == "ok\n"


def test_by_default_everything_is_behind_the_sign_in(with_login: str) -> None:
    page = httpx.get(with_login, headers={"accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/signin")
    assert httpx.get(f"{with_login}config").status_code == 401
    assert "Create an account" in httpx.get(f"{with_login}signin").text


def test_a_page_without_login_is_never_public(serve: Callable[..., Result]) -> None:
    for arguments in (("--share",), ("--host", "0.0.0.0")):
        done = serve("--no-login", *arguments)
        assert done.exit_code == 2
        assert "--no-login is for this machine alone" in done.stderr


def test_a_database_that_is_away_at_the_start_is_one_sentence_and_the_log_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FACEJURY_DATABASE_URL", "mysql+pymysql://anna:s3cret@127.0.0.1:1/facejury")
    done = run("demo.py")
    logged, said = done.stderr.splitlines()
    assert (done.returncode, done.stdout, said) == (1, "", GONE)
    assert (json.loads(logged)["event"], json.loads(logged)["code"]) == ("the database did not answer", 2003)
    assert "s3cret" not in done.stderr


def test_an_unreadable_database_address_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEJURY_DATABASE_URL", "nonsense")
    done = run("demo.py")
    assert done.returncode == 2
    assert "FACEJURY_DATABASE_URL is not a database address" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_added_is_one_sentence(serve: Callable[..., Result], tmp_path: Path) -> None:
    done = serve("--add", str(tmp_path / "nothing.py"))
    assert done.exit_code == 2
    assert "nothing.py cannot be added" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--notify", "--fetch-from"])
@pytest.mark.parametrize("host", ["10.0.0.1", "https://hooks.example.org:99999"])
def test_a_host_that_could_never_be_reached_ends_the_start_in_one_sentence(
    serve: Callable[..., Result], option: str, host: str
) -> None:
    done = serve(option, host)
    assert done.exit_code == 2
    assert done.stderr.startswith(repr(host)) and done.stderr.count("\n") == 1


def test_a_folder_that_makes_no_game_ends_the_start_in_one_sentence(
    serve: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "real").mkdir()
    for folder, sentence in ((tmp_path, "real is empty"), (tmp_path / "nowhere", "has no real/")):
        done = serve("--game", str(folder))
        assert done.exit_code == 2
        assert sentence in done.stderr and done.stderr.count("\n") == 1
        assert done.stdout == ""


# What its operator is told, without a process of its own


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The start of a page that is never built, shown to nobody and told to stop at once."""
    from ui import page
    from ui.server import front, lifecycle

    monkeypatch.setattr(page, "build_page", lambda *_, **__: None)
    monkeypatch.setattr(front, "build_front", lambda *_, **__: {})
    monkeypatch.setattr(lifecycle, "launch", lambda *_, **__: ("http://127.0.0.1:1/", None))
    monkeypatch.setattr(lifecycle, "warm_up_beside", lambda *_: None)
    monkeypatch.setattr(lifecycle, "hear_signals", lambda: SimpleNamespace(wait=lambda: None))
    monkeypatch.setattr("demo.take_prints", lambda: None)
    monkeypatch.setattr("demo.trim_beside", lambda: None)

    def run(*specs: DetectorSpec, deck: Deck | None = None, share: bool = False) -> None:
        engine: Any = SimpleNamespace(dialect=SimpleNamespace(name="sqlite"))
        options = Options(host="127.0.0.1", port=1, share=share, signup=True, mcp=False)
        _serve(specs, (), deck, engine, Path(), options)

    return run


def test_a_link_that_does_not_come_ends_the_start_in_a_sentence(
    show: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        show(share=True)
    said = capsys.readouterr()
    assert (ended.value.exit_code, said.out) == (1, "")
    assert said.err.splitlines() == [ONE_FILE, NO_LINK]


def test_what_a_games_folder_lacks_is_told_before_the_page_opens(
    show: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    show(deck=Deck((Path("a"),) * 9, (Path("b"),) * 9, left_out=2))
    said = capsys.readouterr()
    assert said.err.startswith("The game leaves out 2 files: ") and said.err.count("\n") == 1
    assert said.out == "Facejury is at http://127.0.0.1:1/\n"


def test_what_plugins_are_not_kept_from_is_logged_where_there_are_any(
    show: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mine = spec("mine", say_real, plugin="mine", owner="typer")  # a package that is installed
    for gaps, specs, logged in ((["network"], [mine], [["network"]]), ([], [mine], []), (["network"], JURY, [])):
        caplog.clear()
        monkeypatch.setattr("demo.name_gaps", lambda gaps=gaps: gaps)
        show(*specs)
        warned = [record for record in caplog.records if record.name == "demo" and record.levelname == "WARNING"]
        assert [vars(record)["open_to_them"] for record in warned] == logged


def test_a_page_without_accounts_has_no_sign_up_to_close(serve: Callable[..., Result]) -> None:
    done = serve("--no-login", "--no-signup")
    assert done.exit_code == 2
    assert "there is no sign-up for --no-signup to close" in done.stderr
