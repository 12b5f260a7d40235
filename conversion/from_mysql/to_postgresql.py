"""MySQL and MariaDB to PostgreSQL: the rules that the relational converter follows in this direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from conversion.columns_of_targets import unmakeable
from conversion.from_mysql import defaults_postgresql, keys_postgresql, partitions_postgresql, postgresql_expressions
from conversion.from_mysql.on_update_postgresql import on_update
from conversion.from_mysql.overrides_postgresql import overridden
from conversion.from_mysql.spelling_postgresql import spelled_name
from conversion.from_mysql.types_postgresql import choose
from conversion.from_mysql.wide_products import widened
from conversion.names import Namer, for_postgresql
from conversion.postgresql_types import comparable, logical
from conversion.relational.choice import Choice, ColumnFacts
from conversion.relational.converter import convert
from conversion.relational.direction import Direction, OnUpdate, TargetAbilities
from conversion.result import Conversion, Request
from conversion.shapes import Shapes, TableShape, Translation
from engines.catalog import Catalog, Column, Index, IndexKey, Key, Kind, LogicalType, Table, UserType
from engines.postgresql.quoting import quote_identifier, quote_literal, quote_name

VIRTUAL_COLUMNS_SINCE = 18  # https://www.postgresql.org/docs/18/release-18.html
NULLS_NOT_DISTINCT_SINCE = 15  # https://www.postgresql.org/docs/15/release-15.html
NUMBER_ROUTES = {"integer", "boolean", "numeric"}
COLLATIONS = (
    "collations ending in _ci compare without case, mostly without accents, and many ignore spaces at the end; on "
    "PostgreSQL unique keys keep the first by an index over lower(), views compare by lower(), and other queries must "
    "say so themselves; a foreign key over such columns holds only where child and parent are spelled alike"
)
CHARSETS = (
    "character sets and collations of tables and columns aren't kept: PostgreSQL's texts have the database's encoding "
    "and collation"
)
ENGINES = "PostgreSQL has one way to store a table: these options aren't kept: {options}"
USUAL_OPTIONS = frozenset({"InnoDB", "Dynamic", "DYNAMIC", "dynamic"})
STORAGE = ("engine", "row_format")
CLOCK = "datetime columns hold the session's wall clock: the target's sessions need the same TimeZone as the source's"


def convert_catalog(request: Request) -> Conversion:
    """The target's catalog, mappings and omissions."""
    return convert(request, MysqlToPostgresql(request))


