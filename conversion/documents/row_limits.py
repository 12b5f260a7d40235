"""Fields that would make a row too wide for the target: the least frequent ones go to the residue instead."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.documents.encodings import ENCODINGS, NAME, PLACE, RESIDUE
from conversion.documents.mapping import Node, RowMapping
from conversion.documents.targets import Target

Names = tuple[str, ...]
WIDEST_CHARACTER = 4  # bytes of a character in utf8mb4
SPILLED = "the row would be wider than the target takes: kept in the residue, being the least frequent"


def spill(table: RowMapping, target: Target, tables: list[RowMapping]) -> list[Names]:
    """Turn leaves of the row into residue until it fits; the paths of those, least frequent first.

    A field that has a table of its own costs its row nothing and stays.
    """
    leaves = sorted(_leaves(table.value, ()), key=lambda item: item[1].share)
    fixed = [ENCODINGS["key_any"].bytes, *(PLACE.bytes for _ in table.key[1:]), RESIDUE.bytes]
    fixed += [NAME.bytes] if table.map_key else []
    columns = len(fixed) + sum(_columns(node) for _, node in leaves)
    width = sum(fixed) + sum(_bytes(node) for _, node in leaves)
    spilled: list[Names] = []
    for names, node in leaves:
        if columns <= target.columns and width <= target.row_bytes:
            break
        columns -= _columns(node)
        width -= _bytes(node)
        node.kind, node.encoding, node.native, node.columns, node.children = "residue", "", "", [], []
        node.options, node.reason = {}, SPILLED
        spilled.append(names)
    return spilled


def _leaves(node: Node, above: Names) -> Iterator[tuple[Names, Node]]:
    names = (*above, node.name) if node.name else above
    if node.kind in ("column", "columns"):
        yield names, node
    elif node.kind == "object":
        for child in node.children:
            yield from _leaves(child, names)


def _columns(node: Node) -> int:
    return len(node.columns) + sum(len(child.columns) for child in node.children)


def _bytes(node: Node) -> int:
    if node.kind == "columns":
        return sum(map(_bytes, node.children))
    length = node.options.get("length", 0)
    return length * WIDEST_CHARACTER if length else ENCODINGS[node.encoding].bytes
