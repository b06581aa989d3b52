"""The page: `.venv/bin/python demo.py [--port PORT] [--only KEY]...`. Arguments, wiring, launch; nothing else."""

import threading
from typing import Annotated, Any, Never

import gradio as gr
import typer

from detectors.compare import Jury, warm_up
from detectors.images import MAX_BYTES
from registry import Registry, UnknownDetectorError, load_registry
from ui.page import build_page
from ui.theme import dress

HOST = "127.0.0.1"  # this machine only
PORT = 7860

Port = Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")]
Only = Annotated[list[str] | None, typer.Option("--only", metavar="KEY", help="Seat only this detector; repeatable.")]


def main(port: Port = PORT, only: Only = None) -> None:
    """Open the page on this machine."""
    registry = load_registry()
    jury = _seat(registry, only)
    page = build_page(jury, registry.problems)
    try:
        address = launch(page, port=port)
    except OSError as error:
        _leave(f"Port {port} is taken; choose another with --port.", 1, error)
    typer.echo(f"Facejury is at {address}")
    threading.Thread(target=warm_up, args=(jury,), daemon=True).start()  # while the visitor looks for a photo
    page.block_thread()


def launch(page: gr.Blocks, *, port: int, **options: Any) -> str:
    """Serve the page and return its address. Raises OSError when the port is taken."""
    _, address, _ = page.launch(
        server_name=HOST,
        server_port=port,
        share=False,
        prevent_thread_lock=True,
        quiet=True,
        show_error=False,
        ssr_mode=False,
        max_file_size=MAX_BYTES,
        run_history=False,  # it would keep faces in the visitor's browser
        enable_monitoring=False,
        footer_links=["api"],
        **dress(),
        **options,
    )
    return address


def _seat(registry: Registry, only: list[str] | None) -> Jury:
    try:
        return Jury(registry.choose(only))
    except UnknownDetectorError as error:
        _leave(str(error), 2, error)


def _leave(sentence: str, code: int, cause: Exception) -> Never:
    typer.echo(sentence, err=True)
    raise typer.Exit(code) from cause


if __name__ == "__main__":
    typer.run(main)
