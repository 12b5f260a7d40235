"""What a server says about the load it is under, for whoever must not add too much to it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from engines.connection import parse, secret
from engines.errors import UsageError
from engines.registry import dsn_of

ANSWER_SECONDS = 5  # a server that takes longer for such a question is taken for one that doesn't answer


class Unseen(Exception):
    """The server doesn't say that, or not to this user; why, as words that go behind a colon."""


class PressureGauge(Protocol):
    """A connection of its own that asks small questions; each raises Unseen, or a DbmoError when it fails.

    After an error the next question connects anew. Not for several threads at a time.
    """

    def running_threads(self) -> int:
        """Sessions that execute a statement now, those of this program among them."""
        ...

    def waiting_threads(self) -> int:
        """Those of this program among them that only wait for it to take or to send something."""
        ...

    def replicas_lag(self) -> float | None:
        """Seconds that the slowest replica known to this server is behind; None: none is connected."""
        ...

    def own_lag(self) -> float:
        """Seconds that this server, itself a replica, is behind its source; infinite when it doesn't replicate."""
        ...

    def held_transactions(self) -> int:
        """Transactions whose old row versions the server keeps because of long readers."""
        ...

    def latency_ms(self) -> float:
        """Milliseconds of the smallest possible piece of work: where the engine has one, a committed write."""
        ...

    def close(self) -> None: ...


def open_gauge(text: str) -> PressureGauge:
    """The gauge of the server behind a reference; it connects when it is first asked."""
    reference = parse(text)
    if reference.engine == "mysql":
        from engines.mysql.pressure import MysqlGauge

        return MysqlGauge(secret(reference), reference.display)
    if reference.engine == "postgresql":
        from engines.postgresql.pressure import PostgresqlGauge

        return PostgresqlGauge(dsn_of(reference), reference.display)
    if reference.engine == "mongodb":
        from engines.mongodb.pressure import MongodbGauge

        return MongodbGauge(secret(reference), reference.display)
    if reference.engine == "sqlite":
        from engines.sqlite.pressure import SqliteGauge

        return SqliteGauge(Path(reference.sqlite_path))
    raise UsageError("UNSUPPORTED_ENGINE", f"Nothing is known of the load of {reference.display}.", "Leave it out.")
