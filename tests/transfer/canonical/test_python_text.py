"""Numbers, moments, spans, geometries and other values of Python as canonical text."""

from __future__ import annotations

import datetime
import math
import struct
import uuid
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from bson import DatetimeMS, Decimal128, Int64, ObjectId
from hypothesis import given
from hypothesis import strategies as st

from engines.columns import Kind, LogicalType
from transfer.canonical import geometry_text, moments_text, numbers_text, spans_text
from transfer.canonical.columns import ComparedColumn, Form, Held
from transfer.canonical.values_python import reader

UTC = datetime.UTC
PLUS = datetime.timezone(datetime.timedelta(hours=5, minutes=30))


def column(form: Form, digits: int | None = None, length: int | None = None) -> ComparedColumn:
    held = Held(
        name="c", native="", type=LogicalType(kind=Kind.BIT if form is Form.BITS else Kind.OTHER, length=length)
    )
    return ComparedColumn(name="c", form=form, source=held, target=held, digits=digits)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"), (-5, "-5"), (2**64, "18446744073709551616"), (True, "1"), (0.1, "0.1"), (1e20, "1" + "0" * 20),
        (-0.0, "0"), (5e-324, "0." + "0" * 323 + "5"), (1e22, "1" + "0" * 22), (1.5e-7, "0.00000015"),
        (float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity"), (Decimal("1.00"), "1"),
        (Decimal("-0.00"), "0"), (Decimal("1E+3"), "1000"), (Decimal("NaN"), "NaN"), (Int64(7), "7"),
        (Decimal128("1E-6176"), "0." + "0" * 6175 + "1"), (Decimal128("-Infinity"), "-Infinity"), ("1.50", "1.5"),
        (" +1e2 ", "100"), ("nan", "NaN"), ("-inf", "-Infinity"), (".5", "0.5"), ("5.", "5"),
        (Decimal("1e131072"), "1e131072"), (Decimal("1e-20000"), "1e-20000"),
    ],
)  # fmt: skip
def test_numbers_have_plain_digits(value: Any, expected: str) -> None:
    assert numbers_text.number(value) == expected.encode()


@pytest.mark.parametrize("value", ["", "x", "1x", "0x10", "1,5", "--1", "1e", "- 1", "٣", "1_000", "e5", None, b"\xff"])
def test_what_is_no_number_has_none(value: Any) -> None:
    assert numbers_text.number(value) is None


@given(st.decimals(-(10**15), 10**15, places=6), st.integers(0, 8))
def test_decimals_are_rounded_half_away_from_zero(value: Decimal, digits: int) -> None:
    expected = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) if digits < 6 else value
    assert numbers_text.number(value, digits) == numbers_text.number(expected)


@given(st.floats())
def test_the_text_of_a_double_gives_it_back(value: float) -> None:
    text = numbers_text.double(value)
    assert b"e" not in text
    back = float(text)
    assert (back != back and value != value) or back == value


@given(st.lists(st.floats() | st.sampled_from([0.0, -0.0, 10.0, -10.0, 100.5, 1e15]), min_size=1))
def test_many_doubles_have_the_texts_of_each(values: list[float]) -> None:
    assert numbers_text.doubles(values) == [numbers_text.double(value) for value in values]


@given(st.floats(width=32))
def test_a_float_and_its_double_have_one_single(value: float) -> None:
    assert numbers_text.single(value) == numbers_text.double(value)
    shortest = float(f"{value:.9g}")
    assert numbers_text.single(shortest) == numbers_text.single(value)


