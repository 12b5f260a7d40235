"""A mapping made ready for many documents: codecs looked up, tables and fields by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conversion.documents.codec_model import Codec, Encode
from conversion.documents.codecs import codec
from conversion.documents.keys import KEYS, key_codec
from conversion.documents.mapping import CollectionMapping, Node, RowMapping
from conversion.documents.targets import Target, target_for


def _never(value: Any) -> Any:
    return None


@dataclass
class Step:
    """A node with its codec, and where its elements go.

    certain, encode, column: of one column whose codec gives values of these types back as they were, the short way to
    store one; order: the names of the children.
    """

    node: Node
    name: str
    kind: str
    default: str
    columns: tuple[str, ...]
    codec: Codec | None
    rows: RowPlan | None = None
    children: list[Step] = field(default_factory=list)
    names: frozenset[str] = frozenset()
    order: list[str] = field(default_factory=list)
    certain: frozenset[type] = frozenset()
    encode: Encode = _never
    column: str = ""


@dataclass
class RowPlan:
    """A table: a row without values, the key's columns, and how its value is stored."""

    table: str
    blank: dict[str, object]
    key: tuple[str, ...]
    map_key: str | None
    residue: str
    value: Step


class Plan:
    """All tables of one collection; tables: in the mapping's order, parents first."""

    def __init__(self, mapping: CollectionMapping) -> None:
        self.mapping = mapping
        self.target: Target = target_for(mapping.engine, mapping.version)
        self._by_name = {found.table: found for found in mapping.tables}
        self.key = key_codec(mapping.key_encoding, {}, self.target)
        self.root = self._rows(mapping.root)

    def columns(self) -> list[tuple[RowMapping, list[str]]]:
        """Every table of the mapping with its columns, in the order of a row's values."""
        return [(found, _columns(found)) for found in self.mapping.tables]

    def _rows(self, found: RowMapping) -> RowPlan:
        return RowPlan(
            found.table,
            dict.fromkeys(_columns(found)),
            tuple(found.key),
            found.map_key,
            found.residue,
            self._step(found.value),
        )

    def _step(self, node: Node) -> Step:
        made: Codec | None
        if node.encoding in KEYS:
            made = key_codec(node.encoding, node.options, self.target)
        else:
            made = codec(node.encoding, node.options, self.target) if node.encoding else None
        step = Step(node, node.name, node.kind, node.default, tuple(node.columns), made)
        if node.table is not None:
            step.rows = self._rows(self._by_name[node.table])
        step.children = [self._step(child) for child in node.children]
        step.order = [child.name for child in node.children]
        step.names = frozenset(step.order)
        if node.kind == "column" and made is not None and len(node.columns) == 1:
            step.certain, step.encode, step.column = made.certain, made.encode, node.columns[0]
        return step


def _columns(found: RowMapping) -> list[str]:
    return [*found.key, *([found.map_key] if found.map_key else []), *all_columns(found.value), found.residue]


def all_columns(node: Node) -> list[str]:
    """The columns of a node and of what is below it in the same row, the key's own left out."""
    own = [] if node.kind == "key" else list(node.columns)
    return [*own, *(name for child in node.children for name in all_columns(child))]
