"""A PostgreSQL 15 source and everything about it that a migration must leave as it was."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.moving import fetch
from tests.servers import DEBIAN_15, load_sql

SCRIPT = Path(__file__).with_name("hostile.sql")
ACCEPTED = [{"object": "*", "by": "the tests", "reason": "what is left behind is not what they look at"}]


def hostile(url: str, *more: str) -> str:
    """The url, with the hostile schema in it and what else is asked for."""
    load_sql(url, SCRIPT)
    for statement in more:
        load_sql(url, statement)
    return url


def whole(url: str) -> str:
    """The database as pg_dump writes it: schema, rows, sequences, large objects."""
    found = subprocess.run(
        [DEBIAN_15 / "pg_dump", "--blobs", f"--dbname={url}"], capture_output=True, text=True, check=True
    )
    return "".join(
        line for line in found.stdout.splitlines(True) if not line.startswith(("\\restrict", "\\unrestrict"))
    )


def large_objects(url: str) -> int:
    """How many there are."""
    return int(fetch(url, "SELECT count(*) FROM pg_largeobject_metadata")[0][0])
