"""Hazards of a MySQL or MariaDB source: values that typed targets refuse, tables without a moment, folded keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engines.catalog import Column, ForeignKey, Kind, Table
from engines.mysql.quoting import quote_identifier, quote_name
from skills.database_optimization_analyzer.probe import KEYS_SHOWN, Found, Probe, key_text

TRANSACTIONAL = frozenset({"innodb", "rocksdb", "tokudb", "ndbcluster", "ndb"})
SIGNED_64 = 2**63 - 1
TEXTS = (Kind.TEXT, Kind.CHAR)


@dataclass(frozen=True)
class FormRule:
    """A form that the scan of a table counts (engines/mysql/profile.py), and the rows that have it; {c}: the column."""

    id: str
    form: str
    condition: str


FORMS = {
    rule.id: rule
    for rule in (
        FormRule("zero-date", "zero_date", "{c} = 0"),
        FormRule("partial-date", "zero_in_date", "{c} <> 0 AND (MONTH({c}) = 0 OR DAYOFMONTH({c}) = 0)"),
        FormRule("time-beyond-a-day", "over_24h", "{c} < '00:00:00' OR {c} >= '24:00:00'"),
        FormRule("nul-character", "nul", "LOCATE(x'00', CAST(CONVERT({c} USING utf8mb4) AS BINARY)) > 0"),
        FormRule("enum-error-value", "empty_label", "{c} + 0 = 0"),
    )
}


def of_form(identifier: str) -> Callable[[Probe], Iterator[Found]]:
    """A detector of the columns whose scan counted a form."""
    rule = FORMS[identifier]

    def detect(probe: Probe) -> Iterator[Found]:
        for table, column, profile in probe.columns():
            count = profile.forms.get(rule.form, 0)
            if count:
                yield _found(probe, table, column, count, rule.condition)

    return detect


def other_booleans(probe: Probe) -> Iterator[Found]:
    """tinyint(1) with values beside 0 and 1."""
    for table, column, profile in probe.columns():
        within = profile.minimum is None or profile.maximum is None or 0 <= profile.minimum <= profile.maximum <= 1
        if column.native.lower().startswith("tinyint(1)") and not within:
            condition = "{c} NOT IN (0, 1)"
            where = condition.format(c=quote_identifier(column.name))
            count = probe.one(f"SELECT COUNT(*) FROM {_name(table)} WHERE {where}") if probe.small(table) else None
            yield _found(probe, table, column, count, condition)


def beyond_signed(probe: Probe) -> Iterator[Found]:
    """Unsigned numbers that a signed one of 64 bits does not hold."""
    for table, column, profile in probe.columns():
        if column.type.kind is Kind.INTEGER and (profile.maximum or 0) > SIGNED_64:
            yield Found(table.full_name, column.name, detail=f"the largest is {profile.maximum}")


def without_transactions(probe: Probe) -> Iterator[Found]:
    """Tables that no snapshot covers: they are read as they are while others write."""
    for table in probe.tables:
        engine = table.options.get("engine", "")
        if engine and engine.lower() not in TRANSACTIONAL:
            yield Found(table.full_name, detail=engine)


def folded_keys(probe: Probe) -> Iterator[Found]:
    """Unique text whose collation holds different texts to be equal: the target may let both in, or only one."""
    for table in probe.tables:
        for name in _key_columns(table):
            column = table.column(name)
            collation = (column.collation or "").lower()
            if column.type.kind in TEXTS and collation and not collation.endswith(("_bin", "binary")):
                yield Found(table.full_name, name, detail=column.collation or "")


def row_history(probe: Probe) -> Iterator[Found]:
    """System-versioned tables, which keep the rows of the past as well."""
    return (Found(table.full_name) for table in probe.tables if table.options.get("system_versioned"))


def orphaned(probe: Probe) -> Iterator[Found]:
    """Rows that reference nothing, written while foreign_key_checks was off."""
    names = {table.full_name for table in probe.catalog.tables}
    for table in probe.tables:
        for key in table.foreign_keys:
            if key.referenced in names and key.referenced_columns and probe.small(table):
                count = int(probe.one(f"SELECT COUNT(*) {_orphans(table, key)}"))
                if count:
                    yield Found(
                        table.full_name, ", ".join(key.columns), count, detail=f"no such row in {key.referenced}"
                    )


def _found(probe: Probe, table: Table, column: Column, count: int | None, condition: str) -> Found:
    where = condition.format(c=quote_identifier(column.name))
    keys = _keys(probe, table, where) if probe.small(table) else ()
    return Found(table.full_name, column.name, count, keys, f"declared {column.native}")


def _keys(probe: Probe, table: Table, where: str) -> tuple[str, ...]:
    names = table.primary_key.columns if table.primary_key else []
    if not names:
        return ()
    listed = ", ".join(map(quote_identifier, names))
    rows = probe.source.query(f"SELECT {listed} FROM {_name(table)} WHERE {where} LIMIT {KEYS_SHOWN}")
    return tuple(key_text(names, row) for row in rows)


def _orphans(table: Table, key: ForeignKey) -> str:
    parent = quote_name(key.referenced_schema, key.referenced_table)
    present = " AND ".join(f"c.{quote_identifier(name)} IS NOT NULL" for name in key.columns)
    pairs = zip(key.columns, key.referenced_columns, strict=True)
    same = " AND ".join(f"p.{quote_identifier(there)} = c.{quote_identifier(here)}" for here, there in pairs)
    return f"FROM {_name(table)} AS c WHERE {present} AND NOT EXISTS (SELECT 1 FROM {parent} AS p WHERE {same})"


def _name(table: Table) -> str:
    return quote_name(table.schema_name, table.name)


def _key_columns(table: Table) -> list[str]:
    keys = [*([table.primary_key] if table.primary_key else []), *table.uniques]
    names = [name for key in keys for name in key.columns]
    names += [key.column for index in table.indexes if index.unique for key in index.keys if key.column]
    return list(dict.fromkeys(names))
