"""Primary keys, unique constraints and indexes of a table on the target."""

from __future__ import annotations

from conversion.names import joined
from conversion.relational.plan import IndexNames, TablePlan
from conversion.shapes import Untranslatable
from engines.catalog import Index, IndexKey, Key
from engines.full_names import qualified

UNNAMED = {None, "", "PRIMARY"}


class KeyConverter:
    """Adds keys and indexes to one converted table."""

    def __init__(self, plan: TablePlan, names: IndexNames) -> None:
        self.plan = plan
        self.draft = plan.draft
        self.direction = plan.direction
        self.source = plan.source
        self.target = plan.target
        self.names = names

    def convert(self) -> list[str]:
        """Primary key, unique constraints, indexes; the target columns that identify a row."""
        if self.source.primary_key is not None:
            self._primary_key(self.source.primary_key)
        elif self.direction.abilities.identity == "rowid":
            self._rowid_key()
        for key in self.source.uniques:
            self._unique(key)
        for index in self.source.indexes:
            self._index(index)
        return self._row_key()

    def _rowid_key(self) -> None:
        """What SQLite numbers is its primary key, also where the source has a unique key only."""
        numbered = [column.name for column in self.target.columns if column.identity is not None]
        if numbered:
            name = self.plan.take_key(joined([self.target.name], "pkey"))
            self.target.primary_key = Key(name=name, columns=numbered)

    def _primary_key(self, key: Key) -> None:
        columns = self.plan.columns(key.columns)
        problem = self._problem(columns)
        if problem:
            self.draft.omit(self.source.full_name, "primary key", problem, ", ".join(key.columns))
            return
        wanted = joined([self.target.name], "pkey") if key.name in UNNAMED else key.name or ""
        name = self.plan.take_key(self.names.wanted(self.target.name, wanted))
        self.target.primary_key = self._made(key, name, columns, self.source.full_name)
        self._beside(key, columns)

    def _unique(self, key: Key) -> None:
        columns = self.plan.columns(key.columns)
        label = f"{self.source.full_name}.{key.name or '(' + ', '.join(key.columns) + ')'}"
        problem = self._problem(columns)
        one_null = not key.nulls_distinct and not self.direction.abilities.nulls_not_distinct
        if not problem and one_null and any(self.target.column(name).nullable for name in columns):
            problem = "the target takes NULLs in unique keys as distinct"
        if problem:
            self.draft.omit(label, "unique constraint", problem, ", ".join(key.columns))
            return
        primary = self.target.primary_key
        if self.source.primary_key is None and primary is not None and primary.columns == columns:
            self.draft.note(label, "it numbers itself and becomes the primary key")
            return
        if self._stands_already(columns):
            self.draft.note(label, "another key of the table has the same columns and stands for it")
            return
        wanted = key.name or joined([self.target.name, *columns], "key")
        name = self.plan.take_key(self.names.wanted(self.target.name, wanted))
        self._renamed(label, wanted, name)
        self.target.uniques.append(self._made(key, name, columns, label))
        self._beside(key, columns)

    def _problem(self, columns: list[str]) -> str | None:
        """Why the target can make no key of these columns of its own."""
        return self.direction.key_problem([self.target.column(name) for name in columns]) or self._too_long(columns)

    def _too_long(self, columns: list[str]) -> str | None:
        """A key over values that no entry of an index can hold would stop the migration at its end."""
        most, profile = self.direction.abilities.entry_bytes, self.draft.profiles.get(self.source.full_name)
        for source, target in self.plan.names.items() if most and profile else ():
            found = profile.columns.get(source) if profile and target in columns else None
            if found is not None and (found.max_bytes or 0) > (most or 0):
                return f"{source} holds values of {found.max_bytes:,} bytes, an entry of an index at most {most:,}"
        return None

    def _stands_already(self, columns: list[str]) -> bool:
        """SQLite makes one index for two keys of the same columns."""
        primary = [self.target.primary_key.columns] if self.target.primary_key else []
        same = columns in [*primary, *(key.columns for key in self.target.uniques)]
        return same and self.direction.abilities.engine == "sqlite"

    def _made(self, key: Key, name: str, columns: list[str], label: str) -> Key:
        abilities = self.direction.abilities
        if key.include and not abilities.include_columns:
            self.draft.note(label, f"the target's keys include no further columns: {', '.join(key.include)}")
        if key.deferrable and not abilities.deferrable:
            self.draft.note(label, "the target checks it with every row, not at the end of a transaction")
        return Key(
            name=name,
            columns=columns,
            collations=self.direction.key_collations([self.target.column(item) for item in columns]),
            nulls_distinct=key.nulls_distinct if abilities.nulls_not_distinct else True,
            deferrable=key.deferrable and abilities.deferrable,
            initially_deferred=key.initially_deferred and abilities.deferrable,
            include=self.plan.columns(key.include) if abilities.include_columns else [],
            comment=key.comment if abilities.comments else None,
        )

    def _beside(self, key: Key, columns: list[str]) -> None:
        """A key that the source compares by more than the plain values needs a unique index over what it compares."""
        parts = self.direction.key_parts(key, self.plan.shape, self.target)
        if parts is None:
            return
        name = self.plan.take_index(joined([self.target.name, *columns], "ci_key"))
        self.target.indexes.append(Index(name=name, keys=parts, unique=True))
        sentence = f"{', '.join(key.columns)} is unique by more than its plain values on the source: the unique index "
        self.draft.note(self.source.full_name, f"{sentence}{name} keeps that")

    def _index(self, index: Index) -> None:
        label = f"{self.source.full_name}.{index.name}"
        try:
            if not index.valid:
                raise Untranslatable("it is invalid on the source")
            made = self.direction.index(index, self.target, self.plan.shape)
            self._check_abilities(index, made, label)
            whole = [self.plan.names[key.column] for key in index.keys if key.column is not None and not key.prefix]
            problem = self._too_long(whole) if made.method == "btree" else None
            if problem:
                raise Untranslatable(problem)
        except Untranslatable as error:
            self.draft.omit(label, "index", error.reason, index.definition or _described(index))
            return
        wanted = self.draft.overrides.names.get(label, self.names.wanted(self.target.name, index.name))
        made.name = self.plan.take_index(wanted)
        self._renamed(label, index.name, made.name)
        if not self.direction.abilities.comments:
            made.comment = None
        self._say_prefixes(index, made, label)
        self.target.indexes.append(made)

    def _say_prefixes(self, index: Index, made: Index, label: str) -> None:
        """Name the columns of which the source's index holds the beginning, and the target's something else."""
        kept = {key.column: key.prefix for key in made.keys}
        cut = [
            key for key in index.keys if key.prefix and kept.get(self.plan.names.get(key.column or "")) != key.prefix
        ]
        if cut:
            words = ", ".join(f"{key.prefix} of {key.column}" for key in cut)
            self.draft.note(label, f"on the source it holds only the beginning of the values: {words}")

    def _check_abilities(self, index: Index, made: Index, label: str) -> None:
        abilities = self.direction.abilities
        if made.predicate and not abilities.partial_indexes:
            raise Untranslatable("the target has no partial indexes")
        if made.include and not abilities.include_columns:
            self.draft.note(label, f"the target's indexes include no further columns: {', '.join(index.include)}")
            made.include = []
        if not made.nulls_distinct and not abilities.nulls_not_distinct:
            raise Untranslatable("the target takes NULLs in unique indexes as distinct")
        if not index.visible and made.visible:
            self.draft.note(label, "the source's planner doesn't use it; the target's may")
        if index.method != made.method:
            self.draft.note(label, f"a {index.method} index on the source, {made.method} on the target")

    def _renamed(self, label: str, wanted: str, name: str) -> None:
        if name != wanted:
            self.draft.namer.renames[label] = qualified(self.draft.schema, name)

    def _row_key(self) -> list[str]:
        if self.target.primary_key is not None:
            return list(self.target.primary_key.columns)
        for key in self.target.uniques:
            if not key.deferrable and all(not self.target.column(name).nullable for name in key.columns):
                return list(key.columns)
        return []


def _described(index: Index) -> str:
    keys = ", ".join(_key(key) for key in index.keys)
    unique = "UNIQUE " if index.unique else ""
    return f"{unique}{index.method} ({keys})" + (f" WHERE {index.predicate}" if index.predicate else "")


def _key(key: IndexKey) -> str:
    text = key.column or f"({key.expression})"
    return text + (f"({key.prefix})" if key.prefix else "") + (" DESC" if key.descending else "")
