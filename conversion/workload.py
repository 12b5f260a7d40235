"""A workload as named statements with line numbers, split by the dialect's own tokenizer."""

from __future__ import annotations

import re

import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from engines.catalog import Model
from engines.errors import UsageError

DIALECTS = {"postgresql": "postgres", "sqlite": "sqlite", "mysql": "mysql", "mariadb": "mysql"}
NAME = re.compile(r"^\s*name\s*:\s*(\S.*?)\s*$")


class WorkloadStatement(Model):
    """One statement: the name its `-- name:` comment gives, else file:line; line counts from 1."""

    name: str
    sql: str
    line: int | None = None
    file: str | None = None


def dialect_of(engine: str) -> str:
    """sqlglot's name of an engine's dialect; UsageError for an engine without one."""
    if engine not in DIALECTS:
        raise UsageError(
            "UNSUPPORTED_DIALECT",
            f"No SQL dialect is known for the engine {engine}.",
            f"Use one of {', '.join(sorted(DIALECTS))}.",
        )
    return DIALECTS[engine]


def split_workload(text: str, engine: str, file: str = "workload") -> list[WorkloadStatement]:
    """The statements of a text; UsageError where it cannot be read as SQL (an open string or comment)."""
    try:
        tokens = sqlglot.tokenize(text, read=dialect_of(engine))
    except SqlglotError as error:
        raise UsageError(
            "WORKLOAD_UNREADABLE",
            f"{file} can't be read as {engine} SQL: {str(error).splitlines()[0]}.",
            "Close the open string or comment, then run the same command again.",
        ) from error
    statements: list[WorkloadStatement] = []
    group: list[Token] = []
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON and not _inside_body(group):
            _add(statements, group, text, file)
            group = []
        else:
            group.append(token)
    _add(statements, group, text, file)
    return statements


def _add(statements: list[WorkloadStatement], group: list[Token], text: str, file: str) -> None:
    if not group:
        return
    sql = text[group[0].start : group[-1].end + 1]
    line = text.count("\n", 0, group[0].start) + 1
    named = [match[1] for comment in group[0].comments if (match := NAME.match(comment))]
    statements.append(WorkloadStatement(name=named[-1] if named else f"{file}:{line}", sql=sql, line=line, file=file))


def _inside_body(group: list[Token]) -> bool:
    """Whether a semicolon after these tokens is inside the BEGIN ... END of a trigger."""
    words = [token.text.upper() for token in group]
    if not words or words[0] != "CREATE" or "TRIGGER" not in words[:5] or "BEGIN" not in words:
        return False
    body = words[words.index("BEGIN") :]
    return body.count("BEGIN") + body.count("CASE") > body.count("END")
