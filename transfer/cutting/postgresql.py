"""Cuts PostgreSQL tables: by keys of any type under their own order, or by pages (ctid)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engines.columns import Kind
from engines.full_names import parts
from engines.postgresql.quoting import quote_identifier, quote_literal, quote_name
from engines.postgresql.snapshot import PostgresqlSnapshot
from transfer.chunks import Bound, Chunk
from transfer.cutting.steps import TID_RANGE_SCAN, Size, dense, even, is_small, numbered, step_rows, walk
from transfer.moveplan import ChunkKey, MovePlan
from transfer.state.protocol import Cut
from transfer.units import Unit

PAGE = 8192
TRIES = 5  # keys that are looked at for one that can be written as a literal
SAMPLE = 100  # rows that are measured where statistics were never gathered


def sizes(snapshot: PostgresqlSnapshot, names: Sequence[str]) -> dict[str, Size]:
    """Bytes as they are on disk now (with TOAST), rows as of the last ANALYZE at the present number of pages."""
    wanted = [parts(name) for name in names]
    rows = snapshot.query(
        "SELECT w.n, pg_catalog.pg_table_size(c.oid), c.reltuples::float8, c.relpages,"
        " pg_catalog.pg_relation_size(c.oid) FROM pg_catalog.pg_class AS c"
        " JOIN pg_catalog.pg_namespace AS s ON s.oid = c.relnamespace"
        " JOIN ROWS FROM (pg_catalog.unnest(%s::text[]), pg_catalog.unnest(%s::text[])) WITH ORDINALITY"
        " AS w(schema, name, n)"
        " ON w.schema = s.nspname AND w.name = c.relname",
        ([schema for schema, _ in wanted], [name for _, name in wanted]),
    )
    found = {}
    for number, size, tuples, pages, main in rows:
        if size is None or main is None:  # it was dropped since the moment
            continue
        estimate = int(tuples * (main / PAGE) / pages) if tuples > 0 and pages > 0 else (0 if main == 0 else None)
        found[names[number - 1]] = Size(estimate, int(size))
    return found


def cut(snapshot: PostgresqlSnapshot, unit: Unit, plan: MovePlan, start: Cut | None, size: Size) -> Iterator[Chunk]:
    """See Cutter."""
    return numbered(unit.name, start, _bounds(snapshot, unit, plan, start, size))


def _bounds(snapshot: PostgresqlSnapshot, unit: Unit, plan: MovePlan, start: Cut | None, size: Size) -> Iterator[Bound]:
    key = unit.key
    if key.kind in ("whole", "rowid") or (start is None and is_small(plan, size)):
        return
    name = quote_name(*parts(unit.name))
    if size.average is None:
        size = Size(size.rows, size.bytes, _measured(snapshot, name))
    step = step_rows(plan, size)
    if key.kind == "ctid":
        yield from _pages(snapshot, unit.name, plan, start, size)
        return
    if len(key.columns) == 1 and key.columns[0].kind is Kind.INTEGER:
        column = quote_identifier(key.columns[0].name)
        ((lowest, highest),) = snapshot.query(f"SELECT min({column}), max({column}) FROM ONLY {name}")
        if lowest is None:
            return
        rows = size.rows if size.rows is not None else _rows_of(size)
        if dense(lowest, highest, rows, step):
            yield from even(lowest, highest, step, start)
            return
    yield from walk(_following(snapshot, unit, name, step), start)


def _following(
    snapshot: PostgresqlSnapshot, unit: Unit, name: str, step: int
) -> Callable[[Bound | None], Bound | None]:
    """The key that comes so many rows behind another one, by the key's index."""
    key = unit.key
    columns = [quote_identifier(column.name) for column in key.columns]
    unchecked = snapshot.connection.info.parameter_status("server_encoding") == "SQL_ASCII"
    text = "pg_catalog.convert_to({}::text, 'SQL_ASCII')" if unchecked else "{}::text"
    pairs = zip(columns, key.columns, strict=True)
    reads = ", ".join(c if k.kind is Kind.INTEGER else text.format(c) for c, k in pairs)
    # of the table: ORDER BY takes a bare name for what the list calls so, and would sort texts
    ordered = ", ".join(f"t.{column}" for column in columns)

    def following(after: Bound | None) -> Bound | None:
        where = condition(key, Chunk(unit.name, 0, after, None))
        for attempt in range(TRIES):
            found = snapshot.query(
                f"SELECT {reads} FROM ONLY {name} AS t{f' WHERE {where}' if where else ''}"
                f" ORDER BY {ordered} OFFSET {step * 2**attempt - 1} LIMIT 1"
            )
            if not found:
                return None
            try:
                return tuple(value.decode() if isinstance(value, bytes) else value for value in found[0])
            except UnicodeDecodeError:  # no UTF-8: a key further on is taken
                continue
        return None

    return following


def _rows_of(size: Size) -> int | None:
    return size.bytes // size.row_bytes if size.bytes and size.row_bytes else None


def _measured(snapshot: PostgresqlSnapshot, name: str) -> int | None:
    """Average bytes of some rows of a table, as they are stored."""
    found = snapshot.query(
        "SELECT pg_catalog.avg(pg_catalog.pg_column_size(r.*))::float8"
        f" FROM (SELECT * FROM ONLY {name} LIMIT {SAMPLE}) AS r"
    )
    return max(1, int(found[0][0])) if found and found[0][0] is not None else None


def _pages(snapshot: PostgresqlSnapshot, unit: str, plan: MovePlan, start: Cut | None, size: Size) -> Iterator[Bound]:
    """Pages that end ranges; none before version 14, where a range of ctid reads the whole table."""
    if snapshot.version // 10_000 < TID_RANGE_SCAN:
        return
    pages = snapshot.pages(*parts(unit))
    by_rows = pages * step_rows(plan, size) // size.rows if size.rows else plan.chunk_rows // 100
    by_bytes = pages * plan.chunk_bytes // size.bytes if size.bytes else plan.chunk_bytes // PAGE
    step = max(1, min(by_rows, by_bytes))
    first = int(start.after[0]) if start and start.after else 0
    yield from ((page,) for page in range(first + step, pages, step))


def condition(key: ChunkKey, chunk: Chunk) -> str:
    """WHERE of a range, without the word: row values for composite keys; untyped literals take the column's type."""
    if key.kind == "ctid":
        terms = [(f"ctid >= '({chunk.lower[0]},0)'::pg_catalog.tid")] if chunk.lower else []
        terms += [f"ctid < '({chunk.upper[0]},0)'::pg_catalog.tid"] if chunk.upper else []
        return " AND ".join(terms)
    names = ", ".join(quote_identifier(column.name) for column in key.columns)
    left = f"({names})" if len(key.columns) > 1 else names
    terms = [f"{left} > {_literal(chunk.lower)}"] if chunk.lower else []
    terms += [f"{left} <= {_literal(chunk.upper)}"] if chunk.upper else []
    return " AND ".join(terms)


def order(key: ChunkKey) -> str:
    """Columns for ORDER BY."""
    return ", ".join(quote_identifier(column.name) for column in key.columns) if key.kind == "columns" else ""


def _literal(bound: Bound) -> str:
    values = [str(value) if isinstance(value, int) else quote_literal(value) for value in bound]
    return f"({', '.join(values)})" if len(values) > 1 else values[0]
