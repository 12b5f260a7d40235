"""What can be said of the load on a SQLite file: how much its log keeps for readers; all else a server would say."""

from __future__ import annotations

from pathlib import Path

from engines.pressure import Unseen
from engines.sqlite.wal import WalCommits

NO_SERVER = "a SQLite file has no server that says it"


class SqliteGauge:
    """The answers of engines.pressure.PressureGauge for a file."""

    def __init__(self, path: Path) -> None:
        self._log = WalCommits(path)

    def running_threads(self) -> int:
        """Unseen."""
        raise Unseen(NO_SERVER)

    def waiting_threads(self) -> int:
        """Unseen."""
        raise Unseen(NO_SERVER)

    def replicas_lag(self) -> float | None:
        """Unseen."""
        raise Unseen(NO_SERVER)

    def own_lag(self) -> float:
        """Unseen."""
        raise Unseen(NO_SERVER)

    def held_transactions(self) -> int:
        """Commits in the write-ahead log: it grows as long as a reader needs what was before them. 0 without a log."""
        try:
            return self._log.count()
        except OSError as error:
            raise Unseen(f"its write-ahead log can't be read: {error.strerror}") from None

    def latency_ms(self) -> float:
        """Unseen."""
        raise Unseen(NO_SERVER)

    def close(self) -> None:
        """Nothing is open."""
