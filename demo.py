"""The page: `.venv/bin/python demo.py [--share] [--only KEY]... [--add SOURCE]...`. Arguments, wiring, launch."""

import logging
import os
import signal
import sys
import threading
from functools import partial, reduce
from pathlib import Path
from typing import Annotated, Any, Never

import gradio as gr
import typer
from sqlalchemy import Engine
from starlette.middleware import Middleware
from starlette.routing import Route

from auth.closing import Closing, Gate
from auth.database import DatabaseUnavailable, is_shared, open_database
from auth.door import Doorstep
from auth.full import say_full
from auth.health import Health
from auth.log import start_log, take_prints
from auth.pages import guard
from auth.recorder import Recorder
from auth.uploads import own_folder
from detectors.add import SourceError, add_source, pin_sources
from detectors.archive import MAX_ZIP_BYTES
from detectors.compare import Jury, warm_up
from detectors.game import MAX_OF_A_CLASS, ROUNDS, Deck, DeckError, open_deck
from detectors.video_file import MAX_BYTES as MAX_VIDEO_BYTES
from registry import Registry, UnknownDetectorError, load_registry
from ui.frames import live_routes
from ui.page import build_page
from ui.theme import dress

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORT = 7860
MAX_UPLOAD_BYTES = max(MAX_ZIP_BYTES, MAX_VIDEO_BYTES)  # a picture that is too large is refused when it is opened
THREADS = 80  # each who waits for a verdict holds one
FINISH_SECONDS, CUT_SECONDS, RECORD_SECONDS = 6.0, 1.0, 2.0  # together under the ten that Docker gives
NEEDS_LOGIN = "--no-login is for this machine alone: it goes neither with --share nor with another --host."
NO_LINK = (
    "No public link could be had; the service that gives them did not answer. Without --share the page works here."
)
ONE_FILE = (
    "Accounts are kept in one SQLite file here. For a page that many use, set FACEJURY_DATABASE_URL to a MySQL one."
)
LEFT_OUT = f"not readable as pictures, there twice, or beyond the {MAX_OF_A_CLASS} real and as many fake ones it takes."
NO_UPLOADS = "Uploads cannot be kept in {place}: {why}. GRADIO_TEMP_DIR can name another place."
FINISHING = "Finishing what is under way; once more to stop at once."
log = logging.getLogger("demo")

Host = Annotated[
    str,
    typer.Option(envvar="GRADIO_SERVER_NAME", help="Whom to listen to; 0.0.0.0 is everybody on the network."),
]  # a Hugging Face Space sets that variable
Port = Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")]
Only = Annotated[list[str] | None, typer.Option("--only", metavar="KEY", help="Seat only this detector; repeatable.")]
Add = Annotated[list[str] | None, typer.Option("--add", metavar="SOURCE", help="Seat one more: see docs/plugins.md.")]
Share = Annotated[bool, typer.Option("--share", help="Also open a public link, for a week at most.")]
NoLogin = Annotated[bool, typer.Option("--no-login", help="Without accounts, for this machine alone.")]
Game = Annotated[
    Path | None,
    typer.Option("--game", metavar="DIR", help="Offer a game on the pictures in this folder's real/ and fake/."),
]
NoSignup = Annotated[bool, typer.Option("--no-signup", help="Visitors cannot make accounts: python -m auth add-user.")]


def main(
    host: Host = LOOPBACK[0],
    port: Port = PORT,
    only: Only = None,
    add: Add = None,
    share: Share = False,
    no_login: NoLogin = False,
    no_signup: NoSignup = False,
    game: Game = None,
) -> None:
    """Open the page, behind a sign-in unless told otherwise."""
    if no_login and (share or host not in LOOPBACK):
        _leave(NEEDS_LOGIN, 2)
    start_log()
    uploads = _open_uploads()  # before any page is built
    deck = None if game is None else _open_game(game)
    registry = _gather(add)
    engine = None if no_login else _open_accounts(share)
    recorder, loaded, closing = Recorder(engine) if engine else None, threading.Event(), Closing()
    with Jury(_choose(registry, only)) as jury:
        health = Health(engine, is_loaded=lambda: loaded.is_set() and not jury.is_stopping and jury.can_judge)
        routes = [*health.routes(), *live_routes(jury)]
        door = _make_door(engine, uploads, signup=not no_signup, routes=routes, closing=closing)
        page = build_page(jury, registry.problems, recorder=recorder, deck=deck)
        try:
            address, link = launch(page, host=host, port=port, share=share, **door)
        except OSError as error:
            _leave(f"Port {port} is taken; choose another with --port.", 1, error)
        if share and not link:
            _leave(NO_LINK, 1)
        typer.echo(f"Facejury is at {link or address}")
        take_prints()
        accounts = engine.dialect.name if engine else None
        log.info("started", extra={"detectors": [spec.key for spec in jury.specs], "accounts": accounts})
        threading.Thread(target=_warm_up, args=(jury, loaded), daemon=True).start()  # while a visitor seeks a photo
        _stay_until_told()
        _wind_down(jury, closing, recorder)


