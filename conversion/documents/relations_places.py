"""Where the columns of a table stand in the documents: their paths, and whether arrays lie on the way."""

from __future__ import annotations

from dataclasses import dataclass

from conversion.documents.relations_mapping import DocumentMapping, EmbeddedMapping, FieldMapping
from engines.catalog import Kind, Table
from engines.families import family


@dataclass(frozen=True)
class Location:
    """One column: its path from the top of the document and inside its own array element, and how it is written."""

    path: str
    inside: str
    encoding: str
    kind: Kind
    nullable: bool
    folded: bool  # compares without regard to case
    collation: str | None
    rest: bool  # microseconds stand in another field


@dataclass(frozen=True)
class Place:
    """A table in a collection: array is the path of the innermost array that its rows are elements of.

    arrays: how many arrays lie on the way to them.
    """

    table: Table
    collection: str
    array: str | None
    optional: bool  # the row may be missing in a document: it is embedded
    locations: dict[str, Location]
    arrays: int = 0

    def within(self, location: Location) -> bool:
        """True where the location lies in the elements of the place's array; always where there is none."""
        return self.array is None or location.path == self.array or location.path.startswith(f"{self.array}.")

    def find(self, column: str) -> Location | None:
        """The column's location, by its name without regard to case where it isn't found as it is."""
        if column in self.locations:
            return self.locations[column]
        folded = {name.lower(): location for name, location in self.locations.items()}
        return folded.get(column.lower())


def places(mapping: DocumentMapping, tables: dict[str, Table], engine: str) -> dict[str, Place]:
    """The places of all tables of a collection, by full name; tables and engine are the source's."""
    root = tables[mapping.table]
    locations = {
        found.column: _location(root, found, mapping.path(found.column) or found.field, "", engine)
        for found in mapping.fields
    }
    found = {mapping.table: Place(root, mapping.collection, None, False, locations)}
    for inside in mapping.embedded:
        _embedded(inside, found[mapping.table], "", found, tables, engine)
    return found


def _embedded(
    mapping: EmbeddedMapping, parent: Place, above: str, found: dict[str, Place], tables: dict[str, Table], engine: str
) -> None:
    table = tables[mapping.table]
    path = f"{above}{mapping.field}"
    array = parent.array if mapping.shape == "object" else path
    links = dict(mapping.links)
    locations: dict[str, Location] = {}
    for field in mapping.fields:
        if field.column in links:
            locations[field.column] = parent.locations[links[field.column]]
        elif mapping.shape == "values":
            locations[field.column] = _location(table, field, path, path, engine)
        else:
            locations[field.column] = _location(table, field, f"{path}.{field.field}", array or "", engine)
    arrays = parent.arrays + (mapping.shape != "object")
    found[mapping.table] = Place(table, parent.collection, array, True, locations, arrays)
    for inside in mapping.embedded:
        _embedded(inside, found[mapping.table], f"{path}.", found, tables, engine)


def _location(table: Table, field: FieldMapping, path: str, array: str, engine: str) -> Location:
    column = table.column(field.column)
    inside = path.removeprefix(array).removeprefix(".") if array else path
    return Location(
        path=path,
        inside=inside,
        encoding=field.encoding,
        kind=column.type.kind,
        nullable=field.nullable,
        folded=collation_of(column.collation, column.type.name, column.type.kind, engine) is not None,
        collation=column.collation,
        rest=field.rest is not None,
    )


# endings of MySQL collations -> strength of comparison: 1 letters, 2 accents, 3 case
# (MySQL manual, Collation Naming Conventions; https://unicode.org/reports/tr10, levels)
STRENGTHS = (("_ai_ci", 1), ("_as_ci", 2), ("_as_cs", 3), ("_cs", 3), ("_ci", 1))
# languages of MySQL collations -> ICU locales; all others are the root's rules, which English has
LOCALES = {
    "swedish": "sv", "danish": "da", "norwegian": "nb", "icelandic": "is", "latvian": "lv", "romanian": "ro",
    "slovenian": "sl", "polish": "pl", "estonian": "et", "spanish": "es", "turkish": "tr", "czech": "cs",
    "lithuanian": "lt", "slovak": "sk", "hungarian": "hu", "croatian": "hr", "vietnamese": "vi", "sinhala": "si",
    "german2": "de@collation=phonebook", "persian": "fa", "esperanto": "eo", "bosnian": "bs", "bulgarian": "bg",
}  # fmt: skip
ENGLISH = "en"


def collation_of(name: str | None, type_name: str | None, kind: Kind, engine: str) -> dict[str, object] | None:
    """The MongoDB collation of text that compares without regard to case or accents; None where bytes decide.

    PostgreSQL's collations order text but hold only equal bytes to be equal, so that only citext is meant there.
    """
    if kind not in (Kind.TEXT, Kind.CHAR, Kind.ENUM):
        return None
    own = family(engine)
    if own == "postgresql":
        return {"locale": ENGLISH, "strength": 2} if (type_name or "").endswith("citext") else None
    if own == "sqlite":
        return {"locale": ENGLISH, "strength": 2} if (name or "").upper() == "NOCASE" else None
    lower = (name or "").lower()
    strength = next((strength for ending, strength in STRENGTHS if lower.endswith(ending)), None)
    if strength is None or strength == 3:
        return None
    language = next((part for part in lower.split("_") if part in LOCALES), "")
    return {"locale": LOCALES.get(language, ENGLISH), "strength": strength}
