"""The upgrades that real projects wrote: from each state to the next, over rows, and back."""

from __future__ import annotations

import re
import shutil
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest

from conversion.alter.plan import migration
from conversion.diff import diff
from tests.conversion.alter.applying import Engine, check_both_ways, read
from tests.mysql_servers import MysqlServer, load_mysql
from tests.servers import Server

EVERY = 9  # of the states of a sequence, so that the suite stays short; a soak takes them all


def in_order(folder: Path) -> list[Path]:
    return sorted(
        folder.iterdir(), key=lambda path: [int(x) if x.isdigit() else x for x in re.split(r"(\d+)", path.name)]
    )


def states(scripts: list[Path], folder: Path) -> list[Path]:
    """A SQLite file after each script that runs."""
    current = folder / "state0.db"
    sqlite3.connect(current).close()
    found = [current]
    for number, script in enumerate(scripts, 1):
        following = folder / f"state{number}.db"
        shutil.copy(current, following)
        connection = sqlite3.connect(following)
        try:
            connection.executescript(script.read_text())
        except sqlite3.Error:
            continue  # it upgrades a table that this sequence never had
        finally:
            connection.close()
        found.append(following)
        current = following
    return found


def from_file(states: list[Path], place: int, folder: Path) -> Engine:
    """An engine whose new databases are copies of a state."""
    numbers = iter(range(1000))

    def new() -> str:
        copy = folder / f"copy{place}_{next(numbers)}.db"
        shutil.copy(states[place], copy)
        return f"sqlite:///{copy}"

    return Engine("sqlite", new)


@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("project", ["vaultwarden", "roundcube"])
def test_upgrades_of_sqlite(project: str, every: int, corpora: Path, tmp_path: Path) -> None:
    found = states(in_order(corpora / "schemas" / project / "upgrades" / "sqlite"), tmp_path)
    places = list(range(0, len(found), every))
    for one, other in pairwise(places):
        wanted = read(f"sqlite:///{found[other]}")
        engine = from_file(found, one, tmp_path)
        url = engine.new()
        there = read(url)
        engine.fill(url, there)
        script = migration(there, wanted)
        for sql in ("reverse", "undo"):
            copy = tmp_path / f"work_{one}_{sql}.db"
            shutil.copy(url.removeprefix("sqlite:///"), copy)
            script.checks = []  # the project's own states hold references to tables that are gone
            engine.run(f"sqlite:///{copy}", script)
            assert diff(wanted, read(f"sqlite:///{copy}")) == []
            if sql == "undo":
                engine.undo(f"sqlite:///{copy}", script)
            else:
                engine.run(f"sqlite:///{copy}", script, script.reverse)
            assert diff(there, read(f"sqlite:///{copy}")) == []


@pytest.mark.parametrize(
    ("before", "after"), [("dolphinscheduler-3.0.0", "dolphinscheduler"), ("ejabberd", "ejabberd-new")]
)
def test_versions_of_postgresql(before: str, after: str, corpora: Path, postgresql_18: Server) -> None:
    engine = Engine("postgresql", postgresql_18.create_database)
    texts = [[(corpora / "schemas" / name / "postgresql.sql").read_text()] for name in (before, after)]
    check_both_ways(engine, texts[0], texts[1])


@pytest.mark.soak
@pytest.mark.parametrize(
    ("before", "after"), [("dolphinscheduler-3.0.0", "dolphinscheduler"), ("ejabberd", "ejabberd-new")]
)
def test_versions_of_mariadb(before: str, after: str, corpora: Path, mariadb: MysqlServer) -> None:
    urls = [mariadb.create_database() for _ in range(2)]
    for url, name in zip(urls, (before, after), strict=True):
        load_mysql(url, corpora / "schemas" / name / "mysql.sql", foreign_key_checks=False)
    engine = Engine("mysql", mariadb.create_database)
    there, wanted = read(urls[0]), read(urls[1])
    script = migration(there, wanted)
    engine.run(urls[0], script)
    assert diff(wanted, read(urls[0])) == []
    engine.run(urls[0], script, script.reverse)
    assert diff(there, read(urls[0])) == []
