"""The operator's page: all users, what is kept of theirs, and the feedback to review. For all others it is not there.

Who is one is set at the command line alone, `facejury users operator NAME`, and looked up at each request.
"""

from collections import Counter
from typing import Any

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from auth import accounts, lockout, sessions
from auth.html import redirect
from auth.middleware import NOT_FOUND, refuse
from auth.pages.context import PageContext
from storage.feedback import Feedback, count_unreviewed, list_feedback, read_feedback_picture, review_feedback
from storage.kept import Kept, count_kept
from storage.scoreboard import list_board, remove_score

MAX_USERS = 500  # on one page, the newest first
MAX_FEEDBACK = 50
DECISIONS = {"accept": True, "refuse": False}


class OperatorPages:
    """The handlers."""

    def __init__(self, context: PageContext) -> None:
        self.context = context

    def routes(self) -> list[Route]:
        """For the application: every address of these pages."""
        return [
            Route("/operator", self.show, methods=["GET"]),
            Route("/operator/feedback", self.review, methods=["POST"]),
            Route("/operator/feedback/{number:int}", self.show_picture, methods=["GET"]),
            Route("/operator/scoreboard", self.clear_score, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """GET /operator"""
        if not await self._is_operator(request):
            return refuse(request, 404, NOT_FOUND)
        values = await self.context.ask(_collect, self.context.engine)
        return self.context.render("operator.html", request, **values)

    async def review(self, request: Request) -> Response:
        """POST /operator/feedback: accept or refuse one."""
        if not await self._is_operator(request):
            return refuse(request, 404, NOT_FOUND)
        fields = await self.context.read_own_form(request)
        number, accepted = _as_number(fields.get("number", "")), DECISIONS.get(fields.get("decision", ""))
        if accepted is not None:
            await self.context.ask(review_feedback, self.context.engine, number, accepted=accepted)
        return redirect(request, "/operator#feedback")

    async def clear_score(self, request: Request) -> Response:
        """POST /operator/scoreboard: take a player off the game's scoreboard."""
        if not await self._is_operator(request):
            return refuse(request, 404, NOT_FOUND)
        fields = await self.context.read_own_form(request)
        await self.context.ask(remove_score, self.context.engine, _as_number(fields.get("number", "")))
        return redirect(request, "/operator#scoreboard")

    async def show_picture(self, request: Request) -> Response:
        """GET /operator/feedback/NUMBER: the picture that came with it, to save; this site shows no file as a page."""
        number: int = request.path_params["number"]
        picture = None
        if await self._is_operator(request):
            picture = await self.context.ask(read_feedback_picture, self.context.engine, number)
        if picture is None:
            return refuse(request, 404, NOT_FOUND)
        headers = {"Content-Disposition": f'attachment; filename="feedback-{number}"', "Cache-Control": "no-store"}
        return Response(picture, media_type="application/octet-stream", headers=headers)

    async def _is_operator(self, request: Request) -> bool:
        """In a browser alone: a program's token opens none of these pages."""
        visitor = await self.context.find_browser(request)
        if visitor is None:
            return False
        account = await self.context.ask(accounts.find_user, self.context.engine, visitor.name)
        return account is not None and account.is_operator


def _collect(engine: Engine) -> dict[str, Any]:
    """What the page shows; nothing that a secret could be made of."""
    listed, kept, seen = accounts.list_users(engine), count_kept(engine), sessions.list_last_seen(engine)
    locked = lockout.list_locked(engine)
    newest = sorted(listed, key=lambda account: (-account.created_at, -account.id))[:MAX_USERS]
    rows = [
        {
            "account": account,
            "seen_at": seen.get(account.id),
            "kept": kept.get(account.id, Kept()),
            "is_locked": account.id in locked,
        }
        for account in newest
    ]
    total: Counter[str] = Counter()
    for one in kept.values():
        total.update(entries=one.entries, entry_bytes=one.entry_bytes)
        total.update(pictures=one.pictures, picture_bytes=one.picture_bytes)
    waiting = [(entry, _describe(entry)) for entry in list_feedback(engine, accepted=None, limit=MAX_FEEDBACK)]
    totals = {"count": len(listed), "total": total, "unreviewed": count_unreviewed(engine)}
    names = {account.id: account.name for account in listed}
    board = [(names.get(score.user_id, ""), score) for score in list_board(engine)]
    return {"rows": rows, "waiting": waiting, "board": board, **totals}


def _describe(entry: Feedback) -> str:
    return f"{entry.detector} on {entry.say_where()} was wrong: it is {entry.claim}"


def _as_number(text: str) -> int:
    """A number of feedback or of a user, or 0, which none has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
