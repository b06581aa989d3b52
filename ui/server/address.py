"""Where the page listens: refused with a sentence before anything is built, and reached without a proxy."""

import errno
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ROOT = re.compile(r"(/[\w.~-]+)*/?", re.ASCII)
CERTIFICATES = "SSL_CERT_FILE"
NO_PROXY = ("no_proxy", "NO_PROXY")


def check_address(host: str, port: int) -> None:
    """Raises OSError with a sentence for whoever starts the page where nobody can listen there."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise OSError(f"--host {host} is no address of this machine: it is not known.") from error
    family, kind, protocol, _, place = found[0]
    with socket.socket(family, kind, protocol) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(place)
        except OSError as error:
            raise OSError(_explain(error, host, port)) from error


def check_root(path: str) -> str:
    """The path below which a proxy shows the page, as it is put before addresses. Raises ValueError for no path."""
    from auth.routes import BOUNDS, find_bound  # noqa: PLC0415 - only who serves waits for Starlette

    if not ROOT.fullmatch(path):
        raise ValueError(f"--root-path {path} is no path to put before addresses; name one like /jury.")
    root = path.rstrip("/")
    if root and (find_bound(root) or any(address.startswith(f"{root}/") for address in BOUNDS)):
        raise ValueError(f"--root-path {path} is an address of the page itself; name another one, like /jury.")
    return root


def check_certificates() -> None:
    """Raises OSError with a sentence where the environment names certificates that are not there.

    Gradio's HTTP client wants them as soon as it is imported; an environment that is gone may leave the name behind.
    """
    path = os.environ.get(CERTIFICATES)
    if path and not os.path.isfile(path):
        raise OSError(f"{CERTIFICATES} names {path}, and there is no such file: unset it, or name another.")


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken; choose another with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} is for the system's own services; choose one from 1024 up with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host {host} is no address of this machine; 0.0.0.0 listens on all of its addresses."
    return f"Nothing can listen at {host}, port {port}: {error.strerror}."


def bracket(host: str) -> str:
    """An IPv6 address as it stands in a web address."""
    return f"[{host}]" if ":" in host else host


@contextmanager
def without_proxy(*, outside: bool) -> Iterator[None]:
    """Whoever starts the page asks it whether it is there: not through a proxy, which may not reach this machine.

    outside: whether the internet is asked as well, for a public link, so that other hosts keep their proxy.
    """
    before = {name: os.environ.get(name) for name in NO_PROXY}
    spared = ",".join(filter(None, [before["no_proxy"] or before["NO_PROXY"], *LOOPBACK])) if outside else "*"
    os.environ |= dict.fromkeys(NO_PROXY, spared)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
