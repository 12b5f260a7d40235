"""A MySQL side's counts, digests, hashes and rows are those of its rows, by index where there is one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from engines.connection import parse
from engines.errors import DbmoError
from engines.mysql.quoting import quote_identifier, quote_literal
from engines.mysql.types import logical_type
from tests.mysql_servers import MysqlServer, connected
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held
from transfer.canonical.encoding import Digest, Hashing, Texts, encode
from transfer.sides.mysql import MysqlSide, open_side
from transfer.sides.mysql_queries import Plan
from transfer.sides.side import Span

plan_of = Plan.of
HASHING = Hashing("md5", "0123456789abcdef" * 2)
SPANS = [
    Span(), Span(lower=100, upper=200), Span(upper=50), Span(lower=280), Span(lower=-5, upper=-1), Span(of=16),
    Span(of=16, buckets=frozenset({3, 5})), Span(lower=10, upper=290, of=4, buckets=frozenset({0})),
    Span(of=65_536), Span(lower=1000, upper=2000),
]  # fmt: skip
PACKET = 1 << 20


def column(name: str, native: str, form: Form, digits: int | None = None) -> ComparedColumn:
    """A column beside one of the same type."""
    held = Held(name=name, native=native, type=logical_type(native))
    return ComparedColumn(name=name, form=form, source=held, target=held, digits=digits)


def table(
    url: str, name: str, columns: list[ComparedColumn], key: list[str], ranged: str | None = None
) -> ComparedTable:
    """A table of that database."""
    database = url.rsplit("/", 1)[1]
    return ComparedTable(
        name=name, source=f"{database}.{name}", target=f"{database}.{name}", columns=columns, key=key,
        range_column=ranged,
    )  # fmt: skip


def run(url: str, *statements: str) -> None:
    """Run statements as the administrator, in the session's own settings."""
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = 'NO_ENGINE_SUBSTITUTION'")
        for statement in statements:
            cursor.execute(statement)


def opened(url: str) -> MysqlSide:
    """The database as the source."""
    return open_side(parse(url), "source")


def hashes(side: MysqlSide, compared: ComparedTable, span: Span) -> list[tuple[bytes, bytes]]:
    """All of them, sorted."""
    return sorted(pair for batch in side.hashes(compared, span, HASHING) for pair in batch)


@pytest.fixture(scope="module")
def filled(mariadb: MysqlServer) -> tuple[str, dict[bytes, Texts]]:
    """A table t (id, v, j) of 300 rows with NULLs and every kind of letter: its texts by key."""
    url = mariadb.create_database()
    chance = random.Random(4)
    texts: dict[bytes, Texts] = {}
    lines = []
    for number in range(300):
        text = None if chance.random() < 0.1 else "".join(chance.choice("aé'\\%,:n \0😀") for _ in range(number % 9))
        texts[b"%d," % number] = [b"%d" % number, None if text is None else text.encode(), b'{"a":1}']
        shown = "NULL" if text is None else quote_literal(text)
        lines.append(f"({number}, {shown}, '{{\"a\": 1.0}}')")
    run(url, "CREATE TABLE t (id INT, v VARCHAR(20), j JSON, KEY (id))", f"INSERT INTO t VALUES {', '.join(lines)}")
    return url, texts


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("span", SPANS, ids=str)
def test_all_ways_say_the_same_of_a_span(
    filled: tuple[str, dict[bytes, Texts]], span: Span, local: bool, keyed: bool
) -> None:
    """Digests by the server or here (JSON is hashed here), hashes, whole rows, and rows by key."""
    url, texts = filled
    columns = [column("id", "int", Form.NUMBER), column("v", "varchar(20)", Form.TEXT)]
    columns += [column("j", "json", Form.JSON)] * local
    compared = table(url, "t", columns, ["id"] * keyed, "id")
    expected = {}
    for key, row in texts.items():
        number, hashed = int(row[0] or 0), HASHING.row(encode(columns, row[: len(columns)]))
        inside = (span.lower is None or number > span.lower) and (span.upper is None or number <= span.upper)
        if inside and (span.buckets is None or int.from_bytes(hashed[:2], "big") % span.of in span.buckets):
            expected[key if keyed else hashed] = (hashed, row[: len(columns)])
    sums: dict[int, Digest] = {}
    for hashed, _ in expected.values():
        bucket = int.from_bytes(hashed[:2], "big") % span.of
        sums[bucket] = sums.get(bucket, Digest()).with_row(hashed)
    with closing(opened(url)) as side:
        assert side.digests(compared, span, HASHING) == sums
        assert hashes(side, compared, span) == sorted((key, hashed) for key, (hashed, _) in expected.items())
        streamed = [row for batch in side.stream(compared, span) for _, row in batch]
        if span.buckets is None:
            assert sorted(streamed) == sorted(encode(columns, row) for _, row in expected.values())
        wanted = {key for place, key in enumerate(expected) if place % 7 == 0} | {b"999,"}
        assert dict(side.rows(compared, span, wanted, HASHING)) == {
            key: row for key, (_, row) in expected.items() if key in wanted
        }


