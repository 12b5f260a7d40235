"""How a SQLite table becomes another: a column added in place, or the table made anew and its rows carried over."""

from __future__ import annotations

from collections.abc import Iterator

from conversion import forms
from conversion.alter.changes import TablePair, mentions
from conversion.alter.model import Choices, Lock, Step
from conversion.alter.sqlite.values import Source, sources
from conversion.ddl_sqlite import column_sql, index_sql, names, table_sql
from conversion.normal_types import collation_form, type_form
from engines.catalog import Column, Table
from engines.sqlite.quoting import quote_identifier, quote_literal

ENGINE = "sqlite"
AWAY = "__before"  # suffix of a table's name while its successor is filled
VERBATIM = "PRAGMA legacy_alter_table = ON"  # from here on no other object follows a table under another name
FOLLOWING = "PRAGMA legacy_alter_table = OFF"
CLOCK_WORDS = ("current_timestamp", "current_date", "current_time")
# https://www.sqlite.org/lockingv3.html, https://www.sqlite.org/wal.html
LOCK = Lock(
    name="RESERVED on the file, EXCLUSIVE at the end",
    blocks="writes; reads as well while the end is written (not in WAL mode)",
    held="until the transaction ends",
)


def step(sql: str, undo: list[str], name: str, kind: str, action: str) -> Step:
    """A step that holds the file's lock with all others."""
    return Step(sql=sql, undo=undo, object=name, kind=kind, action=action, lock=LOCK)


def column_form(column: Column) -> tuple[object, ...]:
    """Everything of a column that CREATE TABLE says."""
    return (
        type_form(column, ENGINE), column.nullable, forms.default_form(column, ENGINE),
        forms.generated_form(column, ENGINE), forms.identity_form(column), collation_form(column, ENGINE), column.name,
    )  # fmt: skip


def constraints_form(table: Table) -> tuple[object, ...]:
    """Everything of a table but its columns that CREATE TABLE says."""
    key = table.primary_key
    return (
        (key.name, forms.key_form(key, ENGINE)) if key else None,
        sorted(((item.name, forms.key_form(item, ENGINE)) for item in table.uniques), key=str),
        sorted(((item.name, forms.foreign_key_form(item, ENGINE)) for item in table.foreign_keys), key=str),
        sorted(((item.name, forms.check_form(item, ENGINE)) for item in table.checks), key=str),
        sorted(table.options.items()),
    )


def same(pair: TablePair) -> bool:
    """True when the table stays as it is."""
    columns = [[column_form(column) for column in table.columns] for table in (pair.seen, pair.after)]
    return (
        not respelled(pair) and columns[0] == columns[1] and constraints_form(pair.seen) == constraints_form(pair.after)
    )


def respelled(pair: TablePair) -> bool:
    """True when a column's name changes in nothing but case, which RENAME COLUMN doesn't do."""
    both = zip(pair.before.columns, pair.seen.columns, strict=True)
    return any(a.name != b.name and a.name.lower() == b.name.lower() for a, b in both)


def appended(pair: TablePair) -> list[Column] | None:
    """The columns that ADD COLUMN can make, where nothing else changes; None where the table must be made anew.

    https://www.sqlite.org/lang_altertable.html#altertabaddcol
    """
    kept = len(pair.seen.columns)
    before = [column_form(column) for column in pair.seen.columns]
    if [column_form(column) for column in pair.after.columns[:kept]] != before:
        return None
    if respelled(pair) or constraints_form(pair.seen) != constraints_form(pair.after):
        return None
    new = pair.after.columns[kept:]
    return new if all(_addable(column) for column in new) else None


def _addable(column: Column) -> bool:
    default = (column.default or "").strip().lower()
    if column.identity is not None or (column.generated is not None and column.generated.stored):
        return False
    if default.startswith("(") or default in CLOCK_WORDS:
        return False
    return column.nullable or default not in ("", "null") or column.generated is not None


def droppable(pair: TablePair) -> list[Column] | None:
    """The columns that DROP COLUMN can take away, where nothing else changes; None where it can't.

    https://www.sqlite.org/lang_altertable.html#altertabdropcol (3.35 and later)
    """
    wanted = {column.name for column in pair.after.columns}
    gone = [column for column in pair.seen.columns if column.name not in wanted]
    left = [column_form(column) for column in pair.seen.columns if column.name in wanted]
    if not gone or left != [column_form(column) for column in pair.after.columns]:
        return None
    if any(a.name != b.name for a, b in zip(pair.before.columns, pair.seen.columns, strict=True)):
        return None
    if respelled(pair) or constraints_form(pair.seen) != constraints_form(pair.after):
        return None
    texts = [check.expression for check in pair.after.checks]
    texts += [column.generated.expression for column in pair.seen.columns if column.generated]
    texts += [trigger.definition for trigger in pair.seen.triggers]
    return None if any(mentions(text, column.name) for text in texts for column in gone) else gone


