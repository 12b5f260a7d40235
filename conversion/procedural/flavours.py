"""Words of MySQL's stored programs that MariaDB doesn't know, and the other way round."""

from __future__ import annotations

import itertools

from conversion.procedural.tokens import Reader, Token
from conversion.shapes import Untranslatable

# (from, to) -> words that only the first of the two knows in programs: MySQL 8.4's manual and MariaDB's knowledge base,
# stored programs and functions. MySQL was not tested live.
OWN_WORDS: dict[tuple[str, str], frozenset[str]] = {
    ("mariadb", "mysql"): frozenset({
        "RETURNING", "NEXTVAL", "LASTVAL", "IMMEDIATE", "MEDIAN", "SYS_GUID", "PERCENTILE_CONT", "PERCENTILE_DISC",
        "JSON_DETAILED", "JSON_LOOSE", "JSON_COMPACT", "JSON_EXISTS", "JSON_QUERY", "NVL", "NVL2", "SFORMAT",
        "NATURAL_SORT_KEY", "COLUMN_CREATE", "COLUMN_GET", "SYSTEM_TIME", "ROWTYPE",
    }),
    ("mysql", "mariadb"): frozenset({
        "ANY_VALUE", "UUID_TO_BIN", "BIN_TO_UUID", "REGEXP_LIKE", "LATERAL", "GROUPING", "STACKED", "MEMBER",
        "JSON_STORAGE_SIZE", "IS_UUID", "STATEMENT_DIGEST", "GTID_SUBSET", "->", "->>",
    }),
}  # fmt: skip
COLLATIONS = {"mariadb": "_0900_", "mysql": "_uca1400_"}  # part of the names of collations that the target doesn't have


def unknown_word(body: str, source: str, target: str) -> str | None:
    """Why the target's server (mysql or mariadb) can't read a body of the other's; None where it can, as far as known.

    An unreadable body counts as one that the target can't read.
    """
    if source == target:
        return None
    try:
        tokens = Reader(body, "mysql").tokens
    except Untranslatable as error:
        return error.reason
    for token in tokens:
        if token.kind in ("word", "sign") and token.text.upper() in OWN_WORDS.get((source, target), ()):
            return f"it uses {token.text.upper()}, which {target} doesn't have"
        if token.kind == "word" and COLLATIONS[target] in token.text.lower():
            return f"it names the collation {token.text}, which {target} doesn't have"
    if target == "mysql" and any(_is_loop(before, token) for before, token in itertools.pairwise(tokens)):
        return "it uses FOR loops, which MySQL doesn't have"
    return None


def _is_loop(before: Token, token: Token) -> bool:
    starts = before.text == ";" or before.is_word("BEGIN", "THEN", "ELSE", "DO", "LOOP")
    return starts and token.is_word("FOR")
