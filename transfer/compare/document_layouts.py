"""How rows may lie in the documents of a live database: as the conversion lays them out, or as other tools do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from conversion.convert import convert
from conversion.documents.mapping import CollectionMapping
from conversion.documents.naming import path_text
from conversion.documents.relations_mapping import ID, DocumentMapping, EmbeddedMapping, FieldMapping
from conversion.result import Overrides
from engines.catalog import Catalog, Column, Kind, LogicalType, Table
from engines.documents import Collection
from engines.families import family
from engines.mysql.names import lowers
from transfer.compare.pairing_names import match_columns
from transfer.compare.relations import Relation

DOUBLE_BITS = 64
MILLISECONDS, MICROSECONDS, NANOSECONDS = 3, 6, 9
TIMED = frozenset({Kind.TIME, Kind.TIMESTAMP, Kind.INTERVAL})
BESIDE_TEXT: tuple[tuple[frozenset[str], Kind], ...] = (
    (frozenset({"int", "long", "double", "decimal"}), Kind.DECIMAL),
    (frozenset({"date"}), Kind.TIMESTAMP),
    (frozenset({"bool"}), Kind.BOOLEAN),
)
NATURAL = "any"  # encoding of a field that holds a value of the column's own class


@dataclass
class Rows:
    """A table that documents hold: how the other side would have it, and the mapping that reads it.

    place: database and path in it, for people; leftover: the column of what the other columns can't say; alone: fields
    that no column has.
    """

    table: Table
    place: tuple[str, str]
    mapping: CollectionMapping | DocumentMapping
    leftover: str | None = None
    alone: list[str] = field(default_factory=list)


def of_collections(documents: Catalog, tables: Catalog) -> list[Rows]:
    """The rows that documents become: what the conversion would make of each collection."""
    schema = tables.database if family(tables.engine) == "mysql" else ""
    made = convert(
        documents, {}, tables.engine, tables.version, target_schema=schema or "public", lowers=lowers(tables)
    )
    return [
        Rows(
            made.target.table(rows.table),
            (documents.database, path_text([mapping.collection, *rows.path])),
            mapping,
            rows.residue,
        )
        for mapping in made.documents
        for rows in mapping.tables
    ]


def of_tables(tables: Catalog, documents: Catalog, names: dict[str, str]) -> list[Rows]:
    """The rows that collections were made of: as the conversion would embed them, or each table by itself.

    A collection that holds the tables inside its documents is told by its fields; names: collections of tables that
    are called otherwise there.
    """
    by_name = {one.name: one for one in documents.collections}
    wanted = convert(tables, {}, "mongodb", documents.version)
    ways = [wanted]
    if wanted.relations:
        apart = Overrides(relations={one.foreign_key: "reference" for one in wanted.relations})
        ways.append(convert(tables, {}, "mongodb", documents.version, overrides=apart))
    found: dict[str, Rows] = {}
    for conversion in ways:
        for mapping in conversion.collections:
            table = tables.table(mapping.table)
            given = names.get(mapping.table, "").removeprefix(f"{documents.database}.")
            collection = _collection(mapping, table, given, by_name)
            if collection is not None and all(_embeds(collection, one) for one in mapping.embedded):
                for rows in rows_of(mapping, collection, tables, documents.database):
                    found.setdefault(rows.table.full_name, rows)
    return list(found.values())


def as_it_is(relation: Relation, collection: Collection, database: str) -> Rows:
    """A table beside a collection that another tool moved: columns beside the fields of their names.

    _id is the column of that name, else the table's only key column where no field has its name.
    """
    columns = [column.name for column in relation.columns]
    seen = [name for name in seen_fields(collection) if name != ID or ID in columns]
    pairs = match_columns(seen, columns, ("mongodb", "mongodb")).pairs
    fields = {columns[there]: seen[here] for here, there in pairs}
    key = relation.keys[0] if relation.keys else ()
    by_id = [key[0]] if len(key) == 1 and key[0] not in fields and ID not in columns else []
    found = [
        FieldMapping(
            column=name, field=fields.get(name, name), source_type="", encoding=NATURAL, bson=[], in_id=name in by_id
        )
        for name in columns
    ]
    mapping = DocumentMapping(table=relation.full_name, collection=collection.name, key=by_id, fields=found)
    held = [_column(column, one, collection) for column, one in zip(relation.columns, found, strict=True)]
    table = Table(schema_name=relation.schema, name=relation.name, columns=held)
    alone = [name for name in seen if name not in fields.values()]
    return Rows(table, (database, collection.name), mapping, alone=alone)


def seen_fields(collection: Collection) -> list[str]:
    """The names of the top-level fields that were seen."""
    return [one.path[0] for one in collection.fields if len(one.path) == 1 and one.path[0] is not None]


def _collection(
    mapping: DocumentMapping, table: Table, given: str, by_name: dict[str, Collection]
) -> Collection | None:
    """The collection of the mapping's name, or of the table's as other tools call it."""
    for name in (given, mapping.collection, table.name, f"{table.schema_name}_{table.name}", table.full_name):
        if name in by_name and by_name[name].kind != "view":
            return by_name[name]
    folded = [one for name, one in by_name.items() if name.lower() == table.name.lower() and one.kind != "view"]
    return folded[0] if len(folded) == 1 else None


def _embeds(collection: Collection, embedded: EmbeddedMapping) -> bool:
    """Whether documents have the field that holds the rows; a collection without documents may have any."""
    return not collection.fields or embedded.field in seen_fields(collection)


def rows_of(
    mapping: DocumentMapping, collection: Collection, tables: Catalog, database: str, planned: bool = False
) -> list[Rows]:
    """The rows of the table and of those inside its documents, as this collection holds them.

    planned: the mapping is the one that they were written by, with what the values were seen to be.
    """
    table = tables.table(mapping.table)
    mapping = _fitted(mapping.model_copy(update={"collection": collection.name}), table, collection)
    known = {one.field for one in mapping.fields} | {one.rest for one in mapping.fields}
    known |= {one.field for one in mapping.embedded} | {ID}
    alone = [name for name in seen_fields(collection) if name not in known]
    columns = _columns(table, mapping.fields, collection, planned)
    found = [Rows(table.model_copy(update={"columns": columns}), (database, collection.name), mapping, alone=alone)]
    for path, one in _inside(mapping.embedded, [collection.name]):
        inner = tables.table(one.table)
        columns = _columns(inner, one.fields, None, planned)
        found.append(Rows(inner.model_copy(update={"columns": columns}), (database, path), mapping))
    return found


def _columns(
    table: Table, fields: Sequence[FieldMapping], collection: Collection | None, planned: bool
) -> list[Column]:
    """The columns as documents hold them; where each value went over with its own class, that is compared.

    Keys are looked up by what their type says, but for days and times, which may be numbers.
    """
    found = []
    for one in fields:
        column = _column(table.column(one.column), one, collection)
        keyed = table.primary_key is not None and one.column in table.primary_key.columns
        if planned and one.encoding == NATURAL and (not keyed or column.type.kind in (Kind.DATE, *TIMED)):
            column = column.model_copy(update={"type": LogicalType(kind=Kind.DYNAMIC)})
        found.append(column)
    return found


def _inside(embedded: list[EmbeddedMapping], above: list[str | None]) -> list[tuple[str, EmbeddedMapping]]:
    found = []
    for one in embedded:
        path = [*above, one.field] if one.shape == "object" else [*above, one.field, None]
        found += [(path_text(path), one), *_inside(one.embedded, path)]
    return found


def _fitted(mapping: DocumentMapping, table: Table, collection: Collection) -> DocumentMapping:
    """The mapping with the names that the documents really use, where another tool moved them.

    The key stands in a field of its own where documents have one of its name, else in _id; other fields are called as
    the column.
    """
    seen = seen_fields(collection)
    keyed = list(table.primary_key.columns) if table.primary_key else []
    fields = []
    for one in mapping.fields:
        change: dict[str, object] = {}
        if one.in_id and one.column in seen:
            change = {"in_id": False, "field": one.column}
        elif not one.in_id and seen and one.field not in seen:
            if one.column in seen:
                change = {"field": one.column}
            elif keyed == [one.column]:
                change = {"in_id": True}
        fields.append(one.model_copy(update=change))
    key = [name for name in (mapping.key or keyed) if any(one.in_id and one.column == name for one in fields)]
    return mapping.model_copy(update={"fields": fields, "key": key})


def _column(column: Column, found: FieldMapping, collection: Collection | None) -> Column:
    """The column as documents hold it: what BSON's types keep of it; without a collection what the mapping says."""
    seen = set(_types(collection, ID if found.in_id else found.field)) if collection else set()
    kept = found.rest is not None and (collection is None or found.rest in seen_fields(collection))
    type_ = _type(column.type, seen, kept) if seen else _type(column.type, set(found.bson) & {"date"}, kept)
    return column.model_copy(update={"native": "|".join(sorted(seen or found.bson)), "type": type_, "nullable": True})


def _types(collection: Collection, name: str) -> Sequence[str]:
    field_ = next((one for one in collection.fields if one.path == [name]), None)
    return [type_ for type_, count in field_.types.items() if count and type_ != "null"] if field_ else []


def _type(type_: LogicalType, seen: set[str], kept: bool) -> LogicalType:
    """All floats are doubles; dates have milliseconds, unless a field beside them keeps the rest; text has all.

    Beside a column of text, fields that hold nothing but numbers, dates or truth values are that.
    """
    if type_.kind in (Kind.TEXT, Kind.CHAR, Kind.DYNAMIC):
        for types, kind in BESIDE_TEXT:
            if seen and seen <= types:
                return LogicalType(kind=kind, precision=MILLISECONDS if kind is Kind.TIMESTAMP else None)
    if type_.kind is Kind.FLOAT:
        return type_.model_copy(update={"bits": DOUBLE_BITS})
    if type_.kind not in TIMED:
        return type_
    dates = MICROSECONDS if kept else MILLISECONDS
    return type_.model_copy(update={"precision": dates if "date" in seen else NANOSECONDS})
