"""Where the accounts are kept: FACEJURY_DATABASE_URL, looked through before anything connects to it."""

import os
import re
import ssl
from pathlib import Path
from typing import Any

import platformdirs
from sqlalchemy import exc
from sqlalchemy.engine import URL, make_url

SSL_MODE = ("ssl-mode", "ssl_mode", "sslmode")  # as MySQL's clients and managed databases write it
SSL_FILES = ("ssl_ca", "ssl_cert", "ssl_key")
SSL_SWITCH = "ssl"  # other drivers' option; PyMySQL takes its text for a set of files, and fails
EMPTY_OPTION = re.compile(r"[?&]([^=&]+)=(?=&|$)")
SSL_MODES = ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")


def default_url() -> str:
    """FACEJURY_DATABASE_URL, or the SQLite file in the user's data folder."""
    folder = platformdirs.user_data_path("facejury")
    return os.environ.get("FACEJURY_DATABASE_URL") or f"sqlite:///{folder / 'facejury.db'}"


def check_address() -> None:
    """Raises ValueError where FACEJURY_DATABASE_URL is no address that can be used. Connects to nothing."""
    read_address(default_url())


def read_address(text_url: str) -> URL:
    """An address as it is used. Raises ValueError with a sentence for one that cannot be."""
    try:
        url = make_url(text_url)
    except (exc.ArgumentError, ValueError) as error:  # ValueError: of a port that is no number
        raise ValueError(
            "FACEJURY_DATABASE_URL is not a database address like mysql+pymysql://user:pass@host/facejury"
        ) from error
    if url.drivername in {"mysql", "mariadb"}:
        url = url.set(drivername=f"{url.drivername}+pymysql")
    if (
        url.drivername not in {"mysql+pymysql", "mariadb+pymysql", "sqlite"}
        or not url.database
        or url.database == ":memory:"
    ):
        raise ValueError(
            "FACEJURY_DATABASE_URL must be mysql+pymysql://user:pass@host/facejury or sqlite:///a/file.db, "
            f"not {url.render_as_string(hide_password=True)!r}"
        )
    if empty := EMPTY_OPTION.search(text_url):  # of a variable that is not set, say; it would change nothing
        raise ValueError(f"FACEJURY_DATABASE_URL: {empty[1]} is empty; give it a value, or leave it out")
    url = _spell_files(url)
    _check_tls(url)
    return url


def _spell_files(url: URL) -> URL:
    """The address with ssl-ca and the like written as PyMySQL knows them."""
    return url.set(
        query={name.replace("-", "_") if name.startswith("ssl-") else name: value for name, value in url.query.items()}
    )


def _check_tls(url: URL) -> None:
    """Raises ValueError for a mode that MySQL does not know, or a file that is not there."""
    if SSL_SWITCH in url.query:
        raise ValueError("FACEJURY_DATABASE_URL: write ssl-mode=REQUIRED, or VERIFY_CA, instead of ssl")
    mode = _find_ssl_mode(url)
    if mode not in ("", *SSL_MODES):
        raise ValueError(f"FACEJURY_DATABASE_URL: ssl-mode must be one of {', '.join(SSL_MODES)}, not {mode}")
    for name in SSL_FILES:
        path = url.query.get(name)
        if path and not Path(str(path)).is_file():
            raise ValueError(f"FACEJURY_DATABASE_URL: {name} names {path}, and there is no such file")


def _find_ssl_mode(url: URL) -> str:
    return next((str(value).upper() for name in SSL_MODE if (value := url.query.get(name))), "")


def split_tls(url: URL) -> tuple[URL, dict[str, Any]]:
    """The address without its ssl-mode, and what PyMySQL is given for it."""
    mode = _find_ssl_mode(url)
    url = url.difference_update_query(SSL_MODE)
    if mode in ("", "PREFERRED"):
        return url, {}
    if mode == "DISABLED":
        return url, {"ssl_disabled": True}
    files = {name: str(url.query[name]) for name in SSL_FILES if url.query.get(name)}
    context = ssl.create_default_context(cafile=files.get("ssl_ca"))
    context.check_hostname = mode == "VERIFY_IDENTITY"
    context.verify_mode = ssl.CERT_NONE if mode == "REQUIRED" else ssl.CERT_REQUIRED
    if "ssl_cert" in files:
        context.load_cert_chain(files["ssl_cert"], files.get("ssl_key"))
    return url.difference_update_query(SSL_FILES), {"ssl": context}
