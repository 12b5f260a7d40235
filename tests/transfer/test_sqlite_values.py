"""Single SQLite values: converted exactly, or refused with the reason."""

from typing import Any

import pytest

from engines.errors import EngineError
from transfer.routes.policy import Refused
from transfer.routes.sqlite_values import converter

CONVERTED = [
    ("integer", "bigint", "integer", 2**63 - 1, b"9223372036854775807"),
    ("integer", "smallint", "integer", -32768, b"-32768"),
    ("boolean", "boolean", "integer", 1, b"1"),
    ("double", "double precision", "real", 0.1, b"0.1"),
    ("double", "double precision", "integer", 2**53, b"9007199254740992"),
    ("numeric", "numeric(10,2)", "real", 12345678.25, b"12345678.25"),
    ("numeric", "numeric", "real", 0.30000000000000004, b"0.30000000000000004"),
    ("text", "text", "text", "é😀".encode(), "é😀".encode()),
    ("text", "character varying(2)", "text", "é😀".encode(), "é😀".encode()),
    ("text_any", "text", "real", 1.5, b"1.5"),
    ("bytea", "bytea", "blob", b"\x00\xff", rb"\x00ff"),
    ("bytea_any", "bytea", "text", b"ab", rb"\x6162"),
    ("jsonb_any", "jsonb", "text", b'say "hi"', rb'"say \"hi\""'),
    ("jsonb_any", "jsonb", "blob", b"\xff", b'{"$blob": "ff"}'),
    ("jsonb_any", "jsonb", "integer", 1, b"1"),
    ("date", "date", "text", b"2024-02-29", b"2024-02-29"),
    ("time", "time", "text", b"23:59", b"23:59"),
    ("timestamp", "timestamp(6) without time zone", "text", b"2024-01-02T03:04:05.5", b"2024-01-02 03:04:05.5"),
    ("timestamp", "timestamp(6) without time zone", "text", b"2024-01-02", b"2024-01-02 00:00:00"),
    ("timestamptz", "timestamp(6) with time zone", "text", b"2024-01-02 03:04:05Z", b"2024-01-02 03:04:05+00"),
    ("epoch_seconds", "timestamp(6) without time zone", "integer", -1, b"1969-12-31 23:59:59"),
    ("epoch_milliseconds", "timestamp(6) without time zone", "integer", -1, b"1969-12-31 23:59:59.999000"),
    ("julian_day", "timestamp(6) without time zone", "real", 2460310.5, b"2024-01-01 00:00:00"),
    ("julian_day", "timestamp(6) without time zone", "real", 2440587.75, b"1970-01-01 06:00:00"),
    ("uuid", "uuid", "text", b"0" * 8 + b"-0000-0000-0000-" + b"0" * 12, b"0" * 8 + b"-0000-0000-0000-" + b"0" * 12),
    ("json", "json", "text", b'{"a": 1}', b'{"a": 1}'),
    ("json", "jsonb", "text", rb'"\ud83d\ude00 \\\\u0000"', rb'"\ud83d\ude00 \\\\u0000"'),
]

TIMESTAMP = "timestamp(6) without time zone"
TIMESTAMPTZ = "timestamp(6) with time zone"

