"""dbmo mcp: the server for IDE assistants, over stdin and stdout or over HTTP on this machine."""

from __future__ import annotations

import argparse
from contextlib import suppress

from engines.errors import EXIT_DONE


def mcp(options: argparse.Namespace) -> int:
    """Serve until the client goes; stdout belongs to the protocol."""
    from agent.mcp_server.databases import load_databases
    from agent.mcp_server.http import serve_http, token_from_environment

    databases = load_databases(options.databases)
    token = token_from_environment() if options.http is not None else None
    from agent.mcp_server.server import make_server

    server = make_server(options.root, databases)
    with suppress(KeyboardInterrupt):  # how a server that a person started is meant to end
        if token is None:
            server.run("stdio")
        else:
            serve_http(server, options.http, *token)
    return EXIT_DONE
