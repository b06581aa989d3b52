"""The pages for accounts: signing in, up and out, and one's own account with its password, tokens and end."""

import os
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from auth import accounts, forms, sessions
from auth.accounts import Account, NameRefused
from auth.answers import say
from auth.forms import FormRefused
from auth.html import message, redirect
from auth.lockout import note_place, place_of_address, place_of_session
from auth.middleware import visitor_of
from auth.pages.context import PageContext
from auth.passwords import PasswordRefused
from auth.sessions import SessionEnded, TokenRefused, Visitor
from auth.slowing import Slowdown
from storage.database import GONE, DatabaseUnavailable
from storage.export import export_csv
from storage.history import MAX_SEARCH_CHARACTERS, HistoryQuery
from storage.uploads import Uploads
from storage.users import AccountGone

FILTERS = tuple(field.name for field in fields(HistoryQuery))
MAX_WAITING_SIGN_INS = 200  # at 0.2 s each, more would wait longer than a browser does
REPEAT_DIFFERS = "The two passwords are not the same."
WRONG_PRESENT = "That is not your current password, or there were too many tries. After five, wait five minutes."
TOO_BUSY = "Too many people are signing in right now. Please try again in a minute."
CLOSED = "Only the operator of this page creates accounts."
CHANGED = "Your password is changed. All other sessions are signed out, and your tokens are revoked."

P = ParamSpec("P")
T = TypeVar("T")


def _say_gone(request: Request, _error: Exception) -> Response:
    return say(request.scope, GONE, 503)


def _say_refused(request: Request, error: Exception) -> Response:
    return message(request, "That did not work", str(error), status=403, target="/account", link="Open the page again")


def _say_ended(request: Request, error: Exception) -> Response:
    return message(request, "That did not work", str(error), status=403, target="/signin", link="Sign in")


HANDLERS: dict[Any, Any] = {DatabaseUnavailable: _say_gone, FormRefused: _say_refused, AccountGone: _say_refused}
HANDLERS |= {SessionEnded: _say_ended}
"""What to answer when a handler raises one of these."""


