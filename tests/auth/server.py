"""What the tests of auth/ run against: a MariaDB server, a guarded Gradio page, and a browser without a screen."""

import io
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import PIL.Image
import pymysql  # type: ignore[import-untyped]
from sqlalchemy import Engine

from auth.accounts import Account
from auth.pages.context import Settings
from auth.sessions import digest, make_token, start_session
from storage.database import open_database
from tests.demo_process import started
from tests.ports import free_port
from ui.server.drain import Drain
from ui.server.front import build_front

KEYS = ["custom-cnn"]  # the smaller of the built-in networks

PASSWORD = "correct horse battery"
FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


def data_options(folder: Path) -> list[str]:
    """Where a MariaDB server keeps its data, and how."""
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    return ["--no-defaults", f"--datadir={folder}", "--innodb-log-file-size=8M", *as_root]


@cache
def make_data_folder() -> Path:
    """An empty server's data folder, to be copied: making one takes seconds, a copy a moment."""
    folder = Path(tempfile.mkdtemp()) / "data"
    install = ["mariadb-install-db", *data_options(folder), "--auth-root-authentication-method=normal"]
    subprocess.run([*install, "--skip-test-db"], check=True, capture_output=True)
    return folder


@dataclass
class MariaDB:
    """A real server in a temporary folder."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @staticmethod
    def is_installed() -> bool:
        """True if both programs are there."""
        return all(shutil.which(name) for name in ("mariadbd", "mariadb-install-db"))

    def install(self) -> None:
        """Make the data folder, and a user who comes over TCP with a password."""
        shutil.copytree(make_data_folder(), self.folder / "data")
        self.start()
        with pymysql.connect(unix_socket=str(self.folder / "socket"), user="root") as root, root.cursor() as cursor:
            cursor.execute("CREATE USER 'facejury'@'127.0.0.1' IDENTIFIED BY 'a b/c'")
            cursor.execute("GRANT ALL ON *.* TO 'facejury'@'127.0.0.1'")

    def start(self) -> None:
        """Start it and wait until it answers."""
        place = [f"--socket={self.folder / 'socket'}", f"--port={self.port}", "--bind-address=127.0.0.1"]
        small = ["--innodb-buffer-pool-size=32M", "--skip-name-resolve", f"--pid-file={self.folder / 'pid'}"]
        options = data_options(self.folder / "data")
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(["mariadbd", *options, *place, *small], stdout=log, stderr=log)
        wait_for(lambda: socket.create_connection(("127.0.0.1", self.port), 1), seconds=60)

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def make_database(self, name: str) -> str:
        """The address of a new, empty database."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return f"mysql+pymysql://facejury:a%20b%2Fc@127.0.0.1:{self.port}/{name}"

    def connect(self) -> "pymysql.Connection[Any]":
        """A connection of the test's own."""
        return pymysql.connect(host="127.0.0.1", port=self.port, user="facejury", password="a b/c")


