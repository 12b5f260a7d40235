"""Rows of tables that stand inside documents: missing on purpose where the row of their document was set aside."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterable, Iterator
from tempfile import TemporaryFile

from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Hashing, Texts, decode, encode
from transfer.compare.aside_entries import SetAside
from transfer.compare.aside_rows import LOT, Explained, key_of, originals_of, rows_of, store, tally_of
from transfer.compare.findings import Findings
from transfer.quarantined import Quarantined
from transfer.sides.side import Side, Span

Link = tuple[bytes | None, ...]


def explain_inside(
    source: Side, table: ComparedTable, findings: Findings, aside: Collection[Quarantined], hashing: Hashing
) -> Explained:
    """Take missing rows out of the findings whose document was withheld, as the source's own foreign keys say.

    aside: what was set aside of the documents' own table, the topmost one above.
    """
    found = Explained()
    for lot in findings.lots(table.name, LOT):
        missing = [one.key for one in lot if one.kind == "missing"]
        texts = {key: rows[0] for key, rows in rows_of(source, table, missing, hashing).items()}
        tally = tally_of(findings, table.name, texts)
        for key, gone in zip(texts, withheld(source, table, list(texts.values()), aside, hashing), strict=True):
            if gone:
                found.withheld += tally[key].pop("missing", 0)
        found.keys |= store(findings, table.name, tally)
    return found


def count_inside(source: Side, table: ComparedTable, aside: Collection[Quarantined], hashing: Hashing) -> int:
    """How many rows of the source belong to documents that were withheld; reads all of them."""
    count = 0
    if not SetAside(table, aside, source.engine == "sqlite"):
        return count
    for texts in _read_through(_lots(source, table)):
        count += sum(withheld(source, table, texts, aside, hashing))
    return count


def withheld(
    source: Side, table: ComparedTable, rows: list[Texts], aside: Collection[Quarantined], hashing: Hashing
) -> list[bool]:
    """Of each row, whether the document it stands in was set aside, and is still what it was."""
    above = table.above
    if above is None:
        keys = [key_of(table, row, hashing) for row in rows]
        made = SetAside(table, aside, source.engine == "sqlite")
        own = originals_of(source, made, sorted(set(keys)), hashing)
        gone = {key for key, raws in own.items() if any("" in one.entries for one in raws)}
        return [key in gone for key in keys]
    links = _links(table, [child for child, _ in table.links], rows)
    if links is None:
        return [False] * len(rows)
    parents = _parents(source, above, [parent for _, parent in table.links], set(links), hashing)
    verdicts = dict(zip(parents, withheld(source, above, list(parents.values()), aside, hashing), strict=True))
    return [verdicts.get(link, False) for link in links]


def _parents(
    source: Side, table: ComparedTable, columns: list[str], wanted: set[Link], hashing: Hashing
) -> dict[Link, Texts]:
    """The rows that foreign keys refer to, by the values of those columns: by its key, else by reading all."""
    by_source = {column.source.name: column.name for column in table.columns}
    names = [by_source.get(name) for name in columns]
    if sorted(filter(None, names)) == sorted(table.key) and None not in names:
        places = [names.index(name) for name in table.key]
        keys = {encode(table.key_columns, [link[place] for place in places]) for link in wanted}
        rows: Iterable[Texts] = (one for found in rows_of(source, table, keys, hashing).values() for one in found)
    else:
        rows = (one for lot in _lots(source, table) for one in lot)
    found: dict[Link, Texts] = {}
    for row in rows:
        links = _links(table, columns, [row])
        if links is not None and links[0] in wanted:
            found[links[0]] = row
    return found


def _links(table: ComparedTable, columns: list[str], rows: list[Texts]) -> list[Link] | None:
    """The values of a foreign key's columns; None where one of them isn't compared."""
    by_source = {column.source.name: place for place, column in enumerate(table.columns)}
    if not all(name in by_source for name in columns):
        return None
    return [tuple(row[by_source[name]] for name in columns) for row in rows]


def _read_through(lots: Iterable[list[Texts]]) -> Iterator[list[Texts]]:
    """The same once all are read, by way of a file: a side may read one query at a time (MySQL)."""
    with TemporaryFile() as file:
        count = 0
        for lot in lots:
            pickle.dump(lot, file)
            count += 1
        file.seek(0)
        for _ in range(count):
            yield pickle.load(file)


def _lots(source: Side, table: ComparedTable) -> Iterator[list[Texts]]:
    """All rows of a table."""
    for batch in source.stream(table, Span()):
        rows = [decode(table.columns, encoded) for _, encoded in batch]
        for start in range(0, len(rows), LOT):
            yield rows[start : start + LOT]
