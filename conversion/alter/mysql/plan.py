"""The migration script of MySQL and MariaDB: what comes first, what goes last, each statement commits by itself."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.alter.changes import Changes, TablePair, unreadable
from conversion.alter.model import Choices, Migration, Online, Step
from conversion.alter.mysql.columns import Clause
from conversion.alter.mysql.facts import COPY, METADATA, NO_TABLE, TOOL, TOOL_NOTE, Way, way
from conversion.alter.mysql.fills import Fills
from conversion.alter.mysql.tables import AlterTable, own_names
from conversion.alter.pieces import Piece
from conversion.mapping import Statement
from conversion.normal_types import collation_form, type_form
from conversion.result import Note
from conversion.to_mysql.ddl import MysqlWriter
from conversion.to_mysql.flavour import Flavour
from engines.catalog import Catalog, ForeignKey, Table
from engines.mysql.quoting import quote_identifier, quote_literal

CODE = ("trigger", "view", "event", "routine")
OWN_MODE = ("trigger", "event", "routine")
# Strict, so that a value that doesn't fit stops a statement instead of being cut; zero dates that are there stay.
MODE = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"
KEY_DROPS = {"drop index", "drop primary key"}
UNCHECKED, CHECKED = "SET SESSION foreign_key_checks = 0", "SET SESSION foreign_key_checks = 1"
OPENING = [f"SET SESSION sql_mode = '{MODE}'", "SET SESSION time_zone = '+00:00'"]
CLOSING = ["SET SESSION sql_mode = @@GLOBAL.sql_mode", "SET SESSION time_zone = @@GLOBAL.time_zone"]
COMMITS = (
    "every statement commits by itself: what comes is made first and what goes is dropped last, so a script that stops "
    "leaves tables that can be used; undo the steps that ran, or run a script of the differences that are left"
)


class MysqlPlan:
    """Plans one direction; the way back is another plan."""

    def __init__(self, changes: Changes, choices: Choices) -> None:
        self.changes = changes
        self.flavour = Flavour.of(changes.b.engine, changes.b.version)
        self.fills = Fills(choices)
        self.tables = {name: self._alter(pair) for name, pair in changes.pairs.items()}
        self.touched = {name: alter.clauses() for name, alter in self.tables.items()}
        self._again()
        self.old = MysqlWriter(changes.a).statements()
        self.new = MysqlWriter(changes.b).statements()
        self.old_piece = {name: piece for piece in changes.old.by_key.values() for name in piece.statements}
        self.new_piece = {name: piece for piece in changes.new.by_key.values() for name in piece.statements}

    def _alter(self, pair: TablePair) -> AlterTable:
        names = {own.name: seen.name for own, seen in zip(pair.before.columns, pair.seen.columns, strict=True)}
        return AlterTable(pair.before, pair.after, names, self.flavour, pair.seen, self.changes.names)

    def _again(self) -> None:
        """Foreign keys stand in the way of their columns' types and of the indexes that serve them."""
        for piece in self.changes.kept("fk"):
            key: ForeignKey = piece.item
            parent = key.referenced
            if self._disturbed(piece.owner_key, key.columns) or self._disturbed(parent, key.referenced_columns):
                self.changes.again(piece.key)

    def _disturbed(self, name: str, columns: list[str]) -> bool:
        pair = self.changes.pairs.get(name)
        if pair is None:
            return False
        for a, b in pair.columns:
            types = [(type_form(x, "mysql"), collation_form(x, "mysql"), x.nullable) for x in (a, b)]
            if b.name in columns and types[0] != types[1]:
                return True
        if not KEY_DROPS & {clause.fact for clause in self.touched[name]}:
            return False
        gone = self._keys(pair.seen) - self._keys(pair.after)
        return any(key and key[0] in [column.lower() for column in columns] for key in gone)

    def _keys(self, table: Table) -> set[tuple[str, ...]]:
        found = [key.columns for key in (table.primary_key, *table.uniques) if key is not None]
        found += [[part.column or "" for part in index.keys] for index in table.indexes]
        return {tuple(name.lower() for name in columns) for columns in found}

    def migration(self) -> Migration:
        """The script, without its way back."""
        steps = [*self._steps()]
        return Migration(
            engine=self.changes.b.engine, version=self.changes.b.version, opening=OPENING if steps else [],
            steps=steps, closing=CLOSING if steps else [], atomic=False, remaining=[*unreadable(self.changes)],
            notes=[Note(object="", text=COMMITS)] if steps else [],
        )  # fmt: skip

    def _steps(self) -> Iterator[Step]:
        yield from self._drops(*CODE)
        yield from self._drops("fk")
        yield from self._renames()
        yield from self._creates("sequence", "table", "unique", "index")
        for name in sorted(self.tables):
            yield from self._table(name)
        yield from self._creates("fk")
        yield from self._creates("routine", "view", "trigger", "event")
        yield from self._drops("table", "sequence")

    # whole objects

    def _drops(self, *kinds: str) -> Iterator[Step]:
        for statement in reversed(self.old):
            piece = self.old_piece.get(statement.id)
            if piece is None or piece.kind not in kinds or piece.key not in self.changes.drop:
                continue
            yield self._drop(statement, piece)

    def _drop(self, statement: Statement, piece: Piece) -> Step:
        found = self._step(statement, statement.undo or "", [statement.sql], "drop")
        if statement.kind in OWN_MODE and piece.item.options.get("sql_mode") is not None:
            found.undo = [_mode(piece.item.options["sql_mode"]), statement.sql, _mode(MODE)]
        if statement.kind == "fk" and self._dangling(piece, self.changes.a):
            found.undo = [UNCHECKED, statement.sql, CHECKED]
        if statement.kind == "fk":
            found.lock = way(["drop foreign key"], self.flavour.engine, self.flavour.version).as_lock()
        if statement.kind == "table":
            found.destructive, found.lost = True, "all rows of the table"
            found.undo += [item.sql for item in self.old if self._key_of(item, piece.item)]
            found.probe = f"SELECT count(*) FROM {quote_identifier(piece.item.name)}"
        elif statement.kind == "sequence":
            found.destructive, found.lost = True, "the number it has reached"
        elif piece.key in self.changes.make:
            found.notes.append("made again below")
        return found

    def _key_of(self, statement: Statement, table: Table) -> bool:
        """True for the statements that make the keys which go with a table."""
        piece = self.old_piece.get(statement.id)
        return statement.kind in ("unique", "index") and piece is not None and piece.owner is table

    def _dangling(self, piece: Piece, catalog: Catalog) -> bool:
        """A foreign key whose table isn't there: the server takes it only unchecked."""
        key = piece.item
        return all(
            (table.schema_name, table.name) != (key.referenced_schema, key.referenced_table) for table in catalog.tables
        )

    def _creates(self, *kinds: str) -> Iterator[Step]:
        for statement in self.new:
            piece = self.new_piece.get(statement.id)
            if piece is None or statement.kind not in kinds or piece.key not in self.changes.make:
                continue
            if piece.kind in ("unique", "index") and piece.owner_key in self.changes.pairs:
                continue  # part of the table's own ALTER TABLE
            yield from self._create(statement, piece)

    def _create(self, statement: Statement, piece: Piece) -> Iterator[Step]:
        mode = piece.item.options.get("sql_mode") if statement.kind in OWN_MODE else None
        dangling = statement.kind == "fk" and self._dangling(piece, self.changes.b)
        before, after = (_mode(mode), _mode(MODE)) if mode is not None and mode != MODE else ("", "")
        before, after = (UNCHECKED, CHECKED) if dangling else (before, after)
        if before:
            yield _session(before, statement.object)
        found = self._step(statement, statement.sql, [statement.undo or ""], "create")
        if statement.kind == "fk":
            carried = way(["add foreign key"], self.flavour.engine, self.flavour.version)
            found.lock, found.rewrite = carried.as_lock(), carried.rebuild
            found.refuses = "rows that refer to nothing stop the statement"
            found.online = Online(
                statements=[UNCHECKED, f"{statement.sql}, ALGORITHM=INPLACE, LOCK=NONE", CHECKED],
                needs="MySQL 5.6, MariaDB 10.0",
                note="rows that are there are not checked then: look for those that refer to nothing first",
            )  # fmt: skip
        if dangling:
            found.notes.append("the table it refers to isn't there")
        yield found
        if after:
            yield _session(after, statement.object)

    def _step(self, statement: Statement, sql: str, undo: list[str], action: str) -> Step:
        return Step(
            sql=sql, undo=undo, object=statement.object, kind=statement.kind, action=action,
            lock=METADATA if action == "drop" else NO_TABLE,
        )  # fmt: skip

    def _renames(self) -> Iterator[Step]:
        for pair in self.changes.pairs.values():
            if pair.before.name != pair.after.name:
                old, new = quote_identifier(pair.before.name), quote_identifier(pair.after.name)
                yield Step(
                    sql=f"RENAME TABLE {old} TO {new}", undo=[f"RENAME TABLE {new} TO {old}"], object=pair.full_name,
                    kind="table", action="rename", lock=METADATA,
                )  # fmt: skip

    # tables that stay

    def _table(self, name: str) -> Iterator[Step]:
        pair = self.changes.pairs[name]
        before, steps = self.fills.prepare(pair, self.flavour)
        yield from steps
        names = {own.name: seen.name for own, seen in zip(pair.before.columns, pair.seen.columns, strict=True)}
        extra = before.columns[len(pair.before.columns) :]
        seen = pair.seen.model_copy(update={"columns": [*pair.seen.columns, *extra]})
        keep = self.changes.names
        alter = AlterTable(before, pair.after, names, self.flavour, seen, keep)
        backward = {new: old for old, new in names.items()}
        back = AlterTable(pair.after, before, backward, self.flavour, own_names(pair), keep)
        clauses = alter.clauses()
        if clauses:
            yield self._joined(pair, clauses, back.clauses())
        undo = [f"ALTER TABLE {quote_identifier(pair.after.name)} {item.sql}" for item in back.partition_clauses()]
        for clause in alter.partition_clauses():
            yield self._joined(pair, [clause], [], undo)

    def _joined(
        self, pair: TablePair, clauses: list[Clause], back: list[Clause], undo: list[str] | None = None
    ) -> Step:
        """One ALTER TABLE for all changes: the table is read or written anew once."""
        name = quote_identifier(pair.after.name)
        sql = f"ALTER TABLE {name} " + ", ".join(item.sql for item in clauses if item.sql)
        carried = way([item.fact for item in clauses], self.flavour.engine, self.flavour.version)
        back_sql = ", ".join(item.sql for item in back if item.sql)
        lost = [item.lost for item in clauses if item.lost]
        refuses = [item.refuses for item in clauses if item.refuses]
        conditions = [item.condition for item in clauses if item.condition]
        owner = quote_identifier(pair.before.name)
        return Step(
            sql=sql, undo=undo if undo is not None else ([f"ALTER TABLE {name} {back_sql}"] if back_sql else []),
            object=pair.full_name, kind="table", action="alter",
            destructive=bool(lost), lost="; ".join(lost) or None, refuses="; ".join(refuses) or None,
            probe=f"SELECT count(*) FROM {owner} WHERE " + " OR ".join(f"({x})" for x in conditions)
            if conditions else None,
            lock=carried.as_lock(), rewrite=carried.rebuild, online=_online(sql, carried),
            changes=[item.change for item in clauses],
        )  # fmt: skip


def _online(sql: str, carried: Way) -> Online:
    if carried.algorithm == COPY or carried.lock != "NONE":
        return Online(tool=TOOL, note=TOOL_NOTE)
    text = f"{sql}, ALGORITHM={carried.algorithm}" + ("" if carried.algorithm == "INSTANT" else ", LOCK=NONE")
    return Online(
        statements=[text], needs="the version of the script's server",
        note="the server refuses it rather than take a stronger lock",
    )  # fmt: skip


def _session(sql: str, name: str) -> Step:
    return Step(sql=sql, object=name, kind="session", action="alter", lock=NO_TABLE)


def _mode(mode: str) -> str:
    return f"SET SESSION sql_mode = {quote_literal(mode)}"


def planned(changes: Changes, choices: Choices) -> Migration:
    """The script of the changes, without its way back."""
    return MysqlPlan(changes, choices).migration()
