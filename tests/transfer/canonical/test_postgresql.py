"""PostgreSQL's SQL gives the canonical texts that Python computes by itself, whatever the server's settings."""

from __future__ import annotations

import contextlib
import datetime
import math
import random
import struct
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from engines.columns import Kind, LogicalType
from engines.connection import parse
from engines.postgresql.introspect.logical_types import LogicalTypes
from engines.postgresql.introspect.reader import Reader
from tests.servers import Server
from transfer.canonical.choose import compared_column
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held
from transfer.canonical.encoding import Hashing, decode, encode
from transfer.sides.postgresql import PostgresqlSide, open_side
from transfer.sides.side import Span

RANDOM = random.Random(20)
HOSTILE = {
    "DateStyle": "SQL, DMY", "IntervalStyle": "iso_8601", "TimeZone": "America/New_York", "extra_float_digits": "-5",
    "bytea_output": "escape", "lc_monetary": "C", "xmloption": "document", "default_transaction_read_only": "off",
}  # fmt: skip
COLUMNS = """
    SELECT attname, pg_catalog.format_type(atttypid, atttypmod), atttypid, atttypmod FROM pg_catalog.pg_attribute
     WHERE attrelid = 's.t'::pg_catalog.regclass AND attnum > 0 ORDER BY attnum
"""
ANY_TEXT = LogicalType(kind=Kind.TEXT)


