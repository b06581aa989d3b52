"""Answers of one sentence, each in the form that whoever asked reads."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from auth.requests import JOIN, MCP, RETRY_SECONDS, is_upload, path_of

INVALID_REQUEST = -32600  # of JSON-RPC


def say(scope: Scope, sentence: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The sentence as JSON, but for uploads, of whose answer Gradio's page shows the whole body, and for agents'
    programs, which read JSON-RPC.

    With 503 it is said when to try again. Where Gradio's page joins its queue that becomes 502, for on 503 it shows
    words of its own there.
    """
    path, sent = path_of(scope), dict(headers or {})
    if status == 503:
        sent.setdefault("Retry-After", str(RETRY_SECONDS))
        status = 502 if path == JOIN else 503
    if is_upload(path):
        return PlainTextResponse(sentence, status, sent)
    if path.rstrip("/") == MCP:  # the call's own id may not be known
        error = {"code": INVALID_REQUEST, "message": sentence}
        return JSONResponse({"jsonrpc": "2.0", "id": None, "error": error}, status, sent)
    return JSONResponse({"error": sentence}, status, sent)
