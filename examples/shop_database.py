"""Makes `shop.db`, the source of the example: a shop's SQLite database with the traps that real ones have.

The same bytes for the same number of rows and SQLite library: a seeded generator, no clock. `python -m
examples.shop_database PATH` writes 250,000 rows in a few seconds. TRAPS lists the traps.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

from examples.shop_rows import Shop
from examples.shop_traps import TRAPS

__all__ = ["ROWS", "TRAPS", "build"]

ROWS = 250_000
FEWEST_ROWS = 5_000


def build(path: Path, rows: int = ROWS) -> None:
    """Write the database to path, whole or not at all; rows is about how many rows all tables hold together.

    At least FEWEST_ROWS are made, so that every trap is there. A file at path is replaced.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    connection = sqlite3.connect(unfinished, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript((Path(__file__).parent / "shop_schema.sql").read_text(encoding="utf-8"))
        connection.execute("BEGIN")
        Shop(connection, max(rows, FEWEST_ROWS)).fill()
        connection.execute("COMMIT")
        connection.close()
        unfinished.replace(path)
    finally:
        connection.close()
        unfinished.unlink(missing_ok=True)


def main() -> None:
    """Write the database to the path given on the command line."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m examples.shop_database PATH")
    build(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
