"""Columns of MySQL and MariaDB with trap values, and what PostgreSQL shows of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """A column and values as SQL of MariaDB -> PostgreSQL's text; type: asked for instead of what the rules take."""

    name: str
    column: str
    values: list[tuple[str, Any]]
    type: str | None = None


TEXTS = [
    ("'tab\\there'", "tab\there"),
    ("'new\\nline'", "new\nline"),
    ("'back\\\\slash'", "back\\slash"),
    ("'\\\\N'", "\\N"),
    ("'\\\\.'", "\\."),
    ("'cr\\rhere'", "cr\rhere"),
    ("''", ""),
    ("NULL", None),
    ("'é 日本 😀'", "é 日本 😀"),
    ("'  lead trail  '", "  lead trail  "),
    ("'NULL'", "NULL"),
    ("x'0801'", "\x08\x01"),
]
LATIN = [("'é €'", "é €"), ("x'80'", "€"), ("x'81'", "\x81"), ("''", ""), ("NULL", None)]
CASES = [
    Case("tiny", "tinyint", [("-128", "-128"), ("127", "127"), ("NULL", None)]),
    Case("utiny", "tinyint(3) unsigned zerofill", [("7", "7"), ("255", "255")]),
    Case("flag", "tinyint(1)", [("0", "false"), ("1", "true"), ("NULL", None)]),
    Case("usmall", "smallint unsigned", [("65535", "65535"), ("0", "0")]),
    Case("medium", "mediumint", [("-8388608", "-8388608"), ("8388607", "8388607")]),
    Case("uinteger", "int unsigned", [("4294967295", "4294967295")]),
    Case(
        "big",
        "bigint",
        [("-9223372036854775808", "-9223372036854775808"), ("9223372036854775807", "9223372036854775807")],
    ),
    Case("ubig", "bigint unsigned", [("18446744073709551615", "18446744073709551615"), ("1", "1")]),
    Case(
        "dec",
        "decimal(65,30)",
        [
            (
                "12345678901234567890123456789012345.123456789012345678901234567891",
                "12345678901234567890123456789012345.123456789012345678901234567891",
            ),
            ("-0.000000000000000000000000000001", "-0.000000000000000000000000000001"),
            ("NULL", None),
        ],
    ),
    Case(
        "single",
        "float",
        [
            ("16777217", "1.6777216e+07"),
            ("0.1", "0.1"),
            ("3.4028234663852886e38", "3.4028235e+38"),
            ("1e-45", "1e-45"),
            ("-1.17549435e-38", "-1.1754944e-38"),
            ("123456789", "1.2345679e+08"),
        ],
    ),
    Case("shown", "float(7,2)", [("1.234", "1.23"), ("99999.99", "99999.99")]),
    Case(
        "twice",
        "double",
        [
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("5e-324", "5e-324"),
            ("0.1", "0.1"),
            ("123456789012345678", "1.2345678901234568e+17"),
            ("-2.5e-8", "-2.5e-08"),
            ("-1.2345678901234568e-15", "-1.2345678901234568e-15"),
            ("-6.3597104326517675e-9", "-6.3597104326517675e-09"),
        ],
    ),
    Case("bit1", "bit(1)", [("b'1'", "true"), ("b'0'", "false"), ("NULL", None)]),
    Case("bits", "bit(10)", [("b'1'", "0000000001"), ("b'1111111111'", "1111111111")]),
    Case("bits64", "bit(64)", [("x'FFFFFFFFFFFFFFFF'", "1" * 64), ("0", "0" * 64)]),
    Case("years", "year", [("1901", "1901"), ("2155", "2155"), ("0", "0")]),
    Case("chars", "char(20)", [*TEXTS[:9], ("'padded   '", "padded")], "text"),
    Case("words", "varchar(200)", TEXTS),
    Case("long_words", "mediumtext", [*TEXTS, ("REPEAT('é', 60000)", "é" * 60000)]),
    Case("latin", "varchar(20) CHARACTER SET latin1", LATIN),
    Case("ucs", "varchar(20) CHARACTER SET utf16", [("'é😀'", "é😀"), ("'\\n'", "\n")]),
    Case("japanese", "varchar(20) CHARACTER SET cp932", [("'日本'", "日本")]),
    Case(
        "raw", "varbinary(300)", [("x'00FF5C0A0D09FEFDFAFC'", "\\x00ff5c0a0d09fefdfafc"), ("''", "\\x"), ("NULL", None)]
    ),
    Case("fixed", "binary(4)", [("x'01'", "\\x01000000")]),
    Case("blobs", "longblob", [("REPEAT(x'FF', 70000)", "\\x" + "ff" * 70000)]),
    Case(
        "days",
        "date",
        [
            ("'0001-01-01'", "0001-01-01"),
            ("'9999-12-31'", "9999-12-31"),
            ("'2020-02-29'", "2020-02-29"),
            ("'2021-01-31'", "2021-01-31"),
            ("NULL", None),
        ],
    ),
    Case(
        "moments",
        "datetime(6)",
        [("'9999-12-31 23:59:59.999999'", "9999-12-31 23:59:59.999999"), ("'1000-01-01'", "1000-01-01 00:00:00")],
    ),
    Case(
        "stamps",
        "timestamp(3) NULL",
        [
            ("'2038-01-19 03:14:07.999'", "2038-01-19 03:14:07.999+00"),
            ("'1970-01-01 00:00:01'", "1970-01-01 00:00:01+00"),
            ("NULL", None),
        ],
    ),
    Case("clocks", "time(6)", [("'00:00:00'", "00:00:00"), ("'23:59:59.999999'", "23:59:59.999999")]),
    Case(
        "spans",
        "time(3)",
        [("'-838:59:59'", "-838:59:59"), ("'838:59:59'", "838:59:59"), ("'-00:00:00.001'", "-00:00:00.001")],
    ),
    Case(
        "colour",
        "enum('red','it''s','tab\\t','é')",
        [("'red'", "red"), ("'it''s'", "it's"), ("4", "é"), ("NULL", None)],
    ),
    Case(
        "labels",
        "set('a','b c','q\"','back\\\\slash')",
        [("''", "{}"), ("'a,q\"'", '{a,"q\\""}'), ("'b c,back\\\\slash'", '{"b c","back\\\\slash"}'), ("NULL", None)],
    ),
    Case(
        "doc",
        "json",
        [
            ('\'{"a": [1, 2.50, null], "é": "x\\\\\\\\y\\\\n"}\'', '{"a": [1, 2.50, null], "é": "x\\\\y\\n"}'),
            ("'\"\\\\\\\\u0000\"'", '"\\\\u0000"'),
            ("NULL", None),
        ],
    ),
    Case("ids", "uuid", [("'123e4567-e89b-12d3-a456-426655440000'", "123e4567-e89b-12d3-a456-426655440000")]),
    Case(
        "addresses",
        "inet6",
        [("'2001:db8::ff00:42:8329'", "2001:db8::ff00:42:8329/128"), ("'::ffff:192.0.2.1'", "::ffff:192.0.2.1/128")],
    ),
    Case("addresses4", "inet4", [("'192.0.2.1'", "192.0.2.1/32"), ("NULL", None)]),
    Case(
        "places",
        "point",
        [("ST_GeomFromText('POINT(1 2)', 4326)", "\\xe61000000101000000000000000000f03f0000000000000040")],
    ),
    Case(
        "hex_ids",
        "binary(16)",
        [("x'123e4567e89b12d3a456426655440000'", "123e4567-e89b-12d3-a456-426655440000"), ("NULL", None)],
        "uuid",
    ),
    Case("address_text", "inet4", [("'192.0.2.1'", "192.0.2.1"), ("NULL", None)], "text"),
    Case("year_text", "year", [("0", "0000"), ("2024", "2024")], "text"),
    Case("bit_varying", "bit(1)", [("0", "0"), ("1", "1")], "bit varying(3)"),
    Case("number_text", "int(5) zerofill", [("7", "00007")], "text"),
    Case("decimal_less", "decimal(10,4)", [("12.3456", "12.35"), ("999999.9949", "999999.99")], "numeric(8,2)"),
    Case("double_real", "double", [("0.1", "0.1"), ("1e-45", "1e-45")], "real"),
    Case("bit_number", "bit(8)", [("b'11111111'", "255")], "bigint"),
    Case(
        "float_text",
        "float",
        [("0.1", "0.10000000149011612"), ("16777217", "16777216"), ("1e-45", "1.401298464324817e-45"), ("NULL", None)],
        "text",
    ),
    Case("zone", "datetime", [("'2024-06-01 12:00:00'", "2024-06-01 12:00:00+00")], "timestamp with time zone"),
    Case("as_bytes", "varchar(9)", [("'é'", "\\xc3a9")], "bytea"),
]

