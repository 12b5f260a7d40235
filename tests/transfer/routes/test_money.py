"""Money under an lc_monetary with another number of digits than two: amounts stay amounts, or nothing is moved."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from conversion.convert import convert
from conversion.live import Asked, conversion_of
from conversion.result import Overrides
from engines.columns import LogicalType
from engines.connection import parse
from engines.errors import Aborted, DbmoError
from engines.registry import open_database
from tests.moving import change, fetch, sqlite_file
from tests.mysql_servers import MysqlServer
from tests.places import FOLDERS, home_of
from tests.servers import DEBIAN_15, Server, private_server
from tests.servers_mongodb import MongodbServer
from tests.transfer.compare.test_pairing_documents import compared, differences
from tests.transfer.repair.mending import mending
from tests.transfer.routes.documents import moved as moved_to_documents
from tests.transfer.routes.moved import moved
from transfer.chunks import Chunk
from transfer.endpoints import open_snapshot
from transfer.scratch_rows import fill

LOCALES = Path("/usr/share/i18n/locales")
COUNTRIES = "ja_JP", "ko_KR"  # whose money has no digits behind the point
TABLE = """
CREATE DOMAIN fee AS money;
CREATE TABLE t (id int PRIMARY KEY, m money, f fee, many money[], x xml);
INSERT INTO t VALUES (1, '1234567', '-5', '{10,NULL}', '<a/>'), (2, NULL, 0, '{}', NULL), (3, 1234500, 100, '{}', '');
"""
AMOUNTS = "SELECT id, m::numeric, f::text, many::text, x::text FROM t ORDER BY 1"
PRICES = """
CREATE TYPE price AS (amount money, what text);
CREATE TABLE p (m money PRIMARY KEY, c price);
INSERT INTO p VALUES (1234567, (5, 'x')), (7654321, (NULL, 'y'));
"""


@pytest.fixture(scope="module")
def yen() -> Iterator[Server]:
    """A server that knows the locales of Japan and Korea."""
    if not (DEBIAN_15 / "initdb").exists() or not LOCALES.exists():
        pytest.skip("A server with locales is missing: apt-get install postgresql-15 locales")
    folder = Path(tempfile.mkdtemp(prefix="dbmo-locales-", dir=home_of(FOLDERS)))
    try:
        for name in COUNTRIES:
            subprocess.run(["localedef", "-i", name, "-f", "UTF-8", str(folder / f"{name}.UTF-8")], check=True)
        folder.chmod(0o755)
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("LOCPATH", str(folder))
            with private_server(DEBIAN_15) as server:
                yield server
    finally:
        shutil.rmtree(folder)


def japanese(server: Server, script: str = "", country: str = "ja_JP") -> str:
    """A database with the setting of that country."""
    url = server.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET lc_monetary = '{country}.UTF-8'".encode())
    if script:
        change(url, script)
    return url


@pytest.mark.parametrize("engine", ["mysql", "sqlite", "mongodb"])
def test_amounts_arrive_in_another_engine(
    engine: str, yen: Server, tmp_path: Path, mariadb: MysqlServer, mongodb: MongodbServer
) -> None:
    source = japanese(yen, TABLE)
    if engine == "mongodb":
        target = mongodb.url(mongodb.new_name())
        moved_to_documents(source, target, engine)
    else:
        target = mariadb.create_database() if engine == "mysql" else f"sqlite:{sqlite_file(tmp_path / 'out.db')}"
        types = moved(source, target, looked=False).conversion.target.tables[0]
        assert {types.column(name).type.scale for name in ("m", "f")} <= {0, None}
    found = compared(source, target)[1]
    assert [(name, one.rows_source) for name, one in found.items()] == [("public.t", 3)]
    assert differences(found) == {}


def test_the_catalog_says_how_many_digits_there_are(yen: Server) -> None:
    with closing(open_database(japanese(yen, TABLE))) as database:
        columns = database.catalog().table("public.t").columns
    digits = {column.name: (column.type.element or column.type).scale for column in columns[1:4]}
    assert digits == {"m": 0, "f": 0, "many": 0}
    assert isinstance(columns[1].type, LogicalType)


@pytest.mark.parametrize(("engine", "version"), [("mariadb", "10.11"), ("sqlite", "3.45")])
def test_defaults_are_named(engine: str, version: str, yen: Server) -> None:
    """The text of one means another amount under another setting."""
    with closing(open_database(japanese(yen, "CREATE TABLE t (m money DEFAULT '1')"))) as database:
        result = conversion_of(database, engine, version, Asked(home="main", scan=False))
    assert [one.reason for one in result.omissions if one.kind == "default"] == ["a literal of type money"]


@pytest.mark.parametrize("form", ["binary", "text"])
def test_the_same_numbers_go_where_they_mean_the_same(form: str, yen: Server) -> None:
    script = TABLE if form == "text" else TABLE.replace("x xml", "x text")
    source, target = japanese(yen, script), japanese(yen)
    moved(source, target)
    assert fetch(target, AMOUNTS) == fetch(source, AMOUNTS)
    assert differences(compared(source, target)[1]) == {}


def test_where_they_would_mean_other_amounts_nothing_is_moved(yen: Server, empty_15: str) -> None:
    source = japanese(yen, TABLE)
    words = r"MONEY_DIFFERS.*public\.t\.m, public\.t\.f, public\.t\.many hold money.* 0 digits .* 2 in the target"
    ends = closing(open_database(source)), closing(open_database(empty_15))
    with ends[0] as here, ends[1] as there, pytest.raises(Aborted, match=words):
        conversion_of(here, "postgresql", "15", Asked(home="public"), there)
    with pytest.raises(Aborted, match=words):
        moved(source, empty_15)
    assert fetch(empty_15, "SELECT * FROM t") == []


def test_a_view_that_puts_out_money_is_refused_as_well(yen: Server, empty_15: str) -> None:
    """A constant in it would be read with other digits."""
    source = japanese(yen, "CREATE TABLE n (id int); CREATE VIEW v AS SELECT id, 5::money AS fee FROM n")
    ends = closing(open_database(source)), closing(open_database(empty_15))
    with ends[0] as here, ends[1] as there, pytest.raises(Aborted, match=r"MONEY_DIFFERS\] public\.v\.fee hold money"):
        conversion_of(here, "postgresql", "15", Asked(home="public"), there)


def test_a_table_that_is_left_out_refuses_nothing(yen: Server, empty_15: str) -> None:
    source, left_out = japanese(yen, TABLE + "CREATE TABLE n (id int)"), Overrides(skip=["public.t"])
    with closing(open_database(source)) as here, closing(open_database(empty_15)) as there:
        result = conversion_of(here, "postgresql", "15", Asked(home="public", overrides=left_out), there)
    assert [table.source for table in result.tables] == ["public.n"]


def test_a_sign_of_another_currency_is_no_difference(yen: Server) -> None:
    """In composite types, which are compared as their text, and where a range of rows ends at an amount."""
    source, target = japanese(yen, PRICES), japanese(yen, country="ko_KR")
    ends = [Chunk("public.p", 0, None, ("$20,000.00",)), Chunk("public.p", 1, ("$20,000.00",), None)]
    moved(source, target, chunks={"public.p": ends})
    asked = "SELECT m::numeric, (c).amount::numeric, (c).what FROM p ORDER BY 1"
    assert fetch(target, asked) == fetch(source, asked) == [(1234567, 5, "x"), (7654321, None, "y")]
    assert differences(compared(source, target)[1]) == {}
    change(target, "UPDATE p SET c.amount = 6::money WHERE m = 1234567::money")
    assert list(differences(compared(source, target)[1])) == ["public.p"]


def test_the_stored_number_is_read_whatever_is_refused(yen: Server) -> None:
    with closing(open_snapshot(parse(japanese(yen, TABLE)), None, "postgresql")) as snapshot:
        for again in (snapshot.recover, snapshot.refresh):
            with pytest.raises(DbmoError):
                snapshot.query("SELECT 1 / 0")
            again()
            assert snapshot.query("SELECT m::text FROM public.t WHERE id = 1") == [("$12,345.67",)]


def test_a_repair_writes_the_amounts(yen: Server) -> None:
    source, target = japanese(yen, TABLE), japanese(yen, country="ko_KR")
    moved(source, target)
    change(target, "UPDATE t SET m = 1, f = 2, many = '{3}' WHERE id = 1; DELETE FROM t WHERE id = 3")
    with mending(source, target) as mended:
        assert mended.repair(mended.plan(), deletes=True).clean
        assert mended.equal
    stored = "SELECT id, cash_send(m), cash_send(f), many::numeric[] FROM t ORDER BY 1"
    assert fetch(target, stored) == fetch(source, stored)


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ("m money, f money, many money[]", "MONEY_DIFFERS"),
        ("m numeric, f numeric, many numeric[]", "VALUES_NOT_CARRIED"),
    ],
)
def test_a_repair_writes_no_other_amounts(columns: str, code: str, yen: Server, empty_15: str) -> None:
    source = japanese(yen, TABLE)
    change(
        empty_15,
        f"CREATE TABLE t (id int PRIMARY KEY, {columns}, x xml)",
        "INSERT INTO t (id, m) VALUES (1, '5'), (9, '6')",
    )
    before = fetch(empty_15, AMOUNTS)
    with mending(source, empty_15) as mended:
        plan = mended.plan()
        mended.repair(plan, deletes=True)
    assert [one.refused and one.refused.code for one in plan.tables] == [code]
    assert fetch(empty_15, AMOUNTS) == before


def test_a_rehearsal_moves_and_compares_the_numbers(yen: Server, empty_15: str) -> None:
    """Its database stands for the target, and may not know the target's locale."""
    source = japanese(yen, TABLE)
    moved(source, empty_15, stands_in=True)
    stored = "SELECT id, cash_send(m), cash_send(f) FROM t ORDER BY 1"
    assert fetch(empty_15, stored) == fetch(source, stored)
    assert differences(compared(source, empty_15, stands_in=True)[1]) == {}
    assert list(differences(compared(source, empty_15)[1])) == ["public.t"]


def test_queries_are_not_tried_on_other_amounts(yen: Server, empty_15: str) -> None:
    """A scratch database without that locale has the table, the view, and the rows of other tables."""
    source = japanese(
        yen, TABLE + "CREATE VIEW v AS SELECT m FROM t; CREATE TABLE n (id int PRIMARY KEY);INSERT INTO n VALUES (1)"
    )
    with closing(open_database(source)) as database:
        twin = convert(database.catalog(), {}, "postgresql", "15")
    assert fill(source, empty_15, twin.tables, twin.statements, 20) == ({}, {"public.n": 1})
    assert fetch(empty_15, "SELECT * FROM v") == []


def test_other_tables_are_moved_all_the_same(yen: Server, empty_15: str) -> None:
    moved(japanese(yen, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)"), empty_15)
    assert fetch(empty_15, "SELECT * FROM t") == [(1,)]
