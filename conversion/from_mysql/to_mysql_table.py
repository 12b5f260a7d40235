"""One table between MySQL and MariaDB: what the other kind or version of server has no word for is taken out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from conversion.draft import Draft
from conversion.from_mysql.flavours import ENGINES_OF_ONE, OPTIONS_OF_ONE, TYPES, collation
from conversion.mapping import ColumnMapping, TableMapping
from conversion.postgresql_to_postgresql import integer_key, row_key
from conversion.relational.references import reference_label, reference_text
from conversion.to_mysql.flavour import Flavour
from conversion.to_mysql.limits import base
from conversion.to_mysql.lower import TableLowering
from conversion.to_mysql.lower_rows import check_page
from engines.catalog import Column, Kind, Table
from engines.mysql.names import unqualified
from engines.mysql.types import logical_type

INNODB = "InnoDB"
IN_THE_SOURCE = "ALTER TABLE in the source: each type is kept"
BROKEN = "rows break it today, and the target checks every row or none"
ROW_TIME = re.compile(r"ROW (START|END)", re.IGNORECASE)
COMPRESSED = re.compile(r"\s*/\*M?!?\d*.*?\*/", re.DOTALL)
NEXTVAL = re.compile(r"\b(?:nextval\s*\(|next\s+value\s+for\b)", re.IGNORECASE)
MULTIPLE = re.compile(r"\bas\s+\w+(?:\s*\(\d+\))?(?:\s+charset\s+\w+)?\s+array\s*\)", re.IGNORECASE)


@dataclass
class Changes:
    """What TableLowering is told and tells."""

    flavour: Flavour
    draft: Draft
    kinds: dict[str, Kind] = field(default_factory=dict)

    def say(self, name: str, sentence: str, table: str = "") -> None:
        """Note something about a carried object."""
        self.draft.note(f"{table}.{name}" if table else name, sentence)


def _other(flavour: Flavour) -> str:
    return "mysql" if flavour.is_mariadb else "mariadb"


def engine_on(table: Table, flavour: Flavour) -> str:
    """The storage engine of a table on the target: its own, or InnoDB where the target hasn't that."""
    engine = table.options.get("engine", "")
    return INNODB if engine.lower() in ENGINES_OF_ONE[_other(flavour)] else engine


