"""The page: `facejury serve`, or `python demo.py`. Options, wiring, launch."""

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Never

import typer

from detectors.commands.options import AddUnpinned, Only
from detectors.networks.memory import bound_arenas
from detectors.sandbox.confinement import hide_process, keep_apart, name_gaps
from facejury import check_environment
from ui.server.address import LOOPBACK, check_address, check_certificates, check_root, without_proxy
from ui.server.limits.open_files import raise_file_limit
from ui.server.log import start_log, take_prints
from ui.server.trimming import trim_beside

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from detectors.forgery.game import Deck
    from registry import DetectorSpec, Problem
    from ui.server.programs.webhook import Webhooks
    from ui.server.remote_picture import Fetcher

PORT = 7860
NEEDS_LOGIN = "--no-login is for this machine alone: it goes neither with --share nor with another --host."
NO_ACCOUNTS = "--no-login serves without accounts, so that there is no sign-up for --no-signup to close."
NO_LINK = (
    "No public link could be had; the service that gives them did not answer. Without --share the page works here."
)
ONE_FILE = (
    "Accounts are kept in one SQLite file here. For a page that many use, set FACEJURY_DATABASE_URL to a MySQL one."
)
SQLITE_FILES = ("", "-wal", "-shm", "-journal")
log = logging.getLogger("demo")
say_beside = partial(typer.echo, err=True)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

Host = Annotated[
    str,
    typer.Option(
        envvar="GRADIO_SERVER_NAME", help="Address to listen on; 0.0.0.0 accepts connections from the network."
    ),
]  # a Hugging Face Space sets that variable
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]
Share = Annotated[bool, typer.Option("--share", help="Also open a public link, for a week at most.")]
NoLogin = Annotated[bool, typer.Option("--no-login", help="Serve without accounts, to this machine only.")]
Game = Annotated[
    Path | None,
    typer.Option("--game", metavar="DIR", help="Offer a game with the pictures in real/ and fake/ of this folder."),
]
NoSignup = Annotated[
    bool, typer.Option("--no-signup", help="Close sign-up: accounts are made with `facejury users add` alone.")
]
Mcp = Annotated[
    bool, typer.Option("--mcp", help="Also offer the jury to agents with a token, at /gradio_api/mcp (docs/agents.md).")
]
FetchFrom = Annotated[
    list[str] | None,
    typer.Option(
        "--fetch-from",
        metavar="HOST",
        help="Judge pictures by their web addresses too, from this host alone: images.example.org, or *.example.org "
        "for those below it. May be given several times.",
    ),
]
Notify = Annotated[
    list[str] | None,
    typer.Option(
        "--notify",
        metavar="HOST",
        help="Post a batch's results to this host, where a program asks for it at /batch_webhook. Named as for "
        "--fetch-from.",
    ),
]
RootPath = Annotated[
    str,
    typer.Option(
        envvar="GRADIO_ROOT_PATH",
        metavar="PATH",
        help="Where a proxy shows the page below a path: /jury, which it takes off.",
    ),
]


@dataclass(frozen=True)
class Options:
    """Of the command line: where the page is served, and what it offers."""

    host: str
    port: int
    share: bool
    signup: bool
    mcp: bool
    root: str = ""
    fetcher: "Fetcher | None" = None
    webhooks: "Webhooks | None" = None


@app.command("serve")
def main(
    host: Host = LOOPBACK[0],
    port: Port = PORT,
    only: Only = None,
    add: AddUnpinned = None,
    share: Share = False,
    no_login: NoLogin = False,
    no_signup: NoSignup = False,
    game: Game = None,
    mcp: Mcp = False,
    fetch_from: FetchFrom = None,
    notify: Notify = None,
    root_path: RootPath = "",
) -> None:
    """Serve the page; visitors sign in first, except with --no-login."""
    check_environment()
    if no_login and (share or host not in LOOPBACK):
        _leave(NEEDS_LOGIN, 2)
    if no_login and no_signup:
        _leave(NO_ACCOUNTS, 2)
    start_log()
    hide_process()
    bound_arenas()
    raise_file_limit()
    with _in_a_sentence(2, ValueError):
        root = check_root(root_path)
    with _in_a_sentence(1, OSError):
        check_address(host, port)
        check_certificates()

    # Imported here, not above: --help answers at once, and what is wrong is said before gradio's seconds of loading.
    from detectors.forgery.game import DeckError, open_deck
    from detectors.networks.resolve import SourceError, add_source, pin_sources
    from registry import UnknownDetectorError, load_registry
    from storage.database import DatabaseUnavailable, is_shared, open_database
    from storage.uploads import own_folder
    from ui.server.programs.webhook import Webhooks, read_target
    from ui.server.remote_picture import Fetcher, read_source

    with _in_a_sentence(2, ValueError):
        fetcher = Fetcher(tuple(map(read_source, fetch_from))) if fetch_from else None
        targets = tuple(map(read_target, notify or ()))
    with _in_a_sentence(2, DeckError, SourceError, UnknownDetectorError):
        deck = open_deck(game) if game else None
        registry = reduce(add_source, pin_sources(add or (), announce=say_beside), load_registry())
        specs = registry.choose(only)
    with _in_a_sentence(1, DatabaseUnavailable, ValueError):
        uploads = own_folder()  # before any page is built
        engine = None if no_login else open_database()
    keep_apart(uploads)
    if engine and engine.url.database and not is_shared(engine):
        keep_apart(*(Path(engine.url.database + ending) for ending in SQLITE_FILES))
    opened, webhooks = not no_signup, Webhooks(targets, engine) if targets else None
    options = Options(host, port, share, signup=opened, mcp=mcp, root=root, fetcher=fetcher, webhooks=webhooks)
    _serve(specs, registry.problems, deck, engine, uploads, options)


