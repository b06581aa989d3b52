"""The catalogues of the page's languages, and the script that reads them at the beginning of the framework's page."""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.requests import path_of
from text.languages.catalogues import TRANSLATED, read_bytes, read_script

PAGE = "/"  # the framework's one page
HEAD = b"<head>"
KEPT = "public, max-age=31536000, immutable"  # a changed catalogue has another address


def language_routes() -> list[Route]:
    """For the application, in front of the page's own; open to all, since the sign-in page needs them."""
    return [Route("/languages/{file}", _give_catalogue)]


async def _give_catalogue(request: Request) -> Response:
    code, _, kind = request.path_params["file"].partition(".")
    if kind != "json" or code not in TRANSLATED:
        return Response("There is no such language.", 404)
    return Response(read_bytes(code), media_type="application/json", headers={"cache-control": KEPT})


class LanguageMiddleware:
    """Puts the script first into the page's head, where it tells the framework to speak English."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._script = f'<script data-root="./">{read_script()}</script>'.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http" or scope["method"] != "GET" or path_of(scope) != PAGE:
            return await self.app(scope, receive, send)
        start: Message | None = None

        async def pass_on(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_html(message):
                start = message  # its length is still to come
                return
            if start is not None:
                message = {**message, "body": message["body"].replace(HEAD, HEAD + self._script, 1)}
                MutableHeaders(raw=start["headers"])["content-length"] = str(len(message["body"]))
                await send(start)
                start = None
            await send(message)

        await self.app(scope, receive, pass_on)


def _is_html(message: Message) -> bool:
    return MutableHeaders(raw=message["headers"]).get("content-type", "").startswith("text/html")
