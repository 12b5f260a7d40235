from pathlib import Path
from typing import Any

import pytest

from conversion.rename_evidence import alike
from conversion.renames import Rename, renames
from tests.conversion.schemas import sqlite_source

SHOP = """CREATE TABLE customer (id INTEGER PRIMARY KEY, adress TEXT, email VARCHAR(80) UNIQUE, born DATE);
CREATE TABLE sale (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer, total NUMERIC, at DATE);
CREATE INDEX sale_customer ON sale (customer_id);"""


def found(tmp_path: Path, before: str, after: str, **facts: Any) -> list[Rename]:
    catalogs = [sqlite_source(tmp_path / f"{n}.db", text).catalog for n, text in enumerate((before, after))]
    return renames(catalogs[0], catalogs[1], **facts)


def short(items: list[Rename]) -> list[tuple[str, str, bool]]:
    return [(item.source.removeprefix("main."), item.target.removeprefix("main."), item.proposed) for item in items]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # one name, written otherwise, at the same place with the same type
        ("adress TEXT", "address TEXT", [("customer.adress", "customer.address", True)]),
        # another name: a candidate, because another column may have come to the same place
        ("adress TEXT", "street TEXT", [("customer.adress", "customer.street", False)]),
        ("email VARCHAR(80)", "phone VARCHAR(80)", [("customer.email", "customer.phone", False)]),
        # values of another type can't have stayed
        ("adress TEXT", "address BLOB", []),
        # two that come near: none is proposed
        ("adress TEXT", "address TEXT, adresse TEXT",
         [("customer.adress", "customer.address", False), ("customer.adress", "customer.adresse", False)]),
    ],
)  # fmt: skip
def test_columns(tmp_path: Path, old: str, new: str, expected: list[tuple[str, str, bool]]) -> None:
    assert short(found(tmp_path, SHOP, SHOP.replace(old, new))) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("sale", "purchase", [("sale", "purchase", True)]),
        ("sale", "sales_2024", [("sale", "sales_2024", True)]),
    ],
)
def test_tables(tmp_path: Path, old: str, new: str, expected: list[tuple[str, str, bool]]) -> None:
    after = SHOP.replace(f"TABLE {old}", f"TABLE {new}").replace(f"ON {old}", f"ON {new}")
    items = found(tmp_path, SHOP, after)
    assert short(items) == expected
    assert any("4 of 4 columns" in phrase for phrase in items[0].evidence)


def test_two_of_a_kind_are_no_rename(tmp_path: Path) -> None:
    before = SHOP.replace("sale", "sale_2023")
    assert short(found(tmp_path, before, SHOP.replace("sale", "sale_2024"))) == [("sale_2023", "sale_2024", False)]


def test_counts_and_values_speak_where_they_are_known(tmp_path: Path) -> None:
    after = SHOP.replace("email VARCHAR(80)", "phone VARCHAR(80)")
    values = ({"main.customer.email": "x"}, {"main.customer.phone": "x"})
    [item] = found(tmp_path, SHOP, after, values=values)
    assert item.proposed and "values: same" in item.evidence
    moved = SHOP.replace("sale", "purchase")
    rows = ({"main.sale": 7}, {"main.purchase": 8})
    (tmp_path / "other").mkdir()
    [item] = found(tmp_path / "other", SHOP, moved, rows=rows)
    assert not item.proposed and "rows: different" in item.evidence


def test_columns_of_a_renamed_table_are_looked_at(tmp_path: Path) -> None:
    wide = SHOP.replace("total NUMERIC", "total NUMERIC, a TEXT, b TEXT, c TEXT, d TEXT, e TEXT, adress DATE, g INT")
    after = wide.replace("sale", "purchase").replace("adress DATE", "address DATE")
    assert ("sale.adress", "purchase.address", True) in short(found(tmp_path, wide, after))


@pytest.mark.parametrize(
    ("one", "other", "much"),
    [("userId", "user_id", True), ("adress", "address", True), ("users", "user", True), ("email", "phone", False),
     ("first_name", "last_name", False), ("address", "email_address", False), ("y2023", "y2024", False)],
)  # fmt: skip
def test_names_that_are_nearly_one(one: str, other: str, much: bool) -> None:
    assert (alike(one, other) >= 0.75) is much
