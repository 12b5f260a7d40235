"""A converted schema beside the one that the project's own authors wrote for the target engine, column by column."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.score.outcome import Outcome
from engines.catalog import Catalog, Column, Kind, Table

INTEGERS = {16: (-(2**15), 2**15 - 1), 32: (-(2**31), 2**31 - 1), 64: (-(2**63), 2**63 - 1)}
# Kinds that hold each other's values for what a column is used for; a kind may stand in several groups.
GROUPS: tuple[frozenset[Kind], ...] = (
    frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.BIT, Kind.YEAR}),
    frozenset({Kind.INTEGER, Kind.BOOLEAN}),  # only with values 0 and 1 or true and false: tinyint(1), smallint flags
    frozenset({Kind.DECIMAL, Kind.FLOAT}),
    frozenset({Kind.TEXT, Kind.CHAR, Kind.ENUM, Kind.SET, Kind.NETWORK, Kind.UUID, Kind.JSON, Kind.XML, Kind.ARRAY}),
    frozenset({Kind.TEXT, Kind.BINARY}),  # a text of bytes: experts write bytea or text for a blob
    frozenset({Kind.DATE}),
    frozenset({Kind.TIME, Kind.INTERVAL}),
    frozenset({Kind.TIMESTAMP}),
)
NOW = re.compile(
    r"^(now|current_timestamp|localtimestamp|utc_timestamp|statement_timestamp|transaction_timestamp)\b.*$"
)
CASTS = re.compile(r"::[a-z_ \".]+(\(\d+(,\d+)?\))?(\[\])?", re.IGNORECASE)
BYTES = re.compile(r"^(?:'\\x|[xX]')((?:[0-9a-fA-F]{2})*)'$")  # PostgreSQL's and MySQL's
WHOLE_SECONDS = re.compile(r"(\d\d:\d\d:\d\d)\.0+(?=\D|$)")
FALSE, TRUE = {"0", "'0'", "false", "'f'", "b'0'", "'n'"}, {"1", "'1'", "true", "'t'", "b'1'", "'y'"}


@dataclass
class Agreement:
    """columns joined by name; equivalent: range, nullability and default agree; same: the type is the very same."""

    columns: int = 0
    equivalent: int = 0
    same: int = 0
    why: Counter[str] = field(default_factory=Counter)  # range | nullability | default -> columns that differ in it
    different: list[str] = field(default_factory=list)

    def __iadd__(self, other: Agreement) -> Agreement:
        self.columns += other.columns
        self.equivalent += other.equivalent
        self.same += other.same
        self.why += other.why
        self.different += other.different
        return self


def agreement(outcome: Outcome, experts: Catalog) -> Agreement:
    """Join the converted schema with the experts' by the names of tables and columns, without case and underscores."""
    result = Agreement()
    theirs = {_plain(table.name): table for table in experts.tables}
    there = {table.full_name: table for table in outcome.made.tables}
    for mapping in outcome.conversion.tables:
        source = outcome.source.table(mapping.source)
        ours, other = there.get(mapping.target), theirs.get(_plain(source.name))
        if ours is None or other is None:
            continue
        by_name = {_plain(column.name): column for column in other.columns}
        for column in mapping.columns:
            expert = by_name.get(_plain(column.source))
            if expert is not None:
                _compare(result, source.column(column.source), ours.column(column.target), ours, expert, other)
    return result


def _compare(result: Agreement, source: Column, ours: Column, table: Table, expert: Column, other: Table) -> None:
    result.columns += 1
    wrong = []
    if not fits(source, ours, expert, keyed_length(other, expert.name)):
        wrong.append("range")
    if _nullable(ours, table) != _nullable(expert, other):
        wrong.append("nullability")
    if default_form(ours) != default_form(expert):
        wrong.append("default")
    result.why.update(wrong)
    result.equivalent += not wrong
    result.same += type_name(ours) == type_name(expert)
    if wrong or type_name(ours) != type_name(expert):
        result.different.append(
            f"{table.name}.{ours.name}: {source.native} -> {ours.native} / experts {expert.native}"
            + (f" ({', '.join(wrong)}: {ours.default} / {expert.default})" if wrong else "")
        )


def fits(source: Column, ours: Column, expert: Column, keyed: int | None = None) -> bool:
    """Our type holds every value that the source's and the experts' types both hold.

    keyed: characters that tell values apart in the experts' unique keys, where those look at the first ones only.
    """
    a, b = ours.type, expert.type
    if not any(a.kind in group and b.kind in group for group in GROUPS):
        return False
    if a.kind is Kind.INTEGER and b.kind is Kind.INTEGER:
        return (a.bits or 64) >= min(b.bits or 64, _needed(source))
    if a.kind in (Kind.TEXT, Kind.CHAR) and a.length is not None:
        longest = min(_length(b.length), _length(source.type.length), _length(keyed))
        return a.length >= longest or (longest == UNLIMITED and source.type.length is not None)
    return True


def keyed_length(table: Table, column: str) -> int | None:
    """How many first characters of a column its table's unique keys look at; None where they look at all."""
    found = [key.prefixes[column] for key in table.uniques if column in key.prefixes]
    found += [
        key.prefix
        for index in table.indexes
        if index.unique
        for key in index.keys
        if key.column == column and key.prefix
    ]
    return max(found, default=None)


UNLIMITED = 10**12
MODIFIERS = re.compile(r"\(.*?\)|\b(unsigned|zerofill)\b")  # PostgreSQL and SQLite can't say unsigned


def _length(length: int | None) -> int:
    return UNLIMITED if length is None else length


def _needed(source: Column) -> int:
    """Bits of the smallest integer that holds the values found (none, in most schemas) in no fewer bytes."""
    bits = source.type.bits or 64
    return next((size for size in (8, 16, 24, 32, 64) if bits <= size), 64)


def _nullable(column: Column, table: Table) -> bool:
    key = table.primary_key.columns if table.primary_key else []
    return column.nullable and column.name not in key and column.identity is None


def default_form(column: Column) -> str:
    """A default in a form that is equal when two engines' spellings mean the same value."""
    if column.identity is not None or (column.default or "").lower().startswith("nextval("):
        return "numbered"
    text = CASTS.sub("", column.default or "").strip().strip("()").strip()
    written = BYTES.match(text)
    if written:
        text = "'" + bytes.fromhex(written[1]).decode(errors="replace") + "'"
    text = WHOLE_SECONDS.sub(r"\1", text)
    lower = text.lower()
    if lower in ("", "null"):
        return ""
    if NOW.match(lower):
        return "now"
    if lower in FALSE:
        return "0"
    if lower in TRUE:
        return "1"
    number = lower.strip("'")
    if re.fullmatch(r"-?\d+(\.\d+)?", number):
        return f"{float(number):g}"
    return text.strip("'")


def type_name(column: Column) -> str:
    """A type's name without length, with serial and identity as the integer they number."""
    kind = column.type.kind
    if kind in (Kind.ENUM, Kind.SET):
        return kind.value
    if kind is Kind.TIMESTAMP:
        return "timestamp with zone" if column.type.with_zone else "timestamp"
    return MODIFIERS.sub("", column.native.lower()).strip()


def _plain(name: str) -> str:
    return name.lower().replace("_", "")
