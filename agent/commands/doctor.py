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


def doctor(options: argparse.Namespace) -> int:
    """A line per check; 1 when one that is needed fails."""
    status = EXIT_DONE
    for name, needed, check in CHECKS:
        try:
            told, fine = check()
        except (DbmoError, OSError, ImportError) as error:
            told, fine = str(error), False
        mark = "ok  " if fine else ("FAIL" if needed else "none")
        sys.stdout.write(f"{mark}  {name:<22} {told}\n")
        if needed and not fine:
            status = EXIT_CHECK_FAILED
    return status


def _python() -> tuple[str, bool]:
    return sys.version.split()[0], sys.version_info >= (3, 11)


def _sqlite() -> tuple[str, bool]:
    fine = sqlite3.sqlite_version_info >= (3, 37)
    return sqlite3.sqlite_version + ("" if fine else ": at least 3.37 is needed for its catalog pragmas"), fine


def _driver() -> tuple[str, bool]:
    import psycopg

    fast = psycopg.pq.__impl__ in ("c", "binary")
    return f"psycopg {psycopg.__version__}, implementation {psycopg.pq.__impl__}", fast


def _embedded() -> tuple[str, bool]:
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


def _disk() -> tuple[str, bool]:
    free = shutil.disk_usage(Path.cwd()).free
    return f"{free / 1e9:.1f} GB free here", free >= LEAST_FREE_BYTES


def _skills() -> tuple[str, bool]:
    from agent.prechecks import check_skills
    from skills.registry import all_skills

    found = all_skills()
    check_skills({name: skill.frontmatter for name, skill in found.items()})
    return f"{len(found)} found", True


def _model() -> tuple[str, bool]:
    return "the claude driver is not in this version; rules decide everything", False


CHECKS: tuple[tuple[str, bool, Callable[[], tuple[str, bool]]], ...] = (
    ("Python", True, _python),
    ("SQLite library", True, _sqlite),
    ("PostgreSQL driver", True, _driver),
    ("embedded PostgreSQL", True, _embedded),
    ("disk", True, _disk),
    ("skills", True, _skills),
    ("model", False, _model),
)