def launch(page: gr.Blocks, *, host: str, port: int, share: bool = False, **options: Any) -> tuple[str, str | None]:
    """Serve the page; return its address and its public link. Raises OSError when the port is taken."""
    _, address, link = page.launch(
        server_name=host,
        server_port=port,
        share=share,
        prevent_thread_lock=True,
        quiet=True,
        show_error=False,
        ssr_mode=False,
        max_file_size=MAX_UPLOAD_BYTES,
        max_threads=THREADS,
        run_history=False,  # it would keep faces in the visitor's browser
        enable_monitoring=False,
        footer_links=["api"],
        **dress(),
        **options,
    )
    return address, link


def _gather(sources: list[str] | None) -> Registry:
    try:
        pinned = pin_sources(sources or (), announce=partial(typer.echo, err=True))
        return reduce(add_source, pinned, load_registry())
    except SourceError as error:
        _leave(str(error), 2, error)


def _open_game(folder: Path) -> Deck:
    try:
        deck = open_deck(folder)
    except DeckError as error:
        _leave(str(error), 2, error)
    if deck.left_out:
        typer.echo(f"The game leaves out {deck.left_out} files: {LEFT_OUT}", err=True)
    if deck.rounds < ROUNDS:
        typer.echo(f"So few pictures make a game of {deck.rounds} rounds, not {ROUNDS}.", err=True)
    return deck


def _choose(registry: Registry, only: list[str] | None) -> tuple[Any, ...]:
    try:
        return registry.choose(only)
    except UnknownDetectorError as error:
        _leave(str(error), 2, error)


def _warm_up(jury: Jury, loaded: threading.Event) -> None:
    warm_up(jury)
    loaded.set()


def _stay_until_told() -> None:
    """Wait for SIGTERM or Ctrl-C; a second one ends the process at once."""
    told = threading.Event()

    def hear(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, hear)
    told.wait()


def _wind_down(jury: Jury, closing: Closing, recorder: Recorder | None) -> None:
    """Finish what is under way, tell the others, write down what was judged; nothing of it for ever."""
    log.info("stopping", extra={"under_way": closing.under_way})
    if closing.under_way and sys.stdout.isatty():
        typer.echo(FINISHING)
    closing.begin()
    jury.stop()
    closing.wait(FINISH_SECONDS)
    jury.close()  # a stranger's detector that still ponders becomes a failed verdict, which its visitor is shown
    cut_off = closing.wait(CUT_SECONDS)
    unrecorded = recorder.close(RECORD_SECONDS) if recorder else 0
    log.info("stopped", extra={"cut_off": cut_off, "unrecorded": unrecorded})


def _open_uploads() -> Path:
    try:
        return own_folder()
    except OSError as error:
        _leave(NO_UPLOADS.format(place=error.filename, why=error.strerror), 1, error)


def _open_accounts(share: bool) -> Engine:
    try:
        engine = open_database()
    except (ValueError, DatabaseUnavailable) as error:
        _leave(str(error), 1, error)
    if share and not is_shared(engine):
        typer.echo(ONE_FILE, err=True)
    return engine


def _make_door(
    engine: Engine | None, uploads: Path, *, signup: bool, routes: list[Route], closing: Closing
) -> dict[str, Any]:
    """What puts the page and its whole API behind the sign-in where there are accounts, beside our own addresses."""
    gate = Middleware(Gate, closing=closing)
    if engine is None:
        open_to_all = {"routes": routes, "middleware": [Middleware(Doorstep), gate]}
        return {"app_kwargs": open_to_all | {"exception_handlers": {OSError: say_full}}}
    door = guard(engine, uploads=uploads, signup=signup, framed="SPACE_ID" in os.environ)
    kwargs = door.app_kwargs
    behind = {"routes": [*routes, *kwargs["routes"]], "middleware": [*kwargs["middleware"], gate]}
    return {"auth_dependency": door.auth_dependency, "app_kwargs": kwargs | behind}


def _leave(sentence: str, code: int, cause: Exception | None = None) -> Never:
    typer.echo(sentence, err=True)
    raise typer.Exit(code) from cause


if __name__ == "__main__":
    typer.run(main)
