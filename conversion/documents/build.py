"""The mapping of one collection, built from what was observed: tables from the documents down, fields by decision."""

from __future__ import annotations

from dataclasses import dataclass, field

from conversion.documents.decisions import STABLE, Facts, Rule, decide, type_words
from conversion.documents.encodings import ENCODINGS, native_of
from conversion.documents.mapping import CollectionMapping, Node, RowMapping
from conversion.documents.naming import joined_name, path_text
from conversion.documents.observed import Seen, tree
from conversion.documents.overrides import chosen, typed_columns
from conversion.documents.row_limits import spill
from conversion.documents.shred import KEY_FIELD
from conversion.documents.targets import Target
from conversion.names import Namer
from conversion.result import Overrides
from engines.documents import Collection, ObservedField
from engines.full_names import name_of, qualified

Names = tuple[str, ...]
Path = list[str | None]
INTEGER_TYPES = {"int", "long"}
MOST_SCALE, MOST_DIGITS, SPARE_DIGITS = 30, 65, 5  # of MySQL's DECIMAL; digits before the point to spare


@dataclass
class Place:
    """Where a field is being put: its row's table, the names from the row to it, and its whole path."""

    table: RowMapping
    names: Names
    path: Path
    level: int


@dataclass
class Builder:
    """Builds one collection's mapping.

    indexed: dotted paths (without places of arrays) that an index needs; references: those that refer to a key, with
    its encoding; spilled: paths that got no column because the row would be too wide.
    """

    collection: Collection
    source: str
    target: Target
    engine: str
    version: str
    schema: str
    namer: Namer
    overrides: Overrides
    indexed: frozenset[str] = frozenset()
    references: dict[str, str] = field(default_factory=dict)
    tables: list[RowMapping] = field(default_factory=list)
    spilled: list[str] = field(default_factory=list)

    def build(self) -> CollectionMapping:
        """The mapping; the namer remembers what was renamed."""
        root = tree(self.collection)
        key = key_encoding(root.children.get(KEY_FIELD))
        self._documents(root, key)
        return CollectionMapping(
            collection=self.collection.name, source=self.source, engine=self.engine, version=self.version,
            key_encoding=key, tables=self.tables,
        )  # fmt: skip

    def _documents(self, root: Seen, key: str) -> None:
        wanted = self.overrides.names.get(self.source, self.collection.name)
        name = self.namer.take_recorded(self._relations, joined_name([wanted]), self.source, qualified(self.schema, ""))
        table = self._table(name, [], None)
        column = self._column(table, KEY_FIELD, KEY_FIELD)
        table.key.append(column)
        identity = Node(
            name=KEY_FIELD, kind="key", columns=[column], native=native_of(ENCODINGS[key], self.target.family),
            encoding=key, types=dict(root.children[KEY_FIELD].field.types) if KEY_FIELD in root.children else {},
            reason=ENCODINGS[key].reason,
        )  # fmt: skip
        fields = [
            identity if name == KEY_FIELD else self._node(child, Place(table, (name,), [name], 0))
            for name, child in root.children.items()
        ]
        if KEY_FIELD not in root.children:
            fields.insert(0, identity)
        table.value = Node(kind="object", children=fields, reason="the document")
        self._finish(table)

    def _table(self, name: str, path: Path, parent: RowMapping | None) -> RowMapping:
        table = RowMapping(
            table=qualified(self.schema, name), path=path, key=[], parent=parent.table if parent else None, residue="",
            value=Node(kind="residue"),
        )  # fmt: skip
        self.tables.append(table)
        return table

    @property
    def _relations(self) -> str:
        return f"relations:{self.schema}"

    def _column(self, table: RowMapping, wanted: str, path: str | None = None) -> str:
        """A free name for a column; where it stands for a path its change is recorded."""
        namespace = f"columns:{table.table}"
        if path is None:
            return self.namer.take(namespace, wanted)
        full_name = f"{self.source}.{path}"
        chosen_name = self.overrides.names.get(full_name, wanted)
        name = self.namer.take_recorded(namespace, chosen_name, full_name)
        if name != path.rpartition(".")[2]:
            self.namer.renames[full_name] = name
        return name

    def _finish(self, table: RowMapping) -> None:
        table.residue = self._column(table, "_residue")
        self.spilled += [path_text([*table.path, *names]) for names in spill(table, self.target, self.tables)]

    def _node(self, seen: Seen, place: Place) -> Node:
        """How one path is stored; tables for its elements are added."""
        wanted = self.overrides.type_for(self.source, path_text(place.path), seen.dominant[0])
        facts = Facts(seen, len(place.names), place.level)
        rule, encoding = chosen(facts, wanted, self.source, path_text(place.path)) if wanted else decide(facts)
        node = Node(
            name=place.names[-1] if place.names else "", kind="rows" if rule.kind == "map" else rule.kind,
            encoding=encoding, default=_default(seen, rule.kind, bool(place.names)), types=dict(seen.field.types),
            share=round(seen.share, 6), reason=self._reason(rule, encoding, facts),
            alternatives=_alternatives(rule, encoding),
        )  # fmt: skip
        if node.kind == "object":
            node.children = [
                self._node(child, Place(place.table, (*place.names, name), [*place.path, name], place.level))
                for name, child in seen.children.items()
            ]
        elif node.kind == "rows":
            node.table = self._elements(seen, place, rule.kind == "map").table
        elif node.kind == "columns":
            node.children = [self._typed(place, name, made, seen) for name, made in typed_columns(seen)]
        elif node.kind == "column":
            self._columns(node, place, seen)
        return node

    def _columns(self, node: Node, place: Place, seen: Seen, ending: str = "") -> None:
        wanted = joined_name(place.names) if place.names else "value"
        path = path_text(place.path)
        key = self.references.get(path.replace("[]", ""))
        as_text = node.encoding == "json" and key == "key_any" and "array" not in seen.types
        if key is not None and not ending and (as_text or node.encoding not in ("json", "jsonb")):
            node.encoding, node.reason = key, f"{node.reason}; refers to a key, so it is stored as one"
        encoding = ENCODINGS[node.encoding]
        node.columns = [
            self._column(place.table, wanted + ending + suffix, path if not (suffix or ending) else None)
            for suffix in encoding.suffixes
        ]
        if node.encoding == "text" and path.replace("[]", "") in self.indexed and self._short(seen):
            node.options = {"length": self.target.index_text}
        elif node.encoding == "binary":
            node.options = {"subtype": int(next(iter(seen.field.subtypes), "0"))}
        elif node.encoding == "decimal" and self.target.decimals == "fixed":
            scale = min(seen.field.max_scale or 0, MOST_SCALE)
            digits = min((seen.field.max_digits or 1) + SPARE_DIGITS, MOST_DIGITS - scale)
            node.options = {"precision": scale + digits, "scale": scale}
        node.native = native_of(encoding, self.target.family, node.options)

    def _short(self, seen: Seen) -> bool:
        return 0 < self.target.index_text >= (seen.field.max_length or 0)

    def _typed(self, place: Place, name: str, encoding: str, seen: Seen) -> Node:
        node = Node(kind="column", encoding=encoding, types={name: seen.types.get(name, 0)})
        self._columns(node, place, seen, f"_{name}")
        return node

    def _elements(self, seen: Seen, place: Place, as_map: bool) -> RowMapping:
        """The table of an array's elements or an object's entries."""
        parent = place.table
        path: Path = [*place.path, None]
        stem = name_of(parent.table)
        wanted = "_".join([stem, joined_name(place.names)]) if place.names else f"{stem}_element"
        full_name = f"{self.source}.{path_text(path)}"
        wanted = self.overrides.names.get(full_name, wanted)
        name = self.namer.take(self._relations, wanted)
        self.namer.renames[full_name] = qualified(self.schema, name)
        table = self._table(name, path, parent)
        self._key(table, parent, as_map)
        inner = seen.element
        below = Place(table, (), path, place.level + 1)
        if inner is None and as_map and seen.children:
            inner = _together(seen)
        if inner is None:
            node = Node(kind="column", encoding="json", default="null", reason="no element was seen")
            self._columns(node, below, seen)
            table.value = node
        else:
            table.value = self._node(inner, below)
        self._finish(table)
        return table

    def _key(self, table: RowMapping, parent: RowMapping, as_map: bool) -> None:
        """The document's key, a place for each level, and the entry's name where its rows are entries."""
        root = name_of(self.tables[0].table)
        table.key.append(self._column(table, f"{root}{KEY_FIELD}"))
        levels = len(parent.key)
        for level in range(1, levels + 1):
            table.key.append(self._column(table, "ord" if levels == 1 else f"ord{level}"))
        if as_map:
            table.map_key = self._column(table, "key")

    def _reason(self, rule: Rule, encoding: str, facts: Facts) -> str:
        return rule.reason.format(
            share=f"{facts.seen.share:.0%}", types=type_words(facts.seen), depth=facts.depth, level=facts.level,
            stable=f"{STABLE:.0%}", encoding=ENCODINGS[encoding].reason if encoding else "",
        )  # fmt: skip


