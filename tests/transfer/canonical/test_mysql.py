"""What MySQL's SQL and the rendering here make of values of every type, beside what they should be."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import pytest

from engines.connection import parse
from engines.mysql.quoting import quote_identifier
from engines.mysql.types import logical_type
from tests.mysql_servers import MysqlServer, connected
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held
from transfer.canonical.encoding import Digest, Hashing, decode, encode
from transfer.canonical.sql_mysql import text_sql
from transfer.sides.mysql import open_side
from transfer.sides.side import Span


@dataclass(frozen=True)
class Case:
    """A column's type, a value as SQL, the form, and its canonical text; digits: those that both sides can hold."""

    native: str
    value: str
    form: Form
    text: bytes | None
    digits: int | None = None

    def __str__(self) -> str:
        return f"{self.native} {self.value[:30]} {self.form} {self.digits}"


F = Form
POINT = "00000000010100000000000000000000400000000000000840"
CASES = [
    Case("int", "-7", F.NUMBER, b"-7"),
    Case("int(5) zerofill", "7", F.NUMBER, b"7"),
    Case("int(5) unsigned zerofill", "7", F.TEXT, b"00007"),
    Case("bigint unsigned", "18446744073709551615", F.NUMBER, b"18446744073709551615"),
    Case("bigint", "-9223372036854775808", F.NUMBER, b"-9223372036854775808"),
    Case("tinyint(1)", "2", F.NUMBER, b"2"),
    Case("tinyint(1)", "-128", F.NUMBER, b"-128"),
    Case("year(4)", "2155", F.NUMBER, b"2155"),
    Case("year(4)", "0", F.NUMBER, b"0"),
    Case("decimal(10,2)", "1.50", F.NUMBER, b"1.5"),
    Case("decimal(10,2)", "-100", F.NUMBER, b"-100"),
    Case("decimal(10,2)", "-0.00", F.NUMBER, b"0"),
    Case("decimal(10,0)", "100", F.NUMBER, b"100"),
    Case("decimal(8,2) zerofill", "7.5", F.NUMBER, b"7.5"),
    Case("decimal(65,30)", "-" + "9" * 35 + "." + "9" * 29 + "1", F.NUMBER, b"-" + b"9" * 35 + b"." + b"9" * 29 + b"1"),
    Case("decimal(10,4)", "1.2350", F.NUMBER, b"1.24", 2),
    Case("decimal(10,4)", "-1.2350", F.NUMBER, b"-1.24", 2),
    Case("decimal(10,4)", "199.5", F.NUMBER, b"200", 0),
    Case("decimal(10,4)", "1.2350", F.NUMBER, b"1.235", 6),
    Case("double", "0.1", F.NUMBER, b"0.1"),
    Case("double", "1e20", F.NUMBER, b"100000000000000000000"),
    Case("double", "1e23", F.NUMBER, b"1" + b"0" * 23),
    Case("double", "-1.5e-7", F.NUMBER, b"-0.00000015"),
    Case("double", "1.5e-20", F.NUMBER, b"0.000000000000000000015"),
    Case("double", "5e-324", F.NUMBER, b"0." + b"0" * 323 + b"5"),
    Case("double", "-1.7976931348623157e308", F.NUMBER, b"-17976931348623157" + b"0" * 292),
    Case("double", "1234567890123456.7", F.NUMBER, b"1234567890123456.8"),
    Case("double", "-0e0", F.NUMBER, b"0"),
    Case("double(10,3)", "1.5", F.NUMBER, b"1.5"),
    Case("double", "2.675", F.NUMBER, b"2.68", 2),
    Case("double", "-1e300", F.NUMBER, b"-1" + b"0" * 300, 2),
    Case("float", "0.1", F.NUMBER, b"0.10000000149011612"),
    Case("float", "16777217", F.NUMBER, b"16777216"),
    Case("float", "0.1", F.SINGLE, b"0.10000000149011612"),
    Case("double", "0.1", F.SINGLE, b"0.10000000149011612"),
    Case("decimal(10,2)", "0.1", F.SINGLE, b"0.10000000149011612"),
    Case("varchar(20)", "' 1.50'", F.NUMBER, b"1.5"),
    Case("varchar(20)", "'n'", F.NUMBER, b"\xffunexpected text n"),
    Case("bit(1)", "b'1'", F.NUMBER, b"1"),
    Case("bit(64)", "18446744073709551615", F.NUMBER, b"18446744073709551615"),
    Case("bit(10)", "b'1010'", F.BITS, b"0000001010"),
    Case("bit(64)", "1", F.BITS, b"0" * 63 + b"1"),
    Case("bit(10)", "b'1010'", F.BYTES, b"000a"),
    Case("varchar(20)", "'a '", F.TEXT, b"a "),
    Case("varchar(20)", "''", F.TEXT, b""),
    Case("varchar(20)", "'a  '", F.CHAR, b"a"),
    Case("char(5)", "'a '", F.CHAR, b"a"),
    Case("char(5)", "'a '", F.TEXT, b"a"),
    Case("text", r"'\'\"\\%s\n\0,n'", F.TEXT, b"'\"\\%s\n\0,n"),
    Case("varchar(20) character set latin1", "'é€'", F.TEXT, "é€".encode()),
    Case("varchar(20) character set utf16", "x'D83DDE00'", F.TEXT, "😀".encode()),
    Case("varchar(20) character set ucs2", "'é'", F.TEXT, "é".encode()),
    Case("varchar(20) character set gbk", "'中'", F.TEXT, "中".encode()),
    Case("varchar(20) character set sjis", "'ﾃ表'", F.TEXT, "ﾃ表".encode()),
    Case("varchar(20)", "'e\u0301'", F.TEXT, b"e\xcc\x81"),
    Case("varchar(20)", "'é'", F.BYTES, b"c3a9"),
    Case("varbinary(20)", "x'00ff0a'", F.BYTES, b"00ff0a"),
    Case("binary(3)", "x'ff'", F.BYTES, b"ff0000"),
    Case("blob", "''", F.BYTES, b""),
    Case("date", "'2024-02-29'", F.DATE, b"2024-02-29"),
    Case("date", "'0000-00-00'", F.DATE, b"0000-00-00"),
    Case("date", "'2024-00-01'", F.DATE, b"2024-00-01"),
    Case("date", "'2024-02-29'", F.TIMESTAMP, b"2024-02-29 00:00:00"),
    Case("date", "'2024-01-01'", F.NUMBER, b"2024"),
    Case("date", "'2024-01-02'", F.NUMBER, b"2024-01-02"),
    Case("datetime", "'2024-02-29 10:00:00'", F.TIMESTAMP, b"2024-02-29 10:00:00"),
    Case("datetime(6)", "'2024-02-29 10:00:00.120000'", F.TIMESTAMP, b"2024-02-29 10:00:00.12"),
    Case("datetime(6)", "'2024-02-29 10:00:00'", F.TIMESTAMP, b"2024-02-29 10:00:00"),
    Case("datetime(6)", "'0000-00-00'", F.TIMESTAMP, b"0000-00-00 00:00:00"),
    Case("datetime(6)", "'2024-12-31 23:59:59.999500'", F.TIMESTAMP, b"2025-01-01 00:00:00", 3),
    Case("datetime(6)", "'2024-12-31 23:59:59.999499'", F.TIMESTAMP, b"2024-12-31 23:59:59.999", 3),
    Case("datetime(6)", "'2024-12-31 23:59:59.5'", F.TIMESTAMP, b"2025-01-01 00:00:00", 0),
    Case("datetime(3)", "'2024-12-31 23:59:50.050'", F.TIMESTAMP, b"2024-12-31 23:59:50.1", 1),
    Case("datetime(6)", "'2024-00-00 10:00:00.1'", F.TIMESTAMP, b"2024-00-00 10:00:00.1", 3),
    Case("datetime(6)", "'9999-12-31 23:59:59.999999'", F.TIMESTAMP, b"9999-12-31 23:59:59.999", 3),
    Case("timestamp(3)", "'2038-01-19 03:14:07.5'", F.TIMESTAMP, b"2038-01-19 03:14:07.5"),
    Case("time", "'10:00:00'", F.TIME, b"10:00:00"),
    Case("time(3)", "'-838:59:59'", F.TIME, b"-838:59:59"),
    Case("time(6)", "'00:00:10.5'", F.TIME, b"00:00:10.5"),
    Case("time(6)", "'00:00:09.9995'", F.TIME, b"00:00:10", 3),
    Case("time(6)", "'-00:00:00.0005'", F.TIME, b"-00:00:00.001", 3),
    Case("time", "'-838:59:59'", F.INTERVAL, b"0 0 -3020399000000"),
    Case("time(6)", "'00:00:00.000001'", F.INTERVAL, b"0 0 1"),
    Case("time(6)", "'-00:00:00.4'", F.INTERVAL, b"0 0 -400000"),
    Case("time(6)", "'00:00:01.0005'", F.INTERVAL, b"0 0 1001000", 3),
    Case("enum('b','a')", "'a'", F.TEXT, b"a"),
    Case("enum('b','a')", "'zz'", F.TEXT, b""),
    Case("set('z','y{n}','x')", "'z,y{n}'", F.SET, b"y{n},z"),
    Case("set('z','y','x')", "''", F.SET, b""),
    Case("set('z','y','x')", "'x,z'", F.TEXT, b"z,x"),
    Case("varchar(20)", "'z,x'", F.SET, b"x,z"),
    Case("json", """'{"b": 1.50, "a": [1e2, null], "b": 2}'""", F.JSON, b'{"a":[100,null],"b":2}'),
    Case("text", "'no json, n'", F.JSON, b"\xffunexpected text no json\\x2c n"),
    Case("json", """'{"b": 1.50}'""", F.TEXT, b'{"b": 1.50}'),
    Case("char(36)", "'0A000000-0000-0000-0000-00000000000F'", F.UUID, b"0a000000-0000-0000-0000-00000000000f"),
    Case("varchar(40)", "'0A00000000000000000000000000000F'", F.UUID, b"0a000000-0000-0000-0000-00000000000f"),
    Case("varchar(40)", "'n'", F.UUID, b"\xffunexpected text 6e md5 7b8b965ad4bca0e41ab51de7b31363a1"),
    Case("binary(16)", "x'0a00000000000000000000000000000f'", F.UUID, b"0a000000-0000-0000-0000-00000000000f"),
    Case("uuid", "'0A000000-0000-0000-0000-00000000000F'", F.UUID, b"0a000000-0000-0000-0000-00000000000f"),
    Case("inet4", "'192.0.2.1'", F.TEXT, b"192.0.2.1"),
    Case("inet6", "'2001:DB8::1'", F.TEXT, b"2001:db8::1"),
    Case("point", "ST_GeomFromText('POINT(2 3)')", F.POINT, b"2 3"),
    Case("point", "ST_GeomFromText('POINT(1e20 -1.5e-7)')", F.POINT, b"100000000000000000000 -0.00000015"),
    Case("geometry", "ST_GeomFromText('POINT(2 3)')", F.GEOMETRY, b"0:" + POINT[8:].encode()),
    Case("point", "ST_GeomFromText('POINT(2 3)', 4326)", F.GEOMETRY, b"4326:" + POINT[8:].encode()),
    Case("geometry", "ST_GeomFromText('POINT(2 3)')", F.NATIVE, POINT.encode()),
    Case("varbinary(4)", "x'ff'", F.NATIVE, b"ff"),
    *(Case(native, "NULL", form, None) for native, form in (
        ("int", F.NUMBER), ("double", F.NUMBER), ("varchar(3)", F.TEXT), ("text", F.JSON), ("blob", F.BYTES),
        ("time", F.INTERVAL), ("set('a')", F.SET), ("date", F.TIMESTAMP), ("datetime(6)", F.TIMESTAMP),
        ("point", F.POINT), ("bit(3)", F.BITS), ("char(36)", F.UUID), ("double", F.SINGLE),
    )),
]  # fmt: skip


