"""Statement trees of PL/pgSQL as text, indented as people write it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conversion.procedural.tree import (
    Assign,
    Block,
    Call,
    CursorStep,
    Handler,
    If,
    Leave,
    Loop,
    Node,
    Nothing,
    Raise,
    Return,
    Sql,
    Variable,
)  # fmt: skip
from conversion.procedural.write_shared import call_lines, cursor_lines
from conversion.shapes import Untranslatable
from engines.postgresql.quoting import quote_identifier, quote_literal

STEP = "    "


def body_text(block: Block) -> str:
    """The whole body of a function: DECLARE, BEGIN ... END."""
    return "\n".join(_block(block, ""))


def dollar_quoted(text: str) -> str:
    """The text between dollar quotes that don't occur in it."""
    tag, attempt = "$body$", 0
    while tag in text:
        attempt += 1
        tag = f"$body{attempt}$"
    return f"AS {tag}\n{text}\n{tag}"


def _lines(nodes: list[Node], indent: str) -> list[str]:
    found: list[str] = []
    for node in nodes:
        writer = WRITERS.get(type(node))
        if writer is None:
            raise Untranslatable(f"PL/pgSQL has no {type(node).__name__}")
        found += writer(node, indent)
    return found or [f"{indent}NULL;"]


def _block(node: Block, indent: str) -> list[str]:
    found = [f"{indent}<<{quote_identifier(node.label)}>>"] if node.label else []
    if node.variables or node.cursors:
        found.append(f"{indent}DECLARE")
        found += [f"{indent}{STEP}{_variable(item)};" for item in node.variables]
        found += [f"{indent}{STEP}{item.name} CURSOR FOR {item.query};" for item in node.cursors]
    found.append(f"{indent}BEGIN")
    found += _lines(node.body, indent + STEP)
    if node.handlers:
        found.append(f"{indent}EXCEPTION")
        for handler in node.handlers:
            found += _handler(handler, indent + STEP)
    return [*found, f"{indent}END;"]


def _variable(item: Variable) -> str:
    constant = "CONSTANT " if item.constant else ""
    return f"{item.name} {constant}{item.native}" + (f" := {item.default}" if item.default is not None else "")


def _handler(item: Handler, indent: str) -> list[str]:
    return [f"{indent}WHEN {' OR '.join(item.conditions)} THEN", *_lines(item.body, indent + STEP)]


def _if(node: If, indent: str) -> list[str]:
    found: list[str] = []
    for number, branch in enumerate(node.branches):
        found.append(f"{indent}{'ELSIF' if number else 'IF'} {branch.condition} THEN")
        found += _lines(branch.body, indent + STEP)
    if node.otherwise:
        found += [f"{indent}ELSE", *_lines(node.otherwise, indent + STEP)]
    return [*found, f"{indent}END IF;"]


def _loop(node: Loop, indent: str) -> list[str]:
    found = [f"{indent}<<{quote_identifier(node.label)}>>"] if node.label else []
    head = f"WHILE {node.condition} LOOP" if node.kind == "while" else "LOOP"
    body = _lines(node.body, indent + STEP)
    if node.kind == "until":
        body.append(f"{indent}{STEP}EXIT WHEN {node.condition};")
    return [*found, indent + head, *body, f"{indent}END LOOP;"]


def _leave(node: Leave, indent: str) -> list[str]:
    word = "CONTINUE" if node.again else "EXIT"
    label = f" {quote_identifier(node.label)}" if node.label else ""
    condition = f" WHEN {node.condition}" if node.condition else ""
    return [f"{indent}{word}{label}{condition};"]


def _raise(node: Raise, indent: str) -> list[str]:
    if node.again:
        return [f"{indent}RAISE;"]
    state = f"ERRCODE = {quote_literal(node.sqlstate)}, " if node.sqlstate else ""
    return [f"{indent}RAISE {node.level} USING {state}MESSAGE = {node.message};"]


def _sql(node: Sql, indent: str) -> list[str]:
    if node.into is None:
        return [f"{indent}{'PERFORM' if node.discard else ''}{node.text};"]
    strict = " STRICT" if node.strict else ""
    return [f"{indent}{_with_into(node.text, strict, ', '.join(parts[0] for parts in node.into))};"]


def _with_into(text: str, strict: str, names: str) -> str:
    """INTO goes to the end, where both a query and RETURNING may have it."""
    return f"{text} INTO{strict} {names}"


def _assign(node: Assign, indent: str) -> list[str]:
    return [f"{indent}{node.target[0]} := {node.value};"]


def _return(node: Return, indent: str) -> list[str]:
    return [f"{indent}RETURN{f' {node.value}' if node.value is not None else ''};"]


def _nothing(_: Nothing, indent: str) -> list[str]:
    return [f"{indent}NULL;"]


WRITERS: dict[type[Node], Callable[[Any, str], list[str]]] = {
    Block: _block, If: _if, Loop: _loop, Leave: _leave, Raise: _raise, Sql: _sql, CursorStep: cursor_lines,
    Assign: _assign, Return: _return, Call: call_lines, Nothing: _nothing,
}  # fmt: skip
