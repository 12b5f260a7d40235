"""Whether a difference after a way there and back is named in the account of one of the two conversions."""

from __future__ import annotations

from benchmarks.score.outcome import Outcome
from conversion.differences import Difference
from conversion.mapping import ColumnMapping, TableMapping
from conversion.result import Conversion
from engines.catalog import Catalog

# kinds that the type of a column decides: its mappings name the way, with the reason
BY_TYPE = frozenset({"type", "default", "collation", "on update"})
TRANSLATED = "written anew"
SAME = ("the same", "both have", "both count", "on both")  # reasons that say: nothing changes
# kinds that one sentence about the whole database names -> the word in it
OF_DATABASE = {
    "collation": "collations of tables and columns aren't kept",
    "table option collation": "collations of tables and columns aren't kept",
    "identity": "AUTO_INCREMENT",
    "unique form": "one thing for unique constraints and unique indexes",
}
# kinds of which only the text differs where an object is on both sides
TEXTS = frozenset({"view", "routine", "trigger", "check", "generated column"})
FOR_REFERENCES = "an index for every foreign key"


class Way:
    """One conversion's account, under names without the schema or database that is home."""

    def __init__(self, outcome: Outcome) -> None:
        self.conversion: Conversion = outcome.conversion
        self.homes = _home(outcome.source), _home(outcome.made)
        self.tables = {local(item.source, self.homes[0]): item for item in self.conversion.tables}
        self.reverse = {local(item.target, self.homes[1]): item for item in self.conversion.tables}
        self.renames = {
            local(old, self.homes[0]): local(new, self.homes[1]) for old, new in self.conversion.renames.items()
        }
        self.said: dict[str, list[str]] = {}
        for omission in self.conversion.omissions:
            self.said.setdefault(local(omission.object, self.homes[0]), []).append(omission.reason)
        for note in self.conversion.notes:
            self.said.setdefault(local(note.object, self.homes[0]), []).append(note.text)
        texts = (text for found in self.said.values() for text in found)
        words = (word.strip(",;:()'\"") for text in texts for word in text.split() if "." in word[:-1])
        self.named_in_texts = {local(local(word, self.homes[0]), self.homes[1]) for word in words}
        self.routines = {name.partition("(")[0] for name in self.said if "(" in name}
        self.database = " ".join(self.said.get(outcome.source.database, []))

    def forward(self, name: str) -> str:
        """The target's name of a source object."""
        table, part = _split(name, self.tables)
        if table is None:
            return self.renames.get(name, name)
        target = local(table.target, self.homes[1])
        if not part:
            return target
        columns = {column.source: column.target for column in table.columns}
        return f"{target}.{columns.get(part) or self.renames.get(name, part)}"

    def backward(self, name: str) -> str:
        """The source's name of a target object."""
        table, part = _split(name, self.reverse)
        if table is None:
            return next((old for old, new in self.renames.items() if new == name), name)
        source = local(table.source, self.homes[0])
        if not part:
            return source
        columns = {column.target: column.source for column in table.columns}
        renamed = (old for old, new in self.renames.items() if new == part and old.startswith(f"{source}."))
        return f"{source}.{columns[part]}" if part in columns else next(renamed, f"{source}.{part}")

    def column(self, name: str) -> ColumnMapping | None:
        """The mapping of a source column."""
        table, part = _split(name, self.tables)
        return next((column for column in table.columns if column.source == part), None) if table else None

    def speaks_of(self, name: str) -> bool:
        """True where an entry is about the object, or one about its table or the made name of it says its name."""
        if name in self.said or name in self.renames or name in self.named_in_texts:
            return True
        owner, part = _split(name, self.tables)
        return owner is not None and self.says(name.removesuffix(f".{part}"), part)

    def says(self, owner: str, part: str) -> bool:
        """True where an entry about the owner, or a part of it, contains that name."""
        texts = [text for name, found in self.said.items() if _of(name, owner) for text in found]
        table, _ = _split(owner, self.tables)
        texts += [column.reason for column in table.columns] if table else []
        return bool(part) and any(part in text for text in texts)


