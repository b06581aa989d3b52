"""What a form needs around it: its fields, a token against forged ones, cookies, and a way on that stays here."""

import hashlib
import hmac
import ipaddress
import secrets
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from auth.requests import read_body
from auth.sessions import API_PREFIX, LIFE_SECONDS

SESSION_COOKIE = "facejury-session"
FORM_COOKIE = "facejury-form"  # ties a form to its browser before anybody is signed in
HOST_ONLY = "__Host-"  # the browser then takes the cookie from this very host, over https, and from no neighbour
MAX_FORM_BYTES = 16 * 1024
MAX_FIELDS = 20
TOO_LONG = "The form is too large."


class FormRefused(ValueError):
    """The form is too large or not from this page; the text is meant for the visitor."""


async def read_form(request: Request) -> dict[str, str]:
    """The fields of an urlencoded form, the last of each name. Raises FormRefused above 16 KiB."""
    body = await read_body(request, MAX_FORM_BYTES)
    if body is None:
        raise FormRefused(TOO_LONG)
    try:
        fields = parse_qs(body.decode("utf-8", errors="replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise FormRefused(TOO_LONG) from error
    return {name: values[-1] for name, values in fields.items()}


def form_token(secret: str) -> str:
    """The hidden field of a form: made from the browser's own cookie, which no other site can read."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def is_own_form(fields: dict[str, str], secret: str | None) -> bool:
    """True if the form was made by this page for this browser."""
    sent = fields.get("form_token", "").encode()
    return secret is not None and hmac.compare_digest(sent, form_token(secret).encode())


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def safe_next(target: str | None) -> str:
    """`target` if it is a path of this site, else "/"."""
    if (
        not target
        or not target.startswith("/")
        or target.startswith("//")
        or not target.isprintable()
        or "\\" in target
    ):
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target


def is_https(request: Request) -> bool:
    """True if the browser reached us by https, also through a relay that does not say so.

    Browsers send Sec-Fetch-Site only to https and to their own machine, and Origin carries the scheme they used.
    """
    headers = request.headers
    if "https" in {request.url.scheme, headers.get("x-forwarded-proto")} or headers.get("origin", "").startswith(
        "https://"
    ):
        return True
    return "sec-fetch-site" in headers and not is_loopback(request.url.hostname or "")


def is_loopback(host: str) -> bool:
    """True for a name or address by which a browser reaches its own machine, and that no other site can have."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def read_cookie(request: Request, name: str) -> str | None:
    """Our cookie; behind https only the one that no neighbouring host can have set."""
    guarded = request.cookies.get(HOST_ONLY + name)
    return guarded if guarded or is_https(request) else request.cookies.get(name)


def session_secret(request: Request) -> str | None:
    """The secret of the browser's session; an API token is none."""
    secret = read_cookie(request, SESSION_COOKIE)
    return None if secret and secret.startswith(API_PREFIX) else secret


def set_cookie(response: Response, name: str, value: str, *, secure: bool, framed: bool) -> None:
    """Set our cookie for a session's life; an empty value ends it. `framed`: we are shown in another site's page."""
    age = LIFE_SECONDS if value else 0
    full_name = HOST_ONLY + name if secure or framed else name
    site = "SameSite=None; Secure; Partitioned" if framed else "SameSite=Lax; Secure" if secure else "SameSite=Lax"
    response.headers.append("set-cookie", f"{full_name}={value}; Path=/; Max-Age={age}; HttpOnly; {site}")