def compared(name: str, native: str, form: Form, digits: int | None = None) -> ComparedColumn:
    """A column beside one that is held the same way."""
    held = Held(name=name, native=native, type=logical_type(native.split(" character set")[0]))
    return ComparedColumn(name=name, form=form, source=held, target=held, digits=digits)


def made(url: str, table: str, columns: list[ComparedColumn], rows: list[list[str]]) -> ComparedTable:
    """A table of that database with an id and these columns, filled with SQL values; compared by its id."""
    ddl = ", ".join(f"{quote_identifier(c.name)} {_declared(c)}" for c in columns)
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = 'NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'")
        cursor.execute(f"CREATE TABLE {quote_identifier(table)} (id INT PRIMARY KEY, {ddl})")
        for start in range(0, len(rows), 500):
            lines = (f"({start + n}, {', '.join(row)})" for n, row in enumerate(rows[start : start + 500]))
            cursor.execute(f"INSERT INTO {quote_identifier(table)} VALUES {', '.join(lines)}")
    full = f"{url.rsplit('/', 1)[1]}.{table}"
    everything = [compared("id", "int", Form.NUMBER), *columns]
    return ComparedTable(name=full, source=full, target=full, columns=everything, key=["id"], range_column="id")


def _declared(column: ComparedColumn) -> str:
    native = column.source.native
    if native.startswith(("timestamp", "geometry", "point")):
        return f"{native} NULL"
    return native


