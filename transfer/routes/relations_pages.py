"""Rows of a table and of the tables embedded in it, read page by page with one query per table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from conversion.documents.relations_mapping import DocumentMapping, EmbeddedMapping, FieldMapping
from engines.chained import chained
from engines.errors import Aborted
from transfer.routes.relations_odd import Odd, odd
from transfer.routes.relations_orphans import left_over
from transfer.routes.relations_readers import FETCHED, LONGEST_VALUE, Column, Source

Row = dict[str, Any]
FIRST_PAGE, LARGEST_PAGE = 500, 10_000  # rows of the root table
PAGE_BYTES = 8_000_000  # of long values in the rows of one page
LARGEST_DOCUMENT = 16 << 20
ROW_BYTES = 64  # of a row's other values, about


class Reading:
    """A table's columns as they are read, and rows made of what was read."""

    def __init__(self, source: Source, fields: Sequence[FieldMapping], table: str) -> None:
        self.names = [found.column for found in fields]
        self.columns: list[Column] = [source.column(found, table) for found in fields]
        self.long = frozenset(n for n, column in zip(self.names, self.columns, strict=True) if column.length)
        self.odd = [name for name, column in zip(self.names, self.columns, strict=True) if column.odd]
        self.width = sum(len(column.reads) for column in self.columns)
        self.plain = all(len(column.reads) == 1 for column in self.columns)

    def sql(self, alias: str) -> list[str]:
        """The expressions, of the table with that alias."""
        return [read.format(t=alias) for column in self.columns for read in column.reads]

    def length(self, alias: str) -> str | None:
        """SQL of the bytes of a row's long values; None where it has none."""
        lengths = [column.length.format(t=alias) for column in self.columns if column.length]
        return chained("+", lengths) or None

    def kept(self, row: Row) -> Iterator[tuple[str, Odd]]:
        """The values of a row that a document holds in another form, by column."""
        for name in self.odd:
            if (found := odd(row[name])) is not None:
                yield name, found

    def row(self, values: Sequence[Any]) -> Row:
        """A row by the names of its columns."""
        if self.plain:
            return {
                name: value if value is None or column.convert is None else column.convert(value)
                for name, column, value in zip(self.names, self.columns, values, strict=True)
            }
        found: Row = {}
        place = 0
        for name, column in zip(self.names, self.columns, strict=True):
            read = values[place : place + len(column.reads)]
            place += len(column.reads)
            found[name] = None if read[0] is None else column.convert(read) if column.convert else read[0]
        return found


@dataclass
class Inside:
    """An embedded table: the joins from the root to it, its aliases, and what is read of it and of its parent."""

    mapping: EmbeddedMapping
    joins: str
    alias: str
    parent: str
    reading: Reading
    around: Reading  # the parent's columns that the foreign key refers to
    depth: int


@dataclass
class Document:
    """A root row, the bytes of its long values, and the rows inside it, by table."""

    row: Row
    size: int
    inside: dict[int, dict[str, list[Row]]] = field(default_factory=dict)
    rows: int = 1


