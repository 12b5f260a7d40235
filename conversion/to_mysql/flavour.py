"""What MariaDB and MySQL have in which version, as one table, and the collations that compare as other engines do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

Version = tuple[int, ...]

# feature -> (MariaDB since, MySQL since); None: it has none. From MariaDB's knowledge base and MySQL's manuals of 8.0,
# 8.4 and 9.x, pages of the feature's own name. MySQL was not tested live.
FEATURES: dict[str, tuple[Version | None, Version | None]] = {
    "expression defaults": ((10, 2, 1), (8, 0, 13)),
    "literal defaults of texts": ((10, 2, 1), None),
    "checks": ((10, 2, 1), (8, 0, 16)),
    "window functions": ((10, 2), (8, 0)),
    "common table expressions": ((10, 2, 1), (8, 0)),
    "intersect and except": ((10, 3), (8, 0, 31)),
    "except all": ((10, 5), (8, 0, 31)),
    "sequences": ((10, 3), None),
    "invisible columns": ((10, 3, 3), (8, 0, 23)),
    "functional keys": (None, (8, 0, 13)),
    "unique texts of any length": ((10, 4, 3), None),
    "descending keys": ((10, 8), (8, 0)),
    "ignored indexes": ((10, 6), (8, 0)),
    "inet6 type": ((10, 5), None),
    "uuid type": ((10, 7), None),
    "json type": (None, (5, 7, 8)),
    "random uuid": ((11, 7), None),
    "system versioning": ((10, 3), None),
    "regular expressions of PCRE": ((10, 0, 5), None),
    "lateral": (None, (8, 0, 14)),
    "uca1400 collations": ((10, 10, 1), None),
    "0900 binary collation": (None, (8, 0, 17)),
}


@dataclass(frozen=True)
class Flavour:
    """One kind of server: engine mariadb or mysql, and its version."""

    engine: str
    version: Version

    @classmethod
    def of(cls, engine: str, version: str) -> Flavour:
        """From `mariadb` and `10.11.19-MariaDB`, or `mysql` and `8.4.3`."""
        found = re.match(r"\d+(?:\.\d+)*", version.strip())
        numbers = tuple(int(part) for part in found[0].split(".")) if found else ()
        return cls(
            "mariadb" if engine == "mariadb" else "mysql", numbers or ((10, 11) if engine == "mariadb" else (8, 4))
        )

    def has(self, feature: str) -> bool:
        """True when this version has the feature; KeyError for one that FEATURES doesn't name.

        A version given by its first numbers only (`8`) stands for the newest of its line.
        """
        since = FEATURES[feature][0 if self.engine == "mariadb" else 1]
        return since is not None and self.version >= since[: len(self.version)]

    @property
    def is_mariadb(self) -> bool:
        """True for MariaDB."""
        return self.engine == "mariadb"

    @cached_property
    def exact(self) -> str:
        """The collation under which texts are equal only when their bytes are, spaces at the end included."""
        if self.is_mariadb:
            return "utf8mb4_nopad_bin"
        return "utf8mb4_0900_bin" if self.has("0900 binary collation") else "utf8mb4_bin"

    @property
    def padded(self) -> str:
        """The collation of character(n): by bytes, spaces at the end don't count."""
        return "utf8mb4_bin"

    @cached_property
    def caseless(self) -> str:
        """The collation of texts that are compared without case: accents count where the server has such a one."""
        if not self.is_mariadb:
            return "utf8mb4_0900_as_ci"
        return "utf8mb4_uca1400_nopad_as_ci" if self.has("uca1400 collations") else "utf8mb4_unicode_520_nopad_ci"