@dataclass(frozen=True)
class Said:
    """What a side says of the one row that holds every case: its texts, those with all digits, hash and digest."""

    columns: list[ComparedColumn]
    streamed: list[bytes | None]
    whole: list[bytes | None]
    hashing: Hashing
    digest: Digest


@pytest.fixture(scope="module")
def said(mariadb: MysqlServer) -> Said:
    """One row with a column per case."""
    url = mariadb.create_database()
    hashing = Hashing.new()
    columns = [compared(f"c{n}", case.native, case.form, case.digits) for n, case in enumerate(CASES)]
    table = made(url, "t", columns, [[case.value for case in CASES]])
    side = open_side(parse(url), "source")
    ((_, row),) = next(iter(side.stream(table, Span())))
    ((key, _),) = next(iter(side.hashes(table, Span(), hashing)))
    ((_, whole),) = side.rows(table, Span(), {key}, hashing)
    server = side.snapshot.server
    pushable = [c for c in table.columns if text_sql(c, "source", "", server, None) is not None]
    pushed = table.model_copy(update={"columns": pushable})
    digest = side.digests(pushed, Span(), hashing)[0]
    side.close()
    return Said(pushed.columns, decode(table.columns, row)[1:], whole[1:], hashing, digest)


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: str(CASES[number]))
def test_renders(said: Said, number: int) -> None:
    """The text in encoded rows, and the one with all digits."""
    case = CASES[number]
    assert said.streamed[number] == case.text
    if case.digits is None:
        assert said.whole[number] == case.text


