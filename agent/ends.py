"""Where source, target and scratch of a migration are, and opening them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.request import Request
from engines.connection import parse
from engines.profile import TableProfile
from engines.protocols import Database
from engines.registry import open_database

EMBEDDED = "embedded"  # how plans name an embedded server, wherever its folder is


class Ends:
    """References of one migration; the embedded server stands in the folder's `server/`."""

    def __init__(self, request: Request, folder: Path) -> None:
        self.request = request
        self.server = f"embedded:{folder.resolve()}/server"
        self._seen: dict[str, TableProfile] = {}

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
        """The open source, None where it is only declared; it knows the values that this run has looked at already."""
        with _opened(self.source_url) as database:
            if database is not None and self._seen:
                database.take_up(self._seen)  # type: ignore[attr-defined]
            yield database
            self._seen = getattr(database, "profiled", {})

    def look_again(self) -> None:
        """Forget what was seen of the source's values."""
        self._seen = {}

    @contextmanager
    def target(self) -> Iterator[Database | None]:
        """The open target, None where it is only declared; a SQLite file that is not there yet counts as declared.

        FILE_MISSING, FILE_UNREADABLE where no such file could be made.
        """
        file = self._file()
        if file is not None and not file.exists():
            from engines.sqlite.place import check_place

            check_place(file, parse(str(self.target_url)).display)
        with _opened(self.target_url if file is None or file.exists() else None) as database:
            yield database

    def plan_identity(self, target: Database | None) -> str | None:
        """The target's identity as plans hold it; None where it is only declared.

        The same for every embedded server, and for a SQLite file whether or not it is there already: an approval
        outlives its making.
        """
        if target is None:
            file = self._file()
            return f"sqlite:{file.resolve()}" if file is not None else None
        return EMBEDDED if self.target_is_embedded else target.identity

    def plan_version(self, target: Database | None) -> str:
        """The target's version as plans hold it: the server's, the library's of a SQLite file, else as declared."""
        if target is not None:
            return target.version
        if self._file() is not None:
            import sqlite3

            return sqlite3.sqlite_version
        return str(self.request.target_database.version or "3")

    def _file(self) -> Path | None:
        """Where a SQLite target is, or will be."""
        reference = parse(self.target_url) if self.target_url is not None else None
        return reference.sqlite_path if reference is not None and reference.engine == "sqlite" else None


@contextmanager
def _opened(url: str | None) -> Iterator[Database | None]:
    if url is None:
        yield None
        return
    database = open_database(url)
    try:
        yield database
    finally:
        database.close()
