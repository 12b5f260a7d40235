"""The example's database: the same every time, with every trap that it promises."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.sqlite.database import SqliteDatabase
from examples.shop_database import FEWEST_ROWS, TRAPS, build
from examples.shop_traps import LONG_COLUMN, NEWSLETTER

EXAMPLES = Path(__file__).parents[2] / "examples"

# (table, column) of a trap -> a query that finds it; the others are traps of the schema, tested by name below.
EVIDENCE = {
    ("products", "stock"): "SELECT count(*) FROM products WHERE typeof(stock) = 'text'",
    ("orders", "discount"): "SELECT count(*) FROM orders WHERE typeof(discount) = 'text'",
    ("customers", "created_at"): "SELECT count(*) FROM customers WHERE datetime(created_at) = created_at",
    ("customers", "birth_date"): "SELECT count(*) FROM customers WHERE date(birth_date, '+0 days') IS NOT birth_date",
    ("customers", "last_login_at"): "SELECT count(*) FROM customers WHERE last_login_at BETWEEN 1e9 AND 2e9",
    ("orders", "paid_at"): "SELECT count(*) FROM orders WHERE paid_at BETWEEN 1e12 AND 2e12",
    ("payments", "settled_at"): "SELECT count(*) FROM payments WHERE typeof(settled_at) = 'real'",
    ("page_views", "viewed_at"): "SELECT count(*) FROM page_views WHERE viewed_at > 1e9",
    ("reviews", "body"): "SELECT count(*) FROM reviews WHERE instr(body, char(0))",
    ("suppliers", "code"): "SELECT count(*) FROM suppliers WHERE code IS NULL",
    ("addresses", "customer_id"): "SELECT count(*) FROM pragma_foreign_key_check('addresses')",
    ("customers", "email"): "SELECT count(*) - count(DISTINCT lower(email)) FROM customers",
    ("settings", "value"): "SELECT count(DISTINCT typeof(value)) = 5 FROM settings",
    ("products", "price_cents"): "SELECT count(*) FROM products WHERE price_cents = round(price * 100)",
    ("products", "label"): "SELECT count(*) FROM products WHERE label LIKE sku || ' / %'",
    ("counters", "value"): "SELECT count(*) FROM counters WHERE value IN (9223372036854775807, 18446744073709551616.0)",
    ("product_images", "thumbnail"): "SELECT count(*) FROM product_images WHERE typeof(thumbnail) = 'text'",
    ("products", "weight_kg"): "SELECT count(*) FROM products WHERE weight_kg IN (1e-300, 9e999)",
    ("customers", "name"): "SELECT count(*) FROM customers WHERE instr(name, char(128058)) OR instr(name, char(776))",
    ("customers", "notes"): "SELECT count(*) FROM customers WHERE notes IN ('', '\\N')",
    ("page_views", ""): "SELECT count(*) FROM (SELECT 1 FROM page_views GROUP BY path, viewed_at HAVING count(*) > 1)",
    ("archived_orders", ""): "SELECT count(*) = 0 FROM archived_orders",
    ("products", "price"): "SELECT count(*) FROM products WHERE typeof(price) = 'real' AND round(price, 2) = price",
    ("customers", "is_active"): "SELECT count(DISTINCT is_active) = 2 FROM customers",
    ("products", "attributes"): "SELECT count(*) FROM products WHERE attributes LIKE '%\\u0000%'",
    ("accounts", "public_id"): "SELECT count(*) FROM accounts WHERE public_id <> lower(public_id)",
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("shop") / "shop.db"
    build(found, 60_000)
    return found


@pytest.fixture(scope="module")
def shop(path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(path, "sqlite:///shop.db")
    yield database
    database.close()


@pytest.mark.parametrize("trap", EVIDENCE, ids=".".join)
def test_the_trap_is_in_the_data(shop: SqliteDatabase, trap: tuple[str, str]) -> None:
    assert shop.query(EVIDENCE[trap])[0][0] >= 1


def test_every_trap_of_the_data_is_listed_and_the_rest_is_of_the_schema(shop: SqliteDatabase) -> None:
    listed = {(trap.table, trap.column) for trap in TRAPS}
    catalog = shop.catalog()
    assert set(EVIDENCE) < listed
    for table, column in listed - set(EVIDENCE):
        definition = catalog.table(f"main.{table}").model_dump_json()
        assert json.dumps(column)[1:-1] in definition


def test_schema_traps_are_there(shop: SqliteDatabase) -> None:
    catalog = shop.catalog()
    assert catalog.table("main.product_suppliers").options == {"without_rowid": "1"}
    assert catalog.table("main.accounts").uniques[0].collations == ["NOCASE"]
    assert catalog.table("main.departments").foreign_keys[0].referenced_table == "employees"
    assert catalog.table("main.employees").foreign_keys[0].referenced_table == "employees"
    assert catalog.table("main.employees").foreign_keys[1].referenced_table == "departments"
    assert catalog.table("main.stock_movements").foreign_keys[1].columns == ["warehouse", "shelf"]
    assert [i.keys[0].expression for i in catalog.table("main.customers").indexes] == [None, "lower(email)"]
    assert [i.predicate for i in catalog.table("main.orders").indexes] == [None, "status = 'open'"]
    assert catalog.table("main.page_views").primary_key is None
    assert len(NEWSLETTER) > 63 and len(LONG_COLUMN) > 63
    assert (len(catalog.tables), len(catalog.views), catalog.unread) == (23, 4, [])


def test_size_follows_the_rows_asked_for(shop: SqliteDatabase) -> None:
    rows = sum(shop.count(table) for table in shop.catalog().tables)
    assert 57_000 < rows < 63_000


def test_two_builds_are_equal_to_the_byte(tmp_path: Path) -> None:
    digests = set()
    for name in ("a.db", "b.db"):
        build(tmp_path / name, FEWEST_ROWS)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.db", "b.db"]


def test_a_build_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    folder = tmp_path / "shop.db"
    (folder / "inside").mkdir(parents=True)
    with pytest.raises(OSError):
        build(folder, FEWEST_ROWS)
    assert [file.name for file in tmp_path.iterdir()] == ["shop.db"]


def test_every_workload_query_runs(shop: SqliteDatabase) -> None:
    script = (EXAMPLES / "shop.sql").read_text(encoding="utf-8")
    queries = [query for query in script.split(";") if query.strip()]
    assert len(queries) == script.count("-- name: ") >= 10
    for query in queries:
        names, _ = shop.run_workload(query, 10)
        assert names


@pytest.mark.parametrize("request_file", ["shop.json", "postgresql-12-to-16.json"])
def test_requests_are_json_with_a_name(request_file: str) -> None:
    request = json.loads((EXAMPLES / request_file).read_text(encoding="utf-8"))
    assert request["name"] == Path(request_file).stem


def test_triggers_and_views_work(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(path.read_bytes())
    connection = sqlite3.connect(copy)
    connection.execute("UPDATE orders SET status = 'paid' WHERE id = 9")
    assert connection.execute("SELECT count(*) FROM audit_log WHERE order_id = 9").fetchone()[0] == 2
    for view in ("customer_totals", "monthly_sales", "best_customers", "product_overview"):
        assert connection.execute(f"SELECT count(*) FROM {view}").fetchone()[0] > 0
    connection.close()
