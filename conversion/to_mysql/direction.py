"""What every direction to MySQL or MariaDB shares: abilities, names, keys, references, partitions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from conversion.columns_of_targets import COMPUTED
from conversion.names import Namer, for_mysql
from conversion.relational.choice import Choice, ColumnFacts
from conversion.relational.direction import Direction, TargetAbilities
from conversion.result import Conversion, Request
from conversion.shapes import ColumnShape, TableShape, Translation, Untranslatable
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.limits import COLUMNS, KEY_COLUMNS, base, is_long, numbers
from engines.catalog import Column, Generated, Index, IndexKey, Kind, LogicalType, Table
from engines.catalog import Sequence as CatalogSequence
from engines.errors import UsageError
from engines.mysql.quoting import quote_identifier
from engines.mysql.types import logical_type

# kinds that a computed value and its column may differ in without changing the value
SAME = ({Kind.INTEGER, Kind.DECIMAL}, {Kind.TEXT, Kind.CHAR}, {Kind.INTEGER, Kind.BOOLEAN}, {Kind.TEXT, Kind.ENUM})
SEQUENCE_END = 2**63 - 2  # https://mariadb.com/kb/en/create-sequence/
TEXT_NAMES = ("varchar", "char")
INTEGER_NAMES = ("tinyint", "smallint", "mediumint", "int", "bigint")


class MysqlDirection(Direction):
    """The target's side; a source adds types, defaults and expressions."""

    # target type asked for -> the route that fills it
    routes: dict[str, str]

    def __init__(self, request: Request) -> None:
        self.flavour = Flavour.of(request.engine, request.version)
        self.request = request
        self.said: list[tuple[str, str, str]] = []  # (table of the target or empty, object, sentence), to be noted
        self.kinds: dict[str, Kind] = {}  # what expressions of indexes give, by their text
        self.abilities = TargetAbilities(
            engine=self.flavour.engine,
            version=self.flavour.version,
            encoding="utf8mb4",
            schemas=False,
            home=request.schema,
            sequences=self.flavour.has("sequences"),
            identity="key",
            index_scope="table",
            constraint_scope="schema",
            deferrable=False,
            not_valid=False,
            include_columns=False,
            descending_keys=self.flavour.has("descending keys"),
            virtual_columns=True,
            set_default=False,
        )

    def namer(self) -> Namer:
        """64 characters, compared without case."""
        return for_mysql(self.request.lowers)

    def quote(self, name: str) -> str:
        """In backticks."""
        return quote_identifier(name)

    def logical(self, native: str) -> LogicalType:
        """As engines/mysql reads it."""
        return logical_type(native)

    def carried(self, table: Table) -> str | None:
        """None for a table that InnoDB can hold."""
        if len(table.columns) > COLUMNS:
            return f"it has {len(table.columns):,} columns, InnoDB holds {COLUMNS:,}"
        if not table.columns:
            return "it has no columns, and MySQL's tables have at least one"
        if all(column.generated for column in table.columns):
            return COMPUTED.format(name="MySQL")
        return None

    def overridden(self, facts: ColumnFacts, choice: Choice, wanted: str) -> Choice:
        """A person's type; UsageError for one that no route fills."""
        name = base(wanted)
        route = self.routes.get(name)
        if route is None or logical_type(wanted).kind is Kind.OTHER:
            raise UsageError(
                "TYPE_WITHOUT_ROUTE",
                f"Column {facts.column.name} can't be moved into {wanted}.",
                f"Ask for one of {', '.join(sorted(self.routes))}.",
            )
        texts = name in (*TEXT_NAMES, "text", "mediumtext", "longtext", "tinytext", "enum", "set")
        kept = choice.route if {name, base(choice.native)} <= set(INTEGER_NAMES) or texts else route
        return replace(
            choice,
            native=wanted,
            route=kept if texts or name in INTEGER_NAMES or kept == route else route,
            reason=f"asked for; the rules would take {choice.native}",
            alternatives=(choice.native,),
            checks=(),
            collation=(choice.collation or self.flavour.exact) if texts else None,
            charset=(choice.charset or "utf8mb4") if texts else None,
        )

    def column_shape(self, name: str, facts: ColumnFacts, choice: Choice) -> ColumnShape:
        """With the target's collation, which decides how texts compare."""
        made = super().column_shape(name, facts, choice)
        return replace(made, collation=choice.collation or "")

    def own(self, found: Translation, shape: TableShape) -> Translation:
        """The same; Untranslatable where it uses a column that the server numbers.

        Such a column stands in no computed column, check or index of an expression (MySQL manual, CREATE TABLE and
        Generated Columns; MariaDB refuses it alike).
        """
        for column in shape.columns.values():
            if column.numbered and quote_identifier(column.name) in found.sql:
                raise Untranslatable(f"it uses {column.name}, which is AUTO_INCREMENT: MySQL has that in no expression")
        return found

    def comparable(self, child: Column, parent: Column) -> bool:
        """InnoDB wants the same type and sign; texts may differ in length, not in collation."""
        if is_long(child.native) or is_long(parent.native):
            return False
        if base(child.native) in TEXT_NAMES and base(parent.native) in TEXT_NAMES:
            return child.collation == parent.collation
        if base(child.native) == base(parent.native) == "varbinary":
            return True
        return child.native == parent.native

    def follows(self, child: Choice, parent: Choice) -> Choice | None:
        """A referencing column gets the type and collation of what it refers to."""
        if child.route != parent.route or (child.native, child.collation) == (parent.native, parent.collation):
            return None
        return parent

    def key_problem(self, columns: Sequence[Column]) -> str | None:
        """A key has at most 16 columns, and none of JSON or geometries."""
        if len(columns) > KEY_COLUMNS:
            return f"it has {len(columns)} columns, a key of MySQL at most {KEY_COLUMNS}"
        wrong = [column for column in columns if column.type.kind in (Kind.JSON, Kind.GEOMETRY)]
        return f"{wrong[0].name} became {wrong[0].native}, which no key of MySQL holds" if wrong else None

    def assigned(self, translated: Translation, target: Column) -> str:
        """A computed value as the column stores it."""
        kind = Kind.BOOLEAN if target.native == "tinyint(1)" else target.type.kind
        kinds = {translated.kind, kind}
        decimals = kinds == {Kind.DECIMAL} and translated.kind is Kind.DECIMAL
        if len(kinds) == 1 or decimals or any(kinds <= same for same in SAME):
            return translated.sql
        raise Untranslatable(f"it gives {translated.kind.value}, the column is {target.native}")

    def sequence(self, source: CatalogSequence) -> CatalogSequence:
        """MariaDB's sequences count in 64 bits."""
        if not self.flavour.has("sequences"):
            raise Untranslatable(
                "MySQL has no sequences: an AUTO_INCREMENT column or a table of one row would have to do"
            )
        source.data_type = "bigint"
        if max(abs(source.minimum or 0), abs(source.maximum or 0)) > SEQUENCE_END:
            self.say(source.full_name, f"MariaDB's sequences end at {SEQUENCE_END}")
        source.minimum = None if source.minimum is None else max(source.minimum, -SEQUENCE_END)
        source.maximum = None if source.maximum is None else min(source.maximum, SEQUENCE_END)
        return source

    def partition(self, source: Table, target: Table, shape: TableShape, take: Callable[[str], str]) -> list[Table]:
        """Split the table as MySQL does; the rules of MySQL's partitions are in conversion/to_mysql/partitions.py."""
        from conversion.to_mysql.partitions import split

        target.partitioning = split(source, target, shape, self.request.source, self.flavour)
        return []

    def say(self, name: str, sentence: str, table: str = "") -> None:
        """Note something about a carried object when the conversion is complete.

        name: the object's full name on the source, or what follows that of the source of this table of the target.
        """
        self.said.append((table, name, sentence))

    def sentences(self, result: Conversion) -> list[tuple[str, str]]:
        """(source object, sentence) of all that was said."""
        sources = {mapping.target: mapping.source for mapping in result.tables}
        return [(f"{sources.get(t, t)}.{name}" if t else name, text) for t, name, text in self.said]

    def index_key(self, key: IndexKey, table: Table, shape: TableShape, scalar: Callable[..., Translation]) -> IndexKey:
        """A key of an index on the target; Untranslatable for what no index holds."""
        descending = key.descending and self.abilities.descending_keys
        if key.column is not None:
            found = shape.find(key.column) or shape.columns.get(key.column)
            if found is None:
                raise Untranslatable(f"column {key.column} isn't on the target")
            problem = self.key_problem([table.column(found.name)])
            if problem:
                raise Untranslatable(problem)
            return IndexKey(column=found.name, descending=descending)
        translated = scalar(key.expression or "", shape)
        if not translated.immutable:
            raise Untranslatable("MySQL indexes only expressions that always give the same value")
        return IndexKey(expression=translated.sql, descending=descending)


def spelled_for_key(expression: str, kind: Kind, flavour: Flavour) -> str:
    """The type of the column that holds an expression's value for an index."""
    names = {
        Kind.INTEGER: "bigint", Kind.BOOLEAN: "tinyint(1)", Kind.FLOAT: "double", Kind.DECIMAL: "decimal(65,30)",
        Kind.DATE: "date", Kind.TIMESTAMP: "datetime(6)", Kind.TIME: "time(6)", Kind.UUID: "char(36)",
    }  # fmt: skip
    return names.get(kind, "longtext")


def length_of(native: str) -> int | None:
    """The declared length of a text or binary type."""
    found = numbers(native)
    return found[0] if found and re.match(r"(var)?(char|binary)", base(native)) else None


__all__ = ["Generated", "Index", "MysqlDirection", "length_of", "spelled_for_key"]