REFUSED = [
    ("integer", "bigint", "text", b"12 pcs", "wrong_class", "text in an integer column"),
    ("integer", "bigint", "real", 9.3e18, "wrong_class", "real in an integer column"),
    ("integer", "smallint", "integer", 40000, "out_of_range", "integer outside of -32768 to 32767"),
    ("boolean", "boolean", "integer", 2, "not_boolean", "neither 0 nor 1 in a boolean column"),
    ("boolean", "boolean", "text", b"yes", "wrong_class", "neither 0 nor 1 in a boolean column"),
    ("double", "double precision", "integer", 2**53 + 1, "out_of_range",
     "integer beyond 2^53 in a double precision column"),
    ("numeric", "numeric(10,2)", "real", 0.125, "out_of_range", "number does not fit numeric(10,2) exactly"),
    ("numeric", "numeric(4,2)", "integer", 100, "out_of_range", "number does not fit numeric(4,2) exactly"),
    ("numeric", "numeric", "real", float("inf"), "not_finite", "infinity in a numeric column"),
    ("text", "text", "blob", b"x", "wrong_class", "blob in a text column"),
    ("text", "character varying(2)", "text", b"abc", "too_long", "text longer than 2 characters"),
    ("text", "character varying(2)", "text", b"abc\0", "too_long", "text longer than 2 characters"),
    ("text", "text", "text", b"\xff", "invalid_encoding", "invalid UTF-8 in text"),
    ("text", "text", "text", b"a\0b", "nul_in_text", "NUL in text"),
    ("date", "date", "text", b"2023-02-29", "date_range", "no such day or time"),
    ("date", "date", "text", b"0000-00-00", "zero_date", "no such day or time"),
    ("date", "date", "text", b"2023-00-10", "partial_date", "no such day or time"),
    ("date", "date", "text", b"soon", "malformed", "text that is not a date"),
    ("date", "date", "integer", 5, "wrong_class", "integer that is not a date"),
    ("time", "time", "text", b"25:00", "time_range", "no such day or time"),
    ("timestamp", TIMESTAMP, "text", b"2024-01-02 03:04:05Z", "malformed", "text that is not a date and time"),
    ("timestamptz", TIMESTAMPTZ, "text", b"2024-01-02 03:04:05+16:00", "time_range", "an offset of 16 hours or more"),
    ("timestamp", "timestamp(3) without time zone", "text", b"2024-01-02 03:04:05.1234", "out_of_range",
     "more than 3 digits of a second"),
    ("epoch_seconds", TIMESTAMP, "integer", 10**15, "date_range", "epoch time outside of the years 1 to 9999"),
    ("julian_day", TIMESTAMP, "real", 1e9, "date_range", "julian day outside of the years 1 to 9999"),
    ("uuid", "uuid", "text", b"ABC", "malformed", "text that is not a lower-case UUID"),
    ("json", "json", "text", b"{", "malformed", "text that is not JSON in a JSON column"),
    ("json", "json", "text", b"NaN", "malformed", "text that is not JSON in a JSON column"),
    ("json", "json", "text", b"[" * 100_000, "malformed", "JSON that is nested too deeply"),
    ("json", "jsonb", "text", rb'"\u0000"', "nul_in_text", "U+0000 in JSON"),
    ("json", "jsonb", "text", rb'"\\\ud800"', "invalid_encoding", "half of a surrogate pair in JSON"),
    ("json", "jsonb", "text", b"1e200000", "malformed", "text that is not JSON in a JSON column"),
    ("json", "json", "text", b'\xef\xbb\xbf{"a": 1}', "malformed", "text that is not JSON in a JSON column"),
    ("json", "jsonb", "text", b'\xef\xbb\xbf{"a": 1}', "malformed", "text that is not JSON in a JSON column"),
]  # fmt: skip


@pytest.mark.parametrize(("route", "target", "klass", "value", "expected"), CONVERTED)
def test_a_value_becomes_the_targets_text(route: str, target: str, klass: str, value: Any, expected: Any) -> None:
    assert converter(route, target)(klass, value) == expected


@pytest.mark.parametrize(("route", "target", "klass", "value", "kind", "reason"), REFUSED)
def test_a_value_that_does_not_fit_is_refused_by_kind_with_the_reason(
    route: str, target: str, klass: str, value: Any, kind: str, reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        converter(route, target)(klass, value)
    assert (kind, reason) == refused.value.whys[-1]


@pytest.mark.parametrize(("value", "stripped"), [(b"a\0b", b"ab"), (b"a\xff\0", "a�".encode())])
def test_text_that_can_be_held_in_part_brings_that_part(value: Any, stripped: bytes) -> None:
    with pytest.raises(Refused) as refused:
        converter("text", "text")("text", value)
    assert refused.value.converted == stripped


def test_json_with_a_nul_and_a_number_of_any_length_is_converted() -> None:
    with pytest.raises(Refused) as refused:
        converter("json", "jsonb")("text", rb'{"a": "\u0000", "n": %b}' % (b"1" * 5_000))
    assert refused.value.converted == b'{"a": "", "n": %b}' % (b"1" * 5_000)


def test_json_that_is_nested_as_deeply_as_can_be_read_is_refused() -> None:
    for depth in range(700, 1_000):
        with pytest.raises(Refused):
            converter("json", "jsonb")("text", rb'%b"\u0000"%b' % (b"[" * depth, b"]" * depth))


def test_an_unknown_route_is_named() -> None:
    with pytest.raises(EngineError, match="ROUTE_UNKNOWN"):
        converter("teleport", "text")
