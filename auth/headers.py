"""Headers for every answer: what a browser may run, load, show it in, keep, and tell others.

The page's policy names the scripts that stand in its HTML by their hashes, so that markup which gets into it later runs
none. What is in their JSON cannot end them: the framework writes "<" as \\u003c.
"""

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.html import FRAMED, SPACE_FRAMES
from auth.requests import path_of

PAGE = "/"  # the framework's one page; any other HTML of its is an error or a stranger's file
SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script", re.DOTALL | re.IGNORECASE)
PERMISSIONS = "camera=(self), " + ", ".join(
    f"{feature}=()" for feature in ("display-capture", "geolocation", "microphone", "midi", "payment", "serial", "usb")
)
PUBLIC = ("/static/", "/assets/", "/favicon.ico", "/pwa_icon", "/robots.txt", "/manifest.json", "/theme.css")
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # no-referrer would make the Origin of our own forms "null"
    "permissions-policy": PERMISSIONS,
}
SPACE_LOOKUP = "https://huggingface.co/api/spaces/by-subdomain/"  # where the framework asks which Space it is in
LOADED = (  # 'unsafe-inline': the framework's elements carry their styles
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:; "
    "font-src 'self' data:; manifest-src 'self'; worker-src 'self' blob:; frame-src 'self'; base-uri 'self'; "
    "form-action 'self'"
)


def page_policy(html: bytes, *, framed: bool) -> str:
    """The Content-Security-Policy of the framework's page. framed: a Space shows it in its own.

    'unsafe-eval': the framework makes functions of the texts that we give it for its events.
    """
    hashes = {base64.b64encode(hashlib.sha256(script).digest()).decode() for script in SCRIPT.findall(html)}
    scripts = " ".join(f"'sha256-{one}'" for one in sorted(hashes))
    connected = f"'self' data: blob: {SPACE_LOOKUP}" if framed else "'self' data: blob:"
    runs = f"script-src 'self' 'unsafe-eval' {scripts}"
    return f"{LOADED}; connect-src {connected}; {runs}; {_frames(framed=framed)}"


def other_policy(*, framed: bool) -> str:
    """That of all other answers: they run and load nothing, whatever they are."""
    return f"default-src 'none'; base-uri 'none'; form-action 'none'; {_frames(framed=framed)}"


def _frames(*, framed: bool) -> str:
    return f"frame-ancestors 'self' {SPACE_FRAMES}" if framed else "frame-ancestors 'self'"


class HeadersMiddleware:
    """Adds what an answer does not set itself. framed: a Space shows the page in its own; our pages read it too."""

    def __init__(self, app: ASGIApp, *, framed: bool) -> None:
        self.app, self.framed = app, framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        scope[FRAMED] = self.framed
        await self.app(scope, receive, _HeadedAnswer(send, path_of(scope), framed=self.framed))


class _HeadedAnswer:
    """The `send` of one answer; that of the page is held back until its scripts are known."""

    def __init__(self, send: Send, path: str, *, framed: bool) -> None:
        self.send, self.path, self.framed = send, path, framed
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        """Pass one message on."""
        if message["type"] == "http.response.start":
            if self._add_headers(MutableHeaders(raw=message.setdefault("headers", []))):
                self._start = message
                return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            start, self._start = self._start, None
            policy = page_policy(bytes(self._body), framed=self.framed)
            MutableHeaders(raw=start["headers"])["content-security-policy"] = policy
            await self.send(start)
            message = {"type": "http.response.body", "body": bytes(self._body)}
        await self.send(message)

    def _add_headers(self, headers: MutableHeaders) -> bool:
        """All but the policy of the page; whether that is still to come."""
        for name, value in ALWAYS.items():
            headers.setdefault(name, value)
        if not self.path.startswith(PUBLIC):  # else the next person at this computer finds it by the back button
            headers.setdefault("cache-control", "private, no-store")
        is_html = headers.get("content-type", "").startswith("text/html")
        if self.path == PAGE and is_html and "content-security-policy" not in headers:
            return True
        headers.setdefault("content-security-policy", other_policy(framed=self.framed))
        return False