def key_encoding(seen: Seen | None) -> str:
    """The encoding of _id: by its one type, else by its text."""
    types = set(seen.types) if seen else set()
    if types and types <= INTEGER_TYPES:
        return "key_integer"
    if types == {"binData"} and seen is not None and set(seen.field.subtypes) == {"4"}:
        return "key_uuid"
    return {"objectId": "key_objectid", "string": "key_text"}.get("".join(types), "key_any")


def _default(seen: Seen, kind: str, named: bool) -> str:
    """What nothing stored stands for: what is most frequent among missing, null and (for arrays, objects) empty.

    The value of a row is never missing: an element that says nothing is null.
    """
    counts = {"missing": seen.missing if named else -1, "null": seen.nulls}
    if kind in ("rows", "map", "object"):
        counts["empty"] = seen.empty
    best = max(counts, key=lambda name: counts[name])
    return best if named or best != "missing" else "null"


def _alternatives(rule: Rule, encoding: str) -> list[str]:
    found = [*rule.alternatives, *(ENCODINGS[encoding].alternatives if encoding else ())]
    return list(dict.fromkeys(name for name in found if name != encoding))


def _together(seen: Seen) -> Seen:
    """The values of all fields as those of one element: what an entry of an object with data as keys is."""
    types: dict[str, int] = {}
    for child in seen.children.values():
        for name, count in child.field.types.items():
            types[name] = types.get(name, 0) + count
    count = sum(types.values())
    merged = ObservedField(path=[*seen.field.path, None], types=types, present=count, parents=count)
    return Seen(None, merged)
