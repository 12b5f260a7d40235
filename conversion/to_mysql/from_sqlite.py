"""A SQLite catalog as MySQL or MariaDB catalog: every object is carried over or named with the reason why not."""

from __future__ import annotations

import re
from dataclasses import replace

from conversion import default_convert
from conversion.declared import Facts
from conversion.relational.choice import Choice, ColumnFacts
from conversion.relational.converter import convert
from conversion.relational.direction import Direction
from conversion.result import Conversion, Note, Request
from conversion.shapes import ColumnShape, Shapes, TableShape, Translation, Untranslatable
from conversion.to_mysql.defaults import convert_default
from conversion.to_mysql.direction import MysqlDirection
from conversion.to_mysql.lower import lower
from conversion.to_mysql.sql import sqlite_entry
from conversion.to_mysql.types_from_sqlite import choose
from conversion.types_sqlite_postgresql import choose as choose_first
from engines.catalog import Catalog, Column, Index, IndexKey, Key, Kind, Table
from engines.mysql.quoting import quote_identifier
from engines.profile import ColumnProfile

ROUTES: dict[str, str] = {
    "tinyint": "integer", "smallint": "integer", "mediumint": "integer", "int": "integer", "bigint": "integer",
    "decimal": "numeric", "float": "double", "double": "double", "char": "text", "varchar": "text", "tinytext": "text",
    "text": "text", "mediumtext": "text", "longtext": "text", "enum": "text", "varbinary": "bytea", "blob": "bytea",
    "mediumblob": "bytea", "longblob": "bytea", "binary": "bytea", "date": "date", "time": "time",
    "datetime": "timestamp", "timestamp": "timestamptz", "json": "json", "uuid": "uuid",
}  # fmt: skip
VIRTUAL = "its rows live in tables of SQLite's module {module}, which MySQL doesn't have"
SHADOW = "it holds the inner data of a virtual table that isn't carried over"
FOLDING = re.compile(r"\b(?:LOWER|UPPER)\(")
EPOCHS = ("epoch_seconds", "epoch_milliseconds")
COMPARED = frozenset({Kind.TEXT, Kind.CHAR, Kind.JSON})  # by a collation: SQLite's are of texts alone
COLLATED = {"NOCASE": "LOWER({c})", "RTRIM": "TRIM(TRAILING ' ' FROM {c})"}


