"""The server over HTTP: this machine only, every request with the token."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import socket
import sys
from typing import TYPE_CHECKING

import anyio

from engines.connection import remember_secret
from engines.errors import EngineError, UsageError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from agent.mcp_server.server import DbmoServer

HOST = "127.0.0.1"
VARIABLE = "DBMO_MCP_TOKEN"
TOKEN = re.compile(r"[A-Za-z0-9_.~+/=-]{24,512}")  # RFC 6750's signs; long enough that it can't be guessed


class TokenGate:
    """Lets in what carries the token, compared in constant time; everything else is answered with 401."""

    def __init__(self, inner: ASGIApp, token: str) -> None:
        self.inner = inner
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; start and end of the server pass."""
        if scope["type"] == "lifespan" or self._holds(scope):
            await self.inner(scope, receive, send)
            return
        from starlette.responses import PlainTextResponse

        refusal = PlainTextResponse(
            "The token is missing or wrong.\n", status_code=401, headers={"WWW-Authenticate": "Bearer"}
        )
        await refusal(scope, receive, send)

    def _holds(self, scope: Scope) -> bool:
        given = [value for name, value in scope.get("headers", []) if name.lower() == b"authorization"]
        return len(given) == 1 and hmac.compare_digest(given[0], self._expected)


def token_from_environment() -> tuple[str, bool]:
    """The token, and whether it was made now; UsageError TOKEN_INVALID for one that is short or was not expanded."""
    given = os.environ.get(VARIABLE)
    if given is None:
        return secrets.token_urlsafe(32), True
    if not TOKEN.fullmatch(given):
        raise UsageError(
            "TOKEN_INVALID",
            f"{VARIABLE} holds no usable token: 24 letters, digits or signs of -._~+/= at least.",
            "Set it to the output of: openssl rand -hex 32; or unset it, then one is made.",
        )
    return given, False


def serve_http(server: DbmoServer, port: int, token: str, made: bool) -> None:
    """Serve until interrupted; the address, and a token that was made, are told once on stderr."""
    remember_secret(token)
    with _bound(port) as listening:
        address = f"http://{HOST}:{listening.getsockname()[1]}/mcp"
        sys.stderr.write(f"listening on {address}\n")
        if made:
            sys.stderr.write(f"token {token}\n")
        sys.stderr.flush()
        anyio.run(_serve, server, listening, token)


async def _serve(server: DbmoServer, listening: socket.socket, token: str) -> None:
    import uvicorn

    app = TokenGate(application(server, listening.getsockname()[1]), token)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=5)
    await uvicorn.Server(config).serve(sockets=[listening])


def application(server: DbmoServer, port: int) -> ASGIApp:
    """The protocol at /mcp, for requests that name this machine as host: another page's name for it is refused."""
    from mcp.server.transport_security import TransportSecuritySettings

    names = [f"{HOST}:{port}", f"localhost:{port}"]
    settings = TransportSecuritySettings(allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names])
    return server.streamable_http_app(transport_security=settings, host=HOST)


def _bound(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise EngineError(
            "PORT_IN_USE", f"Port {port} can't be listened on: {error.strerror}.", "Give another one, or 0 for any."
        ) from error
