"""Canonical texts as each engine's own input, and what an engine can't hold."""

from typing import Any

import pytest

from engines.columns import Kind, LogicalType
from engines.errors import Aborted
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held, Uncompared
from transfer.repair.carrying import WRITTEN, Carried, carried
from transfer.repair.unholdable import Unholdable

UUID = b"01234567-89ab-cdef-0123-456789abcdef"


def column(engine: str, form: Form, kind: Kind, native: str = "x", **facts: Any) -> Carried:
    held = Held(name="c", native=native, type=LogicalType(kind=kind, **facts))
    ways = WRITTEN[engine][form]
    read = ComparedColumn(name="c", form=form, source=held, target=held)
    return Carried("c", read, ways.get(kind) or ways[None])


@pytest.mark.parametrize(
    ("engine", "form", "kind", "text", "written"),
    [
        ("postgresql", Form.BYTES, Kind.BINARY, b"00ff", r"\x00ff"),
        ("postgresql", Form.BYTES, Kind.TEXT, b"c3a4", "ä"),
        ("postgresql", Form.INTERVAL, Kind.INTERVAL, b"1 -2 3", "1 mons -2 days 3 microseconds"),
        ("postgresql", Form.INTERVAL, Kind.TIME, b"0 0 -3600000001", "-01:00:00.000001"),
        ("postgresql", Form.UUID, Kind.BINARY, UUID, r"\x0123456789abcdef0123456789abcdef"),
        ("postgresql", Form.GEOMETRY, Kind.GEOMETRY, b"4326:0101", "SRID=4326;0101"),
        ("postgresql", Form.POINT, Kind.OTHER, b"1 2", "(1,2)"),
        ("mysql", Form.INTERVAL, Kind.TIME, b"0 0 -3020399000000", "-838:59:59.000000"),
        ("mysql", Form.DATE, Kind.DATE, b"0000-00-00", "0000-00-00"),
        ("mysql", Form.BITS, Kind.BIT, b"101", 5),
        ("sqlite", Form.NUMBER, Kind.INTEGER, b"-7", -7),
        ("sqlite", Form.NUMBER, Kind.FLOAT, b"7", 7.0),
        ("sqlite", Form.NUMBER, Kind.INTEGER, b"9223372036854775808", 9223372036854775808.0),
        ("sqlite", Form.NUMBER, Kind.DECIMAL, b"1234567890.1234567", "1234567890.1234567"),
        ("sqlite", Form.DYNAMIC, Kind.DYNAMIC, b"real -0.5", -0.5),
        ("sqlite", Form.DYNAMIC, Kind.DYNAMIC, b"blob a b", b"a b"),
    ],
)
def test_texts_become_what_the_engine_takes(engine: str, form: Form, kind: Kind, text: bytes, written: object) -> None:
    found = column(engine, form, kind).value(text)
    assert (found, type(found)) == (written, type(written))
    assert column(engine, form, kind).value(None) is None


@pytest.mark.parametrize(
    ("engine", "form", "kind", "text"),
    [
        ("postgresql", Form.TEXT, Kind.TEXT, b"a\0b"),
        ("postgresql", Form.DATE, Kind.DATE, b"0000-00-00"),
        ("postgresql", Form.DATE, Kind.DATE, b"2024-00-01"),
        ("postgresql", Form.INTERVAL, Kind.TIME, b"1 0 0"),
        ("postgresql", Form.NUMBER, Kind.INTEGER, b"\xffunexpected text 6e"),
        ("mysql", Form.NUMBER, Kind.FLOAT, b"NaN"),
        ("mysql", Form.TIMESTAMP, Kind.TIMESTAMP, b"infinity"),
        ("mysql", Form.DATE, Kind.DATE, b"20000-01-01"),
        ("mysql", Form.TIMESTAMP, Kind.TIMESTAMP, b"0044-03-15 00:00:00 BC"),
        ("mysql", Form.INTERVAL, Kind.TIME, b"0 0 3020400000000"),
        ("sqlite", Form.TEXT, Kind.TEXT, b"a\xfe"),
        ("sqlite", Form.NUMBER, Kind.FLOAT, b"NaN"),
    ],
)
def test_what_an_engine_can_t_hold_is_said(engine: str, form: Form, kind: Kind, text: bytes) -> None:
    with pytest.raises(Unholdable):
        column(engine, form, kind).value(text)


def table(source: Held, target: Held, form: Form, **facts: Any) -> ComparedTable:
    one = ComparedColumn(name="c", form=form, source=source, target=target)
    return ComparedTable(name="t", source="a.t", target="b.t", columns=[one], **facts)


POINT = Held(name="c", native="point", type=LogicalType(kind=Kind.GEOMETRY))
NUMERIC = Held(name="c", native="numeric", type=LogicalType(kind=Kind.DECIMAL))


def test_a_column_that_can_t_be_written_refuses_the_table_by_name() -> None:
    with pytest.raises(Aborted, match=r"VALUES_NOT_CARRIED.*a\.t, column c"):
        carried(table(POINT, POINT, Form.POINT), ("postgresql", "sqlite"), set())
    lost = Uncompared(column="lost", side="both", reason="nothing says when two such values are the same")
    with pytest.raises(Aborted, match=r"VALUES_NOT_CARRIED.*column lost"):
        carried(table(NUMERIC, NUMERIC, Form.NUMBER, uncompared=[lost]), ("mysql", "postgresql"), set())


def test_between_two_columns_of_one_type_the_own_text_travels() -> None:
    (found,) = carried(table(NUMERIC, NUMERIC, Form.NUMBER), ("postgresql", "postgresql"), set())
    assert (found.read.form, found.whole, found.read.name) == (Form.NATIVE, True, "c as native")
    (found,) = carried(table(NUMERIC, NUMERIC, Form.NUMBER), ("mysql", "postgresql"), set())
    assert (found.read.form, found.whole) == (Form.NUMBER, False)
