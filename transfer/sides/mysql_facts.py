"""What a MySQL server says of the tables that are compared: their columns now, or why it shows none."""

from __future__ import annotations

from collections.abc import Sequence

from engines.errors import DbmoError, UsageError
from engines.mysql.quoting import quote_literal, quote_name
from engines.mysql.snapshot import MysqlSnapshot
from transfer.canonical.sql_mysql import Live

UTF8, BIN = "utf8mb4_", "_bin"
MISSING = frozenset({1049, 1146})  # unknown database, unknown table
COLUMNS = (
    "SELECT COLUMN_NAME, CHARACTER_SET_NAME, IS_NULLABLE, COLLATION_NAME FROM information_schema.COLUMNS"
    " WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME = {table}"
)


class Facts:
    """Facts of tables by (database, table), asked for once."""

    def __init__(self, snapshot: MysqlSnapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[tuple[str, str], dict[str, Live]] = {}

    def of(self, place: tuple[str, str], columns: Sequence[str]) -> dict[str, Live]:
        """By column; UsageError TABLE_MISSING, COLUMN_MISSING or PERMISSION_DENIED where they can't be read."""
        if place not in self._known:
            self._known[place] = self._asked(place)
        missing = [name for name in columns if name not in self._known[place]]
        if missing:
            raise UsageError(
                "COLUMN_MISSING",
                f"{'.'.join(place)} in {self._snapshot.display} has no column {', '.join(missing)}.",
                "Read the catalog again: the table was changed since.",
            )
        return self._known[place]

    def clear(self) -> None:
        """Forget them: the moment is another one."""
        self._known.clear()

    def _asked(self, place: tuple[str, str]) -> dict[str, Live]:
        schema, table = map(quote_literal, place)
        found = self._snapshot.query(COLUMNS.format(schema=schema, table=table))
        if not found:
            self._explain(place)
        # texts of another character set are converted, and have no binary collation then
        binary = sorted(
            {text for *_, item in found if (text := _text(item) or "").startswith(UTF8) and text.endswith(BIN)}
        )
        return {
            column.decode(): Live(
                _text(charset), nullable == b"YES", _text(collation), apart=_text(collation) in binary[:-1]
            )
            for column, charset, nullable, collation in found
        }

    def _explain(self, place: tuple[str, str]) -> None:
        """Raise what keeps the table from being seen: a right, or it isn't there."""
        try:
            self._snapshot.query(f"SELECT 1 FROM {quote_name(*place)} LIMIT 0")
        except DbmoError as error:
            if error.data.get("errno") not in MISSING:
                raise
        raise UsageError(
            "TABLE_MISSING",
            f"{self._snapshot.display} has no table {'.'.join(place)} that its user could see.",
            "Check the name, and whether it was dropped since the catalog was read.",
        )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
