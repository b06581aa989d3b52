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
from collections.abc import Callable, Sequence
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
NO_SOURCE = "{written!r} is no host to fetch pictures from; name one like images.example.org or *.example.org."
NO_URL = "Give the whole address of a picture, beginning with https://."
NOT_LISTED = "This page fetches pictures only from {hosts}."
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
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        start = "http://" if self.scheme == "http" else ""
        return f"{start}{'*.' if self.is_suffix else ''}{self.host}{port}"

    def holds(self, scheme: str, host: str, port: int) -> bool:
        """Whether a picture there may be fetched."""
        is_there = host.endswith(f".{self.host}") if self.is_suffix else host == self.host
        return is_there and (scheme, port) == (self.scheme, self.port)


def read_source(written: str) -> PictureHost:
    """One entry of the list: images.example.org, *.example.org, with :PORT behind or http:// in front. ValueError."""
    found = SOURCE.fullmatch(written.strip().lower())
    if found is None:
        raise ValueError(NO_SOURCE.format(written=written))
    scheme = found[1] or "https"
    return PictureHost(scheme, found[3], int(found[4] or PORTS[scheme]), is_suffix=bool(found[2]))


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


def name_picture(url: str) -> str:
    """A file name for what is fetched from there."""
    last = read_url(url).path.rstrip("/").rpartition("/")[2]
    return re.sub(r"[^\w.\- ]", "_", last)[-MAX_NAME_CHARACTERS:].lstrip(".") or "picture"


async def _take_step(
    url: httpx.URL, sources: Sequence[PictureHost], resolve: Resolve, trust: ssl.SSLContext | None
) -> bytes | httpx.URL:
    """The file, or the address that the server leads on to."""
    host = _check_url(url, sources)
    address, *_ = await anyio.to_thread.run_sync(resolve, host, port_of(url), abandon_on_cancel=True)
    pinned, named = url.copy_with(host=address, fragment=None), {"sni_hostname": host}
    headers = HEADERS | {"Host": url.netloc.decode("ascii")}
    try:
        async with (
            httpx.AsyncClient(trust_env=False, verify=trust or True, timeout=MAX_SECONDS) as client,
            client.stream("GET", pinned, headers=headers, extensions=named) as answer,
        ):
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


def _check_url(url: httpx.URL, sources: Sequence[PictureHost]) -> str:
    """The host, where the operator's list holds the address. Raises FetchRefused."""
    host = url.raw_host.decode("ascii").lower().rstrip(".")
    is_listed = url.scheme in PORTS and any(source.holds(url.scheme, host, port_of(url)) for source in sources)
    if not is_listed or url.userinfo:
        raise FetchRefused(NOT_LISTED.format(hosts=say_sources(sources)))
    return host