class Pages:
    """Reads the documents of a range in the order of their key."""

    def __init__(self, source: Source, mapping: DocumentMapping) -> None:
        self.source, self.mapping = source, mapping
        self.root = Reading(source, mapping.fields, mapping.table)
        self.table = source.table(mapping.table)
        # by name: those that are invisible are no part of *
        self.names = ", ".join(source.quoted(name) for name in self.root.names) or "*"
        self.order = ", ".join(source.quoted(name) for name in mapping.key)
        fields = {found.column: found for found in mapping.fields}
        self.key = Reading(source, [fields[name] for name in mapping.key], mapping.table)
        self.inside = list(self._inside(mapping.table, mapping.embedded, fields, "r", "", 1))
        self.size = FIRST_PAGE

    def _inside(
        self,
        table: str,
        embedded: Sequence[EmbeddedMapping],
        around: dict[str, FieldMapping],
        parent: str,
        joins: str,
        depth: int,
    ) -> Iterator[Inside]:
        for number, found in enumerate(embedded):
            alias = f"{'c' if parent == 'r' else parent}_{number}"
            links = " AND ".join(
                f"{alias}.{self.source.quoted(child)} = {parent}.{self.source.quoted(above)}"
                for child, above in found.links
            )
            joined = f"{joins} JOIN {self.source.table(found.table)} AS {alias} ON {links}"
            above = Reading(self.source, [around[name] for _, name in found.links], table)
            own_reading = Reading(self.source, found.fields, found.table)
            yield Inside(found, joined, alias, parent, own_reading, above, depth)
            own = {one.column: one for one in found.fields}
            yield from self._inside(found.table, found.embedded, own, alias, joined, depth + 1)

    def documents(self, condition: str) -> Iterator[Document]:
        """Every root row of a range with what belongs to it; condition: SQL of the range, "" for all rows."""
        if not self.inside:
            where = f" WHERE {condition}" if condition else ""
            yield from self._roots(f"(SELECT {self.names} FROM {self.table}{where})", "", None)
            return
        offset = 0
        while True:
            page, taken = self._page(condition, offset)
            yield from page
            offset += taken
            if taken == 0:
                return

    def _roots(self, table: str, order: str, keys: list[tuple[str, ...]] | None) -> Iterator[Document]:
        length = self.root.length("r") or "0"
        lot = 1 if keys is None and self.root.length("r") else FETCHED
        reads = [length, *self.root.sql("r")]
        if keys is not None:
            reads += self.key.sql("r")
        for values in self.source.rows(f"SELECT {', '.join(reads)} FROM {table} AS r{order}", lot):
            document = Document(self.root.row(values[1 : 1 + self.root.width]), int(values[0]))
            if keys is not None:
                keys.append(tuple(map(repr, values[1 + self.root.width :])))
            yield document

    def _page(self, condition: str, offset: int) -> tuple[list[Document], int]:
        """Documents from an offset within the range on, and how many root rows that were (0: the end)."""
        where = f" WHERE {condition}" if condition else ""
        while True:
            rows = f"{self.table}{where} ORDER BY {self.order} LIMIT {self.size} OFFSET {offset}"
            page = f"(SELECT {self.names} FROM {rows})"
            size = self._measured(page)
            if size <= PAGE_BYTES or self.size == 1:
                break
            self.size = max(1, min(self.size // 2, self.size * PAGE_BYTES // size))
        keys: list[tuple[str, ...]] = []
        documents = list(self._roots(page, f" ORDER BY {self.order}", keys))
        if size > 4 * LARGEST_DOCUMENT and self.size == 1:
            for document in documents:
                document.size = max(document.size, size)
        else:
            by_key = dict(zip(keys, documents, strict=True))
            if documents:
                for number, inside in enumerate(self.inside):
                    self._fill(number, inside, page, by_key)
        taken = len(documents)
        if size * 2 <= PAGE_BYTES:
            self.size = min(LARGEST_PAGE, self.size * 2)
        return documents, taken

    def _measured(self, page: str) -> int:
        """Bytes of the long values of a page's rows, all tables together."""
        total = 0
        length = self.root.length("r")
        if length:
            total += self._sum(f"SELECT SUM({length} + {ROW_BYTES}) FROM {page} AS r")
        for inside in self.inside:
            own = inside.reading.length(inside.alias)
            total += self._sum(f"SELECT SUM({own or '0'} + {ROW_BYTES}) FROM {page} AS r{inside.joins}")
        return total

    def _sum(self, sql: str) -> int:
        ((found,),) = self.source.rows(sql)
        return int(found or 0)

    def _fill(self, number: int, inside: Inside, page: str, by_key: dict[tuple[str, ...], Document]) -> None:
        """Give the documents of a page the rows of one embedded table."""
        own, above, key = inside.reading, inside.around, self.key
        length = own.length(inside.alias) or "0"
        reads = [length, *key.sql("r"), *above.sql(inside.parent), *own.sql(inside.alias)]
        first, second = 1 + key.width, 1 + key.width + above.width
        for values in self.source.rows(f"SELECT {', '.join(reads)} FROM {page} AS r{inside.joins}"):
            document = by_key[tuple(map(repr, values[1:first]))]
            link = linked(tuple(above.row(values[first:second]).values())) if inside.depth > 1 else ""
            document.inside.setdefault(number, defaultdict(list))[link].append(own.row(values[second:]))
            document.size += int(values[0])
            document.rows += 1

    def children(self, document: Document) -> Callable[[EmbeddedMapping, tuple[Any, ...]], list[Row]]:
        """What to_document() asks for the rows of an embedded table."""
        numbers = {id(inside.mapping): (number, inside.depth) for number, inside in enumerate(self.inside)}

        def found(mapping: EmbeddedMapping, key: tuple[Any, ...]) -> list[Row]:
            number, depth = numbers[id(mapping)]
            rows = document.inside.get(number, {}).pop(linked(key) if depth > 1 else "", [])
            if mapping.shape == "object" and len(rows) > 1:
                raise _left_over(mapping.table, self.mapping.table)
            return rows

        return found

    def kept(self, document: Document) -> list[tuple[str, Odd]]:
        """Values of a document's rows that it holds in another form; of an embedded table by table.column."""
        found = list(self.root.kept(document.row))
        for number, groups in document.inside.items():
            inside = self.inside[number]
            for row in (row for group in groups.values() for row in group if inside.reading.odd):
                found += [(f"{inside.mapping.table}.{name}", one) for name, one in inside.reading.kept(row)]
        return found

    def check_taken(self, document: Document) -> None:
        """ROWS_LEFT_OVER where a row that was read is in no document: nothing may be lost without a word."""
        for number, groups in document.inside.items():
            if any(groups.values()):
                raise _left_over(self.inside[number].mapping.table, self.mapping.table)


def linked(key: tuple[Any, ...]) -> str:
    """The values of a foreign key as a name that is equal for equal values, NaN and lists included."""
    return repr(key)


def too_wide(document: Document) -> bool:
    """Whether its long values alone, or one of them, are more than a document can hold."""
    return document.size > min(LARGEST_DOCUMENT, LONGEST_VALUE)


def _left_over(child: str, parent: str) -> Aborted:
    return left_over(f"Rows of {child} belong to a row of {parent}, but have no place in its document.")