class MysqlToPostgresql(Direction):
    """PostgreSQL's side of the rules."""

    def __init__(self, request: Request) -> None:
        version = tuple(int(part) for part in request.version.split(".")[:2] if part.isdigit())
        self.request = request
        self.abilities = TargetAbilities(
            engine="postgresql",
            version=version,
            nulls_not_distinct=version >= (NULLS_NOT_DISTINCT_SINCE,),
            virtual_columns=version >= (VIRTUAL_COLUMNS_SINCE,),
            materialized_views=True,
            entry_bytes=keys_postgresql.MAX_INDEX_BYTES,
        )

    def namer(self) -> Namer:
        """63 bytes, case kept."""
        return for_postgresql()

    def quote(self, name: str) -> str:
        """In double quotes."""
        return quote_identifier(name)

    def choose(self, facts: ColumnFacts) -> Choice:
        """By the table of types."""
        return choose(facts)

    def overridden(self, facts: ColumnFacts, choice: Choice, wanted: str) -> Choice:
        """A person's own type."""
        return overridden(facts, choice, wanted)

    def logical(self, native: str) -> LogicalType:
        """PostgreSQL's spelling read."""
        return _logical(native).model_copy()

    def default(self, facts: ColumnFacts, choice: Choice) -> str | None:
        """In the spelling of the chosen type."""
        return defaults_postgresql.convert_default(facts, choice)

    def scalar(self, sql: str, shape: TableShape) -> Translation:
        """An expression over one table."""
        return postgresql_expressions.scalar(sql, shape)

    def predicate(self, sql: str, shape: TableShape) -> Translation:
        """A condition over one table."""
        return postgresql_expressions.predicate(sql, shape)

    def query(self, sql: str, shapes: Shapes) -> Translation:
        """A view's query."""
        return postgresql_expressions.query(sql, shapes)

    def index(self, source: Index, table: Table, shape: TableShape) -> Index:
        """Prefixes, full text, descending keys."""
        return keys_postgresql.index(source, table, shape)

    def source_home(self, source: Catalog) -> str:
        """A MySQL catalog is one database."""
        return source.database

    def carried(self, table: Table) -> str | None:
        """All but MariaDB's sequences in the shape of tables, and what has more columns than a table may."""
        return "it is a sequence" if table.kind == "sequence" else unmakeable("postgresql", table)

    def enum_type(self, schema: str, name: str, labels: Sequence[str]) -> tuple[UserType, str]:
        """CREATE TYPE ... AS ENUM."""
        texts = ", ".join(quote_literal(label) for label in labels)
        definition = f"CREATE TYPE {quote_name(schema, name)} AS ENUM ({texts})"
        made = UserType(schema_name=schema, name=name, kind="enum", labels=list(labels), definition=definition)
        return made, spelled_name(schema, name)

    def key_parts(self, key: Key, shape: TableShape, target: Table) -> list[IndexKey] | None:
        """A unique index over lower(), or over a prefix."""
        return keys_postgresql.key_parts(key, shape)

    def key_problem(self, columns: Sequence[Column]) -> str | None:
        """json has no equality."""
        return keys_postgresql.key_problem(columns)

    def comparable(self, child: Column, parent: Column) -> bool:
        """By the operators that PostgreSQL has."""
        return comparable(child.native, parent.native)

    def follows(self, child: Choice, parent: Choice) -> Choice | None:
        """Numbers follow numbers, and anything follows what has the same route."""
        if child.native == parent.native and child.labels == parent.labels:
            return None
        same = child.route == parent.route or {child.route, parent.route} <= NUMBER_ROUTES
        return parent if same else None

    def assigned(self, translated: Translation, target: Column) -> str:
        """A condition in a column of numbers counts 0 and 1."""
        if translated.kind is Kind.BOOLEAN and target.type.kind is Kind.INTEGER:
            return f"({translated.sql})::integer"
        sql = super().assigned(translated, target)
        return widened(sql) if translated.kind is Kind.INTEGER else sql

    def on_update(self, table: Table, columns: Sequence[tuple[Column, ColumnFacts, Choice]]) -> OnUpdate:
        """A trigger per table."""
        return on_update(table, columns)

    def partition(self, source: Table, target: Table, shape: TableShape, take: Callable[[str], str]) -> list[Table]:
        """Declarative partitions, where the keys allow them."""
        return partitions_postgresql.partition(source, target, shape, take)

    def notes(self, source: Catalog) -> list[str]:
        """How text compares and where the clock differs."""
        columns = [column for table in source.tables for column in table.columns]
        found = [COLLATIONS] if any("_ci" in (column.collation or "") for column in columns) else []
        wall = any(column.type.kind is Kind.TIMESTAMP and not column.type.with_zone for column in columns)
        if any(column.collation for column in columns):
            found.append(CHARSETS)
        if options := _storage(source):
            found.append(ENGINES.format(options=", ".join(options)))
        return [*found, CLOCK] if wall else found


def _storage(source: Catalog) -> list[str]:
    """`table name=value` of every storage option that isn't InnoDB's own."""
    return [
        f"{table.name} {name}={table.options[name]}"
        for table in source.tables
        for name in STORAGE
        if table.options.get(name, "InnoDB") not in USUAL_OPTIONS
    ]


@lru_cache(maxsize=4096)
def _logical(native: str) -> LogicalType:
    return logical(native)