@pytest.mark.parametrize(
    ("text", "digits", "expected"),
    [
        ("2024-02-29 12:34:56.7800", None, "2024-02-29 12:34:56.78"),
        ("2024-02-29T12:34", None, "2024-02-29 12:34:00"),
        ("2024-02-29", None, "2024-02-29 00:00:00"),
        ("2024-02-29T23:59:59.9995Z", 3, "2024-03-01 00:00:00"),
        ("2024-02-29 23:59:59.4999", 0, "2024-02-29 23:59:59"),
        ("1969-12-31 23:59:59.5", 0, "1970-01-01 00:00:00"),
        ("2024-03-31 02:30:00+02", None, "2024-03-31 00:30:00"),
        ("2024-01-01 00:30:00 +0530", None, "2023-12-31 19:00:00"),
        ("2024-01-01 00:00:00 UTC", None, "2024-01-01 00:00:00"),
        ("0001-01-01 00:00:00+01", None, "0001-12-31 23:00:00 BC"),
        ("0044-03-15 00:00:00 BC", None, "0044-03-15 00:00:00 BC"),
        ("0044-03-15 00:00:00 BC+00:00", None, "0044-03-15 00:00:00 BC"),
        ("294276-12-31 23:59:59.999999", None, "294276-12-31 23:59:59.999999"),
        ("0000-00-00 00:00:00", None, "0000-00-00 00:00:00"),
        ("2024-00-10 00:00:00", None, "2024-00-10 00:00:00"),
        ("2024-01-01 00:00:00.123456789", None, "2024-01-01 00:00:00.123456789"),
    ],
)
def test_moments_have_one_spelling(text: str, digits: int | None, expected: str) -> None:
    found = moments_text.parse(text.encode())
    assert found is not None and moments_text.moment(found, digits) == expected.encode()


@pytest.mark.parametrize("text", ["", "now", "2024-13-01", "2024-1-1", "24-01-01", "2024-01-01 25:00", "2024-01-01 x"])
def test_what_is_no_moment_has_none(text: str) -> None:
    assert moments_text.parse(text.encode()) is None


@given(st.datetimes(timezones=st.just(UTC) | st.just(PLUS)))
def test_a_moment_is_the_same_as_text_and_as_datetime(value: datetime.datetime) -> None:
    read = reader(column(Form.TIMESTAMP))
    assert read(value) == read(value.isoformat()) == read(value.isoformat(" "))
    try:
        utc = value.astimezone(UTC)
    except OverflowError:
        return
    whole = utc.replace(tzinfo=None).isoformat(" ", "microseconds")
    assert read(value) == (whole.rstrip("0").rstrip(".") if "." in whole else whole).encode()


@given(st.integers(-(10**7), 10**7))
def test_days_are_counted_as_the_calendar_does(days: int) -> None:
    assert moments_text.day_number(*moments_text.civil(days)) == days
    try:
        found = datetime.date(1970, 1, 1) + datetime.timedelta(days)
    except OverflowError:
        return
    assert moments_text.civil(days) == (found.year, found.month, found.day)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 year 2 mons -3 days +04:05:06.789", "14 -3 14706789000"), ("-00:00:01", "0 0 -1000000"),
        ("P1Y2M3DT4H5M6.789S", "14 3 14706789000"), ("P-1DT-1S", "0 -1 -1000000"), ("PT0S", "0 0 0"),
        ("@ 1 year 2 mons 3 days 4 hours 5 mins 6.789 secs ago", "-14 -3 -14706789000"), ("@ 0", None),
        ("-838:59:59", "0 0 -3020399000000"), ("00:00:00", "0 0 0"), ("1 mon", "1 0 0"), ("14 3 5", "14 3 5"),
        ("178000000 years", "2136000000 0 0"), ("100000:00:00", "0 0 360000000000000"), ("soon", None), ("P", None),
        ("1 fortnight", None),
    ],
)  # fmt: skip
def test_spans_are_months_days_and_microseconds(text: str, expected: str | None) -> None:
    assert spans_text.interval(text.encode()) == (None if expected is None else expected.encode())