class TableSteps:
    """The steps for one table, under its new name."""

    def __init__(self, pair: TablePair, choices: Choices) -> None:
        self.pair = pair
        self.choices = choices
        self.name = quote_identifier(pair.after.name)

    def add(self, columns: list[Column]) -> Iterator[Step]:
        """ADD COLUMN for each."""
        for column in columns:
            sql = f"ALTER TABLE {self.name} ADD COLUMN {column_sql(column, False)}"
            undo = f"ALTER TABLE {self.name} DROP COLUMN {quote_identifier(column.name)}"
            yield step(sql, [undo], f"{self.pair.full_name}.{column.name}", "column", "create")

    def drop(self, columns: list[Column]) -> Iterator[Step]:
        """DROP COLUMN for each; the way back of the first makes the table anew, in the old order."""
        back = TableSteps(TablePair(self.pair.after, self.pair.after, self.pair.seen), Choices())
        for number, column in enumerate(columns):
            quoted = quote_identifier(column.name)
            undo = [*back.whole()] if number == 0 else []
            found = step(
                f"ALTER TABLE {self.name} DROP COLUMN {quoted}", undo, f"{self.pair.full_name}.{column.name}", "column",
                "drop",
            )  # fmt: skip
            found.destructive = column.generated is None
            found.lost = "the column's values" if found.destructive else None
            found.probe = f"SELECT count(*) FROM {self._before()} WHERE {quoted} IS NOT NULL"
            found.rewrite = True
            yield found

    def _before(self) -> str:
        return quote_identifier(self.pair.before.name)

    def rebuild(self) -> Iterator[Step]:
        """The old table steps aside, the new one is made and filled, the old one goes.

        https://www.sqlite.org/lang_altertable.html#otheralter, with foreign_keys off and legacy_alter_table on, so that
        no reference, view or trigger follows the old table under its new name.
        """
        old, new = self.pair.seen, self.pair.after
        away = quote_identifier(old.name + AWAY)
        full_name = self.pair.full_name
        aside = f"ALTER TABLE {quote_identifier(new.name)} RENAME TO {away}"
        yield step(aside, [f"ALTER TABLE {away} RENAME TO {quote_identifier(old.name)}"], full_name, "table", "alter")
        create = new.definition or table_sql(new)
        yield step(create, [f"DROP TABLE {self.name}"], full_name, "table", "alter")
        yield self._copy(old, new, away)
        yield from self._numbering(old, new)
        yield step(f"DROP TABLE {away}", self._back(old, new, away), full_name, "table", "alter")

    def whole(self) -> Iterator[str]:
        """Everything that makes the table anew: the steps, its indexes and triggers."""
        yield VERBATIM
        yield from (item.sql for item in self.rebuild())
        for index in self.pair.before.indexes:
            yield index.definition or index_sql(self.pair.before, index)
        yield from (trigger.definition for trigger in self.pair.before.triggers)
        yield FOLLOWING

    def _copy(self, old: Table, new: Table, away: str) -> Step:
        found = sources(self.pair, self.choices)
        copied = [source for source in found if source.expression is not None]
        into, values = names([source.column for source in copied]), ", ".join(str(s.expression) for s in copied)
        if _keeps_rowid(old, new):
            into, values = f"rowid, {into}", f"rowid, {values}"
        sql = f"INSERT INTO {self.name} ({into}) SELECT {values} FROM {away}"
        made = step(sql, [], self.pair.full_name, "table", "fill")
        made.rewrite = True
        self._losses(made, found)
        return made

    def _losses(self, made: Step, found: list[Source]) -> None:
        owner = self._before()
        gone = [column for column in self.pair.dropped if column.generated is None]
        lost = [f"the values of column {column.name}" for column in gone]
        lost += [source.lost for source in found if source.lost]
        conditions = [f"{quote_identifier(column.name)} IS NOT NULL" for column in gone]
        conditions += [source.condition for source in found if source.condition]
        made.changes = [f"column {column.name} goes" for column in gone] + [s.note for s in found if s.note]
        made.destructive = bool(lost)
        made.lost = "; ".join(lost) or None
        made.refuses = "; ".join(source.refuses for source in found if source.refuses) or None
        if conditions:
            made.probe = f"SELECT count(*) FROM {owner} WHERE " + " OR ".join(f"({text})" for text in conditions)

    def _numbering(self, old: Table, new: Table) -> Iterator[Step]:
        """AUTOINCREMENT goes on where it was."""
        if not all(any(c.identity and c.identity.strict for c in table.columns) for table in (old, new)):
            return
        name, away = quote_literal(new.name), quote_literal(old.name + AWAY)
        clear = f"DELETE FROM sqlite_sequence WHERE name = {name}"
        carry = f"INSERT INTO sqlite_sequence (name, seq) SELECT {name}, seq FROM sqlite_sequence WHERE name = {away}"
        for sql in (clear, carry):
            yield step(sql, [], self.pair.full_name, "numbering", "fill")

    def _back(self, old: Table, new: Table, away: str) -> list[str]:
        """The old table again, with the rows of the new one as far as it takes them, under the names of this moment."""
        back = sources(TablePair(new, new, old), Choices())
        copied = [source for source in back if source.expression is not None]
        own = {seen.name: there.name for there, seen in zip(self.pair.before.columns, old.columns, strict=True)}
        into, values = names([own[source.column] for source in copied]), ", ".join(str(s.expression) for s in copied)
        if _keeps_rowid(old, new):
            into, values = f"rowid, {into}", f"rowid, {values}"
        create = self.pair.before.definition or table_sql(self.pair.before)
        quoted, beside = self._before(), quote_identifier(new.name + "__after")
        return [
            f"ALTER TABLE {self.name} RENAME TO {beside}",
            create,
            f"INSERT INTO {quoted} ({into}) SELECT {values} FROM {beside}",
            *(
                f"ALTER TABLE {quoted} RENAME COLUMN {quote_identifier(there)} TO {quote_identifier(seen)}"
                for seen, there in own.items()
                if seen.lower() != there.lower()
            ),
            f"ALTER TABLE {quoted} RENAME TO {away}",
            f"ALTER TABLE {beside} RENAME TO {self.name}",
        ]


def _keeps_rowid(old: Table, new: Table) -> bool:
    """True where both tables have a hidden rowid that can be carried along."""
    for table in (old, new):
        if table.options.get("without_rowid") or any(column.identity for column in table.columns):
            return False
        if any(column.name.lower() == "rowid" for column in table.columns):
            return False
    return True
