"""Answers of one sentence, each in the form that whoever asked reads."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from auth.html import message, wants_page
from auth.requests import JOIN, MCP, RETRY_SECONDS, is_upload, path_of

INVALID_REQUEST = -32600  # of JSON-RPC
ON = {401: ("/signin", "Sign in")}  # where the link on a page leads, by the status, and what stands on it
ELSEWHERE = ("/", "Try again")


def say(scope: Scope, sentence: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The sentence as JSON, but for people, who read a page, for uploads, of whose answer Gradio's page shows the whole
    body, and for agents' programs, which read JSON-RPC.

    With 503 it is said when to try again. Where Gradio's page joins its queue that becomes 502, for on 503 it shows
    words of its own there.
    """
    path, sent = path_of(scope), dict(headers or {})
    if status == 503:
        sent.setdefault("Retry-After", str(RETRY_SECONDS))
        status = 502 if path == JOIN else 503
    if wants_page(request := Request(scope)):
        target, link = ON.get(status, ELSEWHERE)
        page = message(request, "That did not work", sentence, status=status, target=target, link=link)
        page.headers.update(sent)
        return page
    if is_upload(path):
        return PlainTextResponse(sentence, status, sent)
    if path.rstrip("/") == MCP:  # the call's own id may not be known
        error = {"code": INVALID_REQUEST, "message": sentence}
        return JSONResponse({"jsonrpc": "2.0", "id": None, "error": error}, status, sent)
    return JSONResponse({"error": sentence}, status, sent)
