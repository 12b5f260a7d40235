"""Small random schemas as SQL of every engine: hostile names, keys, references, checks, defaults, computed columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import strategies as st

from engines.mysql.quoting import quote_identifier as quote_mysql
from engines.postgresql.quoting import quote_identifier as quote_postgresql
from engines.sqlite.quoting import quote_identifier as quote_sqlite

TABLES = ["plain", "d.ot", 'qu"ote', "per%cent"]
COLUMNS = ["one", "two words", "b`tick", "select", "d\\ash", "six"]
QUOTES: dict[str, Callable[[str], str]] = {
    "postgresql": quote_postgresql, "mysql": quote_mysql, "sqlite": quote_sqlite,
}  # fmt: skip
# kind -> (type and default of each engine); kinds that widen into each other stand side by side
TYPES: dict[str, dict[str, tuple[str, str]]] = {
    "integer": {"postgresql": ("integer", "7"), "mysql": ("int(11)", "7"), "sqlite": ("INTEGER", "7")},
    "bigint": {"postgresql": ("bigint", "8"), "mysql": ("bigint(20)", "8"), "sqlite": ("BIGINT", "8")},
    "short": {
        "postgresql": ("character varying(20)", "'s''x'"), "mysql": ("varchar(20)", "'s''x'"),
        "sqlite": ("VARCHAR(20)", "'s''x'"),
    },
    "text": {"postgresql": ("text", "'t'"), "mysql": ("varchar(60)", "'t'"), "sqlite": ("TEXT", "'t'")},
    "decimal": {
        "postgresql": ("numeric(10,2)", "1.50"), "mysql": ("decimal(10,2)", "1.50"),
        "sqlite": ("NUMERIC(10,2)", "1.50"),
    },
    "moment": {
        "postgresql": ("timestamp without time zone", "'2020-01-01 00:00:00'"),
        "mysql": ("datetime", "'2020-01-01 00:00:00'"), "sqlite": ("TIMESTAMP", "'2020-01-01 00:00:00'"),
    },
}  # fmt: skip
NUMBERS = ("integer", "bigint")


@dataclass(frozen=True)
class ColumnSpec:
    name: str
    kind: str
    nullable: bool = True
    default: bool = False


@dataclass(frozen=True)
class TableSpec:
    name: str
    columns: list[ColumnSpec] = field(default_factory=list)
    unique: bool = False
    indexed: tuple[str, ...] = ()
    positive: bool = False
    computed: bool = False
    parent: str | None = None


@st.composite
def tables(draw: st.DrawFn, name: str) -> TableSpec:
    """A table: `id` is its key; the rest is drawn."""
    wanted = draw(st.lists(st.sampled_from(COLUMNS), unique=True, max_size=4))
    columns = [
        ColumnSpec(
            column,
            draw(st.sampled_from(sorted(TYPES))),
            nullable=draw(st.booleans()),
            default=draw(st.booleans()),
        )
        for column in wanted
    ]
    return TableSpec(
        name, columns, unique=draw(st.booleans()),
        indexed=tuple(draw(st.lists(st.sampled_from(wanted), unique=True, max_size=2))) if wanted else (),
        positive=draw(st.booleans()), computed=draw(st.booleans()),
        parent=draw(st.sampled_from([None, *TABLES[: TABLES.index(name)]])),
    )  # fmt: skip


@st.composite
def schemas(draw: st.DrawFn) -> list[TableSpec]:
    """Up to four tables."""
    names = draw(st.lists(st.sampled_from(TABLES), unique=True, min_size=1, max_size=4))
    return [draw(tables(name)) for name in TABLES if name in names]


def script(schema: list[TableSpec], engine: str) -> list[str]:
    """CREATE TABLE and CREATE INDEX statements."""
    there = {table.name for table in schema}
    found = []
    for table in schema:
        found.append(_table(table, engine, table.parent if table.parent in there else None))
        quote = QUOTES[engine]
        if table.indexed:
            columns = ", ".join(quote(name) for name in table.indexed)
            found.append(f"CREATE INDEX {quote('i ' + table.name)} ON {quote(table.name)} ({columns})")
    return found


def _table(table: TableSpec, engine: str, parent: str | None) -> str:
    quote = QUOTES[engine]
    number = TYPES["integer"][engine][0]
    parts = [f"id {number} NOT NULL", f"parent_id {number}"]
    for column in table.columns:
        native, default = TYPES[column.kind][engine]
        text = f"{quote(column.name)} {native}" + ("" if column.nullable else " NOT NULL")
        parts.append(text + (f" DEFAULT {default}" if column.default else ""))
    if table.computed:
        parts.append(f"twice {number} GENERATED ALWAYS AS (id * 2) STORED")
    parts.append("PRIMARY KEY (id)")
    if table.unique and table.columns:
        parts.append(f"CONSTRAINT {quote('u ' + table.name)} UNIQUE ({quote(table.columns[0].name)}, id)")
    numbers = [column for column in table.columns if column.kind in NUMBERS]
    if table.positive and numbers:
        parts.append(f"CONSTRAINT {quote('c ' + table.name)} CHECK ({quote(numbers[0].name)} >= 0)")
    if parent is not None:
        reference = f"FOREIGN KEY (parent_id) REFERENCES {quote(parent)} (id) ON DELETE CASCADE"
        parts.append(f"CONSTRAINT {quote('f ' + table.name)} {reference}")
    return f"CREATE TABLE {quote(table.name)} ({', '.join(parts)})"
