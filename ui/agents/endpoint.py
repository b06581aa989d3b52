"""The address of the tools on the page: POST /gradio_api/mcp, Streamable HTTP, with a token of the account page.

AuthMiddleware limits the body and looks it through in a thread, as it does with all calls below /gradio_api/.
"""

import asyncio

import anyio
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from auth.calls import Call
from auth.requests import MCP, path_of
from detectors.jury.judge import Jury
from ui.agents.tools import SENT, build_server

BY_US = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # AuthMiddleware, SameOriginMiddleware


def mcp_routes(jury: Jury) -> list[Route]:
    """The routes of the tools, in front of Gradio's own of the same name, which the page does not open."""
    endpoint = Endpoint(jury)
    return [Route(path, endpoint, methods=["POST"]) for path in (MCP, f"{MCP}/")]


class Endpoint:
    """Answers each request by itself: nothing is kept of an agent from one to the next."""

    def __init__(self, jury: Jury) -> None:
        self._server = build_server(jury, SENT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, for as long as whoever sent it waits: what waits its turn for nobody is not judged."""
        app = self._server.streamable_http_app(
            streamable_http_path=path_of(scope), json_response=True, stateless_http=True, transport_security=BY_US
        )
        call, never = Call(await Request(scope, receive).body(), None), asyncio.get_running_loop().create_future

        async def leave_with_visitor() -> None:
            await receive()
            tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(leave_with_visitor)
            async with app.router.lifespan_context(app):
                await app(scope, call.replay(never), send)  # its end is watched for above
            tasks.cancel_scope.cancel()
