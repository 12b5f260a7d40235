"""pgloader moves MariaDB and SQLite to PostgreSQL; the validator says what got lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.journeys.moved import (
    PAGE,
    Case,
    berlin,
    for_pgloader,
    installed,
    moved,
    of_schema,
    of_tables,
    page_list,
    page_rows,
    statements,
    validated,
)
from tests.servers import MysqlServer, Server, load_mysql

VERSION = "3.6.7"
MARIADB = [
    Case("booleans", "`tinyint(1)` with 2 and -1",
         "2 of 5 rows different, id=3: b '2' -> '1'",
         "CREATE TABLE booleans (id int PRIMARY KEY, b tinyint(1), t tinyint, f bit(1));"
         "INSERT INTO booleans VALUES (1,1,1,b'1'),(2,0,0,b'0'),(3,2,2,NULL),(4,-1,127,b'1'),(5,NULL,NULL,NULL);"),
    Case("zero_dates", "`date` and `datetime`, a row with `0000-00-00`",
         "2 of 2 rows missing",
         "CREATE TABLE zero_dates (id int PRIMARY KEY, d date, dt datetime);"
         "INSERT INTO zero_dates VALUES (1,'2020-02-29','2021-06-01'),(2,'0000-00-00','2021-06-01');"),
    Case("zero_defaults", "the same, NOT NULL DEFAULT zero",
         "2 of 2 rows missing",
         "CREATE TABLE zero_defaults (id int PRIMARY KEY, dt datetime NOT NULL DEFAULT '0000-00-00 00:00:00',"
         " d date NOT NULL DEFAULT '0000-00-00');"
         "INSERT INTO zero_defaults VALUES (1,'2020-02-29','2021-06-01'),(2,'0000-00-00','0000-00-00');"),
    Case("zero_datetimes", "`datetime DEFAULT zero`, a row with it",
         "2 of 2 rows different, id=1: dt '0000-00-00 00:00:00' -> None",
         "CREATE TABLE zero_datetimes (id int PRIMARY KEY, dt datetime DEFAULT '0000-00-00 00:00:00');"
         "INSERT INTO zero_datetimes VALUES (1,'0000-00-00 00:00:00'),(2,'2020-12-31 12:00:00');"),
    Case("wall_clocks", "`datetime`: no time zone",
         "2 of 2 rows different, id=1: dt '2021-03-28 02:30:00' -> '2021-03-28 01:30:00'",
         "CREATE TABLE wall_clocks (id int PRIMARY KEY, dt datetime(6));"
         "INSERT INTO wall_clocks VALUES (1,'2021-03-28 02:30:00'),(2,'2021-06-01 12:00:00.123456');"),
    Case("moments", "`timestamp`: moments, the server runs in UTC",
         "2 of 2 rows different, id=1: ts '2021-03-28 02:30:00' -> '2021-03-28 01:30:00'",
         "CREATE TABLE moments (id int PRIMARY KEY, ts timestamp(6) NULL);"
         "INSERT INTO moments VALUES (1,'2021-03-28 02:30:00'),(2,'2021-06-01 12:00:00.123456');"),
    Case("times", "`time(6)` within a day",
         "equal",
         "CREATE TABLE times (id int PRIMARY KEY, t time(6));"
         "INSERT INTO times VALUES (1,'10:00:00.5'),(2,'23:59:59.999999'),(3,NULL);"),
    Case("long_times", "`time` over a day and below zero",
         "3 of 3 rows missing",
         "CREATE TABLE long_times (id int PRIMARY KEY, t time);"
         "INSERT INTO long_times VALUES (1,'10:00:00'),(2,'-838:59:59'),(3,'24:00:01');"),
    Case("numbers", "`bigint unsigned` over 2^63, `decimal(20,4)`, `double`, `year`",
         "equal",
         "CREATE TABLE numbers (id int PRIMARY KEY, u bigint unsigned, d decimal(20,4), e double, y year);"
         "INSERT INTO numbers VALUES (1,0,1.5,0.1,1999),(2,18446744073709551615,-0.0001,1e300,2155),"
         "(3,9223372036854775808,9999999999999999.9999,5e-324,0),(4,1,0,-2.5e-7,NULL);"),
    Case("floats", "`float` with more than six digits",
         "1 of 4 rows different, id=2: f '16777216' -> '16777200'",
         "CREATE TABLE floats (id int PRIMARY KEY, f float);"
         "INSERT INTO floats VALUES (1,0.1),(2,16777216),(3,1.1),(4,-1e-7);"),
    Case("bits", "`bit(8)`, `bit(64)`",
         "equal",
         "CREATE TABLE bits (id int PRIMARY KEY, b bit(8), w bit(64));"
         "INSERT INTO bits VALUES (1,b'00000001',b'1'),(2,b'10000000',~0),(3,NULL,NULL);"),
    Case("octets", "`varbinary`, `binary(4)`, `longblob`",
         "equal",
         "CREATE TABLE octets (id int PRIMARY KEY, v varbinary(32), b binary(4), l longblob);"
         "INSERT INTO octets VALUES (1,x'00ff',x'01020304',x'5c780a0d'),(2,'','',''),(3,NULL,NULL,NULL),"
         "(4,'\\\\x41','\\\\N','\\\\.');"),
    Case("texts", "empty, NULL, padded, escaped, beyond the BMP, NFC and NFD",
         "equal",
         "CREATE TABLE texts (id int PRIMARY KEY, v varchar(60), c char(6), t longtext);"
         "INSERT INTO texts VALUES (1,'a','ab','x'),(2,'','',''),(3,NULL,NULL,NULL),"
         "(4,'tab\\there','\\\\N','line\\nback\\\\slash'),(5,'é','é','e\u0301 😀'),(6,'a  ','b  ','c  ');"),
    Case("nul_texts", "a text with a NUL",
         "1 of 3 rows different, id=2: v 'a\\x00b' -> 'ab'",
         "CREATE TABLE nul_texts (id int PRIMARY KEY, v varchar(60));"
         "INSERT INTO nul_texts VALUES (1,'a'),(2,CONCAT('a',CHAR(0),'b')),(3,'c');"),
    Case("latin", "`latin1`, which is cp1252 there: a €",
         "1 of 2 rows different, id=2: v '€' -> '\\x80'",
         "CREATE TABLE latin (id int PRIMARY KEY, v varchar(60)) CHARSET=latin1;"
         "INSERT INTO latin VALUES (1,'é'),(2,_latin1 x'80');"),
    Case("labels", "`enum`, `set`",
         "equal (labels in any order)",
         "CREATE TABLE labels (id int PRIMARY KEY, e enum('sad','ok','it''s'), s set('a','b','c'));"
         "INSERT INTO labels VALUES (1,'ok','a,b'),(2,'it''s',''),(3,NULL,NULL),(4,'sad','c,a');"),
    Case("bad_labels", "an `enum` with the invalid value `''`",
         "2 of 2 rows missing",
         "CREATE TABLE bad_labels (id int PRIMARY KEY, e enum('sad','ok'));"
         "INSERT INTO bad_labels VALUES (1,'ok'),(2,'nonsense');"),
    Case("documents", "`json`",
         "equal",
         "CREATE TABLE documents (id int PRIMARY KEY, j json);"
         """INSERT INTO documents VALUES (1,'{"b": 1.0, "a": [1, 2]}'),(2,'null'),(3,NULL),"""
         """(4,'{"a": "\\\\u00e9", "a": 2}');"""),
    Case("places", "`point`",
         "equal",
         "CREATE TABLE places (id int PRIMARY KEY, p point);"
         "INSERT INTO places VALUES (1,POINT(1,2)),(2,POINT(-1.5,0.1)),(3,NULL);"),
    Case("shapes", "`geometry`, a row with a line",
         "g is not compared: geometry beside point: PostgreSQL's own geometric types have no well-known binary;"
         " 2 of 2 rows missing",
         "CREATE TABLE shapes (id int PRIMARY KEY, g geometry);"
         "INSERT INTO shapes VALUES (1,POINT(1,1)),(2,ST_GeomFromText('LINESTRING(0 0,1 1)'));"),
    Case("computed", "generated columns",
         "equal",
         "CREATE TABLE computed (id int PRIMARY KEY, a int, twice int AS (a * 2) STORED, thrice int AS (a * 3));"
         "INSERT INTO computed (id, a) VALUES (1,1),(2,NULL);"),
    Case("no_key", "no key, two equal rows",
         "equal",
         "CREATE TABLE no_key (line text, at int); INSERT INTO no_key VALUES ('a',1),('a',1),(NULL,NULL);"),
    Case("camelCase", "names in mixed case, a reserved word, a space",
         "equal",
         "CREATE TABLE `camelCase` (`theId` int PRIMARY KEY, `select` int, `with space` int);"
         "INSERT INTO `camelCase` VALUES (1,2,3);"),
    Case("numbered", "AUTO_INCREMENT at 100, rows to 50",
         "equal",
         "CREATE TABLE numbered (id int AUTO_INCREMENT PRIMARY KEY, v int) AUTO_INCREMENT=100;"
         "INSERT INTO numbered VALUES (1,1),(50,2);"),
    Case("parent", "a check, a trigger",
         "equal",
         "CREATE TABLE parent (id int PRIMARY KEY, n int CHECK (n > 0)); INSERT INTO parent VALUES (1,1);"
         "CREATE TRIGGER touched BEFORE UPDATE ON parent FOR EACH ROW SET NEW.n = NEW.n;"),
    Case("child", "a foreign key, a view over it",
         "equal",
         "CREATE TABLE child (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES parent (id));"
         "INSERT INTO child VALUES (1,1);"
         "CREATE VIEW busy AS SELECT parent, count(*) AS n FROM child GROUP BY parent;"),
]  # fmt: skip
MARIADB_SCHEMA = [
    "check, missing: labels.labels_s_check, numbers.numbers_u_check, parent.parent_1_check",
    "default, none -> '\\x4e554c4c'::bytea: octets.b",
    'generated column, CAST("a" AS BIGINT) * 2 stored -> none: computed.twice',
    'generated column, CAST("a" AS BIGINT) * 3 stored -> none: computed.thrice',
    "nullability, NOT NULL -> NULL: zero_defaults.dt",
    "numbers_again, The next number is 51, the source's 100: deleted rows' numbers come again.: numbered.id",
    "routine, missing: touched()",
    "trigger, missing: parent.touched",
    "type, bytea -> point: places.p, shapes.g",
    "type, interval(0) -> time without time zone: long_times.t",
    "type, interval(6) -> time(6) without time zone: times.t",
    "type, text[] -> moved_by_pgloader.labels_s[]: labels.s",
    "type, timestamp(0) without time zone -> timestamp with time zone: zero_dates.dt, zero_datetimes.dt, "
    "zero_defaults.dt",
    "type, timestamp(6) without time zone -> timestamp with time zone: wall_clocks.dt",
    "view, missing: busy",
]
SQLITE = [
    Case("integers", "INTEGER, BIGINT to both ends",
         "equal",
         "CREATE TABLE integers (id INTEGER PRIMARY KEY, n INTEGER, b BIGINT);"
         "INSERT INTO integers VALUES (1,1,9223372036854775807),(2,-1,-9223372036854775808),(3,NULL,NULL);"),
    Case("words", "INTEGER, a row with a word",
         "2 of 3 rows missing",
         "CREATE TABLE words (id INTEGER PRIMARY KEY, n INTEGER);"
         "INSERT INTO words VALUES (1,1),(2,'many'),(3,3);"),
    Case("fractions", "INTEGER, a row with 1.5",
         "1 of 2 rows missing",
         "CREATE TABLE fractions (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO fractions VALUES (1,1),(2,1.5);"),
    Case("reals", "REAL with more than seven digits",
         "equal (as 32-bit floats)",
         "CREATE TABLE reals (id INTEGER PRIMARY KEY, r REAL); INSERT INTO reals VALUES (1,0.5),(2,16777217.25);"),
    Case("wide_reals", "REAL, a row with 1e300",
         "2 of 2 rows missing",
         "CREATE TABLE wide_reals (id INTEGER PRIMARY KEY, r REAL); INSERT INTO wide_reals VALUES (1,0.5),(2,1e300);"),
    Case("doubles", "DOUBLE, NUMERIC",
         "equal",
         "CREATE TABLE doubles (id INTEGER PRIMARY KEY, d DOUBLE, n NUMERIC);"
         "INSERT INTO doubles VALUES (1,0.1,0.1),(2,5e-324,12345678901234567890),(3,NULL,NULL);"),
    Case("texts", "VARCHAR, TEXT, CHAR: escapes, NFD, beyond the BMP, too long for its type",
         "equal",
         "CREATE TABLE texts (id INTEGER PRIMARY KEY, v VARCHAR(3), t TEXT, c CHAR(4));"
         "INSERT INTO texts VALUES (1,'abcd','tab\tback\\slash\nline','ab'),(2,'','',''),(3,NULL,NULL,NULL),"
         "(4,'é','e' || char(769) || char(128512),'x  ');"),
    Case("nul_texts", "a text with a NUL",
         "1 of 2 rows different, id=2: t 'a\\x00b' -> 'a'",
         "CREATE TABLE nul_texts (id INTEGER PRIMARY KEY, t TEXT);"
         "INSERT INTO nul_texts VALUES (1,'a'),(2,'a' || char(0) || 'b');"),
    Case("blobs", "BLOB",
         "equal",
         "CREATE TABLE blobs (id INTEGER PRIMARY KEY, b BLOB); INSERT INTO blobs VALUES (1,x'00ff'),(2,x''),(3,NULL);"),
    Case("texts_in_blobs", "BLOB, a row with the text `text`",
         "1 of 2 rows different, id=2: b '74657874' -> 'b5ec6d'",
         "CREATE TABLE texts_in_blobs (id INTEGER PRIMARY KEY, b BLOB);"
         "INSERT INTO texts_in_blobs VALUES (1,x'00'),(2,'text');"),
    Case("dates", "DATE, DATETIME, TIMESTAMP, TIME as ISO text",
         "equal (to 6 digits of a second, the target holds no more)",
         "CREATE TABLE dates (id INTEGER PRIMARY KEY, d DATE, ts TIMESTAMP, t TIME);"
         "INSERT INTO dates VALUES (1,'2020-02-29','2021-06-01 12:00:00.123','10:00:00'),(2,NULL,NULL,NULL);"),
    Case("datetimes", "DATETIME as ISO text",
         "1 of 2 rows different, id=1: dt '2021-06-01 12:00:00' -> '2021-06-01 10:00:00'",
         "CREATE TABLE datetimes (id INTEGER PRIMARY KEY, dt DATETIME);"
         "INSERT INTO datetimes VALUES (1,'2021-06-01 12:00:00'),(2,NULL);"),
    Case("epochs", "DATETIME, a row with seconds since 1970",
         "2 of 2 rows missing",
         "CREATE TABLE epochs (id INTEGER PRIMARY KEY, dt DATETIME);"
         "INSERT INTO epochs VALUES (1,'2021-06-01 12:00:00'),(2,1622548800);"),
    Case("booleans", "BOOLEAN with 1, 0 and NULL",
         "equal",
         "CREATE TABLE booleans (id INTEGER PRIMARY KEY, b BOOLEAN);"
         "INSERT INTO booleans VALUES (1,1),(2,0),(3,NULL);"),
    Case("odd_booleans", "BOOLEAN, a row with 2",
         "2 of 2 rows missing",
         "CREATE TABLE odd_booleans (id INTEGER PRIMARY KEY, b BOOLEAN); INSERT INTO odd_booleans VALUES (1,1),(2,2);"),
    Case("untyped", "a column without a type: 1, 'one', 1.5",
         "1 of 3 rows different, id=3: v '1.5' -> '1.5d0'",
         "CREATE TABLE untyped (id INTEGER PRIMARY KEY, v); INSERT INTO untyped VALUES (1,1),(2,'one'),(3,1.5);"),
    Case("null_keys", "a TEXT PRIMARY KEY that is NULL twice",
         "equal",
         "CREATE TABLE null_keys (k TEXT PRIMARY KEY, n INTEGER);"
         "INSERT INTO null_keys VALUES ('a',1),(NULL,2),(NULL,3);"),
    Case("camelCase", "names in mixed case, a reserved word, a space",
         "equal",
         'CREATE TABLE "camelCase" ("theId" INTEGER PRIMARY KEY, "select" INTEGER, "with space" INTEGER);'
         'INSERT INTO "camelCase" VALUES (1,2,3);'),
    Case("numbered", "AUTOINCREMENT that gave 100",
         "equal",
         "CREATE TABLE numbered (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT);"
         "INSERT INTO numbered VALUES (1,'a'),(100,'b'); DELETE FROM numbered WHERE id = 100;"),
    Case("parent", "a check, a generated column",
         "twice is not compared: The target has no such column.",
         "CREATE TABLE parent (id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0), twice INTEGER AS (n * 2) STORED);"
         "INSERT INTO parent (id, n) VALUES (1,1);"),
    Case("child", "a foreign key, a view, a trigger",
         "equal",
         "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id));"
         "INSERT INTO child VALUES (1,1);"
         "CREATE VIEW busy AS SELECT parent, count(*) AS n FROM child GROUP BY parent;"
         "CREATE TRIGGER touched AFTER UPDATE ON child BEGIN SELECT 1; END;"),
]  # fmt: skip
SQLITE_SCHEMA = [
    "check, missing: parent.parent_1_check",
    "column, missing: parent.twice",
    "identity, by default -> none: blobs.id, booleans.id, camelcase.theid, child.id, dates.id, "
    "datetimes.id, doubles.id, epochs.id, fractions.id, integers.id, nul_texts.id, odd_booleans.id, "
    "parent.id, reals.id, texts.id, texts_in_blobs.id, untyped.id, wide_reals.id, words.id",
    "nullability, NOT NULL -> NULL: null_keys.k",
    "numbers_again, The next number is 2, the source's 101: deleted rows' numbers come again.: numbered.id",
    "primary key, missing: null_keys",
    "trigger, missing: it runs a SELECT for the sake of the functions in it: child.touched",
    "type, bigint -> boolean: odd_booleans.b",
    "type, double precision -> real: reals.r, wide_reals.r",
    "type, numeric -> bigint: fractions.n",
    "type, text -> bigint: words.n",
    "type, text -> timestamp with time zone: epochs.dt",
    "type, timestamp(6) without time zone -> timestamp with time zone: datetimes.dt",
    "view, missing: busy",
]  # fmt: skip


def test_mariadb_to_postgresql(mariadb: MysqlServer, postgresql_15: Server, tmp_path: Path) -> None:
    pgloader = installed("pgloader", VERSION)
    source = mariadb.create_database("moved_by_pgloader")
    try:
        load_mysql(source, "SET sql_mode = '';\n" + statements(MARIADB))
        target, name = berlin(postgresql_15)
        status, output = moved([pgloader, source, for_pgloader(postgresql_15, name)], tmp_path)
        assert status == 0, output  # though it lost six tables
        status, found = validated(source, target, tmp_path)
        assert (status, found["equal"]) == (1, False)
        assert of_tables(found) == {case.table: case.said for case in MARIADB}
        _, schema = validated(source, target, tmp_path, level="schema")
        assert of_schema(schema) == MARIADB_SCHEMA
        assert [one["name"] for one in found["unpaired"]] == ["moved_by_pgloader.busy"]
    finally:
        mariadb.run("DROP DATABASE moved_by_pgloader")


def test_sqlite_to_postgresql(postgresql_15: Server, tmp_path: Path) -> None:
    pgloader = installed("pgloader", VERSION)
    file = tmp_path / "moved.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(statements(SQLITE))
    target, name = berlin(postgresql_15)
    status, output = moved([pgloader, f"sqlite:///{file}", for_pgloader(postgresql_15, name)], tmp_path)
    assert status == 0, output  # though it lost three tables, and rows of two others
    status, found = validated(f"sqlite:///{file}", target, tmp_path)
    assert (status, found["equal"]) == (1, False)
    assert of_tables(found) == {case.table: case.said for case in SQLITE}
    _, schema = validated(f"sqlite:///{file}", target, tmp_path, level="schema")
    assert of_schema(schema) == SQLITE_SCHEMA


def test_the_page_says_what_was_measured() -> None:
    text = PAGE.read_text()
    assert page_rows(MARIADB) in text
    assert page_rows(SQLITE) in text
    assert page_list(MARIADB_SCHEMA) in text
    assert page_list(SQLITE_SCHEMA) in text
