"""SQL that was written by hand for one object: read strictly, and refused unless it is one statement of its kind."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection
from dataclasses import dataclass

import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from conversion.purity import ALLOWED, NOTHING_OWN, OwnCode, impurity
from conversion.workload import WorkloadStatement, dialect_of, split_workload
from engines.errors import UsageError

NAME = r'(?:"(?:[^"]|"")+"|[A-Za-z_]\w*)'
VIEW = re.compile(rf"CREATE\s+VIEW\s+(?:{NAME}\s*\.\s*)?{NAME}\s*(?:\([^()]*\)\s*)?AS\b\s*(?P<query>.+)", re.I | re.S)
ROUTINE = re.compile(
    rf"CREATE\s+(?P<kind>FUNCTION|PROCEDURE)\s+(?:(?P<schema>{NAME})\s*\.\s*)?(?P<name>{NAME})\s*\(", re.I | re.A
)
TRIGGER = re.compile(rf"CREATE\s+(?:CONSTRAINT\s+)?TRIGGER\s+(?P<name>{NAME})\s", re.I | re.A)
BODY = re.compile(r"(?P<head>[^$]*)\$(?P<tag>(?:[A-Za-z_]\w*)?)\$(?P<body>.*?)\$(?P=tag)\$(?P<tail>[^$]*)", re.S | re.A)
# What creates an object must have a form that every lexer reads the same way: a body between dollar quotes, and around
# it neither comments nor backslashes.
UNCLEAR = ("--", "/*", "\\")
LANGUAGES = frozenset({"sql", "plpgsql"})
# Clauses that load code, or lend the rights of whoever creates the routine.
FORBIDDEN = frozenset({"support", "transform", "security", "leakproof"})
QUERY, READING, FUNCTION, TRIGGERED = "query", "query that only reads", "CREATE FUNCTION", "CREATE TRIGGER"
FORMS = {
    QUERY: "Write one SELECT in the target's dialect, tables with their schema.",
    READING: "Write one SELECT in the target's dialect, tables with schema, functions of the engine alone.",
    FUNCTION: "Write one CREATE FUNCTION schema.name(...) RETURNS ... LANGUAGE plpgsql AS $$...$$, and no comment "
    "outside of the body.",
    TRIGGERED: "Write one CREATE TRIGGER; for PostgreSQL the CREATE FUNCTION that it calls may stand before it.",
}


@dataclass(frozen=True)
class Draft:
    """One statement that creates something; schema None: the server's search path says which."""

    kind: str
    sql: str
    name: str
    schema: str | None = None


def read_query(text: str, engine: str) -> str:
    """The text of the one query that it holds; UsageError DRAFT_INVALID. What it calls is not looked at."""
    found = _statements(text, engine, QUERY)
    if len(found) != 1:
        raise _invalid(QUERY, engine, f"it holds {len(found)} statements")
    reason = impurity(found[0].sql, engine)
    if reason is not None and reason.startswith(("it is a statement", "it can't be parsed", "it contains")):
        raise _invalid(QUERY, engine, reason)
    return found[0].sql


def read_view(text: str, engine: str) -> str:
    """The query of a view, given as it is or as a plain CREATE VIEW, whose name and column names count for nothing."""
    found = VIEW.fullmatch(text.strip())
    return read_query(found["query"] if found else text, engine)


def pure_query(text: str, engine: str, own: OwnCode = NOTHING_OWN) -> None:
    """DRAFT_INVALID for a query that may do more than read; own: the target's own code."""
    reason = impurity(text, engine, own)
    if reason is not None:
        raise _invalid(READING, engine, reason)


def read_routine(text: str, engine: str, schemas: Collection[str]) -> list[Draft]:
    """The one CREATE FUNCTION or CREATE PROCEDURE in sql or plpgsql, in a schema of the plan; DRAFT_INVALID."""
    if engine != "postgresql":
        raise _invalid(FUNCTION, engine, f"{engine} has no stored routines")
    found = BODY.fullmatch(text.strip().removesuffix(";").strip())
    if found is None:
        raise _invalid(FUNCTION, engine, "it has no body between dollar quotes, or more than one")
    return [_routine(found, found["tail"], schemas)]


