"""MariaDB's sequences with their state."""

from __future__ import annotations

from engines.catalog import Sequence
from engines.mysql.introspect.reader import Reader
from engines.mysql.quoting import quote_identifier, quote_literal

AT_ONCE = 100
# a sequence is a table of one row (MariaDB: CREATE SEQUENCE)
ONE = """SELECT {literal} AS NAME, next_not_cached_value, minimum_value, maximum_value, start_value, increment,
         cache_size, cycle_option FROM {name}"""


def read_sequences(reader: Reader, names: list[str]) -> list[Sequence]:
    """Their state, a hundred in one query; last_value is the number that a server without a cache gives next.

    Numbers that the server holds in its cache are lost to nobody: next_not_cached_value lies behind them.
    """
    found: list[Sequence] = []
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        refused = len(reader.unread)
        rows = _rows(reader, "sequences", some)
        if len(reader.unread) > refused and len(some) > 1:
            del reader.unread[refused:]
            rows = [row for name in some for row in _rows(reader, f"sequence {reader.database}.{name}", [name])]
        found += rows
    return found


def _rows(reader: Reader, part: str, names: list[str]) -> list[Sequence]:
    sql = " UNION ALL ".join(ONE.format(literal=quote_literal(name), name=quote_identifier(name)) for name in names)
    return [
        Sequence(
            schema_name=reader.database,
            name=row.name,
            start=int(row.start_value),
            increment=int(row.increment),
            minimum=int(row.minimum_value),
            maximum=int(row.maximum_value),
            cache=max(int(row.cache_size), 1),
            cycle=bool(row.cycle_option),
            last_value=int(row.next_not_cached_value),
            is_called=False,
        )
        for row in reader.rows(part, sql, parameters=())
    ]