def wait_for(attempt: Callable[[], object], *, seconds: float = 20) -> None:
    """Try until it does not raise OSError or AssertionError."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            attempt()
            return
        except (OSError, AssertionError, httpx.TransportError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def build_page(examples: list[str]) -> Any:
    """A page with what matters to the middleware: an upload, an answer in JSON, a file as a result, files in steps."""

    def look(path: str | None, request: gr.Request) -> dict[str, object]:
        return {"user": request.username, "bytes": len(Path(path).read_bytes()) if path else 0}

    def report(text: str) -> str:
        path = Path(tempfile.mkdtemp()) / "report.txt"
        path.write_text(text)
        return str(path)

    def reports() -> Any:
        for text in ("first", "second"):
            yield report(text)

    def wait(seconds: float) -> str:
        time.sleep(seconds)
        return "done"

    def wait_in_steps(seconds: float) -> Any:
        for _ in range(int(seconds * 10)):
            yield wait(0.1)

    with gr.Blocks(title="A page to guard", analytics_enabled=False) as page:
        picture, said, file = gr.Image(type="filepath", image_mode=None), gr.Textbox(), gr.File()
        answer, number = gr.JSON(), gr.Number()
        gr.Examples(examples, picture)
        gr.Button("Look").click(look, picture, answer, api_name="look")
        gr.Button("Report").click(report, said, file, api_name="report")
        gr.Button("Reports").click(reports, None, file, api_name="reports")
        gr.Button("Echo").click(lambda text: text, said, said, api_name="echo")
        gr.Button("Wait").click(wait, number, said, api_name="wait", concurrency_limit=4)
        gr.Button("Steps").click(wait_in_steps, number, said, api_name="wait_in_steps")
    return page


@dataclass(frozen=True)
class Server:
    """One launched server, and its database for a look past it."""

    url: str
    engine: Engine

    def browser(self, **options: Any) -> "Browser":
        """A new browser, signed in nowhere."""
        return Browser(httpx.Client(base_url=self.url, timeout=240, **options))

    def member(self, name: str) -> "Browser":
        """A browser of a new user, signed in."""
        browser = self.browser()
        assert browser.sign_up(name).status_code == 303
        return browser


@dataclass(frozen=True)
class Site(Server):
    """A guarded page in this process."""

    page: Any  # gr.Blocks is not typed
    example: str

    def close(self) -> None:
        """Stop the server."""
        self.page.close(verbose=False)


def launch(engine: Engine | None, *, uploads: Path, rounds: int = 4, **options: Any) -> Site:
    """Launch the page behind the sign-in on a free port. Hashes take a millisecond, and nobody is slowed down.

    engine: None for no accounts.
    """
    example = uploads.parent / "example.png"
    example.write_bytes(picture(0))
    page, port = build_page([str(example)]), free_port()
    settings = Settings(rounds=rounds, **{"slow_seconds": 0} | options)
    front = build_front(engine, uploads, settings=settings, routes=[], drain=Drain())
    page.queue().launch(
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        run_history=False,
        **front,
    )
    return Site(f"http://127.0.0.1:{port}", engine, page, str(example))


def picture(seed: int) -> bytes:
    """A small PNG, another one for each seed."""
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), (seed % 256, seed // 256 % 256, 7)).save(buffer, "PNG")
    return buffer.getvalue()


@dataclass
class Browser:
    """Cookies and forms, as a browser has them."""

    http: httpx.Client

    def form(self, path: str, *, at: str, **fields: str) -> httpx.Response:
        """Open the page `at`, fill in its form and send it to `path`."""
        found = FORM_TOKEN.search(self.http.get(at).text)
        assert found is not None, f"no form at {at}"
        return self.http.post(path, data={"form_token": found[1], **fields})

    def sign_up(self, name: str, *, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Fill in the sign-up form."""
        return self.form(
            "/signup", at="/signup", **{"name": name, "password": password, "repeated": password, **fields}
        )

    def sign_in(self, name: str, *, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Fill in the sign-in form."""
        return self.form("/signin", at="/signin", name=name, password=password, **fields)

    def sign_out(self) -> httpx.Response:
        """Press the button on the sign-out page."""
        return self.form("/signout", at="/signout")

    def is_in(self) -> bool:
        """True if the API answers this browser."""
        return self.http.get("/config").status_code == 200

    def make_token(self, label: str = "script") -> str:
        """An API token, read from the page that shows it."""
        found = re.search(r"fj_[\w-]{43}", self.form("/account/tokens", at="/account", label=label).text)
        assert found is not None
        return found[0]

    def upload(self, data: bytes, *, name: str = "a.png") -> str:
        """Upload a file and return its path on the server."""
        answer = self.http.post("/gradio_api/upload", files={"files": (name, data)})
        assert answer.status_code == 200, answer.text
        return str(answer.json()[0])

    def fetch(self, path: str) -> httpx.Response:
        """GET a file of the server."""
        return self.http.get(f"/gradio_api/file={path}")

    def call(self, name: str, *data: object) -> tuple[int, str]:
        """Call a function of the page: the status, and the events as text."""
        started = self.http.post(f"/gradio_api/call/{name}", json={"data": list(data)})
        if started.status_code != 200:
            return started.status_code, started.text
        answer = self.http.get(f"/gradio_api/call/{name}/{started.json()['event_id']}")
        return answer.status_code, answer.text


def session_of(engine: Engine, account: Account) -> str:
    """A new session of a new account's, past all pages."""
    return start_session(engine, account.id, password_hash=account.password_hash)


def token_of(engine: Engine, account: Account, *, label: str = "x") -> str:
    """A new API token, asked for by a new session."""
    return make_token(engine, account.id, label=label, session=digest(session_of(engine, account)))


def assert_out_within_five_seconds(browser: Browser) -> None:
    def is_out() -> None:
        assert not browser.is_in()

    wait_for(is_out, seconds=5)


def copy_of(browser: Browser, site: Site) -> Browser:
    """The same cookies at this server."""
    return site.browser(cookies=dict(browser.http.cookies))


@contextmanager
def launched(url: str, uploads: Path, *arguments: str) -> Iterator[Server]:
    """The demo on this database, once it is ready to judge."""
    engine = open_database(url)
    places = {"FACEJURY_DATABASE_URL": url, "GRADIO_TEMP_DIR": str(uploads)}
    with started("--only", *KEYS, *arguments, **places) as address:

        def is_ready() -> None:
            assert httpx.get(f"{address}readyz").json() == {"jury": True, "database": True}

        wait_for(is_ready, seconds=120)
        yield Server(address.rstrip("/"), engine)
    engine.dispose()
