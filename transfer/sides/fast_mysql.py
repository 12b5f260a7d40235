"""Blocks (transfer/sides/blocks.py) of a MySQL or MariaDB table, hashed by the server."""

from __future__ import annotations

from collections.abc import Sequence

from engines.mysql.quoting import quote_identifier
from transfer.canonical.columns import Role
from transfer.canonical.fetch_mysql import Fetched
from transfer.canonical.sql_mysql import TEXTS
from transfer.sides.blocks import Block, Layout


def server_block(columns: Sequence[Fetched], role: Role, key: str) -> list[str]:
    """SQL of the digests of a block over rows that come in the order of their key, as MD5() of GROUP_CONCAT().

    A text that passes max_allowed_packet is NULL: GROUP_CONCAT leaves the row out then, and the block equals nothing.
    The same holds for what GROUP_CONCAT cuts at group_concat_max_len.
    """
    layout = Layout.of([column.column for column in columns])
    digests = []
    if layout.delimited:
        woven = ", ',', ".join(_or_null(columns[place], role) for place in layout.delimited)
        digests.append(f"MD5(CONCAT('{key}', GROUP_CONCAT({woven} SEPARATOR ',')))")
    for place in layout.texts:
        text = columns[place].select
        if columns[place].column.held(role).nullable:
            text = f"IF({_name(columns[place], role)} IS NULL, x'FF', CAST({text} AS BINARY))"
        digests.append(f"MD5(CONCAT('{key}', GROUP_CONCAT({text} SEPARATOR '\\0')))")
    return digests


def doubtful(columns: Sequence[Fetched], role: Role) -> dict[int, str]:
    """Place -> SQL that is 1 for NULL, of columns whose text is NULL too where it passes max_allowed_packet."""
    return {
        place: f"{_name(column, role)} IS NULL"
        for place, column in enumerate(columns)
        if column.written and column.select != _name(column, role) and column.column.held(role).type.kind in TEXTS
    }


def _or_null(column: Fetched, role: Role) -> str:
    if not column.column.held(role).nullable:
        return column.select
    return f"IF({_name(column, role)} IS NULL, 'n', {column.select})"


def _name(column: Fetched, role: Role) -> str:
    return quote_identifier(column.column.held(role).name)


def answered(row: Sequence[bytes | None]) -> Block:
    """The block that a server's count and digests are."""
    rows, *digests = row
    if not int(rows or 0):
        return Block(0, ())
    if None in digests:
        return Block(int(rows or 0), None)
    return Block(int(rows or 0), tuple(bytes.fromhex((digest or b"").decode()) for digest in digests))
