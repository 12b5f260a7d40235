"""dbmo doctor: what works on this machine, tried and not guessed, and what to do about what doesn't."""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from engines.errors import EXIT_CHECK_FAILED, EXIT_DONE, DbmoError

LEAST_FREE_BYTES = 1_000_000_000
Told = tuple[str, bool]
# psycopg's implementation -> what is told of it
LIBPQ = {
    "binary": "compiled, libpq of its wheel",
    "c": "compiled, libpq of this machine",
    "python": "not compiled, which is slow: pip install 'psycopg[binary]'",
}


def doctor(options: argparse.Namespace) -> int:
    """A line per check, and per server that is named; 1 when one that is needed fails."""
    from agent.commands.doctor_servers import check_server

    fine = True
    for name, needed, check in CHECKS:
        fine &= _line(name, needed, check)
    for url in options.urls:
        for name, needed, answer in check_server(url):
            fine &= _line(name, needed, lambda answer=answer: answer)  # type: ignore[misc]
    return EXIT_DONE if fine else EXIT_CHECK_FAILED


def _line(name: str, needed: bool, check: Callable[[], Told]) -> bool:
    """Print a check's answer; False where it is needed and failed."""
    try:
        told, good = check()
    except (DbmoError, OSError, ImportError) as error:
        told, good = str(error), False
    mark = "ok  " if good else ("FAIL" if needed else "none")
    sys.stdout.write(f"{mark}  {name:<27} {told}\n")
    sys.stdout.flush()
    return good or not needed


def _python() -> Told:
    return sys.version.split()[0], sys.version_info >= (3, 11)


def _sqlite() -> Told:
    fine = sqlite3.sqlite_version_info >= (3, 37)
    return sqlite3.sqlite_version + ("" if fine else ": at least 3.37 is needed for its catalog pragmas"), fine


def _postgresql_driver() -> Told:
    import psycopg

    made = psycopg.pq.__impl__
    return f"psycopg {psycopg.__version__}, {LIBPQ.get(made, made)}", made in ("c", "binary")


def _mysql_driver() -> Told:
    from importlib.metadata import version

    from engines.mysql import fast_lines

    told = f"PyMySQL {version('pymysql')}"
    reader, faster = fast_lines.driver()
    return f"{told}; rows are read by {reader}" + (f"; faster: {faster}" if faster else ""), True


def _mongodb_driver() -> Told:
    import bson
    import pymongo

    fast = bool(bson.has_c())
    told = "with its C extension" if fast else "without its C extension, which is slow: install its wheel"
    return f"pymongo {pymongo.version}, {told}", fast


def _routes() -> Told:
    from importlib import import_module

    from transfer.routes.route import ROUTES

    missing = []
    for pair, module in sorted(ROUTES.items()):
        try:
            import_module(module)
        except ImportError:
            missing.append(f"{pair[0]} to {pair[1]}")
    told = f"{len(ROUTES) - len(missing)} pairs of engines" + (f", not: {', '.join(missing)}" if missing else "")
    return told, not missing


def _ray() -> Told:
    try:
        import ray
    except ImportError:
        return "not installed; for copying on many machines: pip install 'dbmo[ray]'", False
    return f"{ray.__version__}: --executor ray://host:port", True


def _metrics() -> Told:
    import importlib.metadata

    import prometheus_client

    served = bool(prometheus_client.start_http_server)
    return f"prometheus-client {importlib.metadata.version('prometheus-client')}: --metrics-port PORT", served


def _embedded() -> Told:
    from engines.embedded import open_embedded
    from engines.postgresql.database import PostgresqlDatabase

    with tempfile.TemporaryDirectory(prefix="dbmo-doctor-") as folder:
        server = open_embedded(Path(folder) / "server", durable=False)
        try:
            server.ensure_database("doctor")
            database = PostgresqlDatabase(server.uri("doctor"), "embedded")
            version = database.version
            database.close()
        finally:
            server.stop()
    return f"PostgreSQL {version} started, answered and stopped", True


def _disk() -> Told:
    free = shutil.disk_usage(Path.cwd()).free
    return f"{free / 1e9:.1f} GB free here", free >= LEAST_FREE_BYTES


def _skills() -> Told:
    from agent.prechecks import check_skills
    from skills.registry import all_skills

    found = all_skills()
    check_skills({name: skill.frontmatter for name, skill in found.items()})
    return f"{len(found)} found", True


def _model() -> Told:
    from agent.driver import chosen

    name = chosen("auto")
    if name == "rules":
        return "no key and no server of a model: the rules order the work (--driver rules)", False
    return "a key or a server is set: the claude driver orders the work", True


CHECKS: tuple[tuple[str, bool, Callable[[], Told]], ...] = (
    ("Python", True, _python),
    ("SQLite library", True, _sqlite),
    ("PostgreSQL driver", True, _postgresql_driver),
    ("MySQL driver", True, _mysql_driver),
    ("MongoDB driver", True, _mongodb_driver),
    ("routes", True, _routes),
    ("embedded PostgreSQL", True, _embedded),
    ("disk", True, _disk),
    ("skills", True, _skills),
    ("metrics", True, _metrics),
    ("Ray", False, _ray),
    ("model", False, _model),
)
