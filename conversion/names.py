"""Names on the target: length limits counted in bytes, collisions, and the record of what was renamed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

POSTGRESQL_LIMIT = 63  # NAMEDATALEN - 1 bytes: https://www.postgresql.org/docs/current/limits.html
POSTGRESQL_SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
HASH_DIGITS = 8


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

    def take(self, namespace: str, wanted: str, reserved: frozenset[str] = frozenset()) -> str:
        """A free name in the namespace, the wanted one when the target can have it."""
        taken = self._taken.setdefault(namespace, set())
        name = self._acceptable(wanted, reserved)
        attempt = 0
        while self._folded(name) in taken:
            attempt += 1
            suffix = f"_{_digest(f'{wanted}#{attempt}')}"
            room = self.limit - len(suffix) if self.limit else None
            name = (shorten(wanted or "unnamed", room) if room else wanted) + suffix
        taken.add(self._folded(name))
        return name

    def take_recorded(self, namespace: str, wanted: str, source: str, target_prefix: str = "") -> str:
        """Like take, and a changed name is recorded under the source's full name."""
        reserved = POSTGRESQL_SYSTEM_COLUMNS if namespace.startswith("columns:") and self.limit else frozenset()
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

    def _folded(self, name: str) -> str:
        return name.lower() if self.fold else name


def for_postgresql() -> Namer:
    """Names as PostgreSQL takes them: 63 bytes, case kept."""
    return Namer(POSTGRESQL_LIMIT)


def for_sqlite() -> Namer:
    """Names as SQLite takes them: any length, compared without case, `sqlite_` reserved."""
    return Namer(None, fold=True, reserved_prefix="sqlite_")
