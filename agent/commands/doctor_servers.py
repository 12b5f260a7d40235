"""What a server lets a copy do: asked of databases that are named to `dbmo doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from engines.errors import DbmoError
from engines.families import family
from engines.mysql.grants import Grants
from engines.pressure import PressureGauge, Unseen, open_gauge
from engines.protocols import Database
from engines.registry import open_database

Answer = tuple[str, bool, tuple[str, bool]]  # name, whether it is needed, what was told and whether it is well

# variable of MySQL -> its value that is wanted, what for
VARIABLES = (
    ("local_infile", "ON", "LOAD DATA LOCAL, the fastest way in", "SET GLOBAL local_infile = ON"),
    ("log_bin", "ON", "the moment of a copy has a position; several lanes prove by it that they read one moment", ""),
)
LOCKING = ("RELOAD", "FLUSH_TABLES")
LOCK = "the lock under which several lanes begin at one moment (docs/moving.md)"
MAX_CONNECTIONS = {
    "postgresql": "SELECT current_setting('max_connections')::int - count(*) FROM pg_catalog.pg_stat_activity",
    "mysql": "SELECT @@max_connections - COUNT(*) FROM information_schema.PROCESSLIST",
}
# a limit of the load, and the question that it rests on
SEEN: tuple[tuple[str, Callable[[PressureGauge], object]], ...] = (
    ("max_running_threads", lambda gauge: gauge.running_threads()),
    ("max_replica_lag_seconds", lambda gauge: gauge.replicas_lag()),
    ("max_target_latency_ms", lambda gauge: gauge.latency_ms()),
    ("max_snapshot_transactions", lambda gauge: gauge.held_transactions()),
)


def check_server(url: str) -> Iterator[Answer]:
    """Version, free connections, settings that make a copy fast, and which limits of the load can be watched."""
    try:
        with closing(open_database(url)) as database:
            yield "server", True, (f"{database.display}: {database.engine} {database.version}", True)
            yield from _of_engine(database)
    except DbmoError as error:
        yield "server", True, (str(error), False)
        return
    yield from _watched(url)


def _of_engine(database: Database) -> Iterator[Answer]:
    kind = family(database.engine)
    if kind in MAX_CONNECTIONS:
        free = int(str(database.query(MAX_CONNECTIONS[kind])[0][0]))
        yield "  connections", False, (f"{free} free, as far as this user sees", free > 1)
    if kind == "mysql":
        for name, wanted, purpose, remedy in VARIABLES:
            found = database.query(f"SHOW GLOBAL VARIABLES LIKE '{name}'")
            value = str(found[0][1]) if found else "missing"
            told = f"{value}: {purpose}" + (f"; {remedy}" if value != wanted and remedy else "")
            yield f"  {name}", False, (told, value == wanted)
        yield "  RELOAD", False, _lock(database)


def _lock(database: Database) -> tuple[str, bool]:
    """Whether the user may lock the source for the moment that lanes begin at; rights by roles aren't looked into."""
    grants = Grants.of((str(row[0]) for row in database.query("SHOW GRANTS")), "")
    granted = any(grants.has(right) for right in LOCKING)
    return f"{'granted' if granted else 'not granted to the user itself'}: {LOCK}", granted


def _watched(url: str) -> Iterator[Answer]:
    with closing(open_gauge(url)) as gauge:
        for limit, ask in SEEN:
            try:
                value = ask(gauge)
            except Unseen as error:
                yield f"  {limit}", False, (f"can't be watched: {error}", False)
            except DbmoError as error:
                yield f"  {limit}", False, (error.what, False)
            else:
                shown = f"{value:.2f}" if isinstance(value, float) else value
                yield f"  {limit}", False, (f"can be watched, now {'no replica' if value is None else shown}", True)
