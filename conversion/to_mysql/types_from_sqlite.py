"""Which MySQL or MariaDB type a SQLite column becomes: the values decide as for PostgreSQL, two tables spell the rest.

The rules of conversion/types_sqlite_postgresql.py look at the declaration and at what the scan found, and choose a
route; FAMILIES says what that route becomes here. A text or blob in a key needs a length, a number must fit a decimal
or be a double already: SQLite's own reals are doubles, and so are integers up to 2^53 without loss.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from conversion import types_sqlite_postgresql
from conversion.declared import Facts
from conversion.postgresql_types import arguments
from conversion.relational.choice import Choice, ColumnFacts
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.limits import KEY_BYTES, LONGEST_KEY_TEXT, LONGEST_VARCHAR, key_room, sized
from engines.catalog import Kind
from engines.profile import ColumnProfile

DECIMAL_DIGITS, DECIMAL_SCALE = 65, 30
EXACT_IN_DOUBLE = 2**53
INTEGERS = {16: "smallint", 32: "int", 64: "bigint"}  # by bits
# Words that a SQLite declaration took from MySQL: the type, and the largest value that leaves half of its range.
NARROW_INTEGERS = {
    "TINYINT": ("tinyint", 2**6), "INT1": ("tinyint", 2**6), "MEDIUMINT": ("mediumint", 2**22),
    "INT3": ("mediumint", 2**22),
}  # fmt: skip
LONG_TYPES = {"MEDIUMTEXT", "LONGTEXT", "MEDIUMBLOB", "LONGBLOB"}
USUAL_TEXT = 255
WIDEST_DECIMAL = f"decimal({DECIMAL_DIGITS},{DECIMAL_SCALE})"
KEYED = "; a key of InnoDB holds 3,072 bytes, so a keyed value needs a length"
NOCASE = "SQLite's NOCASE folds ASCII letters only, this collation all letters"


@dataclass(frozen=True)
class Case:
    """A column, what was found in it, and what the rules for PostgreSQL chose."""

    facts: ColumnFacts
    known: Facts
    chosen: types_sqlite_postgresql.Choice
    flavour: Flavour

    @property
    def keyed(self) -> bool:
        """True when the whole value must fit a key."""
        return self.facts.in_primary_key or self.facts.in_unique or self.facts.in_foreign_key

    def room(self, unit: int) -> int:
        """Characters or bytes that its keys leave to it."""
        return min(key_room(self.facts.table, self.facts.column.name, unit), KEY_BYTES // unit)


@dataclass(frozen=True)
class Family:
    """What a route becomes: native type, the kind that expressions see, the other types one could ask for."""

    native: Callable[[Case], str]
    kind: Kind | None = None
    alternatives: tuple[str, ...] = ()
    collation: Callable[[Case], str | None] = lambda case: None


def _as(native: str) -> Callable[[Case], str]:
    return lambda case: native


def _integer(case: Case) -> str:
    found = (case.known.profile.minimum or 0, case.known.profile.maximum or 0)
    native, largest = NARROW_INTEGERS.get(case.known.base, ("", -1))
    return native if max(map(abs, found)) <= largest else INTEGERS[case.known.integer_bits]


def _number(case: Case) -> str:
    declared = arguments(case.chosen.native)
    if len(declared) == 2 and declared[0] <= DECIMAL_DIGITS and declared[1] <= DECIMAL_SCALE:
        return f"decimal({declared[0]},{declared[1]})"
    if case.known.empty or declared:
        return WIDEST_DECIMAL
    low, high = case.known.profile.minimum or 0, case.known.profile.maximum or 0
    return "double" if low >= -EXACT_IN_DOUBLE and high <= EXACT_IN_DOUBLE else WIDEST_DECIMAL


def _text(case: Case) -> str:
    declared, longest = arguments(case.chosen.native), case.known.profile.max_length
    room = min(case.room(4), LONGEST_KEY_TEXT)
    if case.keyed and (longest or 0) <= room:
        if declared:
            return f"varchar({min(declared[0], room)})"
        return f"varchar({USUAL_TEXT if longest is not None and longest <= USUAL_TEXT <= room else room})"
    if declared and not case.keyed and declared[0] < LONGEST_VARCHAR - 100:
        return f"varchar({declared[0]})"
    return _sized("text", case)


def _bytes(case: Case) -> str:
    fits = (case.known.profile.max_bytes or 0) <= case.room(1)
    return f"varbinary({case.room(1)})" if case.keyed and fits else _sized("blob", case)


def _sized(family: str, case: Case) -> str:
    """As long as the values need; longer where the declaration says so."""
    found, declared = sized(family, case.facts.profile), case.known.base.lower()
    return declared if case.known.base in LONG_TYPES and len(found) < len(declared) and found in declared else found


def _collation(case: Case) -> str:
    declared = (case.facts.column.collation or "").upper()
    return {"NOCASE": case.flavour.caseless, "RTRIM": case.flavour.padded}.get(declared, case.flavour.exact)


def _uuid(case: Case) -> str:
    return "uuid" if case.flavour.has("uuid type") else "char(36)"


def _json(case: Case) -> str:
    return "json" if case.flavour.is_mariadb else "longtext"


def _json_collation(case: Case) -> str | None:
    return None if case.flavour.is_mariadb else case.flavour.exact


FAMILIES: dict[str, Family] = {
    "integer": Family(_integer, None, ("bigint", "int")),
    "boolean": Family(_as("tinyint(1)"), Kind.BOOLEAN, ("bigint",)),
    "date": Family(_as("date"), None, ("longtext",)),
    "time": Family(_as("time(6)"), None, ("longtext",)),
    "timestamp": Family(_as("datetime(6)"), None, ("longtext",)),
    "timestamptz": Family(_as("datetime(6)"), None, ("timestamp(6)", "longtext")),
    "epoch_seconds": Family(_as("datetime(6)"), None, ("bigint",)),
    "epoch_milliseconds": Family(_as("datetime(6)"), None, ("bigint",)),
    "double": Family(_as("double"), None, ("longtext",)),
    "numeric": Family(_number, None, ("double", "longtext")),
    "uuid": Family(_uuid, Kind.UUID, ("varchar(36)",), lambda c: None if c.flavour.has("uuid type") else "ascii_bin"),
    "json": Family(_json, Kind.JSON, ("longtext",), _json_collation),
    "jsonb_any": Family(_as("json"), Kind.DYNAMIC, ("longtext",)),
    "text": Family(_text, None, ("longtext", "mediumtext", "text"), _collation),
    "text_any": Family(_text, None, ("longtext",), _collation),
    "bytea": Family(_bytes, None, ("longblob", "blob")),
    "bytea_any": Family(_bytes, None, ("longblob", "blob")),
}  # fmt: skip


def choose(facts: ColumnFacts, flavour: Flavour) -> Choice:
    """The type, route, reason and alternatives; there is always one."""
    known = Facts(facts.column, facts.profile or ColumnProfile(column=facts.column.name))
    chosen = types_sqlite_postgresql.choose(known)
    case = Case(facts, known, chosen, flavour)
    family = FAMILIES[chosen.route]
    native, collation = family.native(case), family.collation(case)
    return Choice(
        native=native,
        route="double" if native == "double" else chosen.route,
        reason=_reason(case, native),
        alternatives=tuple(item for item in family.alternatives if item != native),
        set_aside=chosen.set_aside,
        kind=Kind.DYNAMIC if chosen.route in ("text_any", "jsonb_any", "bytea_any") else family.kind,
        collation=collation,
        charset=collation.partition("_")[0] if collation else None,
        notes=(NOCASE,) if (facts.column.collation or "").upper() == "NOCASE" and collation else (),
    )


def _reason(case: Case, native: str) -> str:
    """The rules' own words; what they say of PostgreSQL's limits isn't said here."""
    clauses = [clause for clause in case.chosen.reason.split("; ") if "which PostgreSQL can't store" not in clause]
    text = re.sub(r"\bPostgreSQL\b", "the target", "; ".join(clauses)).replace("jsonb", "json")
    text = text.replace(case.chosen.native, native)
    broken = case.known.form("invalid_utf8")
    if broken:
        text += f"; {broken:,} texts are not valid UTF-8: quarantine"
    return text + (KEYED if case.keyed and native.startswith(("varchar", "varbinary")) else "")
