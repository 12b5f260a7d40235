"""Cuts MySQL and MariaDB tables along any key without NULLs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engines.catalog import Kind
from engines.full_names import parts
from engines.mysql.quoting import quote_identifier, quote_literal, quote_name
from engines.mysql.snapshot import MysqlSnapshot
from transfer.chunks import Bound, Chunk
from transfer.cutting.steps import Size, dense, even, numbered, step_rows, walk
from transfer.moveplan import ChunkKey, KeyColumn, MovePlan
from transfer.state.protocol import Cut
from transfer.units import Unit

NAMES = 500  # tables asked for in one query
UNKNOWN = "?"  # what the server sends for a character that UTF-8 doesn't have
TRIES = 5  # keys that are looked at for one that can be written as a literal


def sizes(snapshot: MysqlSnapshot, names: Sequence[str]) -> dict[str, Size]:
    """InnoDB's persistent statistics: about right for large tables, and no proof that a table is small."""
    found: dict[str, Size] = {}
    for start in range(0, len(names), NAMES):
        lot = {parts(name): name for name in names[start : start + NAMES]}
        pairs = ", ".join(f"({quote_literal(schema)}, {quote_literal(name)})" for schema, name in lot)
        for schema, name, rows, size in snapshot.query(
            "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES"
            f" WHERE (TABLE_SCHEMA, TABLE_NAME) IN ({pairs})"
        ):
            full = lot.get((_text(schema), _text(name)))
            if full is not None:
                found[full] = Size(*(None if value is None else int(value) for value in (rows, size)))
    return found


def cut(snapshot: MysqlSnapshot, unit: Unit, plan: MovePlan, start: Cut | None, size: Size) -> Iterator[Chunk]:
    """See Cutter."""
    return numbered(unit.name, start, _bounds(snapshot, unit, plan, start, size))


def _bounds(snapshot: MysqlSnapshot, unit: Unit, plan: MovePlan, start: Cut | None, size: Size) -> Iterator[Bound]:
    key = unit.key
    if key.kind != "columns":
        return
    name, step = quote_name(*parts(unit.name)), step_rows(plan, size)
    if len(key.columns) == 1 and key.columns[0].kind is Kind.INTEGER:
        column = quote_identifier(key.columns[0].name)
        ((low, high),) = snapshot.query(f"SELECT MIN({column}), MAX({column}) FROM {name}")
        if low is None:
            return
        if dense(int(low), int(high), size.rows, step):
            yield from even(int(low), int(high), step, start)
            return
    yield from walk(lambda after: following(snapshot, name, key, Chunk(unit.name, 0, after, None), step), start)


def following(snapshot: MysqlSnapshot, name: str, key: ChunkKey, chunk: Chunk, rows: int) -> Bound | None:
    """The key of that many rows into a range, None where it has fewer; name: quoted. One walk along the index.

    A text without code points comes as question marks, which lie elsewhere in the order: a key further on is taken.
    """
    reads = ", ".join(_read(column) for column in key.columns)
    where = condition(key, chunk)
    rows_of = f"FROM {name}{f' WHERE {where}' if where else ''}"
    for attempt in range(TRIES):
        offset = rows * 2**attempt - 1
        found = snapshot.query(f"SELECT {reads} {rows_of} ORDER BY {order(key)} LIMIT 1 OFFSET {offset}")
        if not found:
            return None
        bound = tuple(_value(column, value) for column, value in zip(key.columns, found[0], strict=True))
        if not any(isinstance(value, str) and UNKNOWN in value for value in bound):
            return bound
        pairs = zip(key.columns, bound, strict=True)
        same = [f"{quote_identifier(column.name)} = {_literal(column, value)}" for column, value in pairs]
        if snapshot.query(f"SELECT 1 FROM {name} WHERE {' AND '.join([*same, *filter(None, [where])])} LIMIT 1"):
            return bound
    return None


def condition(key: ChunkKey, chunk: Chunk) -> str:
    """WHERE of a range, without the word.

    The server serves no range of row values by an index, so a composite key is compared column by column, with a term
    on its first column that bounds the range (MySQL manual, Range Optimization of Row Constructor Expressions).
    """
    terms = [_beyond(key.columns, chunk.lower, ">")] if chunk.lower else []
    terms += [_beyond(key.columns, chunk.upper, "<")] if chunk.upper else []
    return " AND ".join(terms)


def order(key: ChunkKey) -> str:
    """Columns for ORDER BY."""
    return ", ".join(quote_identifier(column.name) for column in key.columns)


def _beyond(columns: list[KeyColumn], bound: Bound, sign: str) -> str:
    """(a, b) > bound, or (a, b) <= bound for sign `<`."""
    last = ">" if sign == ">" else "<="
    pairs = [(quote_identifier(c.name), _literal(c, value)) for c, value in zip(columns, bound, strict=True)]
    name, literal = pairs[-1]
    term = f"{name} {last} {literal}"
    for name, literal in reversed(pairs[:-1]):
        term = f"{name} {sign}= {literal} AND ({name} {sign} {literal} OR {term})"
    return f"({term})" if len(pairs) > 1 else term


def _literal(column: KeyColumn, value: int | str) -> str:
    if isinstance(value, int) or column.kind is Kind.DECIMAL:  # in quotes it would be compared as a double
        return str(value)
    return f"x'{value}'" if column.kind is Kind.BINARY else quote_literal(value)


def _read(column: KeyColumn) -> str:
    name = quote_identifier(column.name)
    return f"HEX({name})" if column.kind is Kind.BINARY else name


def _value(column: KeyColumn, value: bytes | None) -> int | str:
    assert value is not None
    return int(value) if column.kind is Kind.INTEGER else value.decode()


def _text(value: bytes | None) -> str:
    return value.decode() if value is not None else ""
