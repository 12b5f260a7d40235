"""Tables of too many or no columns are named in the plan, and so is what MySQL lets no numbered column stand in."""

from __future__ import annotations

import pytest

from conversion.convert import convert
from conversion.result import Conversion
from engines.catalog import Catalog, Check, Column, Generated, Identity, Key, Kind, LogicalType, Table, View
from engines.errors import UsageError
from engines.mysql.types import logical_type

INTEGER = LogicalType(kind=Kind.INTEGER, bits=32)


def catalog(engine: str, *columns: Column, **parts: object) -> Catalog:
    """One table t with these columns."""
    schema = {"postgresql": "public", "sqlite": "main"}.get(engine, "home")
    table = Table(schema_name=schema, name="t", columns=list(columns), **parts)
    return Catalog(engine=engine, version="18", database="home", encoding="UTF8", schemas=[schema], tables=[table])


def columns(count: int) -> list[Column]:
    return [Column(name=f"c{n}", position=n, native="integer", type=INTEGER) for n in range(1, count + 1)]


def computed(name: str, expression: str) -> Column:
    made = Generated(expression=expression, stored=True)
    return Column(name=name, position=2, native="integer", type=INTEGER, generated=made)


def omitted(result: Conversion) -> dict[str, str]:
    return {item.object: item.reason for item in result.omissions}


@pytest.mark.parametrize(
    ("source", "target", "count", "reason"),
    [
        ("postgresql", "sqlite", 0, "it has no columns"),
        ("postgresql", "mariadb", 0, "it has no columns"),
        ("sqlite", "postgresql", 1601, "it has 1,601 columns, PostgreSQL holds 1,600"),
        ("mariadb", "postgresql", 1601, "it has 1,601 columns, PostgreSQL holds 1,600"),
        ("mariadb", "sqlite", 2001, "it has 2,001 columns, SQLite holds 2,000"),
        ("sqlite", "mariadb", 1018, "it has 1,018 columns, InnoDB holds 1,017"),
    ],
)
def test_what_no_table_of_the_target_holds_is_named(source: str, target: str, count: int, reason: str) -> None:
    found = catalog(source, *columns(count))
    result = convert(found, {}, target, "18" if target == "postgresql" else "10.11")
    assert (result.tables, result.statements) == ([], [])
    assert omitted(result)[found.tables[0].full_name].startswith(reason)


@pytest.mark.parametrize("target", ["sqlite", "mariadb"])
def test_a_table_of_computed_columns_alone_is_named(target: str) -> None:
    result = convert(catalog("postgresql", computed("a", "(1 + 1)")), {}, target, "10.11")
    assert omitted(result)["public.t"].startswith("all its columns are computed") and not result.tables


@pytest.mark.parametrize("source", ["postgresql", "sqlite"])
def test_a_numbered_column_stands_in_no_expression_of_mysql(source: str) -> None:
    identity = Identity(strict=False)
    numbered = Column(name="id", position=1, native="integer", type=INTEGER, nullable=False, identity=identity)
    checks = [Check(name="positive", expression="id > 0"), Check(name="own", expression="c1 > 0")]
    key = Key(name="k", columns=["id"])
    found = catalog(source, numbered, computed("twice", "(id * 2)"), *columns(1), primary_key=key, checks=checks)
    result = convert(found, {}, "mariadb", "10.11")
    name = found.tables[0].full_name
    assert set(omitted(result)) >= {f"{name}.twice", f"{name}.positive"} and f"{name}.own" not in omitted(result)
    assert "AUTO_INCREMENT" in omitted(result)[f"{name}.twice"]
    assert [column.source for column in result.tables[0].copied] == ["id", "twice", "c1"]


def test_a_view_whose_query_is_not_shown_is_named() -> None:
    found = catalog("mariadb", *columns(1))
    found.views.append(View(schema_name="home", name="v", definition="", columns=["a"]))
    assert "SHOW VIEW" in omitted(convert(found, {}, "mariadb", "10.11", target_schema="there"))["home.v"]


def test_short_texts_that_a_page_of_mysql_holds_in_part_are_not_refused_there() -> None:
    """34 columns of 240 bytes at most, of which MySQL needs 41 in the page."""
    kind = LogicalType(kind=Kind.TEXT, length=60)
    made = [Column(name=f"c{n}", position=n, native="character varying(60)", type=kind) for n in range(1, 35)]
    assert len(convert(catalog("postgresql", *made), {}, "mysql", "8.4").tables) == 1
    with pytest.raises(UsageError, match="ROW_TOO_LARGE"):
        convert(catalog("postgresql", *made), {}, "mariadb", "10.11")