class Listing:
    """Both accounts, asked for differences between what was and what came back."""

    def __init__(self, there: Outcome, back: Outcome) -> None:
        self.there, self.back = Way(there), Way(back)
        self.home = _home(there.source), _home(back.made)
        self.ends = there.source, back.made
        self.references = {
            f"{local(table.full_name, _home(there.made))}.{key.name}"
            for table in there.made.tables
            for key in table.foreign_keys
        }

    def names(self, item: Difference) -> bool:
        """True where the object is named under one of its names, or the column's way there and back is."""
        name = item.object
        for home in self.home:
            name = local(name, home)
        first = {name, self.there.backward(self.back.backward(name))}
        middle = {self.there.forward(name), self.back.backward(name)}
        if any(self.there.speaks_of(one) for one in first) or any(self.back.speaks_of(one) for one in middle):
            return True
        if any(self.there.says(_owner(one), two.rpartition(".")[2]) for one in first for two in middle):
            return True
        if item.kind == "routine":
            plain = name.partition("(")[0]
            if any(plain in way.routines | way.named_in_texts for way in (self.there, self.back)):
                return True
        if self._of_database(item, middle):
            return True
        return (item.kind in BY_TYPE and self._by_type(name)) or (item.kind == "type" and self._made(name))

    def _of_database(self, item: Difference, middle: set[str]) -> bool:
        """True where a sentence about the whole database names such differences."""
        said = f"{self.there.database} {self.back.database}"
        if item.kind in OF_DATABASE:
            return OF_DATABASE[item.kind] in said
        if item.kind.startswith("table option "):
            option, table = item.kind.removeprefix("table option "), item.object.rpartition(".")[2]
            return f"{table} {option}=" in said
        if item.kind == "index" and item.detail == "added":
            return FOR_REFERENCES in said and bool(middle & self.references)
        same = item.detail not in ("missing", "added") or self._twin(item)
        return item.kind in TEXTS and same and TRANSLATED in said

    def _twin(self, item: Difference) -> bool:
        """A routine that is on both sides, with parameters of other types."""
        own, _, _ = item.object.partition("(")
        own = own.rpartition(".")[2]
        both = [{routine.name for routine in side.routines} for side in self.ends]
        return item.kind == "routine" and all(own in names for names in both)

    def _by_type(self, name: str) -> bool:
        there, back = self.there.column(name), self.back.column(self.there.forward(name))
        if there is None or back is None:
            return False
        if any(_type_name(there.source_type) in name for name in self.there.said):
            return True  # a type of one's own, which is named as such
        return any("; " in one.reason or not any(word in one.reason for word in SAME) for one in (there, back))

    def _made(self, name: str) -> bool:
        """A type that a column's mapping names."""
        columns = [column for table in self.back.conversion.tables for column in table.columns]
        return any(name in column.target_type for column in columns)


def local(name: str, home: str) -> str:
    """Without the schema; a routine without its parameters."""
    return name.removeprefix(f"{home}.")


def _home(catalog: Catalog) -> str:
    return "public" if catalog.engine == "postgresql" else catalog.database


def _split(name: str, tables: dict[str, TableMapping]) -> tuple[TableMapping | None, str]:
    """The table that a name begins with, and what follows."""
    if name in tables:
        return tables[name], ""
    place = name.find(".")
    while place > 0:
        if name[:place] in tables:
            return tables[name[:place]], name[place + 1 :]
        place = name.find(".", place + 1)
    return None, ""


def _type_name(native: str) -> str:
    return local(native.partition("(")[0], "public") if "." in native else "\0"


def _owner(name: str) -> str:
    return name.rpartition(".")[0]


def _of(name: str, owner: str) -> bool:
    return bool(owner) and (name == owner or name.startswith(f"{owner}."))
