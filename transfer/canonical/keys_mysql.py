"""Conditions that find rows by their keys' canonical texts through an index of MySQL; they may find others as well."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Collection, Mapping, Sequence

from engines.columns import Kind
from engines.mysql.quoting import quote_identifier
from transfer.canonical.columns import ComparedColumn, Form, Held, Role
from transfer.canonical.encoding import decode
from transfer.canonical.sql_mysql import Live

NUMBER = re.compile(rb"-?[0-9]+(\.[0-9]+)?")
MOMENT = re.compile(rb"([0-9]{4})-([0-9]{2})-([0-9]{2})( ([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\.[0-9]{1,6})?)?")
UUID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST = 67  # sign, digits and point of a DECIMAL: MySQL manual, Fixed-Point Types
NOWHERE = ""  # no row of this engine can hold it
Literal = Callable[[bytes, Held], str | None]


def _number(text: bytes, held: Held) -> str | None:
    if not NUMBER.fullmatch(text):
        return NOWHERE
    if held.type.kind is Kind.FLOAT:
        return text.decode() + "e0"
    return text.decode() if len(text) <= LONGEST else NOWHERE


def _moment(text: bytes, held: Held) -> str | None:
    """A literal that is no date is an error in MySQL 8."""
    found = MOMENT.fullmatch(text)
    if found is None:
        return NOWHERE
    year, month, day = (int(part) for part in found.group(1, 2, 3))
    most = monthrange(year, month)[1] if year and 0 < month <= 12 else 31
    return f"'{text.decode()}'" if month <= 12 and day <= most else NOWHERE


def _uuid(text: bytes, held: Held) -> str | None:
    return f"'{text.decode()}'" if UUID.fullmatch(text) else None


def _uuid_bytes(text: bytes, held: Held) -> str | None:
    return f"x'{text.decode().replace('-', '')}'" if UUID.fullmatch(text) else None


def _bytes(text: bytes, held: Held) -> str | None:
    return f"x'{text.decode()}'"


def _bits(text: bytes, held: Held) -> str | None:
    return str(int(text, 2)) if text and not text.strip(b"01") and len(text) <= 64 else NOWHERE


def _text(text: bytes, held: Held) -> str | None:
    """A constant of UTF-8, which the server brings into the column's character set where that has its letters.

    Texts of no code points (transfer/canonical/sql_mysql.py UNEXPECTED, OWN) have no literal.
    """
    try:
        text.decode()
    except UnicodeDecodeError:
        return None
    return f"_utf8mb4 x'{text.hex()}'"


# form -> kind -> literal of a canonical text. Not there: equal texts needn't be equal in the column's own order (floats
# of 32 bits, labels, JSON).
LITERALS: dict[Form, dict[Kind, Literal]] = {
    Form.NUMBER: {
        Kind.INTEGER: _number, Kind.DECIMAL: _number, Kind.YEAR: _number, Kind.BIT: _number, Kind.FLOAT: _number
    },
    Form.TEXT: {Kind.TEXT: _text, Kind.CHAR: _text},
    Form.CHAR: {Kind.CHAR: _text},
    Form.BYTES: {Kind.BINARY: _bytes},
    Form.BITS: {Kind.BIT: _bits},
    Form.DATE: {Kind.DATE: _moment},
    Form.TIMESTAMP: {Kind.TIMESTAMP: _moment},
    Form.UUID: {Kind.UUID: _uuid, Kind.BINARY: _uuid_bytes},
}  # fmt: skip


def condition(
    columns: Sequence[ComparedColumn], role: Role, live: Mapping[str, Live], keys: Collection[bytes]
) -> str | None:
    """SQL that holds for every row with one of these keys; None where it can't be said in a way that an index serves.

    columns: of the key, in its order; live: what the server says of them, by their names there. Columns without a
    literal are left out of the condition.
    """
    found = [(column, literal) for column in columns if (literal := _literal(column, role, live)) is not None]
    if not found:
        return None
    choices: set[tuple[str, ...]] = set()
    for key in keys:
        texts = dict(zip((column.name for column in columns), decode(columns, key), strict=True))
        terms = [_term(column.held(role), texts[column.name], literal) for column, literal in found]
        if None in terms:
            return None
        if NOWHERE not in terms:
            choices.add(tuple(str(term) for term in terms))
    names = [quote_identifier(column.held(role).name) for column, _ in found]
    return _any_of(names, sorted(choices)) or "FALSE"


def _literal(column: ComparedColumn, role: Role, live: Mapping[str, Live]) -> Literal | None:
    """None also for columns whose key text is rounded: the stored value is another one."""
    held = column.held(role)
    if column.digits is not None or (held.type.kind is Kind.FLOAT and held.type.bits == 32):
        return None
    if column.form is Form.CHAR and held.type.kind is Kind.TEXT:
        return _text if live[held.name].padded else None
    return LITERALS.get(column.form, {}).get(held.type.kind)


def _term(held: Held, text: bytes | None, literal: Literal) -> str | None:
    return "NULL" if text is None else literal(text, held)


def _any_of(names: list[str], choices: list[tuple[str, ...]]) -> str:
    if len(names) == 1:
        values = [value for (value,) in choices if value != "NULL"]
        terms = [f"{names[0]} IN ({', '.join(values)})"] if values else []
        terms += [f"{names[0]} IS NULL"] if ("NULL",) in choices else []
        return " OR ".join(terms)
    return " OR ".join(
        "(" + " AND ".join(f"{name} {'IS' if value == 'NULL' else '='} {value}" for name, value in pairs) + ")"
        for pairs in (list(zip(names, choice, strict=True)) for choice in choices)
    )
