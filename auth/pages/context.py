"""What all our pages need: who is asking, forms that are our own, HTML with a form's token, the database's threads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import anyio
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from auth import forms, passwords
from auth.forms import FormRefused
from auth.html import render
from auth.sessions import Visitor
from auth.slowing import FIRST_SECONDS
from auth.visitors import Visitors

FORM_TOO_OLD = "This form has expired, or was sent by another site. Please open it again."

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """How sign-in is set up.

    signup: visitors may make accounts. secure: the cookie is for https alone; None follows each request.
    framed: shown inside another site's page, as in a Space. rounds: bcrypt's cost. slow_seconds: how long a wrong
    password lets the next try wait; see auth.slowing.
    """

    signup: bool = True
    secure: bool | None = None
    framed: bool = False
    rounds: int = passwords.ROUNDS
    slow_seconds: float = FIRST_SECONDS


class PageContext:
    """One server's. Whatever asks the database runs in a thread, off the event loop."""

    def __init__(self, engine: Engine, visitors: Visitors, settings: Settings) -> None:
        self.engine, self.visitors, self.settings = engine, visitors, settings
        self._asking = anyio.CapacityLimiter(8)

    async def ask(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns, called in a thread."""
        return await anyio.to_thread.run_sync(lambda: function(*args, **kwargs), limiter=self._asking)

    async def find_browser(self, request: Request) -> Visitor | None:
        """Who is signed in in this browser; a program's token opens none of these pages."""
        secret = forms.session_secret(request)
        return await self.visitors.find(secret) if secret else None

    async def find_owner(self, request: Request) -> Visitor:
        """The same. Raises FormRefused for nobody."""
        visitor = await self.find_browser(request)
        if visitor is None:
            raise FormRefused("Your account page opens only in a browser that is signed in.")
        return visitor

    def _secret(self, request: Request) -> str | None:
        return forms.session_secret(request) or forms.read_cookie(request, forms.FORM_COOKIE)

    async def read_own_form(self, request: Request) -> dict[str, str]:
        """The fields of a form that this page made for this browser. Raises FormRefused for any other."""
        fields = await forms.read_form(request)
        if not forms.is_own_form(fields, self._secret(request)):
            raise FormRefused(FORM_TOO_OLD)
        return fields

    def render(self, template: str, request: Request, **values: object) -> Response:
        """One page, with the token that its forms send back; with status 400 where it says what is wrong."""
        status = 400 if values.get("error") else 200
        secret = self._secret(request) or forms.new_secret()
        token = forms.form_token(secret)
        page = render(template, request, status=status, form_token=token, **values)
        if self._secret(request) is None:
            self.set_cookie(page, request, forms.FORM_COOKIE, value=secret)
        return page

    def set_cookie(self, response: Response, request: Request, name: str, *, value: str) -> None:
        """Set one of our cookies as this request and the settings want it; an empty value ends it."""
        fixed = self.settings.secure
        secure = forms.is_https(request) if fixed is None else fixed
        forms.set_cookie(response, name, value, secure=secure, framed=self.settings.framed)
