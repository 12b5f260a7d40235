"""MySQL's partitions as PostgreSQL's declarative ones, where every key holds the columns that split the table."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

from sqlglot import exp

from conversion.from_mysql.source import literal, parse_expression, to_days_of
from conversion.from_mysql.spelling_postgresql import literal as quoted
from conversion.from_mysql.spelling_postgresql import spelled
from conversion.names import joined
from conversion.shapes import ColumnShape, TableShape, Untranslatable
from engines.catalog import Column, Key, Kind, Part, Partitioning, Table

LESS_THAN = re.compile(r"^\s*VALUES\s+LESS\s+THAN\s*(?:\((?P<values>.*)\)|(?P<max>MAXVALUE))\s*$", re.I | re.S)
VALUES_IN = re.compile(r"^\s*VALUES\s+IN\s*\((?P<values>.*)\)\s*$", re.I | re.S)
DAY_ZERO = 366  # TO_DAYS('0001-01-01'); Python's ordinal of that day is 1
MAXIMUM = "MAXVALUE"
BEFORE_ALL = "'-infinity'"
NULL_LISTED = re.compile(r"[(,]\s*NULL\s*[,)]")
NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL})
QUOTED = frozenset({Kind.TEXT, Kind.CHAR, Kind.DATE, Kind.TIMESTAMP})


def partition(source: Table, target: Table, shape: TableShape, take: Callable[[str], str]) -> list[Table]:
    """Make the target a partitioned table and give its parts; nothing is changed when Untranslatable is raised."""
    found = source.partitioning
    assert found is not None
    strategy = (found.strategy or "").upper().removeprefix("LINEAR ")
    if strategy.startswith("RANGE"):
        key, bounds = _ranges(found, shape)
        word = "RANGE"
    elif strategy.startswith("LIST"):
        key, bounds = _lists(found, shape)
        word = "LIST"
    elif strategy in ("HASH", "KEY"):
        key, bounds = _hashes(found, shape, target)
        word = "HASH"
    else:
        raise Untranslatable(f"partitions by {found.strategy}")
    _check_keys(target, key)
    names = [take(f"{target.name}_{part.name}") for part in found.parts]
    if _lacks_null(word, [target.column(name) for name in key], bounds):
        names.append(take(f"{target.name}_null"))
        bounds.append("DEFAULT")
    target.kind = "partitioned"
    target.partitioning = Partitioning(strategy=word, key=", ".join(spelled(name) for name in key))
    return [_part(target, name, bound) for name, bound in zip(names, bounds, strict=True)]


def _lacks_null(word: str, key: list[Column], bounds: list[str]) -> bool:
    """Whether a NULL needs a part of its own.

    MySQL puts it into the first of ranges. A list that doesn't name it holds none on the source, but a day that exists
    in no calendar may become one.
    """
    if word == "LIST":
        days = any(column.nullable and column.type.kind in (Kind.DATE, Kind.TIMESTAMP) for column in key)
        return days and not any(NULL_LISTED.search(bound) for bound in bounds)
    return word == "RANGE" and any(column.nullable for column in key)


def _part(parent: Table, name: str, bound: str) -> Table:
    columns = [_plain(column) for column in parent.columns]
    partitioning = Partitioning(parent=parent.full_name, bound=bound)
    made = Table(schema_name=parent.schema_name, name=name, columns=columns, partitioning=partitioning)
    if parent.primary_key is not None:
        made.primary_key = Key(name=joined([name], "pkey"), columns=list(parent.primary_key.columns))
    return made


def _plain(column: Column) -> Column:
    """A part's column: the parent numbers the rows."""
    return column.model_copy(deep=True, update={"identity": None, "comment": None})


def _check_keys(target: Table, key: list[str]) -> None:
    """PostgreSQL keeps a key unique in each part only, so it must hold the columns that choose the part."""
    keys = [item.columns for item in (*target.uniques, target.primary_key) if item is not None]
    if any(not set(key) <= set(columns) for columns in keys):
        raise Untranslatable("a unique key doesn't hold the columns that split the table")
    for index in target.indexes:
        if index.unique and not set(key) <= {part.column for part in index.keys}:
            raise Untranslatable(f"the unique index {index.name} compares without case and can't be split")


def _column(node: exp.Expr, shape: TableShape) -> ColumnShape:
    found = shape.find(node.name) if isinstance(node, exp.Column) else None
    if found is None:
        raise Untranslatable(f"partitions by {node.sql(dialect='mysql')}, which isn't a column")
    return found


def _keys(found: Partitioning) -> list[exp.Expr]:
    inner = parse_expression(f"f({found.key})") if found.key else None
    return list(inner.expressions) if isinstance(inner, exp.Anonymous) else []


def _ranges(found: Partitioning, shape: TableShape) -> tuple[list[str], list[str]]:
    nodes = _keys(found)
    readers: list[tuple[ColumnShape, Callable[[str], str]]] = [_range_key(node, shape) for node in nodes]
    bounds, low = [], ["MINVALUE"] * len(readers)
    for part in found.parts:
        high = _upper(part, readers)
        if high == low:
            raise Untranslatable(f"part {part.name} holds no day that PostgreSQL has")
        bounds.append(f"FOR VALUES FROM ({', '.join(low)}) TO ({', '.join(high)})")
        low = high
    return [column.name for column, _ in readers], bounds


