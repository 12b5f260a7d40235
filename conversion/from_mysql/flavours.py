"""Where MySQL 8 and MariaDB differ in what a schema may say: collations, types, engines, options."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from conversion.to_mysql.flavour import Flavour

PADDING = "spaces at the end count under it, which they didn't on the source"
WEIGHTS = "it sorts by another version of Unicode's weights"
# language of MySQL's utf8mb4_<code>_0900_... -> of MariaDB's utf8mb4_uca1400_<name>_...
# https://dev.mysql.com/doc/refman/8.4/en/charset-unicode-sets.html, https://mariadb.com/kb/en/supported-character-sets-and-collations/
LANGUAGES = {
    "cs": "czech", "da": "danish", "de_pb": "german2", "eo": "esperanto", "es": "spanish", "es_trad": "spanish2",
    "et": "estonian", "hr": "croatian", "hu": "hungarian", "is": "icelandic", "la": "roman", "lt": "lithuanian",
    "lv": "latvian", "pl": "polish", "ro": "romanian", "sk": "slovak", "sl": "slovenian", "sv": "swedish",
    "tr": "turkish", "vi": "vietnamese",
}  # fmt: skip
CODES = {name: code for code, name in LANGUAGES.items()}
OF_MYSQL = re.compile(r"utf8mb4_(?:([a-z_]+)_)?0900_(a[is])_(c[is])")
OF_MARIADB = re.compile(r"(?:utf8mb4_)?uca1400(?:_([a-z0-9]+))??(_nopad)?_(a[is])_(c[is])")
# storage engines of MariaDB that MySQL hasn't, and of MySQL that MariaDB hasn't
ENGINES_OF_ONE = {
    "mariadb": {"aria", "connect", "spider", "rocksdb", "s3", "columnstore", "sphinx", "mroonga", "oqgraph"},
    "mysql": {"ndb", "ndbcluster"},
}
# options of tables that only one of the two takes
OPTIONS_OF_ONE = {
    "mariadb": {"page_compressed", "page_compression_level", "encrypted", "encryption_key_id", "transactional",
                "page_checksum", "system_versioned"},
    "mysql": {"compression", "encryption"},
}  # fmt: skip


@dataclass(frozen=True)
class TypeChange:
    """A type of one that the other hasn't: what takes its place, and what to say of it."""

    name: str
    has: str | None
    native: str
    note: str
    charset: str | None = "ascii"


# MariaDB's own types on MySQL, and on MariaDBs that are too old for them
TYPES = (
    TypeChange("uuid", "uuid type", "char(36)", "MariaDB's uuid as its 36 characters"),
    TypeChange("inet6", "inet6 type", "varchar(45)", "MariaDB's inet6 as its text, which sorts otherwise"),
    TypeChange("inet4", "inet6 type", "varchar(15)", "MariaDB's inet4 as its text, which sorts otherwise"),
)


def collation(name: str, target: Flavour) -> tuple[str, str | None]:
    """The collation on the target and what differs, if anything; the name itself where the target has it."""
    for rule in RULES:
        found = rule(name, target)
        if found is not None:
            return found
    return name, None


def _from_mysql(name: str, target: Flavour) -> tuple[str, str | None] | None:
    found = OF_MYSQL.fullmatch(name)
    if found is None or not target.is_mariadb:
        return None
    language, accents, case = found.groups()
    if target.has("uca1400 collations") and (language is None or language in LANGUAGES):
        middle = f"_{LANGUAGES[language]}" if language else ""
        return f"utf8mb4_uca1400{middle}_nopad_{accents}_{case}", WEIGHTS
    if case == "cs":
        return "utf8mb4_nopad_bin", "this MariaDB has no collation that tells case apart and sorts by language"
    what = "accents no longer count under it" if accents == "as" else WEIGHTS
    return "utf8mb4_unicode_520_nopad_ci", what


def _from_mariadb(name: str, target: Flavour) -> tuple[str, str | None] | None:
    found = OF_MARIADB.fullmatch(name)
    if found is None or target.is_mariadb:
        return None
    language, unpadded, accents, case = found.groups()
    code = CODES.get(language or "")
    middle = f"{code}_" if code else ""
    if (accents, case) == ("ai", "cs"):
        accents = "as"
    return f"utf8mb4_{middle}0900_{accents}_{case}", WEIGHTS if unpadded else f"{WEIGHTS}, and {PADDING}"


def _binary(name: str, target: Flavour) -> tuple[str, str | None] | None:
    pairs = {("utf8mb4_0900_bin", True): "utf8mb4_nopad_bin", ("utf8mb4_nopad_bin", False): "utf8mb4_0900_bin"}
    found = pairs.get((name, target.is_mariadb))
    return (found, None) if found else None


def _unpadded(name: str, target: Flavour) -> tuple[str, str | None] | None:
    """MySQL has no other collations without padding than those of Unicode 9."""
    if target.is_mariadb or "_nopad" not in name:
        return None
    if name.startswith("utf8mb4_"):
        return ("utf8mb4_0900_bin", None) if name.endswith("_bin") else ("utf8mb4_0900_ai_ci", WEIGHTS)
    return name.replace("_nopad", ""), "spaces at the end no longer count under it"


def _too_new(name: str, target: Flavour) -> tuple[str, str | None] | None:
    """MariaDB's newest collations on an older MariaDB."""
    found = OF_MARIADB.fullmatch(name)
    if found is None or not target.is_mariadb or target.has("uca1400 collations"):
        return None
    return f"utf8mb4_unicode_520{found[2] or ''}_ci", WEIGHTS


RULES: tuple[Callable[[str, Flavour], tuple[str, str | None] | None], ...] = (
    _binary, _from_mysql, _from_mariadb, _unpadded, _too_new,
)  # fmt: skip
