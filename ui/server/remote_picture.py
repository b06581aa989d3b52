"""Fetches one picture from the internet for a visitor, from hosts that the operator named and from no other.

Each step, also of a redirect, goes through the same checks: the scheme, host and port stand in the operator's list, and
the name leads to public addresses alone. It is looked up once, and the connection goes to the address that was checked,
so that a second answer of the name server changes nothing. TLS is checked against the name. No proxy is used.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import httpx

from detectors.inputs.images import MAX_BYTES

MAX_SECONDS = 15.0
MAX_REDIRECTS = 3
MAX_URL_CHARACTERS = 2_000
MAX_NAME_CHARACTERS = 100
PORTS = {"https": 443, "http": 80}
REDIRECTS = (301, 302, 303, 307, 308)
HEADERS = {"User-Agent": "Facejury", "Accept": "image/*", "Accept-Encoding": "identity"}
UNICAST = ipaddress.ip_network("2000::/3")  # the only IPv6 addresses that are public
TUNNELS = (ipaddress.ip_network("2001::/32"), ipaddress.ip_network("2002::/16"))  # they lead on to any IPv4 address
SOURCE = re.compile(r"(?:(https?)://)?(\*\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)\.?(?::(\d{1,5}))?")
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
NO_SOURCE = "{written!r} is no host to fetch pictures from; name one like images.example.org or *.example.org."
NO_PORT = "{written!r} has no port from 1 to 65535."
NOT_PUBLIC = "{written!r} is no public address, so no connection would ever be made to it."
NO_URL = "Give the whole address of a picture, beginning with https://."
NOT_LISTED = "This page fetches pictures only from {hosts}."
OTHER_START = "This page fetches pictures from {host} only by addresses that begin with {starts}."
WITH_USER = "Leave the user name and the password out of the address."
NOT_FOUND = "{host} is not known."
PRIVATE = "{host} leads into a private network, so it is not fetched."
NO_ANSWER = "{host} did not answer as a web server does."
TOO_SLOW = f"The picture did not arrive within {MAX_SECONDS:.0f} seconds."
TOO_LARGE = f"The picture is larger than {MAX_BYTES // 1_000_000} MB."
BAD_STATUS = "{host} answered with status {status} instead of a picture."
CODED = "{host} sent the picture in a coding that was not asked for."
TOO_MANY_REDIRECTS = f"The address leads on more than {MAX_REDIRECTS} times."

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses to connect to for a host and port, the first to be tried alone. Raises FetchRefused."""


class FetchRefused(ValueError):
    """The picture is not fetched; the text is one sentence for the visitor."""


@dataclass(frozen=True)
class PictureHost:
    """A host of the operator's list. is_suffix: the hosts below it are meant, not itself."""

    scheme: str
    host: str
    port: int
    is_suffix: bool

    @property
    def title(self) -> str:
        """As it is said to visitors."""
        start = self.start_at(f"{'*.' if self.is_suffix else ''}{self.host}").removesuffix("/")
        return start.removeprefix("https://")

    def start_at(self, host: str) -> str:
        """What an address of this host begins with, if it is one of those that are meant."""
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}/"

    def names(self, host: str) -> bool:
        """Whether this host is meant, whatever the scheme and port."""
        return host.endswith(f".{self.host}") if self.is_suffix else host == self.host

    def holds(self, scheme: str, host: str, port: int) -> bool:
        """Whether a picture there may be fetched."""
        return self.names(host) and (scheme, port) == (self.scheme, self.port)


def read_source(written: str, *, no_host: str = NO_SOURCE) -> PictureHost:
    """One entry of the list: images.example.org, *.example.org, with :PORT behind or http:// in front.

    no_host: what to say of an entry that is none. Raises ValueError, also for what could never be connected to.
    """
    found = SOURCE.fullmatch(written.strip().lower())
    if found is None:
        raise ValueError(no_host.format(written=written))
    scheme, host = found[1] or "https", found[3]
    port = int(found[4] or PORTS[scheme])
    if not 0 < port < 65536:
        raise ValueError(NO_PORT.format(written=written))
    # whoever resolves it takes it for an address: https://url.spec.whatwg.org/#ends-in-a-number-checker
    if NUMBER.fullmatch(host.rpartition(".")[2]) and (found[2] or not _is_public_ipv4(host)):
        raise ValueError(NOT_PUBLIC.format(written=written))
    return PictureHost(scheme, host, port, is_suffix=bool(found[2]))


