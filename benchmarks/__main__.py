"""`python -m benchmarks [NAME ...]`: runs the benchmarks and prints one table of ratios."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from datetime import date

from benchmarks import (
    chat,
    copy_mongodb,
    copy_mysql,
    copy_postgresql,
    copy_sqlite,
    copy_to_mysql,
    many_tables,
    plan_schema,
    start_up,
    validate,
    validate_scaling,
)
from benchmarks.measure import Line

BENCHMARKS: dict[str, Callable[[], list[Line]]] = {
    "start-up": start_up.run,
    "chat-start": chat.run_start,
    "turn": chat.run_turn,
    "planning": plan_schema.run,
    "many-tables": many_tables.run,
    "mysql-to-postgresql": copy_mysql.run,
    "mysql-scaling": copy_mysql.run_scaling,
    "postgresql-to-postgresql": copy_postgresql.run,
    "sqlite-to-postgresql": copy_sqlite.run,
    "to-mysql": copy_to_mysql.run,
    "mongodb": copy_mongodb.run,
    "validate": validate.run,
    "validate-scaling": validate_scaling.run,
}


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all; a name that is none ends the program with status 2 and the list of names."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.stderr.write(f"There is no benchmark {unknown[0]!r}. Name any of: {', '.join(BENCHMARKS)}.\n")
        sys.exit(2)
    sys.stdout.write(f"{date.today().isoformat()}, {platform.platform()}, Python {platform.python_version()}\n\n")
    sys.stdout.write("| benchmark | ours | peer or limit | ratio | runs |\n|-|-|-|-|-|\n")
    for name in names or list(BENCHMARKS):
        for line in BENCHMARKS[name]():
            sys.stdout.write(line.text() + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
