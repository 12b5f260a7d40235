"""Targets that keep names of tables in lower case (lower_case_table_names of MySQL): the plan names them so."""

from __future__ import annotations

import pytest

from conversion.convert import convert
from conversion.names import lowered
from conversion.result import Conversion
from engines.catalog import (
    Catalog,
    Column,
    ForeignKey,
    Index,
    IndexKey,
    Key,
    Kind,
    LogicalType,
    Sequence,
    Table,
    Trigger,
    View,
)
from engines.errors import UsageError

HOMES = {"postgresql": "public", "sqlite": "main", "mariadb": "home"}
BODY = "BEGIN INSERT INTO `KIDS` (id) SELECT Id FROM Orders; SET @x = 'Orders'; END"


def shop(engine: str, folds: str = "0", lower: bool = False) -> Catalog:
    """Two tables, one with a reference to the other, a view; on MariaDB a sequence and a trigger, too."""
    home = HOMES[engine]
    orders, kids, view = ("orders", "kids", "recent") if lower else ("Orders", "Kids", "Recent")
    number = LogicalType(kind=Kind.INTEGER, bits=32)
    native = "int" if engine == "mariadb" else "integer"
    column = Column(name="Id", position=1, native=native, type=number, nullable=False)
    reference = ForeignKey(name="Fk", columns=["Id"], referenced_schema=home, referenced_table=orders,
                           referenced_columns=["Id"])  # fmt: skip
    index = Index(name="By_Id", keys=[IndexKey(column="Id")])
    tables = [
        Table(schema_name=home, name=orders, columns=[column], primary_key=Key(name="P", columns=["Id"])),
        Table(schema_name=home, name=kids, columns=[column], foreign_keys=[reference], indexes=[index]),
    ]
    found = Catalog(
        engine=engine, version="10.11", database="home", schemas=[home], tables=tables,
        settings={"lower_case_table_names": folds} if engine == "mariadb" else {},
        views=[View(schema_name=home, name=view, definition=f"select 1 AS `a` from `{orders}`",
                    columns=["a"], depends_on=[f"{home}.{orders}"])] if engine == "mariadb" else [],
    )  # fmt: skip
    if engine == "mariadb":
        found.sequences.append(Sequence(schema_name=home, name="seq" if lower else "Seq", data_type="bigint"))
        definition = f"CREATE TRIGGER t AFTER INSERT ON `{orders}` FOR EACH ROW {BODY}"
        tables[0].triggers.append(
            Trigger(name="t", timing="AFTER", events=["INSERT"], body=BODY, definition=definition)
        )
    return found


def converted(source: Catalog, lowers: bool) -> Conversion:
    return convert(source, {}, "mariadb", "10.11", target_schema="there", lowers=lowers)


@pytest.mark.parametrize("engine", HOMES)
def test_tables_are_called_in_lower_case_and_columns_and_indexes_as_they_were(engine: str) -> None:
    result, home = converted(shop(engine), True), HOMES[engine]
    assert {table.full_name for table in result.target.tables} == {"there.kids", "there.orders"}
    assert {mapping.source: mapping.target for mapping in result.tables} == {
        f"{home}.Kids": "there.kids", f"{home}.Orders": "there.orders",
    }  # fmt: skip
    assert result.renames[f"{home}.Kids"] == "there.kids"
    kids = result.target.table("there.kids")
    assert (kids.columns[0].name, kids.indexes[0].name) == ("Id", "By_Id")
    assert kids.foreign_keys[0].referenced == "there.orders"
    assert "`orders`" in next(one.sql for one in result.statements if one.kind == "fk")


def test_a_default_takes_its_number_from_the_target_s_own_sequence() -> None:
    """The server writes the database of the source before the sequence's name."""
    source = shop("mariadb")
    source.tables[0].columns[0].default = "nextval(`home`.`Seq`)"
    [made] = [table for table in converted(source, False).target.tables if table.name == "Orders"]
    assert made.columns[0].default == "nextval(`Seq`)"


def test_views_and_sequences_of_mysql_are_too() -> None:
    target = converted(shop("mariadb"), True).target
    assert [(one.full_name, one.depends_on) for one in target.views] == [("there.recent", ["there.orders"])]
    assert [one.full_name for one in target.sequences] == ["there.seq"]


@pytest.mark.parametrize("engine", HOMES)
def test_where_capitals_count_names_stay(engine: str) -> None:
    result = converted(shop(engine), False)
    assert {table.name for table in result.target.tables} == {"Kids", "Orders"}
    assert result.renames.get(f"{HOMES[engine]}.Kids", "there.Kids") == "there.Kids"


def test_twins_are_told_apart_where_code_is_written_anew_and_refused_where_it_goes_over_as_it_is() -> None:
    twins = [shop("postgresql"), shop("mariadb")]
    for found in twins:
        twin = found.tables[0].model_copy(deep=True, update={"name": "ORDERS"})
        found.tables.append(twin)
    made = converted(twins[0], True)
    assert len({table.name for table in made.target.tables}) == 3
    assert all(table.name == table.name.lower() for table in made.target.tables)
    with pytest.raises(UsageError, match=r"NAMES_COLLIDE.*Orders and ORDERS"):
        converted(twins[1], True)


@pytest.mark.parametrize(
    ("folds", "lowers", "told"), [("1", False, True), ("2", False, True), ("1", True, False), ("0", False, False)]
)
def test_code_that_finds_its_tables_without_capitals_only_is_told(folds: str, lowers: bool, told: bool) -> None:
    notes = converted(shop("mariadb", folds, lower=True), lowers).notes
    said = {note.object: note.text for note in notes if "tells capitals" in note.text}
    assert set(said) == ({"home.orders.t"} if told else set())
    assert all("KIDS for kids, Orders for orders:" in text for text in said.values())


@pytest.mark.parametrize(
    ("name", "kept"),
    [("Orders", "orders"), ("ÜNÏÉ", "ünïé"), ("İ", "i"), ("ΣΑΣ", "σασ"), ("Ӏ Ა ẞ 😀", "Ӏ Ა ẞ 😀")],
)
def test_letters_fold_as_the_server_folds_them(name: str, kept: str) -> None:
    """Those of Unicode 3.0; younger ones it leaves as they are."""
    assert lowered(name) == kept
