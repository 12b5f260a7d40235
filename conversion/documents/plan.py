"""A mapping made ready for many documents: codecs looked up, tables and fields by name."""

from __future__ import annotations

from dataclasses import dataclass, field

from conversion.documents.codec_model import Codec
from conversion.documents.codecs import codec
from conversion.documents.keys import KEYS, key_codec
from conversion.documents.mapping import CollectionMapping, Node, RowMapping
from conversion.documents.targets import Target, target_for


@dataclass
class Step:
    """A node with its codec, and where its elements go."""

    node: Node
    name: str
    kind: str
    default: str
    columns: tuple[str, ...]
    codec: Codec | None
    rows: RowPlan | None = None
    children: list[Step] = field(default_factory=list)
    names: frozenset[str] = frozenset()


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

    def _rows(self, found: RowMapping) -> RowPlan:
        columns = [*found.key, *([found.map_key] if found.map_key else []), *all_columns(found.value), found.residue]
        return RowPlan(
            found.table, dict.fromkeys(columns), tuple(found.key), found.map_key, found.residue, self._step(found.value)
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
        step.names = frozenset(child.name for child in node.children)
        return step


def all_columns(node: Node) -> list[str]:
    """The columns of a node and of what is below it in the same row, the key's own left out."""
    own = [] if node.kind == "key" else list(node.columns)
    return [*own, *(name for child in node.children for name in all_columns(child))]
