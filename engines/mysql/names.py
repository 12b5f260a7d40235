"""Qualified names inside the statements that the catalog keeps: which database they name, and without it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engines.catalog import Catalog
from engines.families import family
from engines.full_names import qualified
from engines.mysql.quoting import quote_account

NAME = r"`(?:[^`]|``)*`"
CHAIN = re.compile(rf"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|({NAME}(?:\s*\.\s*{NAME})*)", re.DOTALL)
SINGLE = re.compile(NAME, re.DOTALL)


def lowers(catalog: Catalog) -> bool:
    """Whether a server compares names of tables without case, and so keeps them in lower case (lower_case_table_names).

    With 1 it keeps all so; with 2, the default of macOS, views and what InnoDB says of references, and finds the rest
    by any spelling (MySQL manual, Identifier Case Sensitivity).
    """
    return family(catalog.engine) == "mysql" and str(catalog.settings.get("lower_case_table_names")) in ("1", "2")


def chains(text: str) -> Iterator[list[str]]:
    """The names in backticks with what dots join to them, in order; those inside string literals are none."""
    for match in CHAIN.finditer(text):
        if match[1] is not None:
            yield [plain(name) for name in SINGLE.findall(match[1])]


def unqualified(text: str, database: str) -> str | None:
    """The statement without `database`. before names; None where that name may also be something else in it.

    The server writes every table with its database; where an alias, a table or a column is called like the database
    too, only SHOW CREATE VIEW tells them apart.
    """
    if any(name == database for chain in chains(text) for name in (chain[1:] or chain)):
        return None

    def without(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        names = SINGLE.findall(match[1])
        return match[0] if plain(names[0]) != database else ".".join(names[1:])

    return CHAIN.sub(without, text)


def tables_named(text: str, database: str, others: frozenset[str]) -> list[str]:
    """Full names of what a statement of the catalog reads, sorted; others: the server's other databases."""
    found = {
        qualified(chain[0], chain[1]) for chain in chains(text) if len(chain) > 1 and chain[0] in {database, *others}
    }
    return sorted(found)


def plain(quoted: str) -> str:
    """The name inside backticks."""
    return quoted[1:-1].replace("``", "`")


def account(text: str) -> str:
    """A DEFINER of the catalog such as root@localhost, quoted."""
    user, at, host = text.rpartition("@")
    return quote_account(user, host) if at else quote_account(text, "")
