"""The tables of a collection's mapping as the target's catalog has them, and their columns' way for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conversion.documents.encodings import (
    ENCODINGS,
    NAME,
    PLACE,
    RESIDUE,
    SUBTYPE,
    Encoding,
    logical_of,
    native_of,
)
from conversion.documents.mapping import CollectionMapping, Node, RowMapping
from conversion.documents.naming import path_text
from conversion.mapping import ColumnMapping, TableMapping
from conversion.names import POSTGRESQL_LIMIT, Namer, joined
from conversion.to_mysql.flavour import Flavour
from engines.catalog import Column, ForeignKey, Identity, Key, Table
from engines.families import family
from engines.full_names import name_of, parts

NO_OPTIONS: dict[str, int] = {}
MYSQL_OPTIONS = {"engine": "InnoDB", "charset": "utf8mb4", "row_format": "DYNAMIC"}  # keys of 3,072 bytes need it


@dataclass(frozen=True)
class Cell:
    """A column with what it holds: the path in the document, BSON types, and how."""

    column: str
    encoding: Encoding
    route: str
    path: str
    node: Node
    required: bool = False


class TableMaker:
    """Makes the target's tables of one mapping; names of keys are taken from the namer."""

    def __init__(self, mapping: CollectionMapping, namer: Namer) -> None:
        self.mapping = mapping
        self.namer = namer
        self.family = family(mapping.engine)
        flavour = Flavour.of(mapping.engine, mapping.version)
        self.collations = {"utf8mb4": flavour.exact, "ascii": "ascii_bin"} if self.family == "mysql" else {}
        self.options = MYSQL_OPTIONS | {"collation": flavour.exact} if self.family == "mysql" else {}

    def tables(self) -> Iterator[tuple[Table, TableMapping]]:
        """Every table with its primary key and the reference to the table around it, and its mapping."""
        for found in self.mapping.tables:
            cells = list(self.cells(found))
            schema, name = parts(found.table)
            table = Table(schema_name=schema, name=name, columns=[], options=dict(self.options))
            for cell in cells:
                table.columns.append(self._column(cell, len(table.columns) + 1, self._options(cell)))
            self._keys(table, found)
            yield table, self._mapping(found, cells)

    def cells(self, found: RowMapping) -> Iterator[Cell]:
        """The columns of a table in their order: key, entry's name, values, residue."""
        key = Node(kind="key", reason=ENCODINGS[self.mapping.key_encoding].reason)
        if found.parent is not None:
            yield Cell(found.key[0], ENCODINGS[self.mapping.key_encoding], self.mapping.key_encoding, "_id", key, True)
        for number, column in enumerate(found.key[1:], 1):
            place = Node(kind="key", reason=PLACE.reason)
            yield Cell(column, PLACE, "place", _level(found.path, number), place, True)
        if found.map_key:
            yield Cell(found.map_key, NAME, "key", path_text(found.path), Node(kind="key", reason=NAME.reason))
        yield from self._values(found.value, found.path)
        residue = Node(kind="residue", reason=RESIDUE.reason)
        yield Cell(found.residue, RESIDUE, "residue", path_text(found.path), residue)

    def _values(self, node: Node, above: list[str | None]) -> Iterator[Cell]:
        path = [*above, node.name] if node.name or (node.kind in ("key", "column", "columns") and above) else above
        text = path_text(path)
        for number, column in enumerate(node.columns):
            encoding = ENCODINGS[node.encoding]
            beside = node.encoding == "binary_any" and number == 1
            yield Cell(column, SUBTYPE if beside else encoding, node.encoding, text, node, node.kind == "key")
        for child in node.children:
            yield from self._values(child, above if node.kind == "columns" else path)

    def _options(self, cell: Cell) -> dict[str, int]:
        return cell.node.options if cell.encoding is not SUBTYPE else NO_OPTIONS

    def _column(self, cell: Cell, position: int, options: dict[str, int]) -> Column:
        native = native_of(cell.encoding, self.family, options)
        charset = cell.encoding.charset if self.family == "mysql" else None
        return Column(
            name=cell.column, position=position, native=native, type=logical_of(cell.encoding, native, options),
            nullable=not cell.required, charset=charset, collation=self.collations.get(charset or ""),
        )  # fmt: skip

    def _keys(self, table: Table, found: RowMapping) -> None:
        schema = table.schema_name
        name = None
        if self.family == "postgresql":
            name = self.namer.take(f"relations:{schema}", joined([table.name], "pkey", POSTGRESQL_LIMIT))
        table.primary_key = Key(name=name, columns=list(found.key))
        only = table.column(found.key[0])
        if self.family == "sqlite" and len(found.key) == 1 and only.native == "INTEGER":
            only.identity = Identity()  # what SQLite makes of an integer key: it would number rows without one
        if found.parent is None:
            return
        around = self.mapping.table(found.parent)
        table.foreign_keys.append(
            ForeignKey(
                name=self.namer.take(f"constraints:{schema}", joined([table.name, *found.key[:-1]], "fkey")),
                columns=found.key[:-1], referenced_schema=schema, referenced_table=name_of(around.table),
                referenced_columns=list(around.key), on_delete="CASCADE",
            )
        )  # fmt: skip
        if found.map_key:
            unique = self.namer.take(f"relations:{schema}", joined([table.name, found.map_key], "key"))
            table.uniques.append(Key(name=unique, columns=[*found.key[:-1], found.map_key]))

    def _mapping(self, found: RowMapping, cells: list[Cell]) -> TableMapping:
        columns = [
            ColumnMapping(
                source=cell.path, target=cell.column, source_type=_types(cell.node),
                target_type=native_of(cell.encoding, self.family, self._options(cell)), route=cell.route,
                reason=cell.node.reason, alternatives=cell.node.alternatives, nullable=not cell.required,
            )
            for cell in cells
        ]  # fmt: skip
        path = path_text(found.path)
        source = f"{self.mapping.source}.{path}" if path else self.mapping.source
        return TableMapping(source=source, target=found.table, columns=columns, key=list(found.key))


def _types(node: Node) -> str:
    return " or ".join(sorted(node.types)) or "object"


def _level(path: list[str | None], number: int) -> str:
    """The path up to the array or map whose places the number-th column of places holds."""
    seen = 0
    for end, part in enumerate(path, 1):
        seen += part is None
        if seen == number:
            return path_text(path[:end])
    return path_text(path)
