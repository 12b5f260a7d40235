"""Rows of several tables on their way through one connection, each table loaded as fast as the target takes rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from conversion.documents.mapping import CollectionMapping, Node
from conversion.documents.shred import Rows
from engines.errors import Aborted
from engines.families import family
from engines.full_names import parts
from engines.protocols import Loaded
from transfer.routes.copy_rows import MYSQL, block
from transfer.routes.route import Pace

Values = list[tuple[Any, ...]]
SENT_EVERY = 8 << 20  # bytes of rows held for all tables, before each table gets its own
BYTES = frozenset({"binary", "binary_any", "objectid_bytes"})  # encodings whose first column holds bytes


class Loads(Protocol):
    """How a target takes rows: made of lists of tuples, sized, and loaded table by table."""

    def made(self, rows: Values) -> Any: ...

    def size(self, made: Any) -> int: ...

    def load(self, into: Any, table: str, columns: Sequence[str], blocks: Iterator[Any]) -> Loaded: ...


def loads_of(writer: Any, mapping: CollectionMapping, tables: Mapping[str, Sequence[str]], alone: bool) -> Loads:
    """The fastest exact way into the writer's engine; alone: no other connection writes meanwhile."""
    if family(writer.engine) == "postgresql":
        return CopyLoads(writer)
    if family(writer.engine) == "mysql":
        return LineLoads(writer, mapping, tables, alone)
    return RowLoads(writer)


class CopyLoads:
    """PostgreSQL: COPY text."""

    def __init__(self, writer: Any) -> None:
        self.writer = writer

    def made(self, rows: Values) -> bytes:
        """Lines."""
        return block(rows)

    def size(self, made: bytes) -> int:
        """Their bytes."""
        return len(made)

    def load(self, into: Any, table: str, columns: Sequence[str], blocks: Iterator[bytes]) -> Loaded:
        """One COPY."""
        loaded: Loaded = self.writer.load(into, table, columns, blocks)
        return loaded


class RowLoads:
    """SQLite: rows by prepared statement."""

    def __init__(self, writer: Any) -> None:
        self.writer = writer

    def made(self, rows: Values) -> Values:
        """The rows as they are."""
        return rows

    def size(self, made: Values) -> int:
        """Bytes of texts and blobs, and eight for any other value."""
        return sum(len(value) if isinstance(value, str | bytes) else 8 for row in made for value in row)

    def load(self, into: Any, table: str, columns: Sequence[str], blocks: Iterator[Values]) -> Loaded:
        """One INSERT of many."""
        loaded: Loaded = self.writer.load(into, table, columns, blocks)
        return loaded


class LineLoads:
    """MySQL and MariaDB: LOAD DATA of lines from memory, where the server permits it, else large INSERTs.

    A load that the server warned of is taken back, and its rows are inserted one statement after the other in strict
    mode, where the server refuses with its own words what it would have changed.
    """

    def __init__(
        self, writer: Any, mapping: CollectionMapping, tables: Mapping[str, Sequence[str]], alone: bool
    ) -> None:
        from engines.mysql.charsets import WHOLE, folding
        from engines.mysql.load import STORED, Loader

        self.writer = writer
        self.loaders = {}
        self.folded: dict[str, re.Pattern[bytes]] = {}
        for found in mapping.tables:
            hexed = set(_of_bytes(found.value))
            columns = tables[found.table]
            wraps = ["UNHEX({})" if column in hexed else STORED for column in columns]
            target = writer.load_target(parts(found.table)[1])
            self.loaders[found.table] = Loader(target=target, columns=columns, wraps=wraps, alone=alone)
            charsets = {charset for charset in target.charsets.values() if charset is not None} - WHOLE
            if characters := frozenset().union(*map(writer.folded, charsets)):
                self.folded[found.table] = folding(characters)

    def made(self, rows: Values) -> tuple[bytes, Values]:
        """Lines, and what they were made of."""
        return block(rows, MYSQL), rows

    def size(self, made: tuple[bytes, Values]) -> int:
        """Bytes of the lines."""
        return len(made[0])

    def load(self, into: Any, table: str, columns: Sequence[str], blocks: Iterator[tuple[bytes, Values]]) -> Loaded:
        """One load, or the exact way."""
        loader, driver = self.loaders[table], self.writer.driver(into)
        held = list(blocks)
        self._check(table, held)
        loader.settle(driver)
        try:
            attempt = loader.load(driver, (lines for lines, _ in held))
            if not attempt.troubles:
                return Loaded(attempt.rows, attempt.bytes)
            loaded: Loaded = self.writer.load(into, table, columns, (rows for _, rows in held))
            return loaded
        finally:
            loader.unsettle(driver)

    def _check(self, table: str, held: Sequence[tuple[bytes, Values]]) -> None:
        pattern = self.folded.get(table)
        found = next((hit for lines, _ in held if pattern and (hit := pattern.search(lines))), None)
        if found is not None:
            raise Aborted(
                "VALUE_NOT_HOLDABLE",
                f"A column of {table} has a character set that stores {found[0].decode()!r} as another character.",
                "Give the table the character set utf8mb4, and run the same command again.",
            )


def _of_bytes(node: Node) -> Iterator[str]:
    if node.encoding in BYTES and node.columns:
        yield node.columns[0]
    for child in node.children:
        yield from _of_bytes(child)


class TableBuffers:
    """Rows of several tables, held until they are worth a load each; one connection loads one table at a time."""

    def __init__(self, loads: Loads, tables: Mapping[str, Sequence[str]], pace: Pace, into: Any) -> None:
        self.loads, self.tables, self.pace, self.into = loads, tables, pace, into
        self.held: dict[str, list[Any]] = {name: [] for name in tables}
        self.size = self.rows = self.bytes = 0

    def take(self, rows: Rows) -> None:
        """Take rows over as what the target is sent; the lists are empty afterwards."""
        for name, found in rows.items():
            if not found:
                continue
            made = self.loads.made([tuple(row.values()) for row in found])
            self.size += self.loads.size(made)
            self.held[name].append(made)
            found.clear()
        if self.size >= SENT_EVERY:
            self.send()

    def send(self) -> None:
        """Load what is held, table by table."""
        for name, blocks in self.held.items():
            if blocks:
                loaded = self.loads.load(self.into, name, self.tables[name], self._paced(blocks))
                self.rows += loaded.rows
                self.bytes += loaded.bytes
                blocks.clear()
        self.size = 0

    def _paced(self, blocks: list[Any]) -> Iterator[Any]:
        for one in blocks:
            self.pace(self.loads.size(one))
            yield one
