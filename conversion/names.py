"""Names on the target: length limits in bytes or characters, collisions, and the record of what was renamed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

POSTGRESQL_LIMIT = 63  # NAMEDATALEN - 1 bytes: https://www.postgresql.org/docs/current/limits.html
POSTGRESQL_SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
MYSQL_LIMIT = 64  # characters: https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html
# A name of a table is also one of a file, in which every character but letters, digits and _ takes five bytes
# (`@0024`): https://dev.mysql.com/doc/refman/8.4/en/identifier-mapping.html. 255 bytes less `#P#p#SP#s.ibd` remain.
MYSQL_FILE_LIMIT = 200
HASH_DIGITS = 8
# The letters whose capitals MySQL knows in names are those of Unicode 3.0 (utf8mb3_general_ci): first and last code
# point of each run. All others stay as they are. Read from MariaDB 10.11: LOWER() gives what names of tables become.
KNOWN_LETTERS = (
    (0x41, 0x5A), (0xC0, 0x21E), (0x222, 0x232), (0x386, 0x3AB), (0x3DA, 0x3EE), (0x400, 0x480), (0x48C, 0x4BE),
    (0x4C1, 0x4C3), (0x4C7, 0x4C7), (0x4CB, 0x4CB), (0x4D0, 0x4F4), (0x4F8, 0x4F8), (0x531, 0x556), (0x1E00, 0x1E94),
    (0x1EA0, 0x1EF8), (0x1F08, 0x212B), (0x2160, 0x216F), (0x24B6, 0x24CF), (0xFF21, 0xFF3A),
)  # fmt: skip
TWO_LETTERS = {"\u0130": "i"}  # what Unicode makes two of
PLAIN = re.compile(r"[A-Za-z0-9_]+")
RELATIONS = "relations:"  # begins the namespaces of tables, views and sequences


def shorten(name: str, limit: int = POSTGRESQL_LIMIT) -> str:
    """The name cut to limit bytes of UTF-8; a cut name ends in a hash of the whole one, so it stays unique."""
    if len(name.encode()) <= limit:
        return name
    suffix = "_" + _digest(name)
    kept = name.encode()[: limit - len(suffix)].decode(errors="ignore")
    return kept + suffix


def joined(parts: Iterable[str], suffix: str, limit: int = POSTGRESQL_LIMIT) -> str:
    """A name made of parts and a suffix that survives the cut: `orders_customer_id_fkey`."""
    stem = "_".join(parts)
    return shorten(stem, limit - len(suffix.encode()) - 1) + "_" + suffix


def lowered(name: str) -> str:
    """A table's name as a MySQL server keeps it whose lower_case_table_names is 1."""
    return name.lower() if name.isascii() else "".join(map(_lowered, name))


def _lowered(character: str) -> str:
    known = any(first <= ord(character) <= last for first, last in KNOWN_LETTERS)
    return (TWO_LETTERS.get(character) or character.lower()) if known else character


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:HASH_DIGITS]