def test_the_server_hashes_what_it_renders(said: Said) -> None:
    """Of all columns that its SQL can render."""
    texts = {f"c{n}": case.text for n, case in enumerate(CASES)} | {"id": b"0"}
    assert len(said.columns) > len(CASES) * 0.8
    told = said.hashing.row(encode(said.columns, [texts[column.name] for column in said.columns]))
    assert said.digest == Digest().with_row(told)


def test_random_numbers_have_the_digits_that_python_gives_them(empty_mariadb: str) -> None:
    """Doubles of every size, floats, and decimals rounded half away from zero."""
    chance = random.Random(11)
    doubles = [_double(chance) for _ in range(3000)]
    singles = [struct.unpack("<f", struct.pack("<f", chance.uniform(-1, 1) * 10 ** chance.randint(-30, 30)))[0]
               for _ in doubles]  # fmt: skip
    decimals = [Decimal(chance.randint(-(10**18), 10**18)).scaleb(-chance.randint(0, 6)) for _ in doubles]
    columns = [
        compared("d", "double", Form.NUMBER),
        compared("f", "float", Form.NUMBER),
        compared("n", "decimal(30,6)", Form.NUMBER),
        compared("r", "decimal(30,6)", Form.NUMBER, 3),
    ]
    values = zip(doubles, singles, decimals, strict=True)
    rows = [[repr(d), repr(f), format(n, "f"), format(n, "f")] for d, f, n in values]
    table = made(empty_mariadb, "t", columns, rows)
    side = open_side(parse(empty_mariadb), "source")
    texts = [decode(table.columns, row) for batch in side.stream(table, Span()) for _, row in batch]
    side.close()
    assert len(texts) == len(rows)
    for number, d, f, n, r in texts:
        at = int(number or 0)
        rounded = decimals[at].quantize(Decimal("0.001"), ROUND_HALF_UP)
        told = [_plain(Decimal(repr(doubles[at]))), _plain(Decimal(repr(singles[at]))), _plain(decimals[at])]
        assert [d, f, n, r] == [*told, _plain(rounded)]


def _double(chance: random.Random) -> float:
    if chance.random() < 0.5:
        return chance.uniform(-1e6, 1e6)
    found = float(struct.unpack("<d", chance.randbytes(8))[0])
    return found if found - found == 0 else 0.0


def _plain(number: Decimal) -> bytes:
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return b"0" if text == "-0" else text.encode()


def test_text_that_its_character_set_does_not_know_equals_nothing(empty_mariadb: str) -> None:
    """The server itself would show it as a question mark."""
    table = made(empty_mariadb, "t", [compared("c", "varchar(9) character set ascii", Form.TEXT)], [["x'80'"], ["'?'"]])
    side = open_side(parse(empty_mariadb), "source")
    found = [decode(table.columns, row)[1] for batch in side.stream(table, Span()) for _, row in batch]
    side.close()
    assert found == [b"\xffunexpected text 80 md5 8d39dd7eef115ea6975446ef4082951f", b"?"]