@pytest.fixture(scope="module", params=["postgresql_18", "postgresql_15"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    server: Server = request.getfixturevalue(request.param)
    url = server.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in HOSTILE.items():
            connection.execute(f"ALTER DATABASE {connection.info.dbname} SET {name} = '{value}'")
    yield url


def texts(
    url: str, type_: str, literals: list[str | None], make: Callable[[Held], ComparedColumn], before: str = ""
) -> list[str | None]:
    """The canonical texts of these values in a column of that type."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS s CASCADE; CREATE SCHEMA s")
        connection.execute("SET search_path = s; SET DateStyle = ISO, YMD")
        connection.execute(f"{before}; CREATE TABLE s.t (id int, v {type_}); SET search_path = ''")
        connection.cursor().executemany("INSERT INTO s.t VALUES (%s, %s)", list(enumerate(literals)))
        columns = connection.execute(COLUMNS).fetchall()
        types = LogicalTypes(Reader(connection))
    held = [Held(name=row[0], native=row[1], type=types.resolve(row[2], row[3])) for row in columns]
    number = ComparedColumn(name="id", form=Form.NUMBER, source=held[0], target=held[0])
    table = ComparedTable(name="t", source="s.t", target="s.t", columns=[number, make(held[1])], key=["id"])
    side = open_side(parse(url), "source")
    try:
        rows = [decode(table.columns, row) for batch in side.stream(table, Span()) for _, row in batch]
        assert_the_same_by_key(side, table, rows)
    finally:
        side.close()
    by_id = {int(key or b""): None if text is None else text.decode() for key, text in rows}
    return [by_id[n] for n in range(len(literals))]


def assert_the_same_by_key(side: PostgresqlSide, table: ComparedTable, rows: list[list[bytes | None]]) -> None:
    hashing = Hashing.new()
    whole = {encode(table.columns[:1], row[:1]): hashing.row(encode(table.columns, row)) for row in rows}
    assert dict(pair for batch in side.hashes(table, Span(), hashing) for pair in batch) == whole


def same(form: Form) -> Callable[[Held], ComparedColumn]:
    return lambda held: ComparedColumn(name="v", form=form, source=held, target=held)


def beside(type_: LogicalType, engine: str = "mysql") -> Callable[[Held], ComparedColumn]:
    """In the form that is chosen beside a column of another engine."""

    def make(held: Held) -> ComparedColumn:
        column = compared_column("v", held, Held(name="v", native="other", type=type_), ("postgresql", engine))
        assert isinstance(column, ComparedColumn), column
        return column

    return make


def plain(number: Decimal) -> str:
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def doubles() -> list[float]:
    found = [0.0, -0.0, 0.1, 1e20, 1e23, -1e23, 9007199254740993.0, 5e-324, 1.7976931348623157e308, -2.5e-7]
    while len(found) < 400:
        value = struct.unpack("<d", RANDOM.randbytes(8))[0]
        found += [value] if math.isfinite(value) else []
    return found + [RANDOM.uniform(-1e6, 1e6) for _ in range(200)] + [float(RANDOM.getrandbits(60)) for _ in range(400)]


def singles() -> list[float]:
    found: list[float] = []
    while len(found) < 400:
        value = struct.unpack("<f", RANDOM.randbytes(4))[0]
        found += [value] if math.isfinite(value) else []
    return found


def as_single(value: float) -> str:
    with contextlib.suppress(OverflowError):
        value = struct.unpack("<f", struct.pack("<f", value))[0]
    return plain(Decimal(repr(value)))


def decimals() -> list[Decimal]:
    return [Decimal(RANDOM.randint(-(10**30), 10**30)).scaleb(-RANDOM.randint(0, 25)) for _ in range(400)]


def moments() -> list[datetime.datetime]:
    start = datetime.datetime(1, 1, 1)
    span = int((datetime.datetime(9999, 12, 31) - start).total_seconds())
    step = datetime.timedelta(seconds=1)
    some = [start + step * RANDOM.randrange(span) for _ in range(200)]
    return [moment.replace(microsecond=RANDOM.choice([0, 500000, 120, RANDOM.randrange(10**6)])) for moment in some]


def stamp(moment: datetime.datetime) -> str:
    text = moment.replace(tzinfo=None).isoformat(" ", "microseconds")
    return text.rstrip("0").rstrip(".")


def words() -> list[str]:
    alphabet = "aZ ,:n\\'\"%\t\né\u0301\U0001f600ß€ \u00a0"
    some = ["".join(RANDOM.choices(alphabet, k=RANDOM.randint(1, 12))) for _ in range(300)]
    return ["", " ", "n", "n,", "1:a", *some]


def test_numbers_are_plain_decimals(url: str) -> None:
    found = doubles()
    assert texts(url, "float8", [repr(x) for x in found], same(Form.NUMBER)) == [plain(Decimal(repr(x))) for x in found]
    small = singles()
    expected = [plain(Decimal(repr(struct.unpack("<f", struct.pack("<f", x))[0]))) for x in small]
    assert texts(url, "float4", [repr(x) for x in small], same(Form.NUMBER)) == expected
    numbers = decimals()
    assert texts(url, "numeric", [format(x, "f") for x in numbers], same(Form.NUMBER)) == [plain(x) for x in numbers]


def test_numbers_beside_32_bit_floats_are_rounded_to_one(url: str) -> None:
    found = [x for x in doubles() if abs(x) < 1e60] + [1e-46, 7.1e-46, 3.4028235677973366e38, 1e39]
    single = beside(LogicalType(kind=Kind.FLOAT, bits=32))
    assert texts(url, "float8", [repr(x) for x in found], single) == [as_single(x) for x in found]
    numbers = [*decimals(), Decimal("1e400"), Decimal("1e-400")]
    expected = [as_single(float(x)) if abs(x) < Decimal("1e300") else plain(x) for x in numbers]
    assert texts(url, "numeric", [format(x, "f") for x in numbers], single) == expected


@pytest.mark.parametrize(
    ("type_", "form", "pairs"),
    [
        ("int8", Form.NUMBER, {"-9223372036854775808": "-9223372036854775808", "0": "0"}),
        ("boolean", Form.NUMBER, {"t": "1", "f": "0"}),
        ("numeric", Form.NUMBER, {"1.00": "1", "-0.0": "0", "NaN": "NaN", "Infinity": "Infinity", "100": "100"}),
        ("numeric(10,0)", Form.NUMBER, {"100": "100"}),
        ("numeric(5,-2)", Form.NUMBER, {"12345": "12300"}),
        ("float8", Form.NUMBER, {"NaN": "NaN", "-Infinity": "-Infinity"}),
        ("float4", Form.NUMBER, {"0.1": "0.10000000149011612", "Infinity": "Infinity"}),
        ("money", Form.NUMBER, {"12.50": "12.5", "-1234567.89": "-1234567.89"}),
        ("oid", Form.NUMBER, {"4294967295": "4294967295"}),
        ("bit(1)", Form.NUMBER, {"1": "1", "0": "0"}),
        ("bit(64)", Form.NUMBER, {"1" * 64: "18446744073709551615", "0" * 63 + "1": "1"}),
        ("bit varying", Form.NUMBER, {"": "0", "101": "5"}),
        ("date", Form.NUMBER, {"2024-01-01": "2024", "0900-01-01": "900", "2024-02-01": "2024-02-01"}),
        ("char(5)", Form.CHAR, {"ab": "ab", "ab   ": "ab", "": ""}),
        ("text", Form.CHAR, {"ab  ": "ab", " ": "", "a\u00a0": "a\u00a0"}),
        ("name", Form.TEXT, {"pg": "pg"}),
        ('"char"', Form.CHAR, {"x": "x"}),
        ("bytea", Form.BYTES, {"\\x00ff": "00ff", "": ""}),
        ("text", Form.BYTES, {"é": "c3a9"}),
        ("bit(12)", Form.BYTES, {"101010101010": "0aaa"}),
        ("bit varying(16)", Form.BYTES, {"1" * 16: "ffff", "": ""}),
        ("bit(5)", Form.BITS, {"10101": "10101"}),
        ("date", Form.DATE, {"2024-02-29": "2024-02-29", "0044-03-15 BC": "0044-03-15 BC", "infinity": "infinity",
                             "5874897-12-31": "5874897-12-31"}),
        ("time", Form.TIME, {"24:00:00": "24:00:00", "12:00:00.500": "12:00:00.5"}),
        ("timetz", Form.TIMETZ, {"12:00:00+05:30": "12:00:00+05:30", "12:00-08": "12:00:00-08"}),
        ("timetz", Form.TIME, {"12:00:00+05:30": "06:30:00"}),
        ("timestamp", Form.TIMESTAMP, {"-infinity": "-infinity", "0044-03-15 12:00 BC": "0044-03-15 12:00:00 BC",
                                       "294276-12-31 23:59:59.999999": "294276-12-31 23:59:59.999999"}),
        ("timestamptz", Form.TIMESTAMP, {"2024-03-10 02:30:00-05": "2024-03-10 07:30:00", "infinity": "infinity"}),
        ("date", Form.TIMESTAMP, {"2024-02-29": "2024-02-29 00:00:00", "0044-03-15 BC": "0044-03-15 00:00:00 BC",
                                  "infinity": "infinity", "5874897-12-31": "5874897-12-31 00:00:00"}),
        ("interval", Form.INTERVAL, {"1 year 2 mons -3 days 04:05:06.7": "14 -3 14706700000", "-1 day": "0 -1 0",
                                     "838:59:59": "0 0 3020399000000"}),
        ("time", Form.INTERVAL, {"00:00:01.5": "0 0 1500000"}),
        ("uuid", Form.UUID, {"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}),
        ("text", Form.UUID, {"{A0EEBC999C0B4EF8BB6D6BB9BD380A11}": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}),
        ("bytea", Form.UUID, {"\\xa0eebc999c0b4ef8bb6d6bb9bd380a11": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                              "\\x00": "00"}),
        ("jsonb", Form.JSON, {'{"bb":1.50,"a":[1e2,null]}': '{"a":[100,null],"bb":1.5}'}),
        ("json", Form.JSON, {'{"b" : 1, "b":2,\n "a":"\\u00e9"}': '{"a":"é","b":2}'}),
        ("int[]", Form.JSON, {"{{1,2},{3,NULL}}": "[[1,2],[3,null]]", "[0:1]={1,2}": "[1,2]", "{}": "[]"}),
        ("text[]", Form.SET, {"{b,a}": "a,b", "{}": ""}),
        ("text", Form.SET, {"b,a,Z": "Z,a,b", "": ""}),
        ("point", Form.POINT, {"(1.50,-2e20)": "1.5 -200000000000000000000"}),
        ("int4range", Form.NATIVE, {"[1,5]": "[1,6)"}),
        ("inet", Form.NATIVE, {"10.0.0.1": "10.0.0.1", "10.0.0.1/8": "10.0.0.1/8"}),
        ("tsvector", Form.NATIVE, {"'b' 'a':1": "'a':1 'b'"}),
        ("text[]", Form.NATIVE, {'{NULL,"NULL",""}': '{NULL,"NULL",""}'}),
    ],
    ids=lambda value: str(value)[:20] if not isinstance(value, dict) else "",
)  # fmt: skip
def test_the_text_of_a_value(url: str, type_: str, form: Form, pairs: dict[str, str]) -> None:
    assert texts(url, type_, [*pairs, None], same(form)) == [*pairs.values(), None]


def test_texts_and_bytes_are_taken_as_they_are(url: str) -> None:
    found = words()
    assert texts(url, "text", list(found), same(Form.TEXT)) == found
    assert texts(url, "text", list(found), same(Form.CHAR)) == [word.rstrip(" ") for word in found]
    assert texts(url, "text", list(found), same(Form.BYTES)) == [word.encode().hex() for word in found]
    some = [RANDOM.randbytes(RANDOM.randrange(20)).hex() for _ in range(200)]
    assert texts(url, "bytea", ["\\x" + value for value in some], same(Form.BYTES)) == some


def test_moments_are_in_utc_and_cut_to_the_digits_of_the_target(url: str) -> None:
    found = moments()
    expected: list[str | None] = [stamp(moment) for moment in found]
    assert texts(url, "timestamp", [m.isoformat() for m in found], same(Form.TIMESTAMP)) == expected
    assert texts(url, "timestamptz", [f"{m.isoformat()}+00" for m in found], same(Form.TIMESTAMP)) == expected
    half_up = beside(LogicalType(kind=Kind.TIMESTAMP, precision=3))
    literals: list[str | None] = ["2024-12-31 23:59:59.9995", "2024-01-01 00:00:00.0004"]
    assert texts(url, "timestamp", literals, half_up) == ["2025-01-01 00:00:00", "2024-01-01 00:00:00"]


def test_uuids(url: str) -> None:
    found = [uuid.UUID(bytes=RANDOM.randbytes(16)) for _ in range(100)]
    assert texts(url, "uuid", [str(x).upper() for x in found], same(Form.UUID)) == [str(x) for x in found]


OWN = """
    CREATE TYPE mood AS ENUM ('sad', 'so,so', 'n'); CREATE TYPE pair AS (a int, b text); CREATE DOMAIN small AS int;
    CREATE FUNCTION forbidden(mood) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$;
    CREATE FUNCTION forbidden_json(mood) RETURNS json LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$;
    CREATE CAST (mood AS text) WITH FUNCTION forbidden(mood);
    CREATE CAST (mood AS json) WITH FUNCTION forbidden_json(mood);
"""


@pytest.mark.parametrize(
    ("type_", "make", "pairs"),
    [
        ("mood", same(Form.TEXT), {"so,so": "so,so", "n": "n"}),
        ("mood", beside(LogicalType(kind=Kind.CHAR)), {"sad": "sad"}),
        ("mood", beside(LogicalType(kind=Kind.ENUM)), {"sad": "sad"}),
        ("pair", same(Form.NATIVE), {'(1,"x y")': '(1,"x y")', "(,)": "(,)"}),
        ("small", same(Form.NUMBER), {"7": "7"}),
        ("mood[]", beside(ANY_TEXT, "sqlite"), {'{sad,NULL,"so,so"}': '["sad",null,"so,so"]'}),
        ("small[]", beside(ANY_TEXT, "sqlite"), {"{1,2}": "[1,2]"}),
        ("mood[]", same(Form.SET), {'{"n",sad}': "n,sad"}),
    ],
)
def test_types_of_ones_own_without_a_function_of_ones_own(
    url: str, type_: str, make: Callable[[Held], ComparedColumn], pairs: dict[str, str]
) -> None:
    assert texts(url, type_, [*pairs, None], make, OWN) == [*pairs.values(), None]


@pytest.mark.parametrize(
    ("type_", "beside_type", "pairs"),
    [
        ("text", LogicalType(kind=Kind.DECIMAL), {"1.50": "1.5", "-0": "0"}),
        ("text", LogicalType(kind=Kind.TIMESTAMP, precision=6), {"2024-01-01T00:00:00+01:00": "2023-12-31 23:00:00"}),
        ("varchar(20)", LogicalType(kind=Kind.DATE), {"2024-01-01": "2024-01-01"}),
        ("text", LogicalType(kind=Kind.JSON), {'{"b":1, "a":2.0}': '{"a":2,"b":1}'}),
    ],
)
def test_text_is_read_as_what_is_beside_it(
    url: str, type_: str, beside_type: LogicalType, pairs: dict[str, str]
) -> None:
    assert texts(url, type_, list(pairs), beside(beside_type)) == list(pairs.values())


def test_a_text_that_is_not_what_is_beside_it_equals_nothing(url: str) -> None:
    [text] = texts_raw(url)
    assert text.startswith(b"\xff")


def texts_raw(url: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE odd (v text); INSERT INTO odd VALUES ('x')")
    column = beside(LogicalType(kind=Kind.DECIMAL))(Held(name="v", native="text", type=ANY_TEXT))
    table = ComparedTable(name="odd", source="public.odd", target="public.odd", columns=[column])
    side = open_side(parse(url), "source")
    try:
        return [decode([column], row)[0] for batch in side.stream(table, Span()) for _, row in batch]
    finally:
        side.close()