def read_trigger(text: str, engine: str, schemas: Collection[str]) -> list[Draft]:
    """The CREATE TRIGGER; on PostgreSQL the CREATE FUNCTION that it calls may stand before it. DRAFT_INVALID."""
    stripped = text.strip().removesuffix(";").strip()
    if engine != "postgresql":
        found = _statements(stripped, engine, TRIGGERED)
        if len(found) != 1:
            raise _invalid(TRIGGERED, engine, f"it holds {len(found)} statements")
        return [_trigger(found[0].sql, engine)]
    body = BODY.fullmatch(stripped)
    if body is None:
        return [_trigger(stripped, engine)]
    tail, _, rest = body["tail"].partition(";")
    if not rest.strip():
        raise _invalid(TRIGGERED, engine, "a function is no trigger: it lacks the CREATE TRIGGER")
    return [_routine(body, tail, schemas), _trigger(rest.strip(), engine)]


def _routine(found: re.Match[str], tail: str, schemas: Collection[str]) -> Draft:
    engine, head = "postgresql", found["head"].strip()
    opening = ROUTINE.match(head)
    if opening is None:
        raise _invalid(FUNCTION, engine, "it doesn't begin with CREATE FUNCTION or CREATE PROCEDURE and a name")
    reason = _unclear(head + tail) or _clauses(f"{head} '' {tail}")
    schema = _plain(opening["schema"]) if opening["schema"] else None
    name = _plain(opening["name"])
    if schema is not None and schema not in schemas:
        reason = f"the schema {schema} is not one of the plan's ({', '.join(sorted(schemas))})"
    elif name in ALLOWED[engine]:
        reason = f"{name} is the name of a function of the engine"
    if reason:
        raise _invalid(FUNCTION, engine, reason)
    sql = f"{head} ${found['tag']}${found['body']}${found['tag']}$ {tail.strip()}".strip()
    return Draft(opening["kind"].lower(), sql, name, schema)


def _trigger(sql: str, engine: str) -> Draft:
    found = TRIGGER.match(sql)
    reason = "it doesn't begin with CREATE TRIGGER and a name" if found is None else None
    if engine == "postgresql":
        reason = reason or _unclear(sql) or ("it holds a second statement" if ";" in sql or "$" in sql else None)
    if found is None or reason:
        raise _invalid(TRIGGERED, engine, reason or "")
    return Draft("trigger", sql, _plain(found["name"]))


def _clauses(words: str) -> str | None:
    """Why the clauses around a body are refused: another language than those that run inside the server."""
    try:
        tokens = sqlglot.tokenize(words, read="postgres")
    except SqlglotError as error:
        return f"it can't be read: {str(error).splitlines()[0]}"
    texts = [t.text.lower() for t in tokens if t.token_type not in (TokenType.STRING, TokenType.IDENTIFIER)]
    forbidden = sorted(FORBIDDEN & set(texts))
    if forbidden:
        return f"the clause {forbidden[0].upper()} is not allowed"
    if any(t.token_type is TokenType.SEMICOLON for t in tokens):
        return "it holds a second statement"
    named = [b.text.lower() for a, b in itertools.pairwise(tokens) if a.text.lower() == "language"]
    if len(named) != 1 or named[0] not in LANGUAGES:
        return "its language must be named once, and be sql or plpgsql"
    return None


def _unclear(text: str) -> str | None:
    found = [mark for mark in UNCLEAR if mark in text]
    return f"outside of its body stands {found[0]}, which is not allowed there" if found else None


def _plain(name: str) -> str:
    """The name as the catalog holds it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def _statements(text: str, engine: str, kind: str) -> list[WorkloadStatement]:
    dialect_of(engine)
    try:
        return split_workload(text, engine, "it")
    except UsageError as error:
        raise _invalid(kind, engine, error.what.rstrip(".")) from error


def _invalid(kind: str, engine: str, reason: str) -> UsageError:
    return UsageError("DRAFT_INVALID", f"The text is not one {kind} for {engine}: {reason}.", FORMS[kind])