class Namer:
    """Gives out names that the target accepts, each once per namespace, and remembers every change.

    limit: bytes per name (None: no limit), fold: names that differ only in case collide (SQLite),
    reserved: names the target keeps for itself, compared without case.
    """

    def __init__(self, limit: int | None, fold: bool = False, reserved_prefix: str = "") -> None:
        self.limit = limit
        self.fold = fold
        self.reserved_prefix = reserved_prefix
        self.renames: dict[str, str] = {}
        self._taken: dict[str, set[str]] = {}
        self._attempts: dict[tuple[str, str], int] = {}  # how often a name was wanted that is taken: go on from there

    def take(self, namespace: str, wanted: str, reserved: frozenset[str] = frozenset()) -> str:
        """A free name in the namespace, the wanted one when the target can have it."""
        taken = self._taken.setdefault(namespace, set())
        name = self._acceptable(wanted, reserved)
        attempt = self._attempts.get((namespace, wanted), 0)
        while self._folded(name) in taken:
            attempt += 1
            suffix = f"_{_digest(f'{wanted}#{attempt}')}"
            name = self._suffixed(wanted, suffix)
        if attempt:
            self._attempts[namespace, wanted] = attempt
        taken.add(self._folded(name))
        return name

    def take_recorded(self, namespace: str, wanted: str, source: str, target_prefix: str = "") -> str:
        """Like take, and a changed name is recorded under the source's full name."""
        postgresql = self.limit == POSTGRESQL_LIMIT and not self.fold
        reserved = POSTGRESQL_SYSTEM_COLUMNS if namespace.startswith("columns:") and postgresql else frozenset()
        name = self.take(namespace, wanted, reserved)
        if name != wanted:
            self.renames[source] = target_prefix + name
        return name

    def _acceptable(self, wanted: str, reserved: frozenset[str]) -> str:
        name = wanted or "unnamed"
        if name.lower() in reserved:
            name += "_"
        if self.reserved_prefix and name.lower().startswith(self.reserved_prefix):
            name = "_" + name
        return shorten(name, self.limit) if self.limit else name

    def _suffixed(self, wanted: str, suffix: str) -> str:
        room = self.limit - len(suffix) if self.limit else None
        return (shorten(wanted or "unnamed", room) if room else wanted) + suffix

    def _folded(self, name: str) -> str:
        return name.lower() if self.fold else name


class MysqlNamer(Namer):
    """Names as MySQL and MariaDB take them.

    64 characters of the Basic Multilingual Plane, no space at the end, compared without case: columns and indexes
    always are, and tables wherever lower_case_table_names isn't 0 (Windows, macOS), so twins are told apart. lowers:
    it isn't 0, so tables, views and sequences are called as such a server keeps them.
    """

    def __init__(self, lowers: bool = False) -> None:
        super().__init__(MYSQL_LIMIT, fold=True)
        self.lowers = lowers

    def take(self, namespace: str, wanted: str, reserved: frozenset[str] = frozenset()) -> str:
        """See Namer."""
        lowers = self.lowers and namespace.startswith(RELATIONS)
        return super().take(namespace, lowered(wanted) if lowers else wanted, reserved)

    def _acceptable(self, wanted: str, reserved: frozenset[str]) -> str:
        if len(wanted) < MYSQL_LIMIT and PLAIN.fullmatch(wanted):
            return wanted
        name = "".join("_" if ord(character) > 0xFFFF or character == "\0" else character for character in wanted)
        name = name.rstrip() + "_" if name[-1:].isspace() else name
        if name != wanted and name.strip("_ "):
            name = name[: MYSQL_LIMIT - HASH_DIGITS - 1] + "_" + _digest(wanted)
        name = name or "unnamed"
        fits = len(name) <= MYSQL_LIMIT and _file_length(name) <= MYSQL_FILE_LIMIT
        return name if fits else _cut(name, "_" + _digest(wanted))

    def _suffixed(self, wanted: str, suffix: str) -> str:
        return _cut(self._acceptable(wanted, frozenset()), suffix)


def _cut(name: str, suffix: str) -> str:
    kept = name[: MYSQL_LIMIT - len(suffix)]
    while _file_length(kept) + len(suffix) > MYSQL_FILE_LIMIT:
        kept = kept[:-1]
    return kept + suffix


def _file_length(name: str) -> int:
    return sum(1 if character.isascii() and (character.isalnum() or character == "_") else 5 for character in name)


def for_mysql(lowers: bool = False) -> Namer:
    """Names as MySQL and MariaDB take them: 64 characters, compared without case; lowers: see MysqlNamer."""
    return MysqlNamer(lowers)


def for_postgresql() -> Namer:
    """Names as PostgreSQL takes them: 63 bytes, case kept."""
    return Namer(POSTGRESQL_LIMIT)


def for_sqlite() -> Namer:
    """Names as SQLite takes them: any length, compared without case, `sqlite_` reserved."""
    return Namer(None, fold=True, reserved_prefix="sqlite_")
