"""A PostgreSQL catalog as MySQL or MariaDB catalog: every object is carried over or named with the reason why not."""

from __future__ import annotations

import dataclasses

from conversion.relational.choice import Choice, ColumnFacts
from conversion.relational.converter import convert
from conversion.relational.plan import prefixed
from conversion.result import Conversion, Note, Request, omission
from conversion.shapes import Shapes, TableShape, Translation, Untranslatable
from conversion.to_mysql.defaults import convert_default, sequence_of
from conversion.to_mysql.direction import MysqlDirection
from conversion.to_mysql.lower import lower
from conversion.to_mysql.postgresql_indexes import convert_index
from conversion.to_mysql.prepare_postgresql import prepare
from conversion.to_mysql.sql import entry
from conversion.to_mysql.types_from_postgresql import choose
from engines.catalog import Catalog, Index, Kind, Table
from engines.full_names import name_of, parts, qualified
from engines.mysql.quoting import quote_identifier

# what a person may ask for instead -> the route that fills it; texts and integers keep the route of the rules
ROUTES: dict[str, str] = {
    "tinyint": "pg_integer", "smallint": "pg_integer", "mediumint": "pg_integer", "int": "pg_integer",
    "bigint": "pg_integer", "decimal": "pg_numeric", "float": "pg_real", "double": "pg_real", "char": "pg_text",
    "varchar": "pg_text", "tinytext": "pg_text", "text": "pg_text", "mediumtext": "pg_text", "longtext": "pg_text",
    "enum": "pg_text", "varbinary": "pg_blob", "blob": "pg_blob", "mediumblob": "pg_blob", "longblob": "pg_blob",
    "binary": "pg_blob", "date": "pg_date", "time": "pg_time", "datetime": "pg_timestamp",
    "timestamp": "pg_timestamptz", "json": "pg_json", "uuid": "pg_text", "inet6": "pg_text", "bit": "pg_bit",
}  # fmt: skip
BYTEWISE = ("C", "POSIX", "C.UTF-8", "C.utf8", "ucs_basic")
ORDER = (
    "texts are equal only when their bytes are, as in PostgreSQL, but sort by code point: ORDER BY gave the order of "
    "{collation} there"
)
NUMBERED = (
    "columns that an identity or a sequence of their own numbers become AUTO_INCREMENT, which takes the numbers that "
    "an insert brings, even where the identity was ALWAYS"
)
UNIQUE = "MySQL has one thing for unique constraints and unique indexes"
INDEXED = "InnoDB keeps an index for every foreign key: those that had none get one, under the foreign key's name"
CLOCK = "moments (timestamptz) are kept in UTC: programs must write and read them so"


class PostgresqlDirection(MysqlDirection):
    """The source's side: types, defaults, expressions, indexes."""

    routes = ROUTES

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.home_of_source = ""  # found once: it is asked for with every table
        self.numbered_by: dict[str, str] = {}  # source column -> sequence whose nextval() is its default

    def choose(self, facts: ColumnFacts) -> Choice:
        """By the table of conversion/to_mysql/types_from_postgresql.py."""
        return choose(facts, self.flavour)

    def source_home(self, source: Catalog) -> str:
        """public, or the only schema that has tables or views."""
        if self.home_of_source:
            return self.home_of_source
        used = {table.schema_name for table in source.tables} | {view.schema_name for view in source.views}
        self.home_of_source = next(iter(used)) if len(used) == 1 else "public"
        return self.home_of_source

    def default(self, facts: ColumnFacts, choice: Choice) -> str | None:
        """nextval() of a sequence that goes over, or what conversion/to_mysql/defaults.py makes of it."""
        sequence = sequence_of(facts.column.default, facts.table.schema_name)
        if sequence is None:
            return convert_default(facts.column.default or "", choice, self.flavour)
        if not self.flavour.has("sequences"):
            raise Untranslatable(
                "MySQL has no sequences, and AUTO_INCREMENT numbers one column of a table from its own"
            )
        schema, name = parts(sequence)
        self.numbered_by[facts.full_name] = sequence
        return f"nextval({quote_identifier(prefixed(self, self.request.source, schema, name))})"

    def scalar(self, sql: str, shape: TableShape) -> Translation:
        """An expression over one table."""
        found = self.own(entry.scalar(sql, shape, self.flavour), shape)
        self.kinds[found.sql] = found.kind
        return found

    def predicate(self, sql: str, shape: TableShape) -> Translation:
        """A condition over one table; MySQL wants it to depend on the row only."""
        found = self.own(entry.predicate(sql, shape, self.flavour), shape)
        if not found.immutable:
            raise Untranslatable("MySQL's conditions can't read the clock or anything else outside of the row")
        return found

    def query(self, sql: str, shapes: Shapes) -> Translation:
        """A view's query."""
        return entry.query(sql, shapes, self.flavour)

    def index(self, source: Index, table: Table, shape: TableShape) -> Index:
        """By conversion/to_mysql/postgresql_indexes.py."""
        return convert_index(source, table, shape, self)

    def notes(self, source: Catalog) -> list[str]:
        """How texts compare and where moments are kept."""
        found = []
        if (source.collation or "") not in BYTEWISE:
            found.append(ORDER.format(collation=source.collation))
        columns = [column for table in source.tables for column in table.columns]
        if any(column.type.with_zone and column.type.kind is Kind.TIMESTAMP for column in columns):
            found.append(CLOCK)
        if any(column.identity is not None for column in columns):
            found.append(NUMBERED)
        if any(index.unique for table in source.tables for index in table.indexes):
            found.append(UNIQUE)
        if any(table.foreign_keys for table in source.tables):
            found.append(INDEXED)
        return found


def convert_catalog(request: Request) -> Conversion:
    """The target's catalog, mappings and omissions; statements are written from the catalog afterwards."""
    probe = PostgresqlDirection(request)
    prepared = prepare(request.source, probe.flavour.has("sequences"))
    direction = PostgresqlDirection(dataclasses.replace(request, source=prepared.catalog))
    result = convert(direction.request, direction)
    lower(result, direction)
    _sequences(result, direction)
    result.target.database, result.target.collation = direction.abilities.home, direction.flavour.exact
    result.omissions += [omission(*item) for item in prepared.omissions]
    said = [*prepared.notes, *direction.sentences(result)]
    result.notes += [Note(object=name, text=text) for name, text in dict.fromkeys(said)]
    return result


def _sequences(result: Conversion, direction: PostgresqlDirection) -> None:
    """Defaults name their sequences as these are called on the target."""
    made = {sequence.full_name for sequence in result.target.sequences}
    columns = {
        f"{mapping.source}.{column.source}": (mapping.target, column.target)
        for mapping in result.tables
        for column in mapping.columns
    }
    for source, sequence in direction.numbered_by.items():
        table, name = columns[source]
        column = result.target.table(table).column(name)
        schema, plain = parts(sequence)
        home = direction.abilities.home
        wanted = qualified(home, prefixed(direction, direction.request.source, schema, plain))
        found = result.renames.get(sequence, wanted)
        if found not in made:
            reason = f"the sequence {sequence} isn't carried over"
            result.omissions.append(omission(source, "default", reason, f"nextval({sequence})"))
            column.default = None
        else:
            column.default = f"nextval({quote_identifier(name_of(found))})"