REFUSED = [
    Case(
        "zero",
        "date",
        [
            ("'0000-00-00'", "-infinity"),
            ("'2020-05-00'", "2020-05-01"),
            ("'2020-00-15'", "2020-01-15"),
            ("'2021-02-31'", "2021-02-28"),
            ("'0000-03-01'", "0001-03-01 BC"),
            ("'2020-01-01'", "2020-01-01"),
        ],
    ),
    Case(
        "zero_moment",
        "datetime(3)",
        [
            ("'0000-00-00'", "-infinity"),
            ("'2020-05-00 10:00:00.5'", "2020-05-01 10:00:00.5"),
            ("'2021-02-31 10:00:00'", "2021-02-28 10:00:00"),
            ("'2020-01-01 00:00:00'", "2020-01-01 00:00:00"),
        ],
    ),
    Case(
        "late",
        "time",
        [
            ("'25:10:00'", "01:10:00"),
            ("'-01:00:00'", "23:00:00"),
            ("'24:00:00'", "00:00:00"),
            ("'12:00:00'", "12:00:00"),
        ],
        "time without time zone",
    ),
    Case("truth", "tinyint(1)", [("2", "true"), ("1", "true"), ("0", "false")], "boolean"),
    Case("narrow", "int", [("40000", "32767"), ("-40000", "-32768"), ("5", "5")], "smallint"),
    Case("large", "bigint unsigned", [("18446744073709551615", "9223372036854775807"), ("5", "5")], "bigint"),
    Case(
        "least",
        "bigint",
        [("-9223372036854775808", "-999.99"), ("-999", "-999.00")],
        "numeric(5,2)",
    ),
    Case("few_digits", "decimal(10,2)", [("12345678.90", "99999.99"), ("99999.99", "99999.99")], "numeric(7,2)"),
    Case("nul", "varchar(20)", [("'a\\0b'", "ab"), ("'ok\\n'", "ok\n")]),
    Case(
        "short",
        "varchar(20)",
        [("'abcdef'", "abc"), ("'abc'", "abc"), ("'ééé'", "ééé"), ("'é\\0ééé'", "ééé")],
        "character varying(3)",
    ),
    Case(
        "nul_json",
        "json",
        [
            ('\'{"a": "x\\\\u0000y"}\'', '{"a": "xy"}'),
            ("'[1]'", "[1]"),
            ("'\"\\\\ud83d\\\\ude00\"'", '"😀"'),
        ],
    ),
    Case(
        "nul_document",
        "longtext",
        [
            ("'\"a\\0b\"'", '"ab"'),
            ("'a\\0b'", None),
            ("'[1e400000, \"\\\\u0000\"]'", None),
            ('\'{"a\\\\u0000": 1, "a": 2}\'', None),
            ('\'["\\\\\\\\u0000", "\\\\\\\\\\\\u0000", "\\\\ud83d"]\'', '["\\\\u0000", "\\\\", "\ufffd"]'),
            ("'[1]'", "[1]"),
        ],
        "jsonb",
    ),
    Case("nul_date", "varchar(20)", [("'2020-01-01\\0'", "2020-01-01"), ("'x\\0'", None)], "date"),
    Case("no_bytes", "varchar(9) CHARACTER SET cp1250", [("x'81'", "\\x3f"), ("'ok'", "\\x6f6b")], "bytea"),
    Case(
        "no_uuid",
        "varchar(40)",
        [("'nope'", None), ("'123e4567-e89b-12d3-a456-426655440000'", "123e4567-e89b-12d3-a456-426655440000")],
        "uuid",
    ),
    Case("no_text", "varbinary(20)", [("x'FF00FF'", "\ufffd\ufffd"), ("x'C3A9'", "é")], "text"),
    Case("wrong_label", "enum('a','b')", [("'b'", "b"), ("'a'", "a")]),
    Case("huge_json", "longtext", [("'\"\\\\ud800\"'", '"\ufffd"'), ("'[1e400000]'", None), ("'[1]'", "[1]")], "jsonb"),
    Case("whole", "double", [("1.5", "2"), ("3", "3"), ("1e300", "2147483647")], "integer"),
]
