"""Our own pages as HTML: filled from templates/, with headers that let a browser run one script and keep nothing."""

import base64
import hashlib
import time
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from auth.accounts import MAX_NAME_CHARACTERS
from auth.passwords import MIN_CHARACTERS, RULE
from auth.requests import API, path_of, root_of
from text.languages.catalogues import LANGUAGES, read_script
from text.plain_text import show_in_html

TEMPLATES = Path(__file__).parent / "templates"
FORM = "application/x-www-form-urlencoded"
SPACE_FRAMES = "https://huggingface.co https://*.hf.space"
FRAMED = "facejury.framed"  # where in a scope HeadersMiddleware says whether a Space shows us in its page


@cache
def _style() -> str:
    return (TEMPLATES / "style.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=show_in_html
    )
    environment.filters["day"] = lambda seconds: time.strftime("%-d %B %Y", time.gmtime(seconds))
    environment.filters["minute"] = lambda seconds: time.strftime("%-d %b %Y, %H:%M", time.gmtime(seconds))
    environment.filters["megabytes"] = lambda count: f"{count / 1e6:.1f} MB"
    environment.globals.update(
        style=_style(),
        script=read_script(),
        languages=LANGUAGES,
        min_characters=MIN_CHARACTERS,
        max_name_characters=MAX_NAME_CHARACTERS,
        password_rule=RULE,
        error="",
        done="",
    )
    return environment


@cache
def _policy(frames: str) -> str:
    """Content-Security-Policy: our one stylesheet and our one script, by their hashes, and forms to ourselves."""
    style, script = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (_style(), read_script())
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; {frames}"
    )


def frames_for(request: Request) -> str:
    """Who may show a page of ours in theirs: a Space, if we are in one, and else nobody."""
    return f"frame-ancestors {SPACE_FRAMES}" if request.scope.get(FRAMED) else "frame-ancestors 'none'"


def render(template: str, request: Request, *, status: int = 200, **values: object) -> HTMLResponse:
    """One page. `values` are escaped by the template."""
    headers = {
        "Content-Security-Policy": _policy(frames_for(request)),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",  # no-referrer would make the Origin of our own forms "null"
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(
        _environment().get_template(template).render(values, root=root_of(request.scope)), status, headers
    )


def message(request: Request, title: str, sentence: str, *, status: int, target: str, link: str) -> HTMLResponse:
    """A page of one sentence and one link. target: below our root."""
    return render("message.html", request, status=status, title=title, sentence=sentence, target=target, link=link)


def redirect(request: Request, target: str) -> RedirectResponse:
    """On to another of our addresses. target: below our root."""
    return RedirectResponse(root_of(request.scope) + target, 303)


def wants_page(request: Request) -> bool:
    """True if a person's browser is opening this address or sends a form to it, and not a script or program."""
    is_form = request.method == "POST" and request.headers.get("content-type", "").startswith(FORM)
    is_person = (is_form or request.method in {"GET", "HEAD"}) and "text/html" in request.headers.get("accept", "")
    return is_person and not path_of(request.scope).startswith(API)
