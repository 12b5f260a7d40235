"""A conversion into collections while it is being made: mappings, collections, names, what was left behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from conversion.documents.relations_mapping import DocumentMapping, EmbeddedMapping, RelationDecision
from conversion.names import Namer
from conversion.result import Conversion, Note, Request, omission
from engines.catalog import Catalog, Table
from engines.documents import Collection

NEWEST = 8


@dataclass
class DocumentDraft:
    """Shared by the steps of one conversion."""

    request: Request
    target: Catalog
    namer: Namer
    tables: dict[str, Table]  # carried over, by the source's full name
    mappings: dict[str, DocumentMapping] = field(default_factory=dict)  # by collection
    decisions: list[RelationDecision] = field(default_factory=list)
    result: Conversion = field(init=False)
    _collections: dict[str, Collection] = field(default_factory=dict)
    _embedded: dict[str, EmbeddedMapping] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.result = Conversion(target=self.target, tables=[])

    @property
    def engine(self) -> str:
        """The source's engine."""
        return self.request.source.engine

    @property
    def version(self) -> int:
        """The target's major version; the newest where the request says none."""
        major = self.request.version.split(".")[0]
        return int(major) if major.isdigit() else NEWEST

    def omit(self, name: str, kind: str, reason: str, original: str | None = "") -> None:
        """Record that a source object isn't carried over as it was."""
        self.result.omissions.append(omission(name, kind, reason, original))

    def note(self, name: str, sentence: str) -> None:
        """Record something about a carried object."""
        self.result.notes.append(Note(object=name, text=sentence))

    def root(self, collection: str) -> DocumentMapping:
        """The mapping of a collection."""
        return self.mappings[collection]

    def collection(self, name: str) -> Collection:
        """The target's collection of that name."""
        if name not in self._collections:
            self._collections = {found.name: found for found in self.target.collections}
        return self._collections[name]

    def embedded(self, table: str) -> EmbeddedMapping:
        """The mapping of a table whose rows stand in other documents; KeyError for a table of its own."""
        if not self._embedded:
            for mapping in self.mappings.values():
                self._embedded.update((found.table, found) for found in _every(mapping.embedded))
        return self._embedded[table]


def _every(embedded: list[EmbeddedMapping]) -> Iterator[EmbeddedMapping]:
    for found in embedded:
        yield found
        yield from _every(found.embedded)