@pytest.mark.parametrize("span", SPANS, ids=str)
def test_sums_without_user_variables_are_the_same(
    filled: tuple[str, dict[bytes, Texts]], span: Span, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As MySQL 8 is asked for them."""
    url, _ = filled
    compared = table(url, "t", [column("id", "int", Form.NUMBER), column("v", "varchar(20)", Form.TEXT)], ["id"], "id")
    with closing(opened(url)) as side:
        quick = side.digests(compared, span, HASHING)
        monkeypatch.setattr(Plan, "of", lambda *given: replace(plan_of(*given), variables=False))
        assert side.digests(compared, span, HASHING) == quick


def test_counts_and_bounds(filled: tuple[str, dict[bytes, Texts]]) -> None:
    """Of the whole table, whatever its name."""
    url, texts = filled
    compared = table(url, "t", [column("id", "int", Form.NUMBER)], ["id"], "id")
    with closing(opened(url)) as side:
        assert (side.count(compared), side.bounds(compared, 100)) == (len(texts), [99, 199, 299])


def test_null_in_the_range_column_is_in_the_span_that_is_open_below(empty_mariadb: str) -> None:
    """And in no other one."""
    run(
        empty_mariadb, "CREATE TABLE t (id BIGINT UNSIGNED)", "INSERT INTO t VALUES (NULL), (1), (18446744073709551615)"
    )
    compared = table(empty_mariadb, "t", [column("id", "bigint unsigned", Form.NUMBER)], [], "id")
    spans = [Span(upper=5), Span(lower=5, upper=2**63), Span(lower=2**63), Span(lower=-1, upper=5)]
    with closing(opened(empty_mariadb)) as side:
        found = [sum(digest.rows for digest in side.digests(compared, span, HASHING).values()) for span in spans]
    assert found == [2, 0, 1, 1]


# type or form -> SQL of many other values
FILLED = {
    "year": "seq % 55 + 1950",
    "binary(16)": "UNHEX(MD5(seq))",
    Form.DATE: "'2000-01-01' + INTERVAL seq DAY",
    Form.TIMESTAMP: "'2000-01-01' + INTERVAL seq HOUR",
    Form.UUID: "CONCAT(HEX(seq + 268435456), LEFT(UUID(), 28))",
    Form.BITS: "seq + 9",
}
KEYS = [
    ("int", Form.NUMBER, "7", b"7,"),
    ("bigint unsigned", Form.NUMBER, "18446744073709551615", b"18446744073709551615,"),
    ("decimal(20,4)", Form.NUMBER, "1.5", b"1.5,"),
    ("double", Form.NUMBER, "1e-20", b"0.00000000000000000001,"),
    ("varchar(20)", Form.TEXT, r"'a\'b\\'", b"4:a'b\\"),
    ("varchar(20) CHARACTER SET latin1", Form.TEXT, "'é'", b"2:\xc3\xa9"),
    ("varchar(20) COLLATE utf8mb4_nopad_bin", Form.TEXT, "'a '", b"2:a "),
    ("char(8)", Form.CHAR, "'a'", b"1:a"),
    ("varchar(20)", Form.CHAR, "'a '", b"1:a"),
    ("varbinary(8)", Form.BYTES, "x'00ff'", b"00ff,"),
    ("date", Form.DATE, "'0000-00-00'", b"0000-00-00,"),
    ("datetime(6)", Form.TIMESTAMP, "'2024-01-01 00:00:00.5'", b"2024-01-01 00:00:00.5,"),
    ("timestamp(3)", Form.TIMESTAMP, "'2024-01-01 00:00:00.5'", b"2024-01-01 00:00:00.5,"),
    ("uuid", Form.UUID, "'0A000000-0000-0000-0000-00000000000f'", b"0a000000-0000-0000-0000-00000000000f,"),
    ("binary(16)", Form.UUID, "x'0a00000000000000000000000000000f'", b"0a000000-0000-0000-0000-00000000000f,"),
    ("bit(20)", Form.BITS, "b'101'", b"00000000000000000101,"),
    ("year", Form.NUMBER, "2024", b"2024,"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("native", "form", "value", "key"), KEYS, ids=[f"{native} {form}" for native, form, *_ in KEYS]
)
def test_rows_are_found_by_the_index_of_their_key(
    empty_mariadb: str, native: str, form: Form, value: str, key: bytes
) -> None:
    """Not by reading the table, not even for keys that no row of this type can have."""
    fill = FILLED.get(native, FILLED.get(form, "seq + 100"))
    count = 50 if native == "year" else 2_000
    run(
        empty_mariadb,
        f"CREATE TABLE t (k {native} NOT NULL PRIMARY KEY, v INT)",
        f"INSERT INTO t SELECT {fill}, seq FROM seq_1_to_{count}",
        f"INSERT INTO t VALUES ({value}, -1)",
        "ANALYZE TABLE t",
    )
    keyed = column("k", native.split(" CHAR")[0].split(" COLL")[0], form)
    compared = table(empty_mariadb, "t", [keyed, column("v", "int", Form.NUMBER)], ["k"])
    strange = {Form.NUMBER: b"NaN,", Form.DATE: b"infinity,", Form.TIMESTAMP: b"0044-03-15 00:00:00 BC,"}.get(form)
    with closing(opened(empty_mariadb)) as side:
        before = _read(side)
        found = list(side.rows(compared, Span(), {key, *([strange] if strange else [])}, HASHING))
        assert [(name, texts[1]) for name, texts in found] == [(key, b"-1")]
        assert _read(side) - before < 120


def _read(side: MysqlSide) -> int:
    """Rows that handlers gave so far; information_schema is some of it."""
    found = side.snapshot.query("SHOW SESSION STATUS LIKE 'Handler_read%'")
    return sum(int(value) for name, value in found if name in (b"Handler_read_rnd_next", b"Handler_read_next"))


def test_blanks_at_the_end_of_a_key_do_not_hide_its_row(empty_mariadb: str) -> None:
    """Under a collation that counts them no index finds it."""
    run(
        empty_mariadb,
        "CREATE TABLE t (k VARCHAR(9) COLLATE utf8mb4_nopad_bin PRIMARY KEY)",
        "INSERT INTO t VALUES ('a ')",
    )
    compared = table(empty_mariadb, "t", [column("k", "varchar(9)", Form.CHAR)], ["k"])
    with closing(opened(empty_mariadb)) as side:
        assert list(side.rows(compared, Span(), {b"1:a"}, HASHING)) == [(b"1:a", [b"a"])]


def test_columns_of_two_binary_collations_are_hashed_together(empty_mariadb: str) -> None:
    """As tables from PostgreSQL have them: no blanks at the end count in one of CHAR. Bytes stand beside them."""
    run(
        empty_mariadb,
        "CREATE TABLE t (a char(5) COLLATE utf8mb4_bin NOT NULL, b text COLLATE utf8mb4_nopad_bin, c blob)",
        "INSERT INTO t VALUES ('é', 'x ', x'ff00fe')",
    )
    columns = [column("a", "char(5)", Form.TEXT), column("b", "text", Form.TEXT), column("c", "blob", Form.BYTES)]
    compared = table(empty_mariadb, "t", columns, ["a"])
    with closing(opened(empty_mariadb)) as side:
        [(_, row)] = [row for batch in side.stream(compared, Span()) for row in batch]
        assert row == encode(columns, ["é".encode(), b"x ", b"ff00fe"])
        assert [hashed for _, hashed in hashes(side, compared, Span())] == [HASHING.row(row)]


def test_keys_of_several_columns_and_null(empty_mariadb: str) -> None:
    """A unique key may hold NULL, on either side; FLOAT has no literal that finds it."""
    run(
        empty_mariadb,
        "CREATE TABLE t (a VARCHAR(9), b INT, f FLOAT, UNIQUE (a, b, f))",
        "INSERT INTO t VALUES ('x', 1, 0.1), ('x', 2, 0.1), ('X', 3, 0.1), (NULL, 1, 0.1), ('x', NULL, NULL)",
    )
    columns = [column("a", "varchar(9)", Form.TEXT), column("b", "int", Form.NUMBER), column("f", "float", Form.NUMBER)]
    compared = table(empty_mariadb, "t", columns, ["a", "b", "f"])
    single = b"0.10000000149011612,"
    wanted = {b"1:x1," + single, b"1:x3," + single, b"n1," + single, b"1:xn,n,"}
    with closing(opened(empty_mariadb)) as side:
        assert {key for key, _ in side.rows(compared, Span(), wanted, HASHING)} == wanted - {b"1:x3," + single}


def test_rows_have_all_digits_where_hashes_have_those_of_both_sides(empty_mariadb: str) -> None:
    """So that a tolerance can be judged; keys are cut."""
    run(
        empty_mariadb,
        "CREATE TABLE t (k DATETIME(6), n DECIMAL(9,4))",
        "INSERT INTO t VALUES ('2024-01-01 00:00:00.0006', 1.2356)",
    )
    columns = [column("k", "datetime(6)", Form.TIMESTAMP, 3), column("n", "decimal(9,4)", Form.NUMBER, 2)]
    compared = table(empty_mariadb, "t", columns, ["k"])
    key, cut = b"2024-01-01 00:00:00.001,", [b"2024-01-01 00:00:00.001", b"1.24"]
    with closing(opened(empty_mariadb)) as side:
        assert hashes(side, compared, Span()) == [(key, HASHING.row(encode(columns, cut)))]
        assert dict(side.rows(compared, Span(), {key}, HASHING)) == {key: [cut[0], b"1.2356"]}


@pytest.fixture
def small_packets(mariadb: MysqlServer) -> Iterator[MysqlServer]:
    """The server with max_allowed_packet so low that some values can't be hashed there."""
    yield mariadb
    mariadb.run("SET GLOBAL max_allowed_packet = 16777216")


def test_values_beyond_max_allowed_packet_are_hashed_here(small_packets: MysqlServer) -> None:
    """The server would say NULL for them, and NULL equals NULL."""
    url = small_packets.create_database()
    run(
        url,
        "CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT CHARACTER SET latin1)",
        "INSERT INTO t VALUES (1, REPEAT('a', 900000), 'x'), (2, REPEAT('a', 900001), REPEAT('é', 600000))",
        "INSERT INTO t VALUES (3, NULL, NULL)",
        f"SET GLOBAL max_allowed_packet = {PACKET}",
    )
    columns = [
        column("id", "int", Form.NUMBER),
        column("b", "longblob", Form.BYTES),
        column("t", "longtext", Form.TEXT),
    ]
    texts: list[Texts] = [
        [b"1", b"61" * 900_000, b"x"], [b"2", b"61" * 900_001, "é".encode() * 600_000], [b"3", None, None],
    ]  # fmt: skip
    expected = sorted((b"%b," % (row[0] or b""), HASHING.row(encode(columns, row))) for row in texts)
    compared = table(url, "t", columns, ["id"])
    with closing(opened(url)) as side:
        assert hashes(side, compared, Span()) == expected
        total = sum((Digest().with_row(hashed) for _, hashed in expected), Digest())
        assert side.digests(compared, Span(), HASHING) == {0: total}
        by_bucket = side.digests(compared, Span(of=2), HASHING)
        assert sum(by_bucket.values(), Digest()) == total
        streamed = sorted(row for batch in side.stream(compared, Span()) for _, row in batch)
        assert streamed == sorted(encode(columns, row) for row in texts)
        assert dict(side.rows(compared, Span(), {b"1,", b"3,"}, HASHING)) == {b"1,": texts[0], b"3,": texts[2]}


@pytest.mark.parametrize("name", ["it's", 'a"b', "a.b%s", "per%cent", "a`b{c}", "x:y", "ö" * 64, "select", "{n}"])
def test_names_of_every_kind(empty_mariadb: str, name: str) -> None:
    """Tables and columns."""
    quoted = quote_identifier(name)
    run(
        empty_mariadb,
        f"CREATE TABLE {quoted} ({quoted} INT PRIMARY KEY, s SET('a','b'))",
        f"INSERT INTO {quoted} VALUES (1, 'a')",
    )
    columns = [column(name, "int", Form.NUMBER), column("s", "set('a','b')", Form.SET)]
    compared = table(empty_mariadb, name, columns, [name], name)
    with closing(opened(empty_mariadb)) as side:
        assert side.digests(compared, Span(upper=1), HASHING)[0].rows == side.count(compared) == 1
        assert list(side.rows(compared, Span(), {b"1,"}, HASHING)) == [(b"1,", [b"1", b"a"])]


def test_what_can_not_be_read_says_why(mariadb: MysqlServer) -> None:
    """And the side goes on with the next table."""
    url = mariadb.create_database()
    database = url.rsplit("/", 1)[1]
    run(url, "CREATE TABLE t (id INT)", "CREATE TABLE u (id INT)", "CREATE VIEW v AS SELECT id FROM u", "DROP TABLE u")
    mariadb.run("CREATE OR REPLACE USER b_side", f"GRANT SELECT ON {quote_identifier(database)}.* TO b_side")
    mariadb.run("CREATE OR REPLACE USER b_less", f"GRANT INSERT ON {quote_identifier(database)}.t TO b_less")
    identity = [column("id", "int", Form.NUMBER)]
    cases = [("missing", identity, "TABLE_MISSING"), ("t", [column("no", "int", Form.NUMBER)], "COLUMN_MISSING"),
             ("v", identity, "MYSQL_ERROR")]  # fmt: skip
    with closing(opened(mariadb.url(database, "b_side"))) as side:
        for name, columns, code in cases:
            with pytest.raises(DbmoError) as caught:
                side.digests(table(url, name, columns, []), Span(), HASHING)
            assert caught.value.code == code
        assert side.count(table(url, "t", identity, [])) == 0
    with closing(opened(mariadb.url(database, "b_less"))) as side, pytest.raises(DbmoError) as caught:
        side.digests(table(url, "t", identity, []), Span(), HASHING)
    assert caught.value.code == "PERMISSION_DENIED"


def test_generated_invisible_and_versioned_columns_and_views_are_read_like_others(empty_mariadb: str) -> None:
    """Of a table with system versioning the rows of now."""
    run(
        empty_mariadb,
        "CREATE TABLE t (a INT PRIMARY KEY, g INT AS (a * 2), i INT INVISIBLE DEFAULT 5) WITH SYSTEM VERSIONING",
        "INSERT INTO t (a) VALUES (1), (2)",
        "DELETE FROM t WHERE a = 2",
        "CREATE VIEW w AS SELECT a, g, i FROM t",
    )
    columns = [column(name, "int", Form.NUMBER) for name in "agi"]
    with closing(opened(empty_mariadb)) as side:
        for name in ("t", "w"):
            found = [
                row for batch in side.stream(table(empty_mariadb, name, columns, ["a"]), Span()) for _, row in batch
            ]
            assert found == [b"1,2,5,"]


def test_originals_are_the_values_as_the_server_sends_them(empty_mariadb: str) -> None:
    """With a class that tells bytes from text."""
    run(
        empty_mariadb,
        "CREATE TABLE t (id INT PRIMARY KEY, d DECIMAL(5,2), b BLOB)",
        "INSERT INTO t VALUES (1, 1.5, x'00'), (2, NULL, NULL)",
    )
    columns = [column("id", "int", Form.NUMBER), column("b", "blob", Form.BYTES)]
    with closing(opened(empty_mariadb)) as side:
        found = dict(side.originals(table(empty_mariadb, "t", columns, ["id"]), ["d", "b"], {b"1,", b"2,"}))
    assert found == {
        b"1,": {"d": ("text", b"1.50"), "b": ("blob", b"\0")},
        b"2,": {"d": ("null", None), "b": ("null", None)},
    }


def test_refresh_sees_what_others_wrote(empty_mariadb: str) -> None:
    """And the table as it is then."""
    run(empty_mariadb, "CREATE TABLE t (id INT)")
    compared = table(empty_mariadb, "t", [column("id", "int", Form.NUMBER)], [])
    with closing(opened(empty_mariadb)) as side:
        assert side.count(compared) == 0
        run(empty_mariadb, "INSERT INTO t VALUES (1)")
        assert side.count(compared) == 0
        side.refresh()
        assert side.count(compared) == 1
