"""Rows hashed by PostgreSQL's own 64-bit hash functions, several times as fast as md5 there.

Every column's hash is the seed of the next one's, so that a row's hash is no sum over its columns. Not all of the
functions hash by value under every seed, and those that don't are not used: hash_numeric_extended has no sign and one
answer for NaN and both infinities, hashint8extended (times and timestamps too) gives 1 and 4294967296 the same,
jsonb_hash_extended doesn't tell [[1],2] from [[1,2]], hash_record_extended is linear (PostgreSQL sources, hashfunc.c,
numeric.c, jsonb_util.c, rowtypes.c; a test holds each). Integers are xored into the seed whole; what has no function is
hashed as its canonical text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from engines.columns import Kind
from engines.postgresql.quoting import quote_identifier
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held, Role
from transfer.canonical.sql_postgresql import raw_sql, text_sql

SINCE = 140000  # hash functions of bpchar, float8 and uuid are older; 14 is the oldest version this was tried on
WHOLE = frozenset({Kind.INTEGER, Kind.BOOLEAN})
EMPTY = "''"
# What both servers must give the same answer to before their hashes are compared: bytes of every length class, numbers
# with each sign, the zeros, and the corners of seeds.
PROBE = """
    SELECT pg_catalog.hashtextextended(t COLLATE "C", s),
           pg_catalog.hashbpcharextended((t || '  ')::bpchar COLLATE "C", s),
           pg_catalog.hashint4extended(i, s), pg_catalog.hashfloat8extended(f, s),
           pg_catalog.uuid_hash_extended(u::uuid, s)
      FROM (VALUES ('', 0, '0'::float8, '00000000-0000-0000-0000-000000000000'),
                   ('a', 1, '-0', '00112233-4455-6677-8899-aabbccddeeff'),
                   ('grüße 日本 😀', -1, 'NaN', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
                   (pg_catalog.repeat('0123456789ab', 20), 2147483647, '-1.5e300',
                    '12345678-1234-1234-1234-123456789012'),
                   ('twelve bytes', -2147483648, 'Infinity', 'deadbeef-0000-0000-0000-000000000001')) AS v(t, i, f, u),
           (VALUES (0::int8), (1), (-1), (4294967296), (-9223372036854775808), (6364136223846793005)) AS seeds(s)
     ORDER BY t COLLATE "C", s
"""


def expressions(table: ComparedTable, role: Role, key: str, version: int = 0) -> tuple[str, str] | None:
    """SQL of both halves of a row's hash over the table's alias t; None where a column's text is not made in SQL.

    key: 32 hex digits. version: of the server; 0: a server that has everything the texts need.
    NULL if a column that the catalog calls NOT NULL holds NULL.
    """
    return _expressions(table, role, key, version or 10**6, exact=True)


def sufficient(table: ComparedTable, role: Role, key: str, version: int = 0) -> tuple[str, str] | None:
    """The same over the server's own texts where there is no canonical one: equal hashes prove equal rows.

    Different ones prove nothing: 1.0 and 1.00 in jsonb. None where both sides' own texts need not be read alike.
    """
    return _expressions(table, role, key, version or 10**6, exact=False)


def broken(table: ComparedTable, role: Role, bound: Collection[str]) -> str | None:
    """SQL that is true for a row without a hash: NULL in a column that was NOT NULL when the catalog was read.

    bound: columns that are NOT NULL at the moment that is compared. None: no row can be broken.
    """
    held = (column.held(role) for column in table.columns)
    loose = [f"t.{quote_identifier(one.name)} IS NULL" for one in held if not one.nullable and one.name not in bound]
    return " OR ".join(loose) or None


def same_answers(source: Sequence[tuple[Any, ...]], target: Sequence[tuple[Any, ...]]) -> bool:
    """Whether both servers answered PROBE alike."""
    return len(source) > 0 and list(source) == list(target)


def seeds(key: str) -> tuple[int, int, int]:
    """Signed 64-bit numbers of a key: seeds of both halves, and what marks a NULL."""
    digest = hashlib.sha256(key.encode()).digest()
    return tuple(int.from_bytes(digest[at : at + 8], "big", signed=True) for at in (0, 8, 16))  # type: ignore[return-value]


def _expressions(table: ComparedTable, role: Role, key: str, version: int, exact: bool) -> tuple[str, str] | None:
    high, low, mark = seeds(key)
    halves = []
    for seed in (high, low):
        chain = _Chain(f"({seed})::int8", mark)
        for column in table.columns:
            step = _step(column, role, version, exact)
            if step is None:
                return None
            chain.add(step)
        halves.append(chain.done())
    return halves[0], halves[1]


@dataclass(frozen=True)
class _Step:
    """How a column enters: function (empty: as an integer), SQL of its value, what stands for NULL, the bare column."""

    function: str
    value: str
    missing: str
    bare: str
    nullable: bool
    narrow: bool = False


class _Chain:
    """SQL of a hash that grows column by column; open: the last thing done was an xor, nothing mixed it yet."""

    def __init__(self, sql: str, mark: int) -> None:
        self.sql = sql
        self.mark = mark
        self.open = False

    def add(self, step: _Step) -> None:
        """Take one more column."""
        null = f"{step.bare} IS NOT DISTINCT FROM NULL"
        if step.function:
            seed, value = self.sql, step.value
            if step.nullable:
                seed = f"{self.sql} # CASE WHEN {null} THEN ({self.mark})::int8 ELSE 0 END"
                value = f"coalesce({value}, {step.missing})"
            self.sql, self.open = f"pg_catalog.{step.function}({value}, {seed})", False
        elif step.nullable:
            self._mix()
            flag = f"CASE WHEN {null} THEN 1 ELSE 0 END"
            self.sql = f"pg_catalog.hashint4extended({flag}, {self.sql} # coalesce({step.value}::int8, 0))"
        elif self.open and step.narrow:
            self.sql, self.open = f"pg_catalog.hashint4extended({step.value}::int4, {self.sql})", False
        else:
            self._mix()
            self.sql, self.open = f"({self.sql} # {step.value}::int8)", True

    def done(self) -> str:
        """The whole expression."""
        self._mix()
        return self.sql

    def _mix(self) -> None:
        if self.open:
            self.sql, self.open = f"pg_catalog.hashint4extended(0, {self.sql})", False


def _step(column: ComparedColumn, role: Role, version: int, exact: bool) -> _Step | None:
    held = column.held(role)
    bare = f"t.{quote_identifier(held.name)}"
    kinds = {column.source.type.kind, column.target.type.kind}
    if column.digits is None and column.form is Form.NUMBER and kinds <= WHOLE:
        # a boolean has no cast to int8
        value = f"{bare}::int4" if held.type.kind is Kind.BOOLEAN else bare
        narrow = all(
            one.type.bits in (16, 32) or one.type.kind is Kind.BOOLEAN for one in (column.source, column.target)
        )
        return _Step("", value, "0", bare, held.nullable, narrow)
    if column.digits is None and column.form is Form.NUMBER and kinds == {Kind.FLOAT}:
        return _Step("hashfloat8extended", f"{bare}::float8", "0", bare, held.nullable)
    if column.form is Form.UUID and kinds == {Kind.UUID}:
        nil = "'00000000-0000-0000-0000-000000000000'"
        return _Step("uuid_hash_extended", bare, nil, bare, held.nullable)
    if column.form is Form.CHAR and held.native.startswith(("character(", "bpchar")):
        return _Step("hashbpcharextended", f'{bare} COLLATE "C"', EMPTY, bare, held.nullable)
    text = text_sql(column, role, bare, version)
    if text is None and not exact and _same_type(column.source, column.target):
        text = raw_sql(column, role, bare)
    if text is None:
        return None
    return _Step("hashtextextended", f'({text}) COLLATE "C"', EMPTY, bare, held.nullable)


def _same_type(source: Held, target: Held) -> bool:
    """Whether equal texts of the server mean equal values on both sides."""
    return (source.native, source.type, source.reading) == (target.native, target.type, target.reading)
