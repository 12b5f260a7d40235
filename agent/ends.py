"""Where source, target and scratch of a migration are, and opening them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.request import Request
from engines.protocols import Database
from engines.registry import open_database

EMBEDDED = "embedded"  # how plans name an embedded server, wherever its folder is


class Ends:
    """References of one migration; the embedded server stands in the folder's `server/`."""

    def __init__(self, request: Request, folder: Path) -> None:
        self.request = request
        self.server = f"embedded:{folder.resolve()}/server"

    @property
    def source_url(self) -> str | None:
        """The source's reference; None: only declared facts."""
        return self.request.source_database.url

    @property
    def target_url(self) -> str | None:
        """The target's reference; None: only declared facts."""
        target = self.request.target_database
        if target.url is not None:
            return target.url
        return f"{self.server}?database=target" if target.platform == EMBEDDED else None

    @property
    def target_is_embedded(self) -> bool:
        """Whether the target is the server that comes with the program."""
        return self.request.target_database.url is None and self.target_url is not None

    @contextmanager
    def source(self) -> Iterator[Database | None]:
        """The open source, None where it is only declared."""
        yield from _opened(self.source_url)

    @contextmanager
    def target(self) -> Iterator[Database | None]:
        """The open target, None where it is only declared; a SQLite file that is not there yet counts as declared."""
        url = self.target_url
        if url is not None and url.startswith("sqlite:"):
            from engines.connection import parse

            url = url if parse(url).sqlite_path.exists() else None
        yield from _opened(url)

    def plan_identity(self, target: Database) -> str:
        """The target's identity as plans hold it: the same for every embedded server."""
        return EMBEDDED if self.target_is_embedded else target.identity


def _opened(url: str | None) -> Iterator[Database | None]:
    if url is None:
        yield None
        return
    database = open_database(url)
    try:
        yield database
    finally:
        database.close()
