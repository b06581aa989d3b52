"""Headers for every answer: what a browser may show it in, keep, and tell others."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.html import SPACE_FRAMES
from auth.requests import path_of

PERMISSIONS = "camera=(self), " + ", ".join(
    f"{feature}=()" for feature in ("display-capture", "geolocation", "microphone", "midi", "payment", "serial", "usb")
)
PUBLIC = ("/static/", "/assets/", "/favicon.ico", "/pwa_icon", "/robots.txt", "/manifest.json", "/theme.css")
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # no-referrer would make the Origin of our own forms "null"
    "permissions-policy": PERMISSIONS,
}


class HeadersMiddleware:
    """Adds what an answer does not set itself. framed: a Space shows the page in its own."""

    def __init__(self, app: ASGIApp, *, framed: bool) -> None:
        frames = f"'self' {SPACE_FRAMES}" if framed else "'self'"
        self.app = app
        self.policy = f"object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors {frames}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        is_private = not path_of(scope).startswith(PUBLIC)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("content-security-policy", self.policy)
                if is_private:  # else the next person at this computer finds it by the back button
                    headers.setdefault("cache-control", "private, no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)
