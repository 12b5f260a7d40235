"""PostgreSQL rows relayed as COPY gives them: binary where both sides have the same bytes for a type, else text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conversion.mapping import TableMapping
from engines.postgresql.quoting import quote_identifier, quote_name
from engines.postgresql.snapshot import PostgresqlSnapshot
from transfer.chunks import Chunk

# Types whose binary form is the same from version 12 to 18 (their send and receive functions did not change).
BINARY_SAFE = frozenset(
    "smallint integer bigint real double_precision numeric text character_varying character bytea boolean date "
    "time_without_time_zone time_with_time_zone timestamp_without_time_zone timestamp_with_time_zone interval uuid "
    "json jsonb inet cidr macaddr macaddr8 bit bit_varying point line lseg box path polygon circle".split()
)


def base_type(native: str) -> str:
    """A type's name without modifiers: `numeric(10,2)` is `numeric`."""
    return re.sub(r"\([^)]*\)", "", native).replace("  ", " ").strip().replace(" ", "_")


def is_binary_safe(table: TableMapping) -> bool:
    """Whether every copied column has the same binary form on both sides."""
    return all(c.source_type == c.target_type and base_type(c.source_type) in BINARY_SAFE for c in table.copied)


@dataclass
class PostgresqlRelay:
    """One chunk of a PostgreSQL table as the blocks of COPY TO."""

    snapshot: PostgresqlSnapshot
    table: TableMapping
    chunk: Chunk
    rows_limit: int | None = None
    text_only: bool = False

    @property
    def binary(self) -> bool:
        """Whether the blocks are COPY's binary form."""
        return not self.text_only and is_binary_safe(self.table)

    def blocks(self) -> Iterator[bytes]:
        """What COPY TO STDOUT gives for the chunk's range."""
        form = "binary" if self.binary else "text"
        columns = ", ".join(quote_identifier(c.source) for c in self.table.copied)
        where = range_condition(self.table, self.chunk)
        source = f"SELECT {columns} FROM ONLY {source_name(self.table)}{where}"
        if self.rows_limit is not None:
            source += f" LIMIT {self.rows_limit}"
        yield from self.snapshot.copy_out(f"COPY ({source}) TO STDOUT WITH (FORMAT {form})")


def source_name(table: TableMapping) -> str:
    """The quoted schema.table of the source."""
    schema, _, name = table.source.partition(".")
    return quote_name(schema, name)


def range_condition(table: TableMapping, chunk: Chunk) -> str:
    """WHERE of a chunk: a range of an integer key, or of pages (ctid); empty for the whole table."""
    terms = []
    if table.source_key == "ctid":
        if chunk.lower is not None:
            terms.append(f"ctid >= '({chunk.lower},0)'::pg_catalog.tid")
        if chunk.upper is not None:
            terms.append(f"ctid < '({chunk.upper},0)'::pg_catalog.tid")
    elif table.source_key:
        key = quote_identifier(table.source_key)
        if chunk.lower is not None:
            terms.append(f"{key} > {chunk.lower}")
        if chunk.upper is not None:
            terms.append(f"{key} <= {chunk.upper}")
    return f" WHERE {' AND '.join(terms)}" if terms else ""
