"""Statements of stored programs that MySQL and PL/pgSQL spell alike."""

from __future__ import annotations

from conversion.procedural.tree import Call, CursorStep


def cursor_lines(node: CursorStep, indent: str) -> list[str]:
    """OPEN, FETCH and CLOSE."""
    into = f" INTO {', '.join(parts[0] for parts in node.into)}" if node.into else ""
    return [f"{indent}{node.action} {node.cursor}{into};"]


def call_lines(node: Call, indent: str) -> list[str]:
    """CALL."""
    return [f"{indent}CALL {node.name[0]}({', '.join(node.arguments)});"]
