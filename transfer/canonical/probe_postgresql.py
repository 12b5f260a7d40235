"""Finds rows of PostgreSQL by canonical keys with an index: key columns as values of their own types."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from engines.columns import Kind
from transfer.canonical.columns import ComparedColumn, Form, Role
from transfer.canonical.encoding import decode
from transfer.canonical.sql_postgresql import is_own

Fits = Callable[[str], bool | None]
LARGEST = 1 << 63
UNPROBED = frozenset({'"char"', "money", "oid"})  # without an operator that takes the other type
USUAL_YEAR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*(?<! BC)", re.DOTALL)


def _moment(text: str) -> bool | None:
    """None: PostgreSQL can read what Python's calendar can't, so nothing is said."""
    if not USUAL_YEAR.fullmatch(text) or len(text) > 26:
        return None
    try:
        return bool(datetime.datetime.fromisoformat(text))
    except ValueError:
        return False if text.startswith("0000") or text[5:7] > "12" or text[8:10] > "28" else None


def _matches(pattern: str) -> Fits:
    compiled = re.compile(pattern)
    return lambda text: bool(compiled.fullmatch(text))


def _integer(text: str) -> bool:
    return bool(re.fullmatch("-?[0-9]+", text)) and -LARGEST <= int(text) < LARGEST


# form and kind of a key column -> SQL of the key's text {k} as the column's type; whether a text can be read so:
# False: no row has it, None: it can't be looked up
PROBES: dict[tuple[Form, Kind], tuple[str, Fits]] = {
    (Form.NUMBER, Kind.INTEGER): ("{k}::int8", _integer),
    (Form.NUMBER, Kind.DECIMAL): ("{k}::numeric", _matches(r"-?[0-9]+(\.[0-9]+)?|NaN")),
    (Form.TEXT, Kind.TEXT): ("{k}", lambda text: True),
    (Form.CHAR, Kind.CHAR): ("{k}::bpchar", lambda text: True),
    (Form.UUID, Kind.UUID): ("{k}::uuid", _matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    (Form.BYTES, Kind.BINARY): ("pg_catalog.decode({k}, 'hex')", _matches("([0-9a-f]{2})*")),
    (Form.DATE, Kind.DATE): ("{k}::date", _moment),
    (Form.TIMESTAMP, Kind.TIMESTAMP): ("{k}::timestamptz", _moment),
}


@dataclass(frozen=True)
class Lookup:
    """A condition on the table t, its parameters from $1 on; every row with one of the keys fulfils it, and others."""

    condition: str
    parameters: list[list[str]]


def lookup(
    columns: Sequence[ComparedColumn],
    role: Role,
    quoted: Sequence[str],
    keys: Collection[bytes],
    loose: Collection[str] = (),
) -> Lookup | None:
    """How to find the keys by columns that can be looked up; None where none can.

    loose: names of columns on that side whose collation takes different texts for equal.
    """
    probes = {place: found for place, column in enumerate(columns) if (found := _probe(column, role)) is not None}
    kept: list[list[str | None]] = []
    for key in keys:
        row = [None if text is None else _text(text) for text in decode(columns, key)]
        fits = {place: _fits(probes[place][1], row[place]) for place in probes}
        if False not in fits.values():
            probes = {place: probe for place, probe in probes.items() if fits[place]}
            kept.append(row)
    if not probes:
        return None
    apart = {place for place in probes if columns[place].held(role).name in loose}
    numbers = {place: number for number, place in enumerate(probes, 1)}
    terms = [f"{quoted[place]} = ANY (${numbers[place]}::text[])" for place in apart]
    together = [place for place in probes if place not in apart]
    if together:
        arrays = ", ".join(f"pg_catalog.unnest(${numbers[place]}::text[])" for place in together)
        names = ", ".join(f"k{numbers[place]}" for place in together)
        equal = [f"{quoted[p]} = {probes[p][0].replace('{k}', f'k.k{numbers[p]}')}" for p in together]
        terms.append(f"EXISTS (SELECT FROM ROWS FROM ({arrays}) AS k({names}) WHERE {' AND '.join(equal)})")
    return Lookup(" AND ".join(terms), [[str(row[place]) for row in kept] for place in probes])


def _probe(column: ComparedColumn, role: Role) -> tuple[str, Fits] | None:
    held = column.held(role)
    found = PROBES.get((column.form, held.type.kind))
    if found is None or column.digits is not None or held.native in UNPROBED:
        return None
    if held.type.kind is Kind.TIMESTAMP and not held.type.with_zone:
        return "{k}::timestamp", found[1]
    # a type of one's own has its operators in a schema that is not searched; a domain has those of its base
    return found if not is_own(held) or "." in (held.type.name or "") or held.type.name == "citext" else None


def _text(text: bytes) -> str | None:
    """The text as PostgreSQL could hold it; a key that it can't is no key there."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return "\0"


def _fits(fits: Fits, text: str | None) -> bool | None:
    if text is None:
        return None
    return False if "\0" in text else fits(text)