POINT = struct.pack("<BI2d", 1, 1, 1.5, -2)
EXTENDED = struct.pack("<BII2d", 1, 1 | 0x20000000, 4326, 1.5, -2)
TURNED = struct.pack(">BI2d", 0, 1, 1.5, -2)
LINE = struct.pack("<BII4d", 1, 2, 2, 0, 0, 1, 1)
POLYGON = struct.pack("<BIII8d", 1, 3, 1, 4, 0, 0, 1, 0, 1, 1, 0, 0)
MANY = struct.pack("<BII", 1, 7, 2) + POINT + LINE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (POINT, b"0:" + POINT.hex().encode()), (TURNED, b"0:" + POINT.hex().encode()),
        (struct.pack("<I", 4326) + POINT, b"4326:" + POINT.hex().encode()),
        (struct.pack("<I", 0) + POLYGON, b"0:" + POLYGON.hex().encode()),
        (EXTENDED.hex().upper().encode(), b"4326:" + POINT.hex().encode()),
        (b"GP\0\1" + struct.pack("<i", 4326) + POINT, b"4326:" + POINT.hex().encode()),
        (MANY, b"0:" + MANY.hex().encode()),
        (POINT + b"x", None), (POINT[:-1], None), (b"", None), (b"text", None), (struct.pack("<BI", 1, 99), None),
    ],
)  # fmt: skip
def test_geometries_of_every_engine_are_one(value: bytes, expected: bytes | None) -> None:
    assert geometry_text.geometry(value) == expected


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        (Form.TEXT, "a\0b,é", "a\0b,é"), (Form.TEXT, "", ""), (Form.CHAR, "a \u00a0  ", "a \u00a0"),
        (Form.TEXT, ObjectId("65a000000000000000000001"), "65a000000000000000000001"), (Form.TEXT, True, "true"),
        (Form.BYTES, b"\0\xff", "00ff"), (Form.BYTES, "é", "c3a9"),
        (Form.BITS, 5, "00000101"), (Form.BITS, b"\5", "00000101"),
        (Form.BITS, "101", "101"), (Form.DATE, datetime.date(2024, 2, 29), "2024-02-29"),
        (Form.DATE, datetime.datetime(2024, 2, 29, tzinfo=UTC), "2024-02-29"),
        (Form.DATE, datetime.datetime(2024, 2, 29, 1, tzinfo=UTC), None), (Form.DATE, "infinity", "infinity"),
        (Form.TIME, datetime.time(1, 2, 3, 500_000), "01:02:03.5"), (Form.TIME, "24:00:00", "24:00:00"),
        (Form.TIME, datetime.timedelta(hours=-838, minutes=-59, seconds=-59), "-838:59:59"),
        (Form.TIMETZ, "12:00:00.50+05:30", "12:00:00.5+05:30"),
        (Form.TIMETZ, datetime.time(12, tzinfo=UTC), "12:00:00+00"),
        (Form.TIMESTAMP, DatetimeMS(-1), "1969-12-31 23:59:59.999"), (Form.TIMESTAMP, 5, None),
        (Form.TIMESTAMP, DatetimeMS(2**63 - 1), "292278994-08-17 07:12:55.807"),
        (Form.INTERVAL, datetime.timedelta(days=-1, seconds=-1), "0 -1 -1000000"),
        (Form.UUID, uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"), (Form.UUID, b"short", None),
        (Form.UUID, "{00000000-0000-0000-0000-00000000000A}", "00000000-0000-0000-0000-00000000000a"),
        (Form.JSON, '{"b":1.0,"a":2}', '{"a":2,"b":1}'),
        (Form.JSON, [1, Decimal("1.50"), None, "x"], '[1,1.5,null,"x"]'),
        (Form.JSON, "no json", None), (Form.SET, ["b", "a"], "a,b"), (Form.SET, "b,a", "a,b"), (Form.SET, "", ""),
        (Form.POINT, "(1.5,-2)", "1.5 -2"), (Form.POINT, {"type": "Point", "coordinates": [1, 2.0]}, "1 2"),
        (Form.POINT, POINT, "1.5 -2"), (Form.POINT, "POINT(1 2)", "1 2"), (Form.SINGLE, 0.1, "0.10000000149011612"),
        (Form.NUMBER, b"1", None), (Form.UUID, 5, None),
    ],
)  # fmt: skip
def test_values_of_python_have_the_text_of_their_form(form: Form, value: Any, expected: str | None) -> None:
    assert reader(column(form, length=8))(value) == (None if expected is None else expected.encode())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e39, "1" + "0" * 39),
        (Decimal("-1e400"), "-1" + "0" * 400),
        (math.inf, "Infinity"),
        (Decimal("0.1"), "0.10000000149011612"),
    ],
)
def test_a_number_beyond_32_bit_floats_is_not_infinity(value: float | Decimal, text: str) -> None:
    assert numbers_text.single(value) == text.encode()