class TableChange:
    """One table with what the target's flavour has no word for taken out."""

    def __init__(self, draft: Draft, table: Table, flavour: Flavour, same: bool) -> None:
        self.draft = draft
        self.table = table
        self.name = table.full_name
        self.flavour = flavour
        self.same = same
        self.changes = Changes(flavour, draft)

    def run(self) -> None:
        """Options, columns, keys; then the mapping."""
        table, original = self.table, self.draft.source.table(self.name)
        table.rows, table.rows_exact, table.size_bytes, table.definition = None, False, None, None
        self._options()
        for column in table.columns:
            self._column(column)
        self._checks()
        self._references()
        self._indexes()
        mapping = self._mapping(original)
        if not self.same and engine_on(table, self.flavour) == INNODB:
            check_page(table, self.name, self.changes, IN_THE_SOURCE)
        TableLowering(table, mapping, self.changes, self.draft.result).run()
        self._partitions()
        self.draft.tables.append(mapping)

    def _options(self) -> None:
        options, other = self.table.options, _other(self.flavour)
        options.pop("auto_increment", None)
        engine, kept = options.get("engine", ""), engine_on(self.table, self.flavour)
        if kept != engine:
            options["engine"] = kept
            self.draft.note(self.name, f"the target has no engine {engine}: {kept}")
        if options.get("system_versioned") and not self.flavour.has("system versioning"):
            reason = "the target keeps no versions of rows: those of today go over"
            self.draft.omit(self.name, "system versioning", reason)
        for name in sorted(set(options) & OPTIONS_OF_ONE[other]):
            value = options.pop(name)
            if name != "system_versioned":
                self.draft.note(self.name, f"the target has no table option {name} ({value})")
        if "collation" in options:
            options["collation"] = self._collation(options["collation"], self.name)
            options["charset"] = options["collation"].partition("_")[0]

    def _collation(self, name: str, label: str) -> str:
        found, words = collation(name, self.flavour)
        if words:
            self.draft.note(label, f"collation {name} became {found}: {words}")
        return found

    def _column(self, column: Column) -> None:
        label = f"{self.name}.{column.name}"
        if not self.same:
            column.native = COMPRESSED.sub("", column.native)
        for change in TYPES:
            if base(column.native) == change.name and not (change.has and self.flavour.has(change.has)):
                column.native, column.type = change.native, logical_type(change.native)
                column.charset, column.collation = change.charset, f"{change.charset}_bin"
                self.draft.note(label, change.note)
        if column.collation and column.type.kind is not Kind.JSON:
            column.collation = self._collation(column.collation, label)
            column.charset = column.collation.partition("_")[0]
        if column.invisible and not self.flavour.has("invisible columns"):
            column.invisible = False
            self.draft.note(label, "the target has no invisible columns")
        versioned = column.generated is not None and ROW_TIME.fullmatch(column.generated.expression.strip())
        if versioned and not self.flavour.has("system versioning"):
            column.generated = None
            self.draft.omit(label, "generated column", "the target keeps no versions of rows", column.native)
        if column.default and NEXTVAL.search(column.default) and not self.flavour.has("sequences"):
            self.draft.omit(label, "default", "the target has no sequences", column.default)
            column.default = None
        elif column.default and NEXTVAL.search(column.default):
            # the server writes the sequence's database, which is another one on the target
            column.default = unqualified(column.default, self.draft.source.database) or column.default

    def _checks(self) -> None:
        for check in list(self.table.checks):
            if not self.flavour.has("checks"):
                self._drop_check(check.name or "", "this version reads checks and forgets them", check.expression)
                self.table.checks.remove(check)
            elif not check.enforced and self.flavour.is_mariadb:
                self._drop_check(check.name or "", "it is NOT ENFORCED, which MariaDB can't say", check.expression)
                self.table.checks.remove(check)

    def _references(self) -> None:
        """The server that adds a reference checks every row."""
        for number, key in reversed(list(enumerate(self.table.foreign_keys))):
            if (self.name, number) in self.draft.unvalidated:
                label = reference_label(self.draft.source.table(self.name), key)
                self.draft.omit(label, "foreign key", BROKEN, reference_text(key))
                self.table.foreign_keys.pop(number)

    def _drop_check(self, name: str, reason: str, original: str) -> None:
        self.draft.omit(f"{self.name}.{name or 'check'}", "check", reason, original)

    def _indexes(self) -> None:
        for index in list(self.table.indexes):
            label = f"{self.name}.{index.name}"
            if any(MULTIPLE.search(key.expression or "") for key in index.keys) and self.flavour.is_mariadb:
                reason = "MariaDB has no indexes over the elements of a JSON array"
                self.draft.omit(label, "index", reason, index.definition)
                self.table.indexes.remove(index)
                continue
            if not self.flavour.has("descending keys") and any(key.descending for key in index.keys):
                self.draft.note(label, "this version reads DESC and makes the key ascending")
                for key in index.keys:
                    key.descending = False
            if index.options.get("parser") and not self.same:
                self.draft.note(label, f"its parser {index.options.pop('parser')} is one of the source's server")
            if not index.visible and not self.flavour.has("ignored indexes"):
                index.visible = True
                self.draft.note(label, "this version can't hide an index from the planner")

    def _partitions(self) -> None:
        found = self.table.partitioning
        if found is None:
            return
        default = any((part.bound or "").strip().upper() == "DEFAULT" for part in found.parts)
        versions, reason = (found.strategy or "").upper().startswith("SYSTEM_TIME"), ""
        if not self.flavour.is_mariadb and (default or versions):
            reason = "MySQL splits neither by row versions nor with a default part"
        elif versions:
            reason = "the server doesn't tell when a part of old row versions ends, and those stay behind"
        if reason:
            original = f"{found.strategy} ({found.key})"
            self.draft.omit(self.name, "partitioning", f"{reason}; all rows go into one table", original)
            self.table.partitioning = None

    def _mapping(self, original: Table) -> TableMapping:
        single = integer_key(original)
        columns = [
            ColumnMapping(
                source=column.name,
                target=column.name,
                source_type=original.column(column.name).native,
                target_type=column.native,
                route="identity",
                reason="both servers have the type" if column.native == original.column(column.name).native
                else "the closest type of the target",
                copied=column.generated is None,
                nullable=column.nullable,
            )
            for column in self.table.columns
        ]  # fmt: skip
        return TableMapping(
            source=self.name,
            target=self.name,
            columns=columns,
            key=row_key(original),
            source_key=single or "",
            range_column=single,
            rows=original.rows,
            size_bytes=original.size_bytes,
        )
