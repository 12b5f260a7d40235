"""Tables of too many or no columns are named in the plan, and so is what MySQL lets no numbered column stand in."""

from __future__ import annotations

import pytest

from conversion.convert import convert
from conversion.result import Conversion
from engines.catalog import Catalog, Check, Column, Generated, Identity, Key, Kind, LogicalType, Table, View
from engines.errors import UsageError

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
