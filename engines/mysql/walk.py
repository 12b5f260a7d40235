"""What a snapshot is asked about whole tables: where their keys may be cut, and which it doesn't hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engines.mysql.quoting import quote_identifier, quote_literal, quote_name
from engines.mysql.rowstream import Row

Query = Callable[[str], list[Row]]
LOT = 500  # tables asked for at once
NOT_TRANSACTIONAL = (
    "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.ENGINE FROM information_schema.TABLES AS t"
    " JOIN information_schema.ENGINES AS e USING (ENGINE)"
    " WHERE COALESCE(e.TRANSACTIONS, 'NO') <> 'YES' AND (t.TABLE_SCHEMA, t.TABLE_NAME) IN ({pairs})"
)


def boundaries(query: Query, schema: str, table: str, key: str, rows: int) -> list[int]:
    """Integer keys that end ranges of that many rows each, ascending; the last range is open.

    One walk along the key's index; without an index every step sorts the rest of the table.
    """
    name, column = quote_name(schema, table), quote_identifier(key)

    def following(condition: str) -> list[Row]:
        return query(f"SELECT {column} + 0 {rows_of} {condition} ORDER BY {column} LIMIT 1 OFFSET {rows - 1}")

    rows_of = f"FROM {name} WHERE {column}"
    found: list[int] = []
    current = following("IS NOT NULL")
    while current:
        found.append(int(current[0][0]))
        current = following(f"> {found[-1]}")
    return found


def not_transactional(query: Query, tables: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Which of these (database, table) no snapshot holds, because of their storage engine: its name."""
    found: dict[tuple[str, str], str] = {}
    for start in range(0, len(tables), LOT):
        pairs = ", ".join(f"({quote_literal(s)}, {quote_literal(t)})" for s, t in tables[start : start + LOT])
        for schema, table, engine in query(NOT_TRANSACTIONAL.format(pairs=pairs)):
            found[schema.decode(), table.decode()] = engine.decode()
    return found
