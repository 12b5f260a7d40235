"""Names of constraints, indexes and sequences that a server makes up where a person gives none."""

from __future__ import annotations

import re

# engine -> what is being named -> pattern over the name; {table} is the head of the table's name.
# PostgreSQL: ChooseConstraintName, ChooseIndexName, makeObjectName (src/backend/commands/indexcmds.c): both halves are
# cut to fit 63 bytes. MySQL manual, FOREIGN KEY Constraints and CHECK Constraints; MariaDB names checks CONSTRAINT_1.
PATTERNS = {
    "postgresql": {
        "primary key": r"{table}.*_pkey\d*",
        "unique constraint": r"{table}.*_key\d*",
        "foreign key": r"{table}.*_fkey\d*",
        "check": r"{table}.*_check\d*",
        "exclusion": r"{table}.*_excl\d*",
        "index": r"{table}.*_idx\d*",
        "sequence": r"{table}.*_seq\d*",
    },
    "mysql": {
        "primary key": r"PRIMARY",
        "foreign key": r"{table}.*_ibfk_\d+|\d+",
        "check": r"{table}.*_chk_\d+|CONSTRAINT_\d+",
        "unique constraint": r"{columns}(_\d+)?",
        "index": r"{columns}(_\d+)?",
    },
}
HEAD = 20  # what is left of a table's name at least when PostgreSQL cuts it


def generated(engine: str, kind: str, name: str | None, table: str, columns: list[str]) -> bool:
    """True where nobody chose the name; columns: those of the object (MySQL names a key after the first)."""
    if name is None:
        return True
    pattern = PATTERNS.get(engine, {}).get(kind)
    if pattern is None:
        return False
    head = re.escape(table[:HEAD])
    first = re.escape(columns[0]) if columns else "(?!)"
    return re.fullmatch(pattern.format(table=head, columns=first), name, re.DOTALL | re.IGNORECASE) is not None
