"""SQLite values in canonical form: what a reading expects by value, everything else by its class."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.columns import Kind, LogicalType
from transfer.canonical.columns import ComparedColumn, Form, Held
from transfer.canonical.encoding import decode, encode
from transfer.canonical.rendered import APART, encoded
from transfer.canonical.values_sqlite import NATIVE, READINGS, renderer

APARTS = "apart"


def column(form: Form, reading: str = "native", digits: int | None = None, kind: Kind = Kind.OTHER) -> ComparedColumn:
    source = Held(name="c", native="", type=LogicalType(kind=Kind.DYNAMIC), reading=reading)
    target = Held(name="c", native="", type=LogicalType(kind=kind, length=4))
    return ComparedColumn(name="c", form=form, source=source, target=target, digits=digits)


def stored(value: Any) -> Any:
    """Text as the side reads it."""
    return bytearray(value.encode(errors="surrogateescape")) if isinstance(value, str) else value


def text_of(found: ComparedColumn, value: Any) -> str:
    # beside a NULL and by itself: whole batches of one class go another way
    render = renderer(found, "source")
    [alone], [mixed, nothing] = render([stored(value)]).texts, render([stored(value), None]).texts
    assert alone == mixed and nothing is None and isinstance(alone, bytes)
    return APARTS if alone.startswith(APART) else alone.decode()


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        (Form.NUMBER, 1, "1"), (Form.NUMBER, "1", "1"), (Form.NUMBER, "1.50", "1.5"), (Form.NUMBER, 1.0, "1"),
        (Form.NUMBER, -0.0, "0"), (Form.NUMBER, float("inf"), "Infinity"), (Form.NUMBER, "NaN", "NaN"),
        (Form.NUMBER, "one", APARTS), (Form.NUMBER, b"1", APARTS), (Form.NUMBER, "true", APARTS),
        (Form.SINGLE, 0.1, "0.10000000149011612"), (Form.TEXT, "a\0b  ", "a\0b  "), (Form.TEXT, 5, "5"),
        (Form.TEXT, 1.5, "1.5"), (Form.TEXT, b"a", APARTS), (Form.CHAR, "a  ", "a"), (Form.CHAR, " \t", " \t"),
        (Form.BYTES, b"\0\xff", "00ff"), (Form.BYTES, "é", "c3a9"), (Form.BYTES, 5, APARTS),
        (Form.DATE, "2024-02-29", "2024-02-29"), (Form.DATE, "2024-02-29 00:00:00", "2024-02-29"),
        (Form.DATE, "2024-02-29 00:00:01", APARTS), (Form.DATE, 86400, "1970-01-02"),
        (Form.DATE, 2460000.5, "2023-02-25"),
        (Form.DATE, "infinity", "infinity"), (Form.DATE, "0044-03-15 BC", "0044-03-15 BC"), (Form.DATE, "soon", APARTS),
        (Form.TIMESTAMP, "2024-02-29T12:00:00.50", "2024-02-29 12:00:00.5"), (Form.TIMESTAMP, 0, "1970-01-01 00:00:00"),
        (Form.TIMESTAMP, 1700000000123, "2023-11-14 22:13:20.123"),
        (Form.TIMESTAMP, 1700000000.5, "2023-11-14 22:13:20.5"),
        (Form.TIMESTAMP, 2460000.75, "2023-02-25 06:00:00"),
        (Form.TIMESTAMP, "0000-00-00 00:00:00", "0000-00-00 00:00:00"),
        (Form.TIMESTAMP, "2024-02-30 00:00:00", "2024-02-30 00:00:00"), (Form.TIMESTAMP, b"2024-01-01", APARTS),
        (Form.TIMESTAMP, "2024-01-01 02:00:00+02:00", "2024-01-01 00:00:00"), (Form.TIMESTAMP, "", APARTS),
        (Form.TIMESTAMP, "2024-01-01 00:00:00\n2024-01-01 00:00:00", APARTS), (Form.TIME, "12:34", "12:34:00"),
        (Form.TIME, "12:34:56.700", "12:34:56.7"), (Form.TIME, 5, APARTS), (Form.TIMETZ, "12:00:00Z", "12:00:00+00"),
        (Form.INTERVAL, "1 day 02:00:00", "0 1 7200000000"), (Form.INTERVAL, "-838:59:59", "0 0 -3020399000000"),
        (Form.UUID, "00000000-0000-0000-0000-00000000000A", "00000000-0000-0000-0000-00000000000a"),
        (Form.UUID, b"\0" * 16, "00000000-0000-0000-0000-000000000000"), (Form.UUID, b"\0", APARTS),
        (Form.JSON, '{"b":1.0, "a":2}', '{"a":2,"b":1}'), (Form.JSON, "{", APARTS), (Form.JSON, 1.50, "1.5"),
        (Form.SET, "b,a", "a,b"), (Form.POINT, "(1,2)", "1 2"), (Form.DYNAMIC, 5, "integer 5"),
        (Form.DYNAMIC, 5.0, "real 5.0"),
        (Form.DYNAMIC, "5", "text 5"), (Form.DYNAMIC, b"5", "blob 5"), (Form.DYNAMIC, -0.0, "real 0.0"),
    ],
)  # fmt: skip
def test_a_column_of_any_class_is_read_by_its_meaning(form: Form, value: Any, expected: str) -> None:
    assert text_of(column(form), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, "1"),
        (0, "0"),
        (2, "2"),
        ("t", "1"),
        ("FALSE", "0"),
        ("yes", "1"),
        ("0", "0"),
        ("maybe", APARTS),
        (b"1", APARTS),
    ],
)
def test_beside_a_boolean_its_words_are_read(value: Any, expected: str) -> None:
    assert text_of(column(Form.NUMBER, kind=Kind.BOOLEAN), value) == expected


@pytest.mark.parametrize(("value", "expected"), [(5, "0101"), ("0101", "0101"), (b"\x05", "0101"), (1.5, APARTS)])
def test_bits_are_all_of_the_other_side(value: Any, expected: str) -> None:
    assert text_of(column(Form.BITS, kind=Kind.BIT), value) == expected


@pytest.mark.parametrize(
    ("reading", "form", "value", "expected"),
    [
        ("integer", Form.NUMBER, 5, "5"), ("integer", Form.NUMBER, 5.0, APARTS), ("integer", Form.NUMBER, "5", APARTS),
        ("boolean", Form.NUMBER, 1, "1"), ("boolean", Form.NUMBER, 2, APARTS), ("double", Form.NUMBER, 5, "5"),
        ("double", Form.NUMBER, 0.1, "0.1"), ("double", Form.NUMBER, "0.1", APARTS),
        ("numeric", Form.NUMBER, 1e20, "1" + "0" * 20),
        ("text", Form.TEXT, "a", "a"), ("text", Form.TEXT, 5, APARTS), ("text_any", Form.TEXT, 1e20, "1e+20"),
        ("bytea", Form.BYTES, "a", APARTS), ("bytea_any", Form.BYTES, "a", "61"),
        ("jsonb_any", Form.JSON, "a", '"a"'), ("jsonb_any", Form.JSON, b"\1", '{"$blob":"01"}'),
        ("jsonb_any", Form.JSON, 1.0, "1"),
        ("date", Form.DATE, "2024-01-01", "2024-01-01"), ("date", Form.DATE, 5, APARTS),
        ("time", Form.TIME, "01:02:03.10", "01:02:03.1"),
        ("timestamp", Form.TIMESTAMP, "2024-01-01T00:00:00", "2024-01-01 00:00:00"),
        ("timestamp", Form.TIMESTAMP, 0, APARTS),
        ("timestamptz", Form.TIMESTAMP, "2024-01-01 00:00:00 -01:00", "2024-01-01 01:00:00"),
        ("epoch_seconds", Form.TIMESTAMP, 10**12, "33658-09-27 01:46:40"),
        ("epoch_seconds", Form.TIMESTAMP, "5", APARTS),
        ("epoch_milliseconds", Form.TIMESTAMP, 1001, "1970-01-01 00:00:01.001"),
        ("julian_day", Form.TIMESTAMP, 2460001, "2023-02-25 12:00:00"),
        ("julian_day", Form.TIMESTAMP, "2024-01-01", APARTS),
        ("uuid", Form.UUID, "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"),
        ("uuid", Form.UUID, b"\0" * 16, APARTS), ("json", Form.JSON, "[1.0]", "[1]"), ("json", Form.JSON, 1, APARTS),
        ("pg_real", Form.NUMBER, "NaN", "NaN"), ("pg_real", Form.NUMBER, 1.5, "1.5"),
        ("pg_real", Form.NUMBER, "1.5", APARTS),
        ("pg_numeric", Form.NUMBER, "1.50", "1.5"), ("pg_numeric", Form.NUMBER, "Infinity", "Infinity"),
        ("pg_numeric", Form.NUMBER, 1, APARTS),
        ("pg_date", Form.DATE, "12024-01-01", "12024-01-01"),
        ("pg_time", Form.TIMETZ, "12:00:00+05:30", "12:00:00+05:30"),
        ("pg_timestamp", Form.TIMESTAMP, "infinity", "infinity"),
        ("pg_timestamptz", Form.TIMESTAMP, "0044-03-15 00:00:00 BC+00:00", "0044-03-15 00:00:00 BC"),
        ("pg_timestamptz", Form.TIMESTAMP, "-infinity+00:00", "-infinity"),
        ("pg_array", Form.JSON, "[1.0, null]", "[1,null]"),
    ],
)  # fmt: skip
def test_a_reading_of_a_plan_expects_its_own_classes(reading: str, form: Form, value: Any, expected: str) -> None:
    assert text_of(column(form, reading), value) == expected


@pytest.mark.parametrize(
    ("form", "digits", "value", "expected"),
    [
        (Form.NUMBER, 2, "1.005", "1.01"), (Form.NUMBER, 2, 1.999, "2"), (Form.NUMBER, 2, 5, "5"),
        (Form.TIMESTAMP, 3, "2024-01-01 00:00:00.1235", "2024-01-01 00:00:00.124"),
        (Form.TIME, 0, "23:59:59.5", "24:00:00"),
        (Form.TIMESTAMP, 0, "2023-12-31 23:59:59.5", "2024-01-01 00:00:00"),
    ],
)  # fmt: skip
def test_values_are_rounded_to_what_both_sides_hold(form: Form, digits: int, value: Any, expected: str) -> None:
    assert text_of(column(form, digits=digits), value) == expected


CELLS = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary()


@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1), st.sampled_from([*NATIVE]), st.sampled_from(["native", *READINGS])
)
def test_rows_are_encoded_as_the_definition_says(rows: list[tuple[Any, Any]], form: Form, reading: str) -> None:
    columns = [column(Form.DYNAMIC), column(form, reading)]
    values = list(zip(*[[stored(cell) for cell in row] for row in rows], strict=True))
    made = [renderer(one, "source")(cells) for one, cells in zip(columns, values, strict=True)]
    texts = [list(row) for row in zip(*(one.texts for one in made), strict=True)]
    assert encoded(made, len(rows)) == [encode(columns, row) for row in texts]
    assert [decode(columns, row) for row in encoded(made, len(rows))] == texts


@given(st.lists(CELLS, min_size=1))
def test_dynamic_texts_tell_all_values_apart(cells: list[Any]) -> None:
    def known(value: Any) -> Any:
        return type(value).__name__, 0.0 if value == 0 and isinstance(value, float) else value

    texts = renderer(column(Form.DYNAMIC), "source")([stored(cell) for cell in cells]).texts
    assert len(set(texts)) == len({known(cell) for cell in cells})
