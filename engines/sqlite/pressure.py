"""What can be said of the load on a SQLite file: nothing, there is no server."""

from __future__ import annotations

from engines.pressure import Unseen

NO_SERVER = "a SQLite file has no server that says it"


class SqliteGauge:
    """The answers of engines.pressure.PressureGauge for a file."""

    def running_threads(self) -> int:
        """Unseen."""
        raise Unseen(NO_SERVER)

    def replicas_lag(self) -> float | None:
        """Unseen."""
        raise Unseen(NO_SERVER)

    def own_lag(self) -> float:
        """Unseen."""
        raise Unseen(NO_SERVER)

    def held_transactions(self) -> int:
        """Unseen."""
        raise Unseen(NO_SERVER)

    def latency_ms(self) -> float:
        """Unseen."""
        raise Unseen(NO_SERVER)

    def close(self) -> None:
        """Nothing is open."""
