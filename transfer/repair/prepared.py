"""A table made ready for a repair: what is read of both sides, what is written, where the target's rows are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from engines.catalog import Catalog, Column, Table
from engines.columns import Kind, LogicalType
from engines.errors import Aborted
from engines.sqlite.rowid import free_rowid
from transfer.canonical.choose import compared_column
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held
from transfer.canonical.encoding import Hashing
from transfer.compare.aside_entries import SetAside
from transfer.compare.findings import Findings, encoded_keys
from transfer.compare.model import TableComparison
from transfer.quarantined import Quarantined
from transfer.repair.carrying import Carried, WholeDocument, carried
from transfer.repair.rows import DOCUMENT, ByKey, Row, read
from transfer.sides.side import Side

LOT = 1_000  # keys that are looked at together
COMPARED = frozenset({"checksums", "rows", "stream"})  # levels that find every differing row


@dataclass
class Prepared:
    """computed: compared columns that the target computes itself; places: columns that tell the target's rows apart."""

    table: ComparedTable
    target: Table
    hashing: Hashing
    columns: list[Carried]
    computed: set[str]
    places: list[ComparedColumn]
    aside: SetAside

    def source_rows(self, source: Side, keys: Collection[bytes]) -> ByKey:
        """What the target should hold by key; values and rows that were set aside stay as the migration left them."""
        found = read(source, self.table, [c.read for c in self.columns if c.whole], keys, self.hashing)
        if not len(self.aside):
            return found
        for key, raw in source.originals(self.table, self.aside.columns, keys, self.hashing):
            entries = self.aside.of(raw)
            rows = found.get(key, [])
            place = self.aside.place([row.texts for row in rows], raw, entries) if entries else None
            if place is None:
                continue
            row = rows.pop(place)
            given = self.aside.given(row.texts, raw, entries)
            rows += [Row(given, row.beyond)] if given is not None else []
        return found

    def target_rows(self, target: Side, keys: Collection[bytes], places: bool = True) -> ByKey:
        """What the target holds by key, with the rows' places where they are asked for."""
        return read(target, self.table, self.places if places else [], keys, self.hashing)

    def lots(self, findings: Findings) -> Iterator[list[bytes]]:
        """Keys of the table's findings."""
        for lot in findings.lots(self.table.name, LOT):
            yield encoded_keys(lot)


def prepare(
    table: ComparedTable,
    compared: TableComparison,
    key: str,
    catalog: Catalog,
    engines: tuple[str, str],
    aside: Collection[Quarantined],
) -> Prepared:
    """Make a table ready; Aborted says why it can't be repaired.

    engines: families of source and target; key: the one that keyed the comparison's hashes.
    """
    if compared.problem is not None or compared.level not in COMPARED:
        why = compared.problem.what if compared.problem else f"level {compared.level} does not find every differing row"
        raise _refused(table, why, "Compare it at level checksums or rows first.")
    if engines[1] == "mongodb" and (table.documents is not None or engines[0] != "mongodb"):
        raise _refused(table, "its rows lie in documents on the target", "Move the documents again.")
    hashing = Hashing("extended" if compared.method == "extended" else "md5", key)
    if engines[1] == "mongodb":
        return _documents(table, catalog, hashing)
    target = _target(table, catalog)
    computed = {c.name for c in table.columns if target.column(c.target.name).generated is not None}
    return Prepared(
        table=table,
        target=target,
        hashing=hashing,
        columns=carried(table, engines, computed),
        computed=computed,
        places=_places(table, target, engines[1]),
        aside=SetAside(table, aside, engines[0] == "sqlite"),
    )


def _documents(table: ComparedTable, catalog: Catalog, hashing: Hashing) -> Prepared:
    """A collection beside a collection: documents travel whole."""
    schema, name = table.place("target")
    if all(found.name != name or found.kind not in ("collection", "capped", "bucket") for found in catalog.collections):
        raise _refused(table, "its target is no collection", "Repair the collections that it shows.")
    return Prepared(
        table=table,
        target=Table(schema_name=schema, name=name, columns=[]),
        hashing=hashing,
        columns=[WholeDocument(DOCUMENT.name, DOCUMENT, lambda raw, held: raw, whole=True)],
        computed=set(),
        places=[DOCUMENT],
        aside=SetAside(table, ()),
    )


def _target(table: ComparedTable, catalog: Catalog) -> Table:
    schema, name = table.place("target")
    for found in catalog.tables:
        if (found.schema_name, found.name) == (schema, name) and found.kind in ("table", "partitioned", "unlogged"):
            return found
    raise _refused(table, "its target is no table", "Repair the tables that it shows.")


def _places(table: ComparedTable, target: Table, engine: str) -> list[ComparedColumn]:
    """Columns that together name one row of the target: its physical place, else its primary key; none: all columns."""
    if engine == "postgresql":
        return [_place(table, name, native, Form.TEXT) for name, native in (("tableoid", "oid"), ("ctid", "tid"))]
    hidden = free_rowid(column.name for column in target.columns)
    if engine == "sqlite" and hidden and not target.options.get("without_rowid"):
        return [_place(table, hidden, "INTEGER", Form.NUMBER, "integer")]
    key = target.primary_key.columns if target.primary_key else []
    return [_own(table, target.column(name), engine) for name in key]


def _place(table: ComparedTable, name: str, native: str, form: Form, reading: str = "native") -> ComparedColumn:
    kind = Kind.INTEGER if form is Form.NUMBER else Kind.OTHER
    held = Held(name=name, native=native, type=LogicalType(kind=kind), nullable=False, reading=reading)
    return ComparedColumn(name=_free(table, name), form=form, source=held, target=held)


def _own(table: ComparedTable, column: Column, engine: str) -> ComparedColumn:
    held = Held(name=column.name, native=column.native, type=column.type, nullable=False, collation=column.collation)
    found = compared_column(_free(table, column.name), held, held, (engine, engine))
    if not isinstance(found, ComparedColumn):
        raise _refused(table, f"its key {column.name} can't be read exactly ({found.reason})", "Copy it again whole.")
    return found


def _free(table: ComparedTable, name: str) -> str:
    """A name for a column beyond the compared ones."""
    return f"{name} of the row" if all(column.name != f"{name} of the row" for column in table.columns) else f"{name} "


def _refused(table: ComparedTable, why: str, do: str) -> Aborted:
    return Aborted("REPAIR_REFUSED", f"{table.name} is not repaired: {why}.", do, table=table.name)