@pytest.mark.parametrize(
    ("native", "count", "outcome"),
    [
        # of 8,126 bytes a bigint takes 8, a longtext 41, a char of one byte a character its length
        ("bigint", 1015, "made"),
        ("bigint", 1016, "ROW_TOO_LARGE"),
        ("char(255) CHARACTER SET latin1", 31, "made"),
        ("char(255) CHARACTER SET latin1", 32, "ROW_TOO_LARGE"),
        ("char(255)", 198, "made"),
        ("longtext", 198, "made"),
        ("longtext", 199, "told"),
    ],
)
def test_rows_that_no_page_of_mysql_holds_are_refused_or_told(native: str, count: int, outcome: str) -> None:
    """From MariaDB, of which a longtext takes 20 bytes; what innodb_strict_mode decides about is told."""
    plain, latin = native.partition(" ")[0], "latin1" in native
    charset = ("latin1" if latin else "utf8mb4") if "char" in native or "text" in native else None
    made = [
        Column(
            name=f"c{n}", position=n, native=plain, type=logical_type(plain), charset=charset,
            collation=f"{charset}_bin" if charset else None,
        )
        for n in range(1, count + 1)
    ]  # fmt: skip
    found = catalog("mariadb", *made, options={"engine": "InnoDB"})
    if outcome == "ROW_TOO_LARGE":
        with pytest.raises(UsageError, match=r"ROW_TOO_LARGE.*home\.t .*of its page"):
            convert(found, {}, "mysql", "8.4")
        return
    notes = [note for note in convert(found, {}, "mysql", "8.4").notes if "innodb_strict_mode" in note.text]
    assert [note.object for note in notes] == (["home.t"] if outcome == "told" else [])


@pytest.mark.parametrize(
    ("native", "charset", "count", "refused"),
    [
        ("varchar(45)", "utf8mb3", 60, False),
        ("varchar(45)", "utf8mb3", 61, True),
        ("varchar(45)", "utf8mb4", 46, True),
        ("varchar(85)", "utf8mb3", 31, False),
        ("varchar(86)", "utf8mb3", 400, False),
        ("varchar(200)", "cp1251", 40, False),
        ("varchar(200)", "koi8r", 41, True),
        ("varchar(100)", "gbk", 41, True),
        ("inet4", None, 1017, False),
    ],
)
def test_a_character_takes_what_its_character_set_needs(
    native: str, charset: str | None, count: int, refused: bool
) -> None:
    """From MySQL, whose types are mended there alone."""
    collation = charset and f"{charset}_bin"
    made = [
        Column(name=f"c{n}", position=n, native=native, type=logical_type(native), charset=charset, collation=collation)
        for n in range(1, count + 1)
    ]
    found = catalog("mysql", *made, options={"engine": "InnoDB"})
    if not refused:
        assert len(convert(found, {}, "mariadb", "10.11").tables) == 1
        return
    with pytest.raises(UsageError, match="ROW_TOO_LARGE") as error:
        convert(found, {}, "mariadb", "10.11")
    assert "options" not in str(error.value) and "ALTER TABLE in the source" in str(error.value)


def test_a_table_of_an_engine_that_mysql_has_not_may_have_more_columns_than_innodb() -> None:
    found = catalog("mariadb", *columns(1018), options={"engine": "Aria"})
    reason = "it has 1,018 columns, InnoDB holds 1,017"
    assert omitted(convert(found, {}, "mysql", "8.4"))["home.t"] == reason
    assert len(convert(found, {}, "mariadb", "10.11").tables) == 1


@pytest.mark.parametrize(
    ("count", "length", "refused"), [(400, None, False), (407, None, True), (21, 767, False), (22, 767, True)]
)
def test_rows_that_no_table_of_innodb_holds_are_refused(count: int, length: int | None, refused: bool) -> None:
    """Texts by their number, and those that a key keeps from becoming texts by their length."""
    native = f"character varying({length})" if length else "text"
    kind = LogicalType(kind=Kind.TEXT, length=length)
    made = [Column(name=f"c{n}", position=n, native=native, type=kind) for n in range(1, count + 1)]
    uniques = [Key(name=f"u{n}", columns=[f"c{n}"]) for n in range(1, count + 1)] if length else []
    found = catalog("postgresql", *made, uniques=uniques)
    if not refused:
        assert len(convert(found, {}, "mariadb", "10.11").tables) == 1
        return
    with pytest.raises(UsageError, match="ROW_TOO_LARGE"):
        convert(found, {}, "mariadb", "10.11")