def _range_key(node: exp.Expr, shape: TableShape) -> tuple[ColumnShape, Callable[[str], str]]:
    """A column, or a function that grows with its column: YEAR, TO_DAYS and UNIX_TIMESTAMP split at a moment of it."""
    inner = node.this.this if isinstance(node, exp.Year) and isinstance(node.this, exp.TsOrDsToDate) else None
    name = str(node.this).upper() if isinstance(node, exp.Anonymous) else type(node).__name__.upper()
    if inner is None and isinstance(node, exp.Year):
        inner = node.this
    if (counted := to_days_of(node)) is not None:
        name, inner = "TO_DAYS", counted
    if inner is None and isinstance(node, exp.Anonymous) and len(node.expressions) == 1:
        inner = node.expressions[0]
    if isinstance(inner, (exp.TsOrDsToDate, exp.Paren)):
        inner = inner.this
    if isinstance(node, exp.Column):
        column = _column(node, shape)
        return column, lambda value: _value(value, column)
    maker = {"YEAR": _year, "TO_DAYS": _days, "UNIX_TIMESTAMP": _epoch}.get(name)
    if maker is None or inner is None:
        raise Untranslatable(f"partitions by {node.sql(dialect='mysql')}, which isn't a column")
    return _column(inner, shape), maker


def _upper(part: Part, readers: list[tuple[ColumnShape, Callable[[str], str]]]) -> list[str]:
    match = LESS_THAN.match(part.bound or "")
    if match is None:
        raise Untranslatable(f"the bound of part {part.name} can't be read")
    if match["max"]:
        return [MAXIMUM] * len(readers)
    values = _listed(match["values"])
    if len(values) != len(readers):
        raise Untranslatable(f"the bound of part {part.name} can't be read")
    return [MAXIMUM if value is None else reader(value) for value, (_, reader) in zip(values, readers, strict=True)]


def _listed(sql: str) -> list[str | None]:
    """Literals of a bound; None for MAXVALUE and NULL."""
    inner = parse_expression(f"f({sql})")
    values: list[str | None] = []
    for node in inner.expressions:
        if isinstance(node, exp.Null) or (isinstance(node, exp.Column) and node.name.upper() == MAXIMUM):
            values.append(None)
            continue
        found = _constant(node)
        if found is None:
            raise Untranslatable(f"a bound of {node.sql(dialect='mysql')}")
        values.append(found)
    return values


def _constant(node: exp.Expr) -> str | None:
    """A literal, or a function of the calendar over one."""
    name = str(node.this).upper() if isinstance(node, exp.Anonymous) else type(node).__name__.upper()
    inner = node.expressions[0] if isinstance(node, exp.Anonymous) and len(node.expressions) == 1 else None
    if (counted := to_days_of(node)) is not None:
        name, inner = "TO_DAYS", counted
    written = literal(inner) if inner is not None else None
    if written is not None and name == "TO_DAYS":
        return str(datetime.date.fromisoformat(written[:10]).toordinal() + DAY_ZERO - 1)
    if written is not None and name == "UNIX_TIMESTAMP":
        moment = datetime.datetime.fromisoformat(written).replace(tzinfo=datetime.UTC)
        return str(int(moment.timestamp()))
    return literal(node)


def _value(value: str, column: ColumnShape) -> str:
    if column.kind in NUMBERS:
        return value if not value.startswith("-") else quoted(value)
    if column.kind in (Kind.DATE, Kind.TIMESTAMP) and not _is_day(value):
        raise Untranslatable(f"a bound of {value}, a day that exists in no calendar")
    if column.kind in QUOTED:
        if column.kind in (Kind.TEXT, Kind.CHAR) and "_ci" in column.collation:
            raise Untranslatable("partitions by ranges of text that compares without case")
        if column.kind is Kind.TIMESTAMP and len(value) == len("YYYY-MM-DD"):
            value += " 00:00:00"
        return quoted(value)
    raise Untranslatable(f"partitions by a {column.kind.value} column")


def _is_day(value: str) -> bool:
    try:
        datetime.date.fromisoformat(value[: len("YYYY-MM-DD")])
    except ValueError:
        return False
    return True


def _year(value: str) -> str:
    return quoted(f"{int(value):04d}-01-01") if int(value) > 0 else BEFORE_ALL


def _days(value: str) -> str:
    """The day; before the first one there are only NULL and zero dates, for which people make a part of their own."""
    ordinal = int(value) - DAY_ZERO + 1
    if ordinal < 1:
        return BEFORE_ALL
    if ordinal > datetime.date.max.toordinal():
        raise Untranslatable(f"a bound of {value} days, beyond the year 9999")
    return quoted(datetime.date.fromordinal(ordinal).isoformat())


def _epoch(value: str) -> str:
    moment = datetime.datetime.fromtimestamp(int(value), datetime.UTC)
    return quoted(moment.strftime("%Y-%m-%d %H:%M:%S+00"))


def _lists(found: Partitioning, shape: TableShape) -> tuple[list[str], list[str]]:
    nodes = _keys(found)
    if len(nodes) != 1:
        raise Untranslatable("partitions by lists over several columns")
    column = _column(nodes[0], shape)
    bounds = []
    for part in found.parts:
        match = VALUES_IN.match(part.bound or "")
        if match is None:
            raise Untranslatable(f"the bound of part {part.name} can't be read")
        values = ["NULL" if value is None else _value(value, column) for value in _listed(match["values"])]
        bounds.append(f"FOR VALUES IN ({', '.join(values)})")
    return [column.name], bounds


def _hashes(found: Partitioning, shape: TableShape, target: Table) -> tuple[list[str], list[str]]:
    nodes = _keys(found)
    key = [_column(node, shape).name for node in nodes]
    if not key and target.primary_key is not None:
        key = list(target.primary_key.columns)
    if not key:
        raise Untranslatable("partitions by no named column")
    size = len(found.parts)
    return key, [f"FOR VALUES WITH (modulus {size}, remainder {number})" for number in range(size)]
