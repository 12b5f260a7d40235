"""Statement trees of MySQL's stored programs as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conversion.procedural.tree import (
    Assign,
    Block,
    Call,
    CursorStep,
    If,
    Leave,
    Loop,
    Node,
    Nothing,
    Raise,
    Return,
    Sql,
)  # fmt: skip
from conversion.procedural.write_shared import call_lines, cursor_lines
from conversion.shapes import Untranslatable
from engines.mysql.quoting import quote_identifier, quote_literal

STEP = "    "


def body_text(block: Block) -> str:
    """The whole body: BEGIN ... END."""
    return "\n".join(_block(block, ""))[: -len(";")]


def _lines(nodes: list[Node], indent: str) -> list[str]:
    found: list[str] = []
    for node in nodes:
        writer = WRITERS.get(type(node))
        if writer is None:
            raise Untranslatable(f"MySQL's programs have no {type(node).__name__}")
        found += writer(node, indent)
    return found


def _some(nodes: list[Node], indent: str) -> list[str]:
    """Statements where MySQL wants at least one."""
    return _lines(nodes, indent) or [f"{indent}BEGIN END;"]


def _block(node: Block, indent: str) -> list[str]:
    inner = indent + STEP
    found = [f"{indent}{_label(node.label)}BEGIN"]
    for item in node.variables:
        default = f" DEFAULT {item.default}" if item.default is not None else ""
        found.append(f"{inner}DECLARE {item.name} {item.native}{default};")
    found += [f"{inner}DECLARE {item.name} CURSOR FOR {item.query};" for item in node.cursors]
    for handler in node.handlers:
        found.append(f"{inner}DECLARE {handler.action} HANDLER FOR {', '.join(handler.conditions)}")
        if len(handler.body) == 1:
            found += _lines(handler.body, inner + STEP)
        else:
            found += _block(Block(handler.body), inner)
    return [*found, *_lines(node.body, inner), f"{indent}END;"]


def _label(label: str | None) -> str:
    return f"{quote_identifier(label)}: " if label else ""


def _if(node: If, indent: str) -> list[str]:
    found: list[str] = []
    for number, branch in enumerate(node.branches):
        found.append(f"{indent}{'ELSEIF' if number else 'IF'} {branch.condition} THEN")
        found += _some(branch.body, indent + STEP)
    if node.otherwise:
        found += [f"{indent}ELSE", *_lines(node.otherwise, indent + STEP)]
    return [*found, f"{indent}END IF;"]


def _loop(node: Loop, indent: str) -> list[str]:
    body = _some(node.body, indent + STEP)
    if node.kind == "while":
        return [f"{indent}{_label(node.label)}WHILE {node.condition} DO", *body, f"{indent}END WHILE;"]
    if node.kind == "until":
        return [f"{indent}{_label(node.label)}REPEAT", *body, f"{indent}UNTIL {node.condition} END REPEAT;"]
    return [f"{indent}{_label(node.label)}LOOP", *body, f"{indent}END LOOP;"]


def _leave(node: Leave, indent: str) -> list[str]:
    if node.label is None:
        raise Untranslatable("it leaves a loop without saying which")
    line = f"{'ITERATE' if node.again else 'LEAVE'} {quote_identifier(node.label)};"
    if node.condition is None:
        return [indent + line]
    return [f"{indent}IF {node.condition} THEN", f"{indent}{STEP}{line}", f"{indent}END IF;"]


def _raise(node: Raise, indent: str) -> list[str]:
    if node.again:
        return [f"{indent}RESIGNAL;"]
    return [f"{indent}SIGNAL SQLSTATE {quote_literal(node.sqlstate or '45000')} SET MESSAGE_TEXT = {node.message};"]


def _sql(node: Sql, indent: str) -> list[str]:
    if node.into is None:
        return [f"{indent}{node.text};"]
    return [f"{indent}{node.text} INTO {', '.join(parts[0] for parts in node.into)};"]


def _assign(node: Assign, indent: str) -> list[str]:
    return [f"{indent}SET {node.target[0]} = {node.value};"]


def _return(node: Return, indent: str) -> list[str]:
    return [f"{indent}RETURN {node.value if node.value is not None else 'NULL'};"]


def _nothing(_: Nothing, indent: str) -> list[str]:
    return [f"{indent}BEGIN END;"]


WRITERS: dict[type[Node], Callable[[Any, str], list[str]]] = {
    Block: _block, If: _if, Loop: _loop, Leave: _leave, Raise: _raise, Sql: _sql, CursorStep: cursor_lines,
    Assign: _assign, Return: _return, Call: call_lines, Nothing: _nothing,
}  # fmt: skip