def resolve_public(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, if all are public. Raises FetchRefused."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchRefused(NOT_FOUND.format(host=host)) from error
    addresses = [str(place[0]) for *_, place in found]
    if not addresses or not all(map(is_public, addresses)):
        raise FetchRefused(PRIVATE.format(host=host))
    return addresses


def is_public(address: str) -> bool:
    """False for loopback, private, link-local, multicast and reserved ones, also where an IPv6 address holds one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.version == 6 and (found not in UNICAST or any(found in tunnel for tunnel in TUNNELS)):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved)


def _is_public_ipv4(written: str) -> bool:
    """False for other spellings as well, such as 10.1 or 0x7f.0.0.1."""
    try:
        ipaddress.IPv4Address(written)
    except ValueError:
        return False
    return is_public(written)


@dataclass(frozen=True)
class Fetcher:
    """What a page is given where its operator lists hosts."""

    sources: tuple[PictureHost, ...]
    resolve: Resolve = resolve_public

    def fetch(self, url: str) -> bytes:
        """The file's bytes; for a thread of its own. Raises FetchRefused."""
        return asyncio.run(fetch_picture(url, self.sources, resolve=self.resolve))


async def fetch_picture(
    url: str, sources: Sequence[PictureHost], *, resolve: Resolve = resolve_public, trust: ssl.SSLContext | None = None
) -> bytes:
    """The file's bytes, at most MAX_BYTES of them, whatever they are. Raises FetchRefused.

    resolve: where a host's addresses come from, which it vouches for. trust: whose certificates count; None: the usual.
    """
    try:
        with anyio.fail_after(MAX_SECONDS):
            step = read_url(url)
            for _ in range(MAX_REDIRECTS + 1):
                found = await _take_step(step, sources, resolve, trust)
                if isinstance(found, bytes):
                    return found
                step = found
    except TimeoutError as error:
        raise FetchRefused(TOO_SLOW) from error
    raise FetchRefused(TOO_MANY_REDIRECTS)


@asynccontextmanager
async def ask_pinned(
    method: str,
    url: httpx.URL,
    host: str,
    resolve: Resolve,
    *,
    headers: Mapping[str, str],
    seconds: float,
    body: bytes | None = None,
    trust: ssl.SSLContext | None = None,
) -> AsyncIterator[httpx.Response]:
    """The answer of a host that is looked up once, and connected to as it was checked.

    seconds: for each step of it; all together are the caller's to bound. Raises FetchRefused and httpx.HTTPError.
    """
    address, *_ = await anyio.to_thread.run_sync(resolve, host, port_of(url), abandon_on_cancel=True)
    pinned, named = url.copy_with(host=address, fragment=None), {"sni_hostname": host}
    sent = {"Host": url.netloc.decode("ascii"), **headers}
    async with (
        httpx.AsyncClient(trust_env=False, verify=trust or True, timeout=seconds) as client,
        client.stream(method, pinned, content=body, headers=sent, extensions=named) as answer,
    ):
        yield answer


def name_picture(url: str) -> str:
    """A file name for what is fetched from there."""
    last = read_url(url).path.rstrip("/").rpartition("/")[2]
    return re.sub(r"[^\w.\- ]", "_", last)[-MAX_NAME_CHARACTERS:].lstrip(".") or "picture"


async def _take_step(
    url: httpx.URL, sources: Sequence[PictureHost], resolve: Resolve, trust: ssl.SSLContext | None
) -> bytes | httpx.URL:
    """The file, or the address that the server leads on to."""
    host = _check_url(url, sources)
    try:
        async with ask_pinned("GET", url, host, resolve, headers=HEADERS, seconds=MAX_SECONDS, trust=trust) as answer:
            if answer.status_code in REDIRECTS and "location" in answer.headers:
                return url.join(answer.headers["location"])
            return await _read_body(answer, host)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchRefused(NO_ANSWER.format(host=host)) from error


async def _read_body(answer: httpx.Response, host: str) -> bytes:
    if answer.status_code != 200:
        raise FetchRefused(BAD_STATUS.format(host=host, status=answer.status_code))
    if answer.headers.get("content-encoding", "identity") != "identity":  # a few bytes may unpack to gigabytes
        raise FetchRefused(CODED.format(host=host))
    body = bytearray()
    async for part in answer.aiter_raw():
        body += part
        if len(body) > MAX_BYTES:
            raise FetchRefused(TOO_LARGE)
    return bytes(body)


def say_sources(sources: Sequence[PictureHost]) -> str:
    """The operator's list, for visitors."""
    return ", ".join(source.title for source in sources)


def read_url(url: str) -> httpx.URL:
    """A whole address of http or https. Raises FetchRefused."""
    try:
        read = httpx.URL(url.strip())
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FetchRefused(NO_URL) from error
    if len(url) > MAX_URL_CHARACTERS or read.scheme not in PORTS or not read.host:
        raise FetchRefused(NO_URL)
    return read


def port_of(url: httpx.URL) -> int:
    """Its port, written or not."""
    return url.port or PORTS[url.scheme]


def host_of(url: httpx.URL) -> str:
    """Its host, spelled as in the operator's list."""
    return url.raw_host.decode("ascii").lower().rstrip(".")


def is_listed(url: httpx.URL, sources: Sequence[PictureHost]) -> bool:
    """Whether the operator's list holds this address, which names no user."""
    there = (url.scheme, host_of(url), port_of(url)) if url.scheme in PORTS else None
    return there is not None and not url.userinfo and any(source.holds(*there) for source in sources)


def say_mismatch(url: httpx.URL, sources: Sequence[PictureHost], *, not_listed: str, other_start: str) -> str:
    """Why the operator's list does not hold this address: one sentence for the caller, made of these templates."""
    host = host_of(url)
    starts = dict.fromkeys(source.start_at(host) for source in sources if source.names(host))
    if not starts:
        return not_listed.format(hosts=say_sources(sources))
    return WITH_USER if url.userinfo else other_start.format(host=host, starts=", ".join(starts))


def _check_url(url: httpx.URL, sources: Sequence[PictureHost]) -> str:
    """The host, where the operator's list holds the address. Raises FetchRefused."""
    if not is_listed(url, sources):
        raise FetchRefused(say_mismatch(url, sources, not_listed=NOT_LISTED, other_start=OTHER_START))
    return host_of(url)