class SqliteDirection(MysqlDirection):
    """The source's side: types by the values, defaults, expressions, indexes."""

    routes = ROUTES

    def choose(self, facts: ColumnFacts) -> Choice:
        """By the table of conversion/to_mysql/types_from_sqlite.py."""
        return choose(facts, self.flavour)

    def overridden(self, facts: ColumnFacts, choice: Choice, wanted: str) -> Choice:
        """A person's type with the route that fits the values found."""
        made = super().overridden(facts, choice, wanted)
        known = Facts(facts.column, facts.profile or ColumnProfile(column=facts.column.name))
        route = self.routes[wanted.split("(")[0].split(" ")[0].strip().lower()]
        if route in ("timestamp", "timestamptz") and choice.route in EPOCHS:
            route = choice.route
        elif route == "text" and (len(known.classes) > 1 or known.affinity != "TEXT"):
            route = "text_any"
        elif route == "json" and len(known.classes) > 1:
            route = "jsonb_any"
        elif route == "bytea" and len(known.classes) > 1:
            route = "bytea_any"
        return replace(made, route=route, kind=Kind.DYNAMIC if route.endswith("_any") else None)

    def source_home(self, source: Catalog) -> str:
        """SQLite's one schema."""
        return "main"

    def carried(self, table: Table) -> str | None:
        """Virtual tables live in their modules."""
        if table.kind == "virtual":
            return VIRTUAL.format(module=table.options.get("module", "unknown"))
        return SHADOW if table.kind == "shadow" else super().carried(table)

    def column_shape(self, name: str, facts: ColumnFacts, choice: Choice) -> ColumnShape:
        """With the source's collation: the first step of a translation asks for it."""
        collation = (facts.column.collation or "").upper()
        made = Direction.column_shape(self, name, facts, choice)
        kind = Kind.DYNAMIC if choice.kind is Kind.JSON else made.kind
        return replace(made, kind=kind, collation="" if collation == "BINARY" else collation)

    def default(self, facts: ColumnFacts, choice: Choice) -> str | None:
        """As PostgreSQL would have it, and from there as MySQL does."""
        known = Facts(facts.column, facts.profile or ColumnProfile(column=facts.column.name))
        first = choose_first(known)
        native = first.native if first.route == choice.route or choice.native == "double" else NATIVES[choice.route]
        found = default_convert.convert_default(facts.column.default or "", native, choice.route)
        kind = choice.kind if choice.kind is not Kind.DYNAMIC or choice.native == "json" else None
        return None if found is None else convert_default(found, replace(choice, kind=kind), self.flavour)

    def scalar(self, sql: str, shape: TableShape) -> Translation:
        """An expression over one table."""
        found = self.own(sqlite_entry.scalar(sql, shape, self.flavour), shape)
        self.kinds[found.sql] = found.kind
        return found

    def assigned(self, translated: Translation, target: Column) -> str:
        """A computed value as the column stores it."""
        if FOLDING.search(translated.sql):
            raise Untranslatable("lower() and upper() fold only the letters of ASCII in SQLite")
        return super().assigned(translated, target)

    def predicate(self, sql: str, shape: TableShape) -> Translation:
        """A condition over one table."""
        found = self.own(sqlite_entry.predicate(sql, shape, self.flavour), shape)
        if not found.immutable:
            raise Untranslatable("MySQL's conditions can't read the clock or anything else outside of the row")
        return found

    def query(self, sql: str, shapes: Shapes) -> Translation:
        """A view's query."""
        return sqlite_entry.query(sql, shapes, self.flavour)

    def index(self, source: Index, table: Table, shape: TableShape) -> Index:
        """Conditions of unique indexes are kept, others widen to all rows."""
        keys = [self._key(key, table, shape) for key in source.keys]
        made = Index(name=source.name, keys=keys, unique=source.unique)
        if source.predicate and source.unique:
            made.predicate = self.predicate(source.predicate, shape).sql
        elif source.predicate:
            sentence = f"MySQL's indexes have no condition: it holds all rows, not only WHERE {source.predicate}"
            self.say(source.name, sentence, table.full_name)
        return made

    def _key(self, key: IndexKey, table: Table, shape: TableShape) -> IndexKey:
        if key.column == "rowid" and shape.find("rowid") is None:
            if shape.rowid is None:
                raise Untranslatable("it is over the rowid, which isn't carried over")
            key = key.model_copy(update={"column": shape.rowid})
        made = self.index_key(key, table, shape, self.scalar)
        found = shape.find(key.column) if key.column else None
        wanted = (key.collation or "").upper()
        if (
            found is None
            or found.kind not in COMPARED
            or (wanted in ("", "BINARY", found.collation) and not (found.collation and wanted == "BINARY"))
        ):
            return made
        return self._collated(made, wanted)

    def _collated(self, key: IndexKey, wanted: str) -> IndexKey:
        if wanted not in COLLATED or key.column is None:
            raise Untranslatable(f"it compares by collation {wanted}, which MySQL can't give one index alone")
        expression = COLLATED[wanted].format(c=quote_identifier(key.column))
        self.kinds[expression] = Kind.TEXT
        return IndexKey(expression=expression, descending=key.descending)

    def key_parts(self, key: Key, shape: TableShape, target: Table) -> list[IndexKey] | None:
        """A key that compares otherwise than its columns do needs a unique index over what it compares."""
        wanted = [(name or "BINARY").upper() for name in key.collations]
        columns = [shape.find(name) for name in key.columns]
        own = [(column.collation or "BINARY") if column else "BINARY" for column in columns]
        if not wanted or wanted == own:
            return None
        found = [column for column in columns if column is not None]
        parts = [IndexKey(column=column.name) for column in found]
        return [
            self._collated(part, name) if name != mine and name in COLLATED and column.kind in COMPARED else part
            for part, column, name, mine in zip(parts, found, wanted, own, strict=True)
        ]

    def source_key(self, table: Table, choices: dict[str, Choice]) -> str:
        """The rowid, under the name of the column that is it; tables without one by an integer key."""
        rowid = next((column.name for column in table.columns if column.identity), None)
        if rowid is not None:
            return rowid
        if table.options.get("without_rowid"):
            key = table.primary_key.columns if table.primary_key else []
            return key[0] if len(key) == 1 and choices[key[0]].route == "integer" else ""
        return "" if any(column.name.lower() == "rowid" for column in table.columns) else "rowid"


# what the first step takes a route's values for, where a person asked for another type than the rules
NATIVES = {
    "integer": "bigint", "numeric": "numeric", "double": "double precision", "text": "text", "text_any": "text",
    "bytea": "bytea", "bytea_any": "bytea", "date": "date", "time": "time without time zone", "uuid": "uuid",
    "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone", "json": "json",
    "jsonb_any": "jsonb", "epoch_seconds": "timestamp without time zone", "boolean": "boolean",
    "epoch_milliseconds": "timestamp without time zone",
}  # fmt: skip


def convert_catalog(request: Request) -> Conversion:
    """The target's catalog, mappings and omissions; statements are written from the catalog afterwards."""
    direction = SqliteDirection(request)
    result = convert(request, direction)
    lower(result, direction)
    result.target.database, result.target.collation = direction.abilities.home, direction.flavour.exact
    result.notes += [Note(object=name, text=text) for name, text in dict.fromkeys(direction.sentences(result))]
    return result
