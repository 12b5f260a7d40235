"""The corpora's schemas, each loaded once per engine and read once."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from conversion.source_values import all_of, scannable
from engines.catalog import Catalog
from engines.profile import TableProfile
from engines.registry import open_database
from tests.mysql_servers import load_mysql
from tests.servers import DEBIAN_15, load_sql

ENGINES = ("mysql", "postgresql", "sqlite")
UNQUOTED_BY_EXPERTS = {"chinook"}  # CamelCase in one file, snake_case in the other: names are joined without case and _


@dataclass
class Corpus:
    """Where the schemas are, and how to get an empty database of each engine."""

    folder: Path
    workspace: Path
    new_postgresql: Callable[[], str]
    new_mysql: Callable[[], str]
    _read: dict[tuple[str, str], tuple[Catalog, dict[str, TableProfile]]] = field(default_factory=dict)
    _files: int = 0

    def names(self, *engines: str) -> list[str]:
        """Schemas that their authors wrote for all of these engines."""
        return names(self.folder, *engines)

    def script(self, name: str, engine: str) -> Path:
        """The file of a schema for an engine."""
        return self.folder / "schemas" / name / f"{engine}.sql"

    def empty(self, engine: str) -> str:
        """A new empty database; for SQLite a file that is not there yet."""
        if engine == "sqlite":
            self._files += 1
            return f"sqlite:///{self.workspace}/s{self._files}.db"
        return self.new_postgresql() if engine == "postgresql" else self.new_mysql()

    def load(self, name: str, engine: str) -> str:
        """A new database with that schema; its URL."""
        url, script = self.empty(engine), self.script(name, engine)
        if engine == "mysql":
            load_mysql(url, script, foreign_key_checks=False, tolerant=True)
        elif engine == "postgresql":
            _load_postgresql(url, script)
        else:
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
                connection.executescript(script.read_text(encoding="utf-8-sig"))
        return url

    def catalog(self, name: str, engine: str) -> Catalog:
        """What reading that schema from a real server gives."""
        return self._whole(name, engine)[0]

    def profiles(self, name: str, engine: str) -> dict[str, TableProfile]:
        """What a scan of its tables gives, as the skill makes it; most have no rows."""
        return self._whole(name, engine)[1]

    def _whole(self, name: str, engine: str) -> tuple[Catalog, dict[str, TableProfile]]:
        if (name, engine) not in self._read:
            with closing(open_database(self.load(name, engine))) as database:
                catalog = database.catalog()
                self._read[name, engine] = catalog, all_of(database, scannable(catalog, "another"))
        return self._read[name, engine]


# Scripts with a seed row that PostgreSQL refuses: psql goes on with the next statement, one transaction would not.
TOLERATED = {"smf3"}


def _load_postgresql(url: str, script: Path) -> None:
    if script.parent.name not in TOLERATED:
        load_sql(url, script)
        return
    subprocess.run([str(DEBIAN_15 / "psql"), "-q", "-X", "-d", url, "-f", str(script)], check=True, capture_output=True)


def names(folder: Path, *engines: str) -> list[str]:
    """Schemas of the corpora that exist for all of these engines, in alphabetical order."""
    found = sorted(path.parent.name for path in folder.glob(f"schemas/*/{engines[0]}.sql"))
    return [name for name in found if all((folder / "schemas" / name / f"{e}.sql").exists() for e in engines)]
