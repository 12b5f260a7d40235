"""Which server answers: MySQL or MariaDB, its version, and what its catalog therefore has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

OLDEST = {"mysql": (8, 0), "mariadb": (10, 3)}
LOCK_WAIT = 10  # seconds for whoever changes a table; rather unread than waiting for ever
VERSION = re.compile(r"(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+)")  # old replication clients were told 5.5.5 first


@dataclass(frozen=True)
class Server:
    """engine: mysql or mariadb; version as digits and dots, such as 10.11.19; number as (10, 11, 19)."""

    engine: str
    version: str

    @classmethod
    def of(cls, text: str) -> Server:
        """The server that calls itself that (`SELECT VERSION()`): 10.11.19-MariaDB-0+deb12u1, 8.0.36, 8.4.3-cluster."""
        found = VERSION.match(text)
        version = ".".join(found.groups()) if found else "0.0.0"
        return cls("mariadb" if "mariadb" in text.lower() else "mysql", version)

    @property
    def number(self) -> tuple[int, ...]:
        """The version to be compared."""
        return tuple(int(part) for part in self.version.split("."))

    @property
    def is_mariadb(self) -> bool:
        """True for MariaDB."""
        return self.engine == "mariadb"

    @property
    def supported(self) -> bool:
        """True for the versions that are read."""
        return self.number[:2] >= OLDEST[self.engine]

    def since(self, mariadb: tuple[int, ...] | None, mysql: tuple[int, ...] | None, yes: Any, no: Any) -> Any:
        """One thing from those versions on (None: never in that engine), the other before."""
        first = mariadb if self.is_mariadb else mysql
        return yes if first is not None and self.number >= first else no
