"""How each column's values travel from the source to the target, and which can't."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engines.columns import Kind
from engines.errors import Aborted
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held
from transfer.canonical.rendered import APART
from transfer.repair import written_mysql, written_postgresql, written_sqlite
from transfer.repair.unholdable import Unholdable

WRITTEN: Mapping[str, Mapping[Form, Mapping[Kind | None, Callable[[bytes, Held], object]]]] = {
    "postgresql": written_postgresql.WRITTEN,
    "mysql": written_mysql.WRITTEN,
    "sqlite": written_sqlite.WRITTEN,
}
# forms that say less than the column holds, and how that is read whole between two columns of one type
OWN_TEXT = "the server's own text"
WHOLE: dict[str, tuple[frozenset[Kind], Form]] = {
    "postgresql": (frozenset(Kind), Form.NATIVE),
    "mysql": (frozenset({Kind.JSON, Kind.CHAR, Kind.TEXT, Kind.ENUM, Kind.SET}), Form.TEXT),
}
# what a form leaves out, where it travels between two engines
MEANINGS: dict[Form, str] = {
    Form.NUMBER: "by value",
    Form.SINGLE: "as a 32-bit float",
    Form.CHAR: "without the blanks at its end",
    Form.JSON: "by value: keys sorted, no blanks",
    Form.SET: "labels in alphabetical order",
}


@dataclass(frozen=True)
class Carried:
    """A column that is written: how the source is asked for it, what the target has, and how its text is written.

    read: the compared column, or one in another form that says more; whole: whether that is an additional one.
    """

    compared: str
    read: ComparedColumn
    write: Callable[[bytes, Held], object]
    whole: bool = False

    @property
    def held(self) -> Held:
        """The target's column."""
        return self.read.target

    def value(self, text: bytes | None) -> object:
        """What the target is given for a text of the source; Unholdable where it can't hold that."""
        if text is None:
            return None
        if text.startswith(APART):
            raise Unholdable("the source's value is not what its column is read as")
        try:
            return self.write(text, self.held)
        except Unholdable:
            raise
        except ValueError as error:
            raise Unholdable("the source's value has no spelling on the target") from error


class WholeDocument(Carried):
    """A document as its bytes, whatever they are."""

    def value(self, text: bytes | None) -> object:
        """The bytes."""
        return text


def carried(table: ComparedTable, engines: tuple[str, str], skipped: set[str]) -> list[Carried]:
    """The columns of a table that a repair writes; skipped: those that the target computes itself.

    Aborted VALUES_NOT_CARRIED names a column whose values can't be written on the target.
    """
    found = [_carried(table, column, engines) for column in table.columns if column.name not in skipped]
    for column in table.uncompared:
        if column.side != "target" and column.column not in skipped:
            raise _refused(table, column.column, column.reason)
    return found


def _carried(table: ComparedTable, column: ComparedColumn, engines: tuple[str, str]) -> Carried:
    read, whole = column, False
    kinds, form = WHOLE.get(engines[1], (frozenset[Kind](), column.form))
    native = column.source.native == column.target.native and engines[0] == engines[1]
    if native and column.source.type.kind in kinds and column.form is not form:
        read, whole = _widened(table, column, form), True
    elif column.target.reading == "pg_numeric":
        read, whole = _widened(table, column, Form.TEXT), True
    ways = WRITTEN.get(engines[1], {}).get(read.form, {})
    write = ways.get(column.target.type.kind, ways.get(None))
    if write is None:
        raise _refused(
            table, column.name, f"a {read.form} of {column.source.native} is not written into {column.target.native}"
        )
    return Carried(column.name, read, write, whole)


def _widened(table: ComparedTable, column: ComparedColumn, form: Form) -> ComparedColumn:
    """The same column in another form, under a name that no column has."""
    name = f"{column.name} as {form}"
    while any(other.name == name for other in table.columns):
        name += " too"
    return column.model_copy(update={"name": name, "form": form, "digits": None})


def meaning(column: Carried) -> str | None:
    """How the column's values travel, where the target is not given the very same text."""
    return None if column.whole else MEANINGS.get(column.read.form)


def _refused(table: ComparedTable, column: str, reason: str) -> Aborted:
    return Aborted(
        "VALUES_NOT_CARRIED",
        f"{table.source}, column {column}: its values can't be carried exactly ({reason}).",
        "Copy the table again with the tool that moved it, or leave the column out of the comparison.",
        table=table.name,
        column=column,
    )
