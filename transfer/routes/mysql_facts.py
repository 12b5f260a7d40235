"""What a MySQL or MariaDB server says of a table that is read: character sets, NULLs, how large its rows may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from engines.errors import UsageError
from engines.full_names import parts
from engines.mysql.quoting import quote_literal
from engines.mysql.snapshot import MysqlSnapshot

LARGE = 65_535  # bytes; InnoDB's limit for all columns of a row but those of texts and blobs together
COLUMNS = (
    "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, CHARACTER_SET_NAME, IS_NULLABLE, CHARACTER_OCTET_LENGTH, DATA_TYPE,"
    " @@max_allowed_packet, COLUMN_TYPE FROM information_schema.COLUMNS WHERE (TABLE_SCHEMA, TABLE_NAME) IN ({names})"
)
UNBOUNDED = frozenset({
    "json", "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
    "geometrycollection", "geomcollection",
})  # fmt: skip


@dataclass(frozen=True)
class Live:
    """What the server says of a column: character set, whether it may be NULL, the most bytes of a value, type."""

    charset: str | None = None
    nullable: bool = True
    octets: int = 0
    native: str = ""

    @property
    def large(self) -> bool:
        """Whether one value alone may be larger than all other columns together."""
        return self.octets >= LARGE


class Columns(dict[str, Live]):
    """Of a table by their names; UsageError COLUMN_MISSING for one that it lacks."""

    def __init__(self, table: str) -> None:
        super().__init__()
        self.table = table

    def __missing__(self, name: str) -> Live:
        raise UsageError("COLUMN_MISSING", f"{self.table} has no column {name}.", "Plan the migration again.")


@dataclass(frozen=True)
class Facts:
    """Of one table; packet: the server's max_allowed_packet in bytes."""

    columns: Columns
    packet: int


LOT = 100  # tables asked for at once
_known: WeakKeyDictionary[MysqlSnapshot, dict[str, Facts]] = WeakKeyDictionary()


def facts(snapshot: MysqlSnapshot, full_name: str, others: Sequence[str] = ()) -> Facts:
    """One query for a lot of tables; UsageError TABLE_MISSING for a table that the user can't see.

    others: tables that will be asked for too; what was found is kept with the snapshot.
    """
    known = _known.setdefault(snapshot, {})
    if full_name not in known:
        place = others.index(full_name) if full_name in others else 0
        lot = dict.fromkeys([full_name, *others[place - place % LOT : place - place % LOT + LOT]])
        known.update(_asked(snapshot, list(lot)))
    if full_name not in known:
        raise UsageError(
            "TABLE_MISSING",
            f"{snapshot.display} has no table {full_name} that its user could see.",
            "Check the name, and whether it was dropped since the plan was made.",
        )
    return known[full_name]


def _asked(snapshot: MysqlSnapshot, names: list[str]) -> dict[str, Facts]:
    by_place = {parts(name): name for name in names}
    pairs = ", ".join(f"({quote_literal(schema)}, {quote_literal(table)})" for schema, table in by_place)
    found: dict[str, Facts] = {}
    for row in snapshot.query(COLUMNS.format(names=pairs)):
        schema, table, name, nullable, kind, packet = (row[place].decode() for place in (0, 1, 2, 4, 6, 7))
        full_name = by_place.get((schema, table))
        if full_name is not None:
            most = 2**32 if kind in UNBOUNDED else int(row[5] or 0)
            live = Live(row[3].decode() if row[3] is not None else None, nullable == "YES", most, row[8].decode())
            found.setdefault(full_name, Facts(Columns(full_name), int(packet))).columns[name] = live
    return found
