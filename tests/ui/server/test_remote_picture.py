"""Pictures by their address: from whom, over what, how much, and never from inside a private network."""

import asyncio
import datetime
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from detectors.inputs.images import MAX_BYTES
from ui.server import remote_picture
from ui.server.remote_picture import (
    CODED,
    NO_URL,
    TOO_LARGE,
    TOO_MANY_REDIRECTS,
    TOO_SLOW,
    WITH_USER,
    FetchRefused,
    fetch_picture,
    is_public,
    name_picture,
    read_source,
    resolve_public,
)

HOST = "pictures.test"  # no name server knows it
asked: list[tuple[str, str]] = []  # host header and path


class Pictures(BaseHTTPRequestHandler):
    """A web server that is not always one a picture should be fetched from."""

    def do_GET(self) -> None:
        asked.append((self.headers["Host"], self.path))
        name, _, value = self.path.removeprefix("/").partition("?")
        if name == "to":
            self._start(302, Location=value)
        elif name == "loop":
            self._start(302, Location="/loop")
        elif name == "large":
            self._start(200)
            for _ in range(MAX_BYTES // 1_000_000 + 2):
                self.wfile.write(bytes(1_000_000))
        elif name == "packed":
            self._start(200, Content_Encoding="gzip")
        elif name == "slow":
            self._start(200)
            for _ in range(40):
                self.wfile.write(b".")
                time.sleep(0.05)
        else:
            self._start(200 if name.endswith(".jpg") else 404)
            self.wfile.write(b"a picture")

    def _start(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        with suppress(OSError):  # who had enough went away
            super().handle()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pictures) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def here(_host: str, _port: int) -> Sequence[str]:
    """All names lead to this machine, which is vouched for."""
    return ["127.0.0.1"]


def run(fetching: Coroutine[Any, Any, bytes]) -> bytes:
    """What it brings, by an event loop of a thread of its own: Playwright keeps that of the tests' thread."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, fetching).result()


@pytest.fixture
def fetch(port: int) -> Callable[[str], bytes]:
    """Fetch from that server, by a name that only `here` knows."""
    sources = [read_source(f"http://{HOST}:{port}"), read_source(f"http://*.{HOST}:{port}")]

    def fetch_there(path: str) -> bytes:
        url = f"http://{HOST}:{port}{path}" if path.startswith("/") else path
        return run(fetch_picture(url, sources, resolve=here))

    return fetch_there


def test_a_picture_comes_from_the_address_that_was_checked_under_its_own_name(
    fetch: Callable[[str], bytes], port: int
) -> None:
    assert fetch("/a.jpg?b=c#d") == b"a picture"
    assert asked[-1] == (f"{HOST}:{port}", "/a.jpg?b=c")
    assert fetch(f"http://x.{HOST}:{port}/a.jpg") == b"a picture"
    assert fetch("/to?/b.jpg") == b"a picture"
    assert fetch(f"/to?http://x.{HOST}:{port}/b.jpg") == b"a picture"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/none", "answered with status 404"),
        ("/large", TOO_LARGE),
        ("/packed", CODED.format(host=HOST)),
        ("/loop", TOO_MANY_REDIRECTS),
        ("/to?http://127.0.0.1/a.jpg", "only from"),
        ("/to?https://pictures.test/a.jpg", "only by addresses that begin with http://pictures.test:"),
        ("/to?file:///etc/passwd", "only from"),
        ("/to?http://[", "only from"),
        ("http://pictures.test/a.jpg", "only by addresses that begin with http://pictures.test:"),
        ("http://x.pictures.test/a.jpg", "only by addresses that begin with http://x.pictures.test:"),
        ("http://evil.test/a.jpg", "only from"),
        ("http://pictures.test.evil.test/a.jpg", "only from"),
        ("http://evilpictures.test/a.jpg", "only from"),
        ("ftp://pictures.test/a.jpg", NO_URL),
        ("file:///etc/passwd", NO_URL),
        ("pictures.test/a.jpg://", NO_URL),
        ("http://pictures.test:port/a.jpg", NO_URL),
    ],
)
def test_what_is_no_allowed_picture_is_refused_in_a_sentence(
    fetch: Callable[[str], bytes], path: str, why: str
) -> None:
    with pytest.raises(FetchRefused, match=why.replace(".", r"\.")):
        fetch(path)


def test_a_name_in_front_of_the_host_is_refused(fetch: Callable[[str], bytes], port: int) -> None:
    for user in ("pictures.test@", "a:b@", "pictures.test%2f@"):
        with pytest.raises(FetchRefused, match=WITH_USER):
            fetch(f"http://{user}{HOST}:{port}/a.jpg")
    with pytest.raises(FetchRefused, match="only from"):
        fetch(f"http://{HOST}:{port}@evil.test/a.jpg")


def test_a_server_that_drips_is_left_in_time(fetch: Callable[[str], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_picture, "MAX_SECONDS", 0.4)
    began = time.monotonic()
    with pytest.raises(FetchRefused, match=TOO_SLOW.partition(" within")[0]):
        fetch("/slow")
    assert time.monotonic() - began < 1.5


def test_each_step_is_looked_up_once(port: int) -> None:
    looked_up: list[str] = []

    def resolve(host: str, _port: int) -> Sequence[str]:
        looked_up.append(host)
        if len(looked_up) > 1:  # a name server that answers otherwise the next time
            raise FetchRefused("private")
        return ["127.0.0.1"]

    sources = [read_source(f"http://{HOST}:{port}")]
    fetch_it = partial(fetch_picture, sources=sources, resolve=resolve)
    assert run(fetch_it(f"http://{HOST}:{port}/a.jpg")) == b"a picture"
    with pytest.raises(FetchRefused, match="private"):
        run(fetch_it(f"http://{HOST}:{port}/to?/a.jpg"))
    assert looked_up == [HOST, HOST]


PRIVATE = "127.0.0.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 240.0.0.1 ::1 :: "
PRIVATE += "fe80::1%eth0 fc00::1 fec0::1 ::ffff:127.0.0.1 ::7f00:1 64:ff9b::7f00:1 2002:7f00:1:: 2001:0:7f00:1:: "
PRIVATE += "ff0e::1"


@pytest.mark.parametrize("address", PRIVATE.split())
def test_no_private_address_is_public(address: str) -> None:
    assert not is_public(address)


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_public("93.184.215.14") and is_public("2606:2800:21f:cb07::1")
    for name in ("localhost", "127.0.0.1", "::1", "2130706433", "0x7f.1"):
        with pytest.raises(FetchRefused):
            resolve_public(name, 443)
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(FetchRefused, match="private network"):
        resolve_public("mixed.test", 443)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found[:1])
    assert resolve_public("plain.test", 443) == ["93.184.215.14"]


def certify(folder: Path, name: str) -> tuple[Path, bytes]:
    """A certificate for this name that signs itself, with its key in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    built = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    names: list[x509.GeneralName] = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
    pem = built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{name}.pem"
    path.write_bytes(pem + secret)
    return path, pem


@pytest.mark.parametrize(("certified", "arrives"), [(HOST, True), ("other.test", False)])
def test_a_certificate_counts_for_the_name_and_not_for_the_address(
    tmp_path: Path, certified: str, arrives: bool
) -> None:
    path, pem = certify(tmp_path, certified)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(path)
    trust = ssl.create_default_context(cadata=pem.decode())
    with ThreadingHTTPServer(("127.0.0.1", 0), Pictures) as server:
        server.socket = shown.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        url, sources = f"https://{HOST}:{server.server_port}/a.jpg", [read_source(f"{HOST}:{server.server_port}")]
        fetching = fetch_picture(url, sources, resolve=here, trust=trust)
        if arrives:
            assert run(fetching) == b"a picture"
        else:
            with pytest.raises(FetchRefused, match="did not answer"):
                run(fetching)
        server.shutdown()


@pytest.mark.parametrize(
    "written", ["", "*", "*.", "*.com", "a b", "ftp://a.example", "a.example/path", "u@a.example", "a.*.b"]
)
def test_an_entry_that_is_no_host_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        read_source(written)


@pytest.mark.parametrize(
    "written", ["10.0.0.1", "http://169.254.169.254:8080", "10.1", "0x7f.1", "a.0x7F", "*.93.184.215.14"]
)
def test_an_entry_that_no_connection_would_ever_be_made_to_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no public address"):
        read_source(written)
    assert read_source("93.184.215.14").holds("https", "93.184.215.14", 443)


@pytest.mark.parametrize("port", [0, 65536, 99999])
def test_an_entry_with_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match="no port from 1 to 65535"):
        read_source(f"https://images.example.org:{port}")
    assert read_source("https://images.example.org:65535").port == 65535


def test_an_entry_is_said_as_it_is_meant() -> None:
    written = ["images.example.org", "*.example.org", "http://a.example:8080", "A.Example:443"]
    assert [read_source(one).title for one in written] == [*written[:3], "a.example"]
    assert not read_source("*.example.org").holds("https", "example.org", 443)


def test_a_picture_is_named_by_the_end_of_its_address() -> None:
    for path, name in (("/a/b%20c.jpg?d", "b c.jpg"), ("/", "picture"), ("/../..", "picture"), ("/%2e%2e%2fx", "x")):
        assert name_picture(f"https://a.example{path}") == name