class Pages:
    """The handlers of the pages. Whatever asks the database or hashes runs in a thread, off the event loop."""

    def __init__(self, context: PageContext, uploads: Uploads) -> None:
        self.context, self.uploads = context, uploads
        self.engine, self.visitors, self.settings = context.engine, context.visitors, context.settings
        # No more hashes at once than cores: with fifty sign-ins waiting, the page still answers (0.13 s on two).
        self._hashing = anyio.CapacityLimiter(os.cpu_count() or 2)
        self._slowdown = Slowdown(self.settings.slow_seconds)

    def routes(self) -> list[Route]:
        """For the application: every address of these pages."""
        return [
            Route("/signin", self.show_sign_in, methods=["GET"]),
            Route("/signin", self.sign_in, methods=["POST"]),
            Route("/signup", self.show_sign_up, methods=["GET"]),
            Route("/signup", self.sign_up, methods=["POST"]),
            Route("/signout", self.show_sign_out, methods=["GET"]),
            Route("/signout", self.sign_out, methods=["POST"]),
            Route("/account", self.show_account, methods=["GET"]),
            Route("/account/history.csv", self.export_history, methods=["GET"]),
            Route("/account/{part:path}", lambda request: redirect(request, "/account"), methods=["GET"]),  # a reload
            Route("/account/password", self.change_password, methods=["POST"]),
            Route("/account/tokens", self.make_token, methods=["POST"]),
            Route("/account/tokens/revoke", self.revoke_token, methods=["POST"]),
            Route("/account/delete", self.delete_account, methods=["POST"]),
        ]

    # Signing in, up and out

    async def show_sign_in(self, request: Request) -> Response:
        """GET /signin"""
        if await self.context.find_browser(request):
            return redirect(request, forms.safe_next(request.query_params.get("next")))
        return self._sign_form("sign_in.html", request, target=request.query_params.get("next"))

    async def sign_in(self, request: Request) -> Response:
        """POST /signin: a new session, or the same sentence for every reason why not."""
        fields = await self.context.read_own_form(request)
        name, password = fields.get("name", ""), fields.get("password", "")
        rounds, place = self.settings.rounds, place_of_address(request)
        account = None
        if await self._slowdown.wait(place, name):
            known = partial(accounts.sign_in, password=password, place=place, rounds=rounds)
            account = await self._hash(known, self.engine, name)
            self._slowdown.note(place, name, admitted=account is not None)
        if account is None:
            return self._sign_form(
                "sign_in.html", request, target=fields.get("next"), name=name, error=accounts.REFUSED
            )
        return await self._welcome(request, account, target=fields.get("next"))

    async def show_sign_up(self, request: Request) -> Response:
        """GET /signup"""
        if not self.settings.signup:
            return message(request, "Sign-up is closed", CLOSED, status=403, target="/signin", link="Sign in")
        return self._sign_form("sign_up.html", request, target=request.query_params.get("next"))

    async def sign_up(self, request: Request) -> Response:
        """POST /signup: an account and its first session."""
        if not self.settings.signup:
            return await self.show_sign_up(request)
        fields = await self.context.read_own_form(request)
        name, password, rounds = fields.get("name", ""), fields.get("password", ""), self.settings.rounds

        def ask_again(wrong: str, error: str) -> Response:
            values = {"name": name, "wrong": wrong, "error": error}
            return self._sign_form("sign_up.html", request, target=fields.get("next"), **values)

        if password != fields.get("repeated"):
            return ask_again("repeated", REPEAT_DIFFERS)
        try:
            account = await self._hash(accounts.add_user, self.engine, name, password=password, rounds=rounds)
        except NameRefused as refusal:
            return ask_again("name", str(refusal))
        except PasswordRefused as refusal:
            return ask_again("password", str(refusal))
        await self.context.ask(note_place, self.engine, account.id, place_of_address(request))
        return await self._welcome(request, account, target=fields.get("next"))

    async def show_sign_out(self, request: Request) -> Response:
        """GET /signout: asks first, because a link on another site must not sign anybody out."""
        visitor = await self.context.find_browser(request)
        if visitor is None:
            return redirect(request, "/signin")
        return self.context.render("sign_out.html", request, name=visitor.name)

    async def sign_out(self, request: Request) -> Response:
        """POST /signout: ends this session, here at once and on other servers within five seconds."""
        await self.context.read_own_form(request)
        if visitor := await self.context.find_browser(request):
            await self.context.ask(sessions.end_session, self.engine, visitor.key)
            self.visitors.forget(visitor.key)
        return self._with_session(redirect(request, "/signin"), request, secret="")

    # The account page

    async def show_account(self, request: Request) -> Response:
        """GET /account"""
        return await self._account(request, await self.context.find_owner(request))

    async def change_password(self, request: Request) -> Response:
        """POST /account/password: ends all other sessions and tokens, here at once, elsewhere within five seconds."""
        fields, visitor = await self.context.read_own_form(request), await self.context.find_owner(request)
        password = fields.get("password", "")
        if password != fields.get("repeated"):
            return await self._account(request, visitor, error=REPEAT_DIFFERS, wrong="repeated")
        if not await self._knows_password(visitor, fields.get("current", "")):
            return await self._account(request, visitor, error=WRONG_PRESENT, wrong="current")
        rounds = self.settings.rounds
        who = (self.engine, visitor.user_id)
        try:
            await self._hash(accounts.set_password, *who, password=password, keep_session=visitor.key, rounds=rounds)
        except PasswordRefused as refusal:
            return await self._account(request, visitor, error=str(refusal), wrong="password")
        self.visitors.forget_all()
        return await self._account(request, visitor, done=CHANGED)

    async def make_token(self, request: Request) -> Response:
        """POST /account/tokens: shows the new token, once."""
        fields, visitor = await self.context.read_own_form(request), await self.context.find_owner(request)
        who, label = (self.engine, visitor.user_id), fields.get("label", "")
        try:
            token = await self.context.ask(sessions.make_token, *who, label=label, session=visitor.key)
        except TokenRefused as refusal:
            return await self._account(request, visitor, error=str(refusal), wrong="label")
        return await self._account(request, visitor, new_token=token)

    async def revoke_token(self, request: Request) -> Response:
        """POST /account/tokens/revoke"""
        fields, visitor = await self.context.read_own_form(request), await self.context.find_owner(request)
        number = fields.get("token_id", "")
        if number.isascii() and number.isdigit() and len(number) < 10:
            await self.context.ask(sessions.revoke_token, self.engine, visitor.user_id, token_id=int(number))
        self.visitors.forget_all()
        return await self._account(request, visitor, done="The token is revoked.")

    async def delete_account(self, request: Request) -> Response:
        """POST /account/delete: the account and, by the tables' foreign keys, everything it owns."""
        fields, visitor = await self.context.read_own_form(request), await self.context.find_owner(request)
        if not await self._knows_password(visitor, fields.get("confirm", "")):
            return await self._account(request, visitor, error=WRONG_PRESENT, wrong="confirm")
        await self.context.ask(accounts.remove_user, self.engine, visitor.user_id, session=visitor.key)
        self.visitors.forget_all()
        self.uploads.delete_of(visitor.user_id)
        gone = message(
            request,
            "Your account is deleted",
            "All your data has been deleted.",
            status=200,
            target="/signin",
            link="Sign in",
        )
        return self._with_session(gone, request, secret="")

    async def export_history(self, request: Request) -> Response:
        """GET /account/history.csv?search=…&tag=…&kind=…&verdict=…: the history as a file, for programs too."""
        visitor = visitor_of(request) or await self.context.find_owner(request)
        asked = (request.query_params.get(name, "")[:MAX_SEARCH_CHARACTERS] for name in FILTERS)
        lines = await self.context.ask(export_csv, self.engine, visitor.name, HistoryQuery(*asked))
        headers = {"Content-Disposition": 'attachment; filename="facejury-history.csv"', "Cache-Control": "no-store"}
        # The byte order mark is for Excel, which else takes UTF-8 for something older.
        return Response(lines.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)

    # What the handlers share

    async def _hash(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._hashing.statistics().tasks_waiting >= MAX_WAITING_SIGN_INS:
            raise FormRefused(TOO_BUSY)
        return await anyio.to_thread.run_sync(lambda: function(*args, **kwargs), limiter=self._hashing)

    async def _knows_password(self, visitor: Visitor, password: str) -> bool:
        rounds, place = self.settings.rounds, place_of_session(visitor)
        who = (self.engine, visitor.name)
        account = await self._hash(accounts.sign_in, *who, password=password, place=place, rounds=rounds)
        return account is not None and account.id == visitor.user_id

    def _sign_form(self, template: str, request: Request, *, target: str | None, **values: object) -> Response:
        place = forms.safe_next(target)
        values = {"name": "", "wrong": "", "signup": self.settings.signup, "next": place} | values
        values["next_query"] = "" if place == "/" else f"?next={quote(place, safe='/')}"
        return self.context.render(template, request, **values)

    async def _account(self, request: Request, visitor: Visitor, **values: object) -> Response:
        account = await self.context.ask(accounts.find_user, self.engine, visitor.name)
        tokens = await self.context.ask(sessions.list_tokens, self.engine, visitor.user_id)
        values = {"wrong": "", "new_token": "", "tokens": tokens} | values
        values |= {"name": visitor.name, "created_at": account.created_at if account else 0}
        values["is_operator"] = account is not None and account.is_operator
        return self.context.render("account.html", request, **values)

    async def _welcome(self, request: Request, account: Account, *, target: str | None) -> Response:
        """A new session in place of the one this browser had, so that nobody else can have planted it."""
        if former := await self.context.find_browser(request):
            await self.context.ask(sessions.end_session, self.engine, former.key)
            self.visitors.forget(former.key)
        hashed = account.password_hash
        secret = await self.context.ask(sessions.start_session, self.engine, account.id, password_hash=hashed)
        return self._with_session(redirect(request, forms.safe_next(target)), request, secret=secret)

    def _with_session(self, response: Response, request: Request, *, secret: str) -> Response:
        self.context.set_cookie(response, request, forms.SESSION_COOKIE, value=secret)
        return response
