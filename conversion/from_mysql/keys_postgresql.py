"""Keys and indexes of MySQL tables on PostgreSQL: prefixes, full text, collations without case."""

from __future__ import annotations

from collections.abc import Sequence

from conversion.from_mysql.postgresql_expressions import scalar
from conversion.from_mysql.source import folds
from conversion.postgresql_types import arguments, base_name
from conversion.shapes import ColumnShape, TableShape, Untranslatable
from engines.catalog import Column, Index, IndexKey, Key, Kind, Table
from engines.postgresql.quoting import quote_identifier

# A btree entry holds at most a third of a page: https://www.postgresql.org/docs/current/btree.html
MAX_INDEX_BYTES = 2704
BYTES_PER_CHARACTER = 4
TEXTS = frozenset({Kind.TEXT, Kind.CHAR})
WITHOUT_ORDER = {"json", "xml"}
LONGEST_INDEXED = MAX_INDEX_BYTES // BYTES_PER_CHARACTER


def key_problem(columns: Sequence[Column]) -> str | None:
    """Why no key can be made over these columns."""
    for column in columns:
        if base_name(column.native) in WITHOUT_ORDER:
            return f"PostgreSQL can't compare {column.native} values"
    return None


def key_parts(key: Key, shape: TableShape) -> list[IndexKey] | None:
    """What a unique index beside the key compares where MySQL compares without case, or only a prefix."""
    parts = [_part(_find(shape, name), key.prefixes.get(name)) for name in key.columns]
    return parts if any(part.expression for part in parts) else None


def index(source: Index, table: Table, shape: TableShape) -> Index:
    """The index on the target; Untranslatable where nothing there serves the same queries."""
    if source.method == "fulltext":
        return _full_text(source, shape)
    if source.method not in ("btree", "hash"):
        raise Untranslatable(f"a {source.method} index needs PostGIS, which isn't assumed")
    parts = [_key(key, source.unique, table, shape) for key in source.keys]
    plain_hash = source.method == "hash" and len(parts) == 1 and not source.unique
    method = "hash" if plain_hash else "btree"
    for part in parts:
        if part.column is not None:
            problem = key_problem([table.column(part.column)])
            if problem:
                raise Untranslatable(problem)
            if base_name(table.column(part.column).native) == "jsonb" and not source.unique:
                raise Untranslatable("a plain index over JSON serves no query; PostgreSQL would want a GIN index")
    return Index(name=source.name, keys=parts, unique=source.unique, method=method, comment=source.comment)


def _key(key: IndexKey, unique: bool, table: Table, shape: TableShape) -> IndexKey:
    if key.column is None:
        translated = scalar(key.expression or "", shape)
        if not translated.immutable:
            raise Untranslatable("PostgreSQL doesn't hold the expression to be immutable")
        return IndexKey(expression=translated.sql, descending=key.descending)
    column = _find(shape, key.column)
    if unique:
        part = _part(column, key.prefix)
    else:
        part = _prefixed(column, key.prefix, table.column(column.name))
    part.descending = key.descending
    return part


def _part(column: ColumnShape, prefix: int | None) -> IndexKey:
    """What two rows must not share: the prefix, without case where the collation says so."""
    name = quote_identifier(column.name)
    if column.kind is Kind.BINARY:
        return IndexKey(expression=f"substr({name}, 1, {prefix})") if prefix else IndexKey(column=column.name)
    if column.kind not in TEXTS:
        return IndexKey(column=column.name)
    sql = f'"left"(({name})::text, {prefix})' if prefix else name
    if folds(column.collation):
        return IndexKey(expression=f"lower({sql})")
    return IndexKey(expression=sql) if prefix else IndexKey(column=column.name)


def _prefixed(column: ColumnShape, prefix: int | None, target: Column) -> IndexKey:
    """An index that only finds rows faster is over the whole column where every value of it fits an entry."""
    if not prefix or column.kind not in (*TEXTS, Kind.BINARY):
        return IndexKey(column=column.name)
    size = arguments(target.native)
    if column.kind in TEXTS and size and size[0] <= LONGEST_INDEXED:
        return IndexKey(column=column.name)
    name = quote_identifier(column.name)
    if column.kind is Kind.BINARY:
        return IndexKey(expression=f"substr({name}, 1, {min(prefix, MAX_INDEX_BYTES)})")
    return IndexKey(expression=f'"left"(({name})::text, {min(prefix, LONGEST_INDEXED)})')


def _full_text(source: Index, shape: TableShape) -> Index:
    """GIN over to_tsvector: MATCH ... AGAINST becomes @@ to_tsquery over the same expression."""
    columns = [_find(shape, key.column or "") for key in source.keys]
    if any(column.kind not in TEXTS for column in columns):
        raise Untranslatable("full text over columns that aren't text")
    texts = [f"COALESCE({quote_identifier(column.name)}, '')" for column in columns]
    expression = f"to_tsvector('simple', {' || chr(32) || '.join(texts)})"
    return Index(name=source.name, keys=[IndexKey(expression=expression)], method="gin", comment=source.comment)


def _find(shape: TableShape, name: str) -> ColumnShape:
    found = shape.find(name)
    if found is None:
        raise Untranslatable(f"column {name} isn't on the target")
    return found
