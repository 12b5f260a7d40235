"""A conversion while it is being made: what exists so far, the names given out, and what was left behind."""

from __future__ import annotations

from dataclasses import dataclass, field

from conversion.mapping import TableMapping
from conversion.names import RELATIONS, Namer
from conversion.result import Conversion, Note, Overrides, Request, omission
from conversion.shapes import Shapes, TableShape
from engines.catalog import Catalog, View
from engines.full_names import qualified
from engines.own_state import full_notes
from engines.profile import TableProfile


@dataclass
class Draft:
    """Shared by the steps of one conversion; schema is where names of the target go."""

    request: Request
    target: Catalog
    namer: Namer
    schema: str
    tables: list[TableMapping] = field(default_factory=list)
    shapes: Shapes = field(default_factory=Shapes)
    table_shapes: dict[str, TableShape] = field(default_factory=dict)  # by source full name
    numbered: set[str] = field(default_factory=set)  # source columns that become INTEGER PRIMARY KEY
    withholding: set[str] = field(default_factory=set)  # target tables some of whose rows may stay behind
    result: Conversion = field(init=False)

    def __post_init__(self) -> None:
        self.result = Conversion(target=self.target, tables=[])

    @property
    def source(self) -> Catalog:
        """The source's catalog."""
        return self.request.source

    @property
    def profiles(self) -> dict[str, TableProfile]:
        """What is known of the source's values, by table."""
        return self.request.profiles

    @property
    def overrides(self) -> Overrides:
        """What a person asked for."""
        return self.request.overrides

    @property
    def unvalidated(self) -> frozenset[tuple[str, int]]:
        """(source table, number of the foreign key in its list) where rows are known to break it."""
        return self.request.unvalidated

    def omit(self, name: str, kind: str, reason: str, original: str | None = "") -> None:
        """Record that a source object isn't carried over as it was."""
        self.result.omissions.append(omission(name, kind, reason, original))

    def note(self, name: str, sentence: str) -> None:
        """Record something about a carried object."""
        self.result.notes.append(Note(object=name, text=sentence))

    def skipped(self, full_name: str) -> bool:
        """True when a person asked to leave the object out."""
        return full_name in self.overrides.skip

    def adopt_view(self, view: View) -> None:
        """Give a view of the target the query that a person chose, which need not read what isn't carried over."""
        if view.full_name in self.overrides.views:
            gone = {item.object for item in self.result.omissions}
            gone |= full_notes(self.source.engine, self.source.schemas)
            view.definition = self.overrides.views[view.full_name]
            view.depends_on = [name for name in view.depends_on if name not in gone]
            self.note(view.full_name, "its query is the one given in the request")

    def table_name(self, full_name: str, wanted: str) -> str:
        """The target name of a table, view or sequence; recorded where it differs."""
        chosen = self.overrides.names.get(full_name, wanted)
        name = self.namer.take_recorded(f"{RELATIONS}{self.schema}", chosen, full_name, qualified(self.schema, ""))
        if name != wanted:
            self.namer.renames[full_name] = qualified(self.schema, name)
        return name

    def relation_name(self, wanted: str) -> str:
        """A free name for an index, sequence or constraint with an index, which share one namespace with tables."""
        return self.namer.take(f"{RELATIONS}{self.schema}", wanted)

    def finish(self) -> Conversion:
        """The conversion with its mappings and renames."""
        self.result.tables = self.tables
        self.result.renames = dict(self.namer.renames)
        return self.result