def _serve(
    specs: Sequence["DetectorSpec"],
    problems: Sequence["Problem"],
    deck: "Deck | None",
    engine: "Engine | None",
    uploads: Path,
    options: Options,
) -> None:
    """Build the page, open it, and stay until told to stop."""
    from auth.pages.context import Settings
    from detectors.jury.judge import Jury
    from storage.database import is_shared
    from storage.recorder import Recorder

    with without_proxy(outside=False):  # Gradio reads the proxies as it is imported, and stumbles over ::1 among them
        from ui.page import build_page
    from ui.server.drain import Drain
    from ui.server.front import build_front
    from ui.server.health import Health
    from ui.server.lifecycle import hear_signals, launch, warm_up_beside, wind_down
    from ui.server.programs.api_info import api_info_routes
    from ui.server.views import view_routes
    from ui.tabs.game import say_gaps
    from ui.tabs.live_endpoint import live_routes
    from ui.tabs.shared import shared_routes

    for gap in say_gaps(deck):
        say_beside(gap)
    if engine and options.share and not is_shared(engine):
        say_beside(ONE_FILE)
    recorder, loaded, drain = Recorder(engine) if engine else None, threading.Event(), Drain()
    with Jury(specs) as jury:
        health = Health(engine, is_loaded=lambda: loaded.is_set() and not jury.is_stopping and jury.can_judge)
        routes = [*health.routes(), *live_routes(jury), *view_routes(), *api_info_routes(signed_in=engine is not None)]
        routes += shared_routes(engine) if engine else []
        if options.mcp:
            from ui.agents.endpoint import mcp_routes

            routes += mcp_routes(jury)
        settings = Settings(signup=options.signup, framed="SPACE_ID" in os.environ)
        front = build_front(engine, uploads, settings=settings, routes=routes, drain=drain)
        page = build_page(
            jury, problems, recorder=recorder, deck=deck, fetcher=options.fetcher, webhooks=options.webhooks
        )
        with _in_a_sentence(1, OSError):
            address, link = launch(
                page, host=options.host, port=options.port, share=options.share, root=options.root, **front
            )
        if options.share and not link:
            _leave(NO_LINK, 1)
        told = hear_signals()  # before anybody knows where it is
        typer.echo(f"Facejury is at {link or address}")
        take_prints()
        accounts = engine.dialect.name if engine else None
        log.info("started", extra={"detectors": [spec.key for spec in jury.specs], "accounts": accounts})
        if (gaps := name_gaps()) and any(spec.plugin and not spec.builtin for spec in jury.specs):
            log.warning("plugins are not kept from everything", extra={"open_to_them": gaps})
        warming = warm_up_beside(jury, loaded)  # while a visitor seeks a photo
        trim_beside()
        if options.webhooks:
            options.webhooks.resume()
        told.wait()
        wind_down(jury, drain, recorder, webhooks=options.webhooks, warming=warming)


@contextmanager
def _in_a_sentence(code: int, *known: type[Exception]) -> Iterator[None]:
    """Leave with this exit code and the error's own words, which are meant for whoever starts the page."""
    try:
        yield
    except known as error:
        _leave(str(error), code, error)


def _leave(sentence: str, code: int, cause: Exception | None = None) -> Never:
    say_beside(sentence)
    raise typer.Exit(code) from cause


if __name__ == "__main__":
    app()
