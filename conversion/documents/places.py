"""Where a dotted path of MongoDB (`orders.sku`, places of arrays left out) went: table, columns, encoding."""

from __future__ import annotations

from dataclasses import dataclass

from conversion.documents.mapping import CollectionMapping, Node, RowMapping


@dataclass(frozen=True)
class Found:
    """The node of a path, its table, and whether an array stands on the way (one document, several rows)."""

    table: RowMapping
    node: Node
    in_array: bool

    @property
    def column(self) -> str | None:
        """Its only column; None where it has several or none."""
        return self.node.columns[0] if self.node.kind in ("column", "key") and len(self.node.columns) == 1 else None

    @property
    def typed(self) -> bool:
        """True when the column holds values of SQL, not JSON text."""
        return self.column is not None and self.node.encoding not in ("json", "jsonb", "key_any")


def place_of(mapping: CollectionMapping, path: str) -> Found | None:
    """Where a dotted path is stored; None where it has no place of its own (JSON, residue, never seen)."""
    return _within(mapping, mapping.root, mapping.root.value, path.split("."), False)


def _within(
    mapping: CollectionMapping, table: RowMapping, node: Node, names: list[str], in_array: bool
) -> Found | None:
    if node.kind == "rows":
        below = mapping.table(node.table or "")
        return None if below.map_key else _within(mapping, below, below.value, names, True)
    if not names:
        return Found(table, node, in_array)
    for count in range(1, len(names) + 1):  # a name of a field may have dots of its own
        name = ".".join(names[:count])
        for child in node.children if node.kind == "object" else ():
            if child.name == name:
                found = _within(mapping, table, child, names[count:], in_array)
                if found is not None:
                    return found
    return None
