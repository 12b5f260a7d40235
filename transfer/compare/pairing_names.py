"""Which name on one side is which on the other, as movers change names; what is ambiguous is never guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from conversion.names import Namer, for_mysql, for_postgresql, for_sqlite
from engines.families import family

NAMERS: dict[str, Callable[[], Namer]] = {"postgresql": for_postgresql, "mysql": for_mysql, "sqlite": for_sqlite}
# Bytes after which a server cuts a name without a word: https://www.postgresql.org/docs/current/limits.html
CUT = 63
ONE_SCHEMA = frozenset({"mysql", "sqlite", "mongodb"})  # engines whose databases have no schemas inside

Key = tuple[str, ...]
KeyOf = Callable[[int], Key | None]  # number of an item -> what it is found by, None: not in this round


@dataclass(frozen=True)
class Round:
    """One way in which names may be the same: what the items of either side are found by."""

    source: KeyOf
    target: KeyOf


@dataclass
class Matched:
    """Numbers of items: pairs (source, target), and for each ambiguous one those of the other side that fit it."""

    pairs: list[tuple[int, int]] = field(default_factory=list)
    source_ambiguous: dict[int, list[int]] = field(default_factory=dict)
    target_ambiguous: dict[int, list[int]] = field(default_factory=dict)

    def left(self, sources: int, targets: int) -> tuple[list[int], list[int]]:
        """Numbers of both sides that nothing fits."""
        paired = {source for source, _ in self.pairs}, {target for _, target in self.pairs}
        return (
            [number for number in range(sources) if number not in paired[0] and number not in self.source_ambiguous],
            [number for number in range(targets) if number not in paired[1] and number not in self.target_ambiguous],
        )

    def run(self, sources: int, targets: int, rounds: Sequence[Round]) -> Matched:
        """Pair what nothing fits yet, round by round; what fits several others in a round is ambiguous from then on."""
        for one in rounds:
            left = self.left(sources, targets)
            if not all(left):
                break
            ours, theirs = _grouped(left[0], one.source), _grouped(left[1], one.target)
            for key, here in ours.items():
                there = theirs.get(key, [])
                if len(here) == len(there) == 1:
                    self.pairs.append((here[0], there[0]))
                elif there:
                    self.source_ambiguous.update(dict.fromkeys(here, there))
                    self.target_ambiguous.update(dict.fromkeys(there, here))
        return self


def _grouped(numbers: Sequence[int], key_of: KeyOf) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = {}
    for number in numbers:
        key = key_of(number)
        if key is not None:
            found.setdefault(key, []).append(number)
    return found


def cut(name: str, limit: int = CUT) -> str:
    """The name as PostgreSQL cuts it: whole characters of the first 63 bytes."""
    return name.encode(errors="surrogatepass")[:limit].decode(errors="ignore")


def spellings(target: str) -> list[Callable[[str], str]]:
    """Ways in which a name of the source may be spelled on the target, the closest first; both sides go through it.

    As it is; without case (pgloader lowers all names, SQLite and MySQL fold them); cut by the server; and as our own
    conversion names what the target can't take.
    """
    namer = NAMERS.get(family(target))
    made = [] if namer is None else [lambda name: namer().take("", name).lower()]
    return [str, str.lower, lambda name: cut(name.lower()), *made]


def match_columns(source: Sequence[str], target: Sequence[str], engines: tuple[str, str]) -> Matched:
    """Columns of one table by name; engines: of source and target."""
    rounds = [
        Round(lambda number, s=spelled: (s(source[number]),), lambda number, s=spelled: (s(target[number]),))  # type: ignore[misc]
        for spelled in spellings(engines[1])
    ]
    return Matched().run(len(source), len(target), rounds)


@dataclass(frozen=True)
class Named:
    """A table of one side."""

    schema: str
    name: str


@dataclass(frozen=True)
class Ends:
    """What the names of a side depend on: its engine, its database's name, and its tables."""

    engine: str
    database: str
    tables: Sequence[Named]

    @property
    def one_schema(self) -> bool:
        """Whether all of its tables lie in one place."""
        return family(self.engine) in ONE_SCHEMA

    def homes(self, other: Ends) -> frozenset[str]:
        """Schemas to which tables of a database without schemas go, or from which they come without a prefix."""
        used = {table.schema for table in self.tables}
        if self.one_schema:
            return frozenset(used)
        usual = {"public", other.database, other.database.lower()} & used
        return frozenset(usual or (used if len(used) == 1 else ()))


def match_tables(source: Ends, target: Ends, schemas: dict[str, str], given: Sequence[tuple[int, int]]) -> Matched:
    """Tables by schema and name; schemas: target schemas of source schemas; given: pairs that a person named.

    Between databases with schemas, a table's schema must be the same. Else it is the home of both sides, or a prefix
    of the table's name where the other side has no schemas, or any schema when not one table was found at home.
    """
    sizes = len(source.tables), len(target.tables)
    found = Matched(pairs=list(given))
    if not (source.one_schema or target.one_schema) or schemas:
        found.run(*sizes, _rounds(source, target, _same(schemas), _same({})))
    if source.one_schema or target.one_schema:
        homes = source.homes(target), target.homes(source)
        found.run(*sizes, _rounds(source, target, _home(homes[0]), _home(homes[1])))
        at_home = len(found.pairs) > len(given)
        found.run(*sizes, _rounds(source, target, _prefixed(source, homes[0]), _prefixed(target, homes[1])))
        if not at_home:
            found.run(*sizes, _rounds(source, target, _anywhere, _anywhere))
    return found


Place = Callable[[Named], tuple[str, str] | None]  # (schema or nothing, name) that a table is looked for under


def _rounds(source: Ends, target: Ends, here: Place, there: Place) -> list[Round]:
    def keys(ends: Ends, place: Place, spelled: Callable[[str], str]) -> KeyOf:
        def key(number: int) -> Key | None:
            found = place(ends.tables[number])
            return None if found is None else (found[0], spelled(found[1]))

        return key

    return [Round(keys(source, here, spelled), keys(target, there, spelled)) for spelled in spellings(target.engine)]


def _same(schemas: dict[str, str]) -> Place:
    return lambda table: (schemas.get(table.schema, table.schema), table.name)


def _home(homes: frozenset[str]) -> Place:
    return lambda table: ("", table.name) if table.schema in homes else None


def _prefixed(ends: Ends, homes: frozenset[str]) -> Place:
    """`schema_table` where there are no schemas."""
    if ends.one_schema:
        return _anywhere
    return lambda table: None if table.schema in homes else ("", f"{table.schema}_{table.name}")


def _anywhere(table: Named) -> tuple[str, str]:
    return "", table.name
