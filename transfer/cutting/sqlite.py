"""Cuts SQLite tables by the rowid, or by the key of a table without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engines.chained import chained
from engines.full_names import parts
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.snapshot import SqliteSnapshot, TooLarge
from transfer.chunks import Bound, Chunk
from transfer.cutting.steps import Size, dense, even, numbered, step_rows, walk
from transfer.moveplan import ChunkKey, MovePlan
from transfer.state.protocol import Cut
from transfer.units import TableUnit, Unit

ROWID = "rowid"
SAMPLE = 100
LARGE = 1 << 20  # bytes of a value from which on none is loaded to be measured


def sizes(snapshot: SqliteSnapshot, names: Sequence[str]) -> dict[str, Size]:
    """Rows of sqlite_stat1 where ANALYZE was run."""
    if not snapshot.query("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"):
        return {}
    wanted = {parts(name)[1].encode(): name for name in names}
    found: dict[str, Size] = {}
    for table, statistics in snapshot.query("SELECT tbl, stat FROM sqlite_stat1 WHERE stat IS NOT NULL"):
        first = bytes(statistics).split()[:1] if isinstance(statistics, bytes) else []
        if table in wanted and first and first[0].isdigit():
            found[wanted[table]] = Size(int(first[0]))
    return found


def cut(snapshot: SqliteSnapshot, unit: Unit, plan: MovePlan, start: Cut | None, size: Size) -> Iterator[Chunk]:
    """See Cutter."""
    return numbered(unit.name, start, _bounds(snapshot, unit, plan, start, size))


def _bounds(snapshot: SqliteSnapshot, unit: Unit, plan: MovePlan, start: Cut | None, size: Size) -> Iterator[Bound]:
    key = unit.key
    if key.kind == "whole":
        return
    name = quote_identifier(parts(unit.name)[1])
    if size.average is None:
        size = Size(size.rows, size.bytes, _measured(snapshot, unit, name))
    step = step_rows(plan, size)
    columns = _columns(key)
    if len(columns) == 1:
        lowest, highest = snapshot.query(
            f"SELECT * FROM (SELECT {columns[0]} FROM {name} ORDER BY {columns[0]} LIMIT 1)"
            f" UNION ALL SELECT * FROM (SELECT {columns[0]} FROM {name} ORDER BY {columns[0]} DESC LIMIT 1)"
        ) or ((None,), (None,))
        low, high = lowest[0], highest[0]
        if low is None and high is None:
            return
        if isinstance(low, int) and isinstance(high, int) and dense(low, high, size.rows, step):
            yield from even(low, high, step, start)
            return
    yield from walk(_following(snapshot, unit, name, step), start)


def _following(snapshot: SqliteSnapshot, unit: Unit, name: str, step: int) -> Callable[[Bound | None], Bound | None]:
    """The key that comes so many rows behind another one."""
    key, columns = unit.key, _columns(unit.key)
    # text as the bytes that the database holds, in its own encoding: CAST(x'..' AS TEXT) takes them so
    bare = "CASE typeof({c}) WHEN 'text' THEN CAST({c} AS BLOB) ELSE {c} END"
    reads = ", ".join(f"typeof({column}), {bare.replace('{c}', column)}" for column in columns)

    def following(after: Bound | None) -> Bound | None:
        where = condition(key, Chunk(unit.name, 0, after, None))
        found = snapshot.query(
            f"SELECT {reads} FROM {name}{f' WHERE {where}' if where else ''}"
            f" ORDER BY {', '.join(columns)} LIMIT 1 OFFSET {step - 1}"
        )
        if not found:
            return None
        row = found[0]
        return tuple(_bound(bytes(klass), value) for klass, value in zip(row[::2], row[1::2], strict=True))

    return following


def condition(key: ChunkKey, chunk: Chunk) -> str:
    """WHERE of a range, without the word; SQLite serves row values by an index."""
    columns = _columns(key)
    left = f"({', '.join(columns)})" if len(columns) > 1 else ", ".join(columns)
    terms = [f"{left} > {_literal(chunk.lower)}"] if chunk.lower else []
    terms += [f"{left} <= {_literal(chunk.upper)}"] if chunk.upper else []
    return " AND ".join(terms)


def order(key: ChunkKey) -> str:
    """Columns for ORDER BY."""
    return ", ".join(_columns(key))


def _columns(key: ChunkKey) -> list[str]:
    """The key's columns; of a rowid the name that no column of the table hides."""
    if key.kind == "rowid":
        return [quote_identifier(key.columns[0].name) if key.columns else ROWID]
    return [quote_identifier(column.name) for column in key.columns]


def _literal(bound: Bound) -> str:
    values = [str(value) for value in bound]
    return f"({', '.join(values)})" if len(values) > 1 else values[0]


def _bound(klass: bytes, value: object) -> int | str:
    """An integer, or the literal of any other value: exact for every text and blob, whatever bytes they hold."""
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return repr(value).replace("inf", "9e999")
    assert isinstance(value, bytes)
    return f"x'{value.hex()}'" if klass == b"blob" else f"CAST(x'{value.hex()}' AS TEXT)"


def _measured(snapshot: SqliteSnapshot, unit: Unit, name: str) -> int | None:
    """Average bytes of the texts and blobs of some rows, and eight for every column."""
    if not isinstance(unit, TableUnit):
        return None
    columns = [quote_identifier(column.source) for column in unit.mapping.copied]
    lengths = chained("+", [f"COALESCE(length(CAST({column} AS BLOB)), 0)" for column in columns]) or "0"
    try:
        with snapshot.limited(LARGE):
            found = snapshot.first(f"SELECT avg(n) FROM (SELECT {lengths} AS n FROM {name} LIMIT {SAMPLE})")
    except TooLarge:
        return _measured_apart(snapshot, unit, name)
    return max(1, int(found[0])) + 8 * len(columns) if found and found[0] is not None else None


def _measured_apart(snapshot: SqliteSnapshot, unit: TableUnit, name: str) -> int:
    """The same of rows of which one holds a large value; LARGE where no value can be measured without loading it."""
    if unit.key.kind != "rowid":
        return LARGE
    (rowid,) = _columns(unit.key)
    names = [column.source for column in unit.mapping.copied]
    classes = ", ".join(f"typeof({quote_identifier(column)})" for column in names)
    rows = snapshot.query(f"SELECT {rowid}, {classes} FROM {name} LIMIT {SAMPLE}")
    table = parts(unit.name)[1]
    sizes = [
        snapshot.size(table, column, row[0])
        for row in rows
        for column, klass in zip(names, row[1:], strict=True)
        if klass in (b"text", b"blob")
    ]
    return sum(sizes) // len(rows) + 8 * len(names)
