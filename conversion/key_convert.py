"""Primary keys, unique constraints and indexes of SQLite tables on PostgreSQL, with their collations."""

from __future__ import annotations

from conversion.draft import Draft
from conversion.expressions import predicate, scalar
from conversion.mapping import TableMapping
from conversion.names import joined
from conversion.postgresql_types import base_name
from conversion.shapes import ColumnShape, TableShape, Untranslatable
from engines.catalog import Index, IndexKey, Key, Table
from engines.full_names import qualified
from engines.postgresql.quoting import quote_identifier

# A btree entry holds at most a third of a page: https://www.postgresql.org/docs/current/btree.html
MAX_INDEX_BYTES = 2704
# SQLite's NOCASE folds the 26 letters of ASCII, exactly what lower() does under C; RTRIM ignores spaces at the end.
COLLATED = {"NOCASE": 'lower({c} COLLATE "C")', "RTRIM": "rtrim({c}, ' ')"}
WITHOUT_ORDER = {"json", "xml"}


class KeyConverter:
    """Adds keys and indexes to one converted table."""

    def __init__(self, draft: Draft, source: Table, target: Table, mapping: TableMapping) -> None:
        self.draft = draft
        self.source = source
        self.target = target
        self.mapping = mapping
        self.shape: TableShape = draft.table_shapes[source.full_name]

    def convert(self) -> None:
        """Primary key, unique constraints, indexes; then which columns identify a row."""
        if self.source.primary_key is not None:
            self._primary_key(self.source.primary_key)
        for key in self.source.uniques:
            self._unique(key)
        for index in self.source.indexes:
            self._index(index)
        self.mapping.key = self._row_key()

    def _primary_key(self, key: Key) -> None:
        columns = self._columns(key)
        problem = self._unordered(columns)
        if problem:
            self.draft.omit(self.source.full_name, "primary key", problem, ", ".join(key.columns))
            return
        wanted = key.name or joined([self.target.name], "pkey")
        self.target.primary_key = Key(name=self.draft.relation_name(wanted), columns=columns)
        self._collated_index(key, columns)

    def _unique(self, key: Key) -> None:
        columns = self._columns(key)
        name = f"{self.source.full_name}({', '.join(key.columns)})"
        problem = self._unordered(columns)
        if problem:
            self.draft.omit(name, "unique constraint", problem, ", ".join(key.columns))
            return
        same = [unique.columns for unique in self.target.uniques]
        if columns in same or (self.target.primary_key is not None and columns == self.target.primary_key.columns):
            self.draft.note(name, "another key of the table has the same columns and stands for it")
            return
        wanted = key.name or joined([self.target.name, *columns], "key")
        self.target.uniques.append(Key(name=self.draft.relation_name(wanted), columns=columns))
        self._collated_index(key, columns)

    def _columns(self, key: Key) -> list[str]:
        return list(dict.fromkeys(self._shape(name).name for name in key.columns))

    def _shape(self, name: str) -> ColumnShape:
        found = self.shape.find(name)
        if found is None:
            raise Untranslatable(f"column {name} isn't on the target")
        return found

    def _unordered(self, columns: list[str]) -> str | None:
        for name in columns:
            if base_name(self.target.column(name).native) in WITHOUT_ORDER:
                return f"PostgreSQL can't compare {self.target.column(name).native} values"
        return None

    def _collated_index(self, key: Key, columns: list[str]) -> None:
        """A key that SQLite compares with NOCASE or RTRIM needs a unique index over what is compared, beside it."""
        collations = [(name or "BINARY").upper() for name in key.collations] or ["BINARY"] * len(key.columns)
        if set(collations) == {"BINARY"}:
            return
        pairs = zip(key.columns, collations, strict=True)
        keys = [self._key(IndexKey(column=name, collation=collation)) for name, collation in pairs]
        label = "_".join(sorted({name.lower() for name in collations} - {"binary"}))
        name = self.draft.relation_name(joined([self.target.name, *columns], f"{label}_key"))
        self.target.indexes.append(Index(name=name, keys=keys, unique=True))
        self.draft.note(
            self.source.full_name,
            f"{', '.join(key.columns)} is unique under {label.upper()} in SQLite: the unique index {name} keeps that",
        )

    def _index(self, index: Index) -> None:
        name = f"{self.source.full_name}.{index.name}"
        try:
            keys = [self._key(key) for key in index.keys]
            where = predicate(index.predicate, self.shape) if index.predicate else None
            if where is not None and not where.immutable:
                raise Untranslatable("PostgreSQL doesn't hold its WHERE to be immutable")
            self._check_size(index)
        except Untranslatable as error:
            self.draft.omit(name, "index", error.reason, index.definition)
            return
        chosen = self.draft.relation_name(self.draft.overrides.names.get(name, index.name))
        if chosen != index.name:
            self.draft.namer.renames[name] = qualified(self.draft.schema, chosen)
        condition = where.sql if where else None
        self.target.indexes.append(Index(name=chosen, keys=keys, unique=index.unique, predicate=condition))

    def _key(self, key: IndexKey) -> IndexKey:
        collation = (key.collation or "").upper()
        if key.column is None:
            return self._expression(key, collation)
        wanted = self.shape.rowid if key.column == "rowid" and self.shape.find("rowid") is None else key.column
        if wanted is None:
            raise Untranslatable("it is over the rowid, which isn't carried over")
        shape = self._shape(wanted)
        problem = self._unordered([shape.name])
        if problem:
            raise Untranslatable(problem)
        if collation not in ("", "BINARY") and base_name(self.target.column(shape.name).native) in (
            "text",
            "character varying",
        ):
            return IndexKey(
                expression=self._collated(quote_identifier(shape.name), collation), descending=key.descending
            )
        return IndexKey(column=shape.name, descending=key.descending)

    def _expression(self, key: IndexKey, collation: str) -> IndexKey:
        translated = scalar(key.expression or "", self.shape)
        if not translated.immutable:
            raise Untranslatable("PostgreSQL doesn't hold the expression to be immutable")
        sql = translated.sql
        if collation not in ("", "BINARY"):
            sql = self._collated(f"({sql})", collation)
        return IndexKey(expression=sql, descending=key.descending)

    def _collated(self, expression: str, collation: str) -> str:
        if collation not in COLLATED:
            raise Untranslatable(f"collation {collation} belongs to the program that used the file")
        return COLLATED[collation].format(c=expression)

    def _check_size(self, index: Index) -> None:
        """An index over values that no btree entry can hold would stop the migration at its end."""
        profile = self.draft.profiles.get(self.source.full_name)
        for key in index.keys:
            found = profile.columns.get(key.column) if profile and key.column else None
            if found is not None and (found.max_bytes or 0) > MAX_INDEX_BYTES:
                raise Untranslatable(
                    f"{key.column} holds values of {found.max_bytes:,} bytes, a btree entry at most {MAX_INDEX_BYTES:,}"
                )

    def _row_key(self) -> list[str]:
        if self.target.primary_key is not None:
            return list(self.target.primary_key.columns)
        for key in self.target.uniques:
            if all(not self.target.column(name).nullable for name in key.columns):
                return list(key.columns)
        return []
