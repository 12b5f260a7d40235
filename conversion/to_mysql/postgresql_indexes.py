"""PostgreSQL's indexes on MySQL: which method serves the same queries, what becomes of conditions and NULLs."""

from __future__ import annotations

from sqlglot import exp

from conversion.shapes import TableShape, Untranslatable
from conversion.to_mysql.direction import MysqlDirection
from conversion.to_mysql.sql.entry import expression
from engines.catalog import Column, Index, IndexKey, Kind, Table
from engines.mysql.quoting import quote_identifier

# method -> what MySQL has for it, or why it has nothing
METHODS: dict[str, str] = {"btree": "btree", "hash": "btree", "brin": "btree", "gin": "", "gist": "", "spgist": ""}
REASONS = {
    "gin": "a GIN index serves searches inside of arrays, JSON or words, for which MySQL's indexes have no counterpart",
    "gist": "a GiST index serves ranges, geometries or similarity, for which MySQL's indexes have no counterpart",
    "spgist": "an SP-GiST index serves prefixes and geometries, for which MySQL's indexes have no counterpart",
}
TRIGRAMS = ("gin_trgm_ops", "gist_trgm_ops")
WORDS = "its words are cut and searched (MATCH ... AGAINST) as MySQL does, not as PostgreSQL's text search"
# a value that stands for NULL beside a flag that says so, by kind
FILLERS = {
    Kind.INTEGER: "0", Kind.DECIMAL: "0", Kind.FLOAT: "0", Kind.BOOLEAN: "0", Kind.TEXT: "''", Kind.CHAR: "''",
    Kind.ENUM: "''", Kind.DATE: "DATE'1000-01-01'", Kind.TIMESTAMP: "TIMESTAMP'1000-01-01 00:00:00'",
}  # fmt: skip


def convert_index(source: Index, table: Table, shape: TableShape, direction: MysqlDirection) -> Index:
    """The index on the target, under the source's name; Untranslatable with the reason."""
    words = _fulltext(source, table, shape)
    if words is not None:
        direction.say(source.name, WORDS, table.full_name)
        return Index(name=source.name, keys=words, method="fulltext", comment=source.comment)
    method = METHODS.get(source.method, "")
    if not method:
        raise Untranslatable(REASONS.get(source.method, f"MySQL has no {source.method} indexes"))
    keys = [direction.index_key(key, table, shape, direction.scalar) for key in source.keys]
    made = Index(name=source.name, keys=keys, unique=source.unique, method=method, comment=source.comment)
    made.include = list(source.include)
    classes = [key.operator_class for key in source.keys if key.operator_class]
    if classes:
        direction.say(source.name, f"MySQL has no operator classes: {', '.join(classes)}", table.full_name)
    if source.predicate and source.unique:
        made.predicate = direction.predicate(source.predicate, shape).sql
    elif source.predicate:
        sentence = f"MySQL's indexes have no condition: it holds all rows, not only WHERE {source.predicate}"
        direction.say(source.name, sentence, table.full_name)
    if source.unique and not source.nulls_distinct:
        made.keys = [part for key in keys for part in _with_nulls(key, table, direction)]
    return made


def _with_nulls(key: IndexKey, table: Table, direction: MysqlDirection) -> list[IndexKey]:
    """NULLs collide in this key: a flag says whether it is NULL, and a value stands in its place."""
    if key.column is None:
        raise Untranslatable("NULLS NOT DISTINCT over an expression")
    column: Column = table.column(key.column)
    if not column.nullable:
        return [key]
    kind = Kind.BOOLEAN if column.native == "tinyint(1)" else column.type.kind
    if kind not in FILLERS:
        raise Untranslatable(f"NULLS NOT DISTINCT over a column of {column.native}")
    name = quote_identifier(key.column)
    flag, filled = f"{name} IS NULL", f"COALESCE({name}, {FILLERS[kind]})"
    direction.kinds[flag], direction.kinds[filled] = Kind.BOOLEAN, kind
    return [IndexKey(expression=flag), IndexKey(expression=filled)]


def _fulltext(source: Index, table: Table, shape: TableShape) -> list[IndexKey] | None:
    """The columns of a full-text index: to_tsvector(...) over texts, or trigrams of a column."""
    if source.method not in ("gin", "gist") or source.predicate or source.unique:
        return None
    columns: list[str] = []
    for key in source.keys:
        if key.column is not None:
            found = shape.find(key.column)
            name = (key.operator_class or "").rpartition(".")[2]
            if found is None or name not in TRIGRAMS:
                return None
            columns.append(found.name)
        else:
            columns += _searched(key.expression or "", shape) or [""]
    texts = [name for name in columns if name and table.column(name).type.kind in (Kind.TEXT, Kind.CHAR)]
    if len(texts) != len(columns) or not texts:
        return None
    collations = {table.column(name).collation for name in texts}
    if len(collations) > 1:
        return None
    return [IndexKey(column=name) for name in dict.fromkeys(texts)]


def _searched(sql: str, shape: TableShape) -> list[str] | None:
    """The columns inside to_tsvector('config', a || ' ' || coalesce(b, ''))."""
    node = expression(sql).unnest()
    if not isinstance(node, exp.Anonymous) or str(node.this).lower() != "to_tsvector":
        return None
    found = [shape.find(item.name) for item in node.expressions[-1].find_all(exp.Column)]
    return [item.name for item in found if item is not None] or None
