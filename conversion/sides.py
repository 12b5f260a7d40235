"""The two catalogs of a comparison, and what their objects are called on both sides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conversion.forms import local
from engines.catalog import Catalog
from engines.families import family
from engines.mysql.names import lowers


@dataclass(frozen=True)
class Sides:
    """a: what should be, b: what is; names: say where two objects differ in nothing but a name that somebody chose."""

    a: Catalog
    b: Catalog
    names: bool = True

    @cached_property
    def engine(self) -> str:
        """The family of both engines."""
        return family(self.a.engine)

    @cached_property
    def homes(self) -> tuple[str, str]:
        """The databases of both catalogs, which their objects' names leave out (MySQL)."""
        return self.a.database, self.b.database

    @cached_property
    def blind(self) -> bool:
        """Table names fold: in SQLite, and in MySQL where one of the servers keeps them in lower case."""
        return self.engine == "sqlite" or lowers(self.a) or lowers(self.b)

    def paired(self, left: Iterable[Any], right: Iterable[Any]) -> list[tuple[str, Any, Any]]:
        """(full name, object of a or None, object of b or None) of everything, sorted by name."""
        both = [
            {self._key(item, home): item for item in items}
            for items, home in zip((left, right), self.homes, strict=True)
        ]
        found = []
        for key in sorted(both[0].keys() | both[1].keys()):
            one, other = both[0].get(key), both[1].get(key)
            known: Any = other if one is None else one
            found.append((str(known.full_name), one, other))
        return found

    def _key(self, item: Any, home: str) -> tuple[str, ...]:
        """What an object is found by; MySQL has one routine of a kind and name, whatever its parameters."""
        schema = local(item.schema_name, self.engine, home)
        if hasattr(item, "signature"):
            return (schema, item.name.lower(), item.kind) if self.engine == "mysql" else (schema, item.full_name)
        return (schema, item.name.lower() if self.blind else item.name)
