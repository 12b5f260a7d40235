"""The clauses of ALTER TABLE that change the keys, checks, options and partitions of a MySQL table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conversion import forms
from conversion.alter.changes import TablePair
from conversion.alter.mysql.columns import ENGINE, Clause, ColumnClauses
from conversion.diff_parts import wanted_indexes
from conversion.generated_names import generated
from conversion.normal_types import charset_form
from conversion.to_mysql.ddl_parts import check_sql, index_sql, key_sql, partitioning_sql, table_options_sql
from conversion.to_mysql.flavour import Flavour
from engines.catalog import Index, Key, Part, Partitioning, Table
from engines.mysql.quoting import quote_identifier, quote_literal

NO_SCHEMA = ("auto_increment",)
CHARSETS = ("charset", "collation")


class AlterTable:
    """What makes one table like another, but for its foreign keys and triggers; names: column before -> afterwards."""

    def __init__(
        self, before: Table, after: Table, names: dict[str, str], flavour: Flavour, seen: Table,
        rename: bool = True,
    ) -> None:  # fmt: skip
        self.before, self.after, self.seen = before, after, seen
        self.rename = rename
        self.flavour = flavour
        self.columns = ColumnClauses(before, after, names, flavour)

    def clauses(self) -> list[Clause]:
        """All clauses; those without text belong to the one before."""
        drops, adds = [*self._keys()]
        return [*drops, *self.columns.clauses(), *adds, *self._options()]

    def partition_clauses(self) -> list[Clause]:
        """Clauses about partitions: each is a statement of its own."""
        return [*self._partitions()]

    def _keys(self) -> Iterator[list[Clause]]:
        drops: list[Clause] = []
        adds: list[Clause] = []
        self._primary_key(drops, adds)
        old, new = (
            {self._id(item): item for item in [*self._own(table.uniques), *wanted_indexes(table, other, table.indexes)]}
            for table, other in ((self.seen, self.after), (self.after, self.seen))
        )
        gone = {key: item for key, item in old.items() if key not in new or self._form(item) != self._form(new[key])}
        come = {key: item for key, item in new.items() if key not in old or self._form(item) != self._form(old[key])}
        self._renamed(gone, come, adds)
        for item in gone.values():
            name = quote_identifier(str(item.name))
            drops.append(Clause(f"DROP INDEX {name}", "drop index", f"index {item.name} goes"))
        for item in come.values():
            adds.append(self._add_key(item))
        self._checks(drops, adds)
        yield drops
        yield adds

    def _own(self, items: Sequence[Key | Index]) -> list[Key | Index]:
        return list(items)

    def _id(self, item: Key | Index) -> str:
        return (item.name or item.columns[0] if isinstance(item, Key) else item.name).lower()

    def _form(self, item: Key | Index) -> tuple[Any, ...]:
        if isinstance(item, Key):
            return ("unique", forms.key_form(item, ENGINE), item.comment)
        return ("index", forms.index_form(item, ENGINE), item.comment)

    def _renamed(self, gone: dict[str, Key | Index], come: dict[str, Key | Index], adds: list[Clause]) -> None:
        for key, item in list(gone.items()):
            twin = next((name for name, other in come.items() if self._form(other) == self._form(item)), None)
            if twin is None or key in come or twin in gone:
                continue
            other = come.pop(twin)
            del gone[key]
            if self.rename and not any(self._made_up(one) for one in (item, other)):
                old, new = quote_identifier(str(item.name)), quote_identifier(str(other.name))
                words = f"index {item.name} is renamed {other.name}"
                adds.append(Clause(f"RENAME INDEX {old} TO {new}", "rename index", words))

    def _made_up(self, item: Key | Index) -> bool:
        kind = "unique constraint" if isinstance(item, Key) else "index"
        columns = item.columns if isinstance(item, Key) else [key.column or "" for key in item.keys]
        return generated(ENGINE, kind, item.name, self.after.name, columns)

    def _add_key(self, item: Key | Index) -> Clause:
        if isinstance(item, Key):
            sql, unique, fact = key_sql("UNIQUE KEY", item), True, "add index"
        else:
            memory = self.after.options.get("engine", "").upper() in ("MEMORY", "HEAP")
            sql, unique = index_sql(item, self.flavour, memory), item.unique
            fact = f"add {item.method} index" if item.method in ("fulltext", "spatial") else "add index"
        refuses = "rows that are the same in its columns stop the statement" if unique else None
        return Clause(f"ADD {sql}", fact, f"index {item.name} comes", None, refuses)

    def _primary_key(self, drops: list[Clause], adds: list[Clause]) -> None:
        a, b = self.seen.primary_key, self.after.primary_key
        if a is None and b is None:
            return
        if a is not None and b is not None and forms.key_form(a, ENGINE) == forms.key_form(b, ENGINE):
            return
        if a is not None:
            drops.append(Clause("DROP PRIMARY KEY", "drop primary key", "the primary key goes"))
        if b is not None:
            refuses = "rows that are the same in its columns stop the statement"
            sql = f"ADD {key_sql('PRIMARY KEY', b)}"
            adds.append(Clause(sql, "add primary key", "a primary key comes", None, refuses))

    def _checks(self, drops: list[Clause], adds: list[Clause]) -> None:
        old = {check.name: check for check in self.seen.checks if check.name}
        new = {check.name: check for check in self.after.checks if check.name}
        word = "CONSTRAINT" if self.flavour.is_mariadb else "CHECK"
        for name, check in old.items():
            if name not in new or forms.check_form(check, ENGINE) != forms.check_form(new[name], ENGINE):
                drops.append(Clause(f"DROP {word} {quote_identifier(name)}", "drop check", f"check {name} goes"))
        for name, check in new.items():
            if name not in old or forms.check_form(check, ENGINE) != forms.check_form(old[name], ENGINE):
                refuses = "rows that break it stop the statement"
                adds.append(Clause(f"ADD {check_sql(check)}", "add check", f"check {name} comes", None, refuses))

    def _options(self) -> Iterator[Clause]:
        a, b = self.seen.options, self.after.options
        changed = {
            key: value
            for key, value in b.items()
            if key not in NO_SCHEMA and charset_form(a.get(key, "").lower()) != charset_form(value.lower())
        }
        if any(key in changed for key in CHARSETS):
            changed |= {key: b[key] for key in CHARSETS if key in b}
        for keys, fact in ((CHARSETS, "default charset"), (("engine",), "engine")):
            own = {key: changed.pop(key) for key in keys if key in changed}
            if own:
                yield Clause(self._option_sql(own), fact, ", ".join(f"{k}={v}" for k, v in own.items()))
        if sql := self._option_sql(changed):
            yield Clause(sql, "storage option", ", ".join(f"{k}={v}" for k, v in changed.items()))
        if "row_format" in a and "row_format" not in b:
            yield Clause("ROW_FORMAT=DEFAULT", "storage option", "row_format=default")
        if (self.seen.comment or "") != (self.after.comment or ""):
            yield Clause(f"COMMENT={quote_literal(self.after.comment or '')}", "table comment", "comment")

    def _option_sql(self, options: dict[str, str]) -> str:
        bare = Table(schema_name="", name="t", columns=[], options=options)
        return table_options_sql(bare).strip()

    def _partitions(self) -> Iterator[Clause]:
        a, b = self.seen.partitioning, self.after.partitioning
        if forms.partitioning_form(a, ENGINE) == forms.partitioning_form(b, ENGINE):
            return
        if b is None or not b.strategy:
            yield Clause("REMOVE PARTITIONING", "partition by", "no longer partitioned")
            return
        if a is not None and _same_split(a, b):
            come = [part for part in b.parts if part.name not in {other.name for other in a.parts}]
            gone = [part for part in a.parts if part.name not in {other.name for other in b.parts}]
            if a.parts + come == b.parts:
                listed = partitioning_sql(Partitioning(strategy="", key="", parts=come)).partition(") (")[2]
                yield Clause(f"ADD PARTITION ({listed}", "add partition", f"partitions {_names(come)} come")
                return
            if [part for part in a.parts if part not in gone] == b.parts:
                listed = ", ".join(quote_identifier(part.name) for part in gone)
                lost = f"all rows of partitions {_names(gone)}"
                yield Clause(f"DROP PARTITION {listed}", "drop partition", f"partitions {_names(gone)} go", lost)
                return
        refuses = "rows for which there is no partition stop the statement"
        yield Clause(partitioning_sql(b).strip(), "partition by", "partitioned anew", None, refuses)


def _names(parts: list[Part]) -> str:
    return ", ".join(part.name for part in parts)


def _same_split(a: Partitioning, b: Partitioning) -> bool:
    """True where parts of RANGE or LIST can come and go one by one."""
    keys = [(part.strategy, part.key, part.sub_strategy, part.sub_key) for part in (a, b)]
    return keys[0] == keys[1] and (a.strategy or "").startswith(("RANGE", "LIST"))


def own_names(pair: TablePair) -> Table:
    """The wanted table under the column names there were: what the way back starts from."""
    names = {seen.name: own.name for own, seen in zip(pair.before.columns, pair.seen.columns, strict=True)}
    found = pair.after.model_copy(deep=True)
    for column in found.columns:
        column.name = names.get(column.name, column.name)
    for key in [*([found.primary_key] if found.primary_key else []), *found.uniques]:
        key.columns = [names.get(name, name) for name in key.columns]
        key.prefixes = {names.get(name, name): length for name, length in key.prefixes.items()}
    for index in found.indexes:
        _rename_index(index, names)
    return found


def _rename_index(index: Index, names: dict[str, str]) -> None:
    for part in index.keys:
        part.column = names.get(part.column, part.column) if part.column is not None else None
