"""Collations of a PostgreSQL source that a PostgreSQL target can't have: named, and taken from what is made of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conversion.result import Conversion, Note, omission
from engines.catalog import Catalog, Index, Model, Table, View
from engines.full_names import column_name, parts, qualified
from engines.postgresql.quoting import quote_identifier

KIND, SYSTEM = "collation", "pg_catalog"
WORD = re.compile(r'"((?:[^"]|"")+)"|([^."]+)')
LITERAL = "'(?:[^']|'')*'"
COLLATED = re.compile(LITERAL + r"""|\sCOLLATE\s+((?:(?:"(?:[^"]|"")+"|[\w$]+)\.)?(?:"(?:[^"]|"")+"|[\w$]+))""")
RULES_SINCE, BUILTIN_SINCE = 16, 17  # https://www.postgresql.org/docs/release/
BOOTSTRAPPED = "unicode"  # a collation of ICU that is there even where the server was made without it (from 16 on)
ALWAYS = frozenset({"c", "posix", ""})  # locales of every system
PROVIDER, LOCALE = re.compile(r"\(provider = (\w+)"), re.compile(r"lc_(?:collate|ctype) = '((?:[^']|'')*)'")
NO_LOCALE = "the target's system has no locale {name}: install it there, then SELECT pg_import_system_collations(...)"
NO_ICU = "the target's server was made without ICU"
TOO_OLD = "it needs PostgreSQL {version}"
NOT_THERE = "the target has no collation of this name"
WITHOUT = "sorted and compared by the database's own collation: {name} isn't carried over"
OFFERED = """
SELECT c.collname::text, c.collprovider::text, c.collcollate::text
  FROM pg_catalog.pg_collation AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
 WHERE n.nspname = 'pg_catalog'
   AND c.collencoding IN (-1, (SELECT d.encoding FROM pg_catalog.pg_database AS d
                                WHERE d.datname = pg_catalog.current_database()))
"""


@dataclass(frozen=True)
class Offered:
    """What an open target has: collations of pg_catalog, locales of its system in one spelling, and whether ICU."""

    names: frozenset[str]
    locales: frozenset[str]
    icu: bool


def offered(query: Callable[[str], Sequence[Sequence[Any]]]) -> Offered:
    """What the target says of itself."""
    rows = query(OFFERED)
    return Offered(
        frozenset(str(name) for name, _, _ in rows),
        frozenset(_spelled(str(locale or "")) for _, provider, locale in rows if provider in "cd"),
        any(provider == "i" and name != BOOTSTRAPPED for name, provider, _ in rows),
    )


def drop_missing(result: Conversion, version: str, there: Offered | None) -> None:
    """Collations that can't be made, or aren't there, become omissions; columns, types and expressions lose them.

    there: None where no target can be asked; then its version alone decides.
    """
    catalog, major = result.target, int(version.split(".")[0])
    for part in [one for one in catalog.unread if one.kind == KIND]:
        reason = _reason(part.definition or "", major, there)
        if reason is not None:
            catalog.unread.remove(part)
            _leave(result, *_read(part.part.removeprefix(f"{KIND} ")), reason, part.definition)
    for schema, name in used(catalog) if there is not None else []:
        if schema == SYSTEM and there is not None and name not in there.names:
            _leave(result, schema, name, NOT_THERE, None)


def _read(quoted: str) -> tuple[str, str]:
    """Schema and name as the server quotes them; one without a schema is the system's."""
    *schema, name = (one.replace('""', '"') if one else plain for one, plain in WORD.findall(quoted))
    return (schema[0] if schema else SYSTEM), name


def _reason(definition: str, major: int, there: Offered | None) -> str | None:
    """Why the target can't make it; None where nothing is known against it."""
    found = PROVIDER.search(definition)
    provider = found[1] if found else ""
    if provider == "builtin" and major < BUILTIN_SINCE:
        return TOO_OLD.format(version=BUILTIN_SINCE)
    if provider == "icu" and ", rules = " in definition and major < RULES_SINCE:
        return TOO_OLD.format(version=RULES_SINCE)
    if there is None:
        return None
    if provider == "icu":
        return None if there.icu else NO_ICU
    missing = [name for name in LOCALE.findall(definition) if _spelled(name) not in there.locales | ALWAYS]
    return NO_LOCALE.format(name=missing[0]) if provider == "libc" and missing else None


def _spelled(locale: str) -> str:
    """de_DE.UTF-8 and de_DE.utf8 are one."""
    language, dot, encoding = locale.lower().partition(".")
    return language + dot + encoding.replace("-", "")


def used(catalog: Catalog) -> list[tuple[str, str]]:
    """Schema and name of the collations that are asked for: by columns, indexes, and whatever says COLLATE."""
    columns = (column.collation for table in catalog.tables for column in table.columns)
    keys = (key.collation for _, index in _indexes(catalog) for key in index.keys)
    found = {parts(name) if "." in name else (SYSTEM, name) for name in (*columns, *keys) if name}
    for _, holder, place in texts(catalog):
        found |= {_read(name) for name in COLLATED.findall(getattr(holder, place) or "") if name}
    return sorted(found)


def _leave(result: Conversion, schema: str, name: str, reason: str, definition: str | None) -> None:
    """Name a collation as left behind, and take it from what the plan makes."""
    full = qualified(schema, name)
    result.omissions.append(omission(full, KIND, reason, definition))
    named = {full, name} if schema == SYSTEM else {full}
    within = f"(?:{_word(schema)}\\.){'?' if schema == SYSTEM else ''}"
    clause = re.compile(rf'({LITERAL})|\s+COLLATE\s+{within}{_word(name)}(?![\w$."])')
    for place in _without(result.target, named, clause):
        result.notes.append(Note(object=place, text=WITHOUT.format(name=full)))


def _word(name: str) -> str:
    """A pattern of a name as a definition writes it."""
    return f"(?:{re.escape(quote_identifier(name))}|{re.escape(name)})"


def _without(catalog: Catalog, named: set[str], clause: re.Pattern[str]) -> Iterator[str]:
    """Take the collation away; the full names of all that had it, once each."""
    had: dict[str, None] = {}
    for table in catalog.tables:
        for column in table.columns:
            if column.collation in named:
                column.collation = None
                had[column_name(table.full_name, column.name)] = None
    for place, holder, attribute in texts(catalog):
        text = getattr(holder, attribute) or ""
        rest = clause.sub(lambda found: found[1] or "", text)
        if rest != text:
            setattr(holder, attribute, rest)
            had[place] = None
    for place, index in _indexes(catalog):
        for key in index.keys:
            if key.collation in named:
                key.collation = None
                had[place] = None
    yield from had


def _indexes(catalog: Catalog) -> Iterator[tuple[str, Index]]:
    owners: list[Table | View] = [*catalog.tables, *catalog.views]
    for owner in owners:
        for index in owner.indexes:
            yield f"{owner.full_name}.{index.name}", index


def texts(catalog: Catalog) -> Iterator[tuple[str, Model, str]]:
    """Whatever may say COLLATE: whose it is, what holds it, and under which attribute; bodies of routines aside."""
    for kind in catalog.types:
        yield kind.full_name, kind, "definition"
    for table in catalog.tables:
        for column in table.columns:
            place = column_name(table.full_name, column.name)
            yield place, column, "default"
            if column.generated is not None:
                yield place, column.generated, "expression"
        for check in table.checks:
            yield f"{table.full_name}.{check.name}", check, "expression"
        for exclusion in table.exclusions:
            yield f"{table.full_name}.{exclusion.name}", exclusion, "definition"
        for policy in table.policies:
            for attribute in ("using", "check"):
                yield f"{table.full_name}.{policy.name}", policy, attribute
        if table.partitioning is not None:
            yield table.full_name, table.partitioning, "key"
    for view in catalog.views:
        yield view.full_name, view, "definition"
    for place, index in _indexes(catalog):
        yield place, index, "definition"
        yield place, index, "predicate"
        for key in index.keys:
            yield place, key, "expression"
