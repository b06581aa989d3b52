"""demo.py as a process, with accounts."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx

from storage.database import open_database
from tests.auth.server import Server, wait_for
from tests.demo_process import started

KEYS = ["custom-cnn"]  # the smaller of the built-in networks


@contextlib.contextmanager
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
