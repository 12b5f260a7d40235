"""Tables into collections: what is embedded, what validators and indexes say, what the server makes of it."""

import decimal
import json
from typing import Any

import bson
import pytest
from bson import json_util
from pymongo.errors import BulkWriteError

from conversion.convert import convert
from conversion.documents.relations_rows import to_documents
from conversion.result import Conversion, Overrides
from engines.catalog import Catalog, Column, Key, Table
from engines.errors import UsageError
from engines.mongodb.database import MongodbDatabase
from engines.mysql.types import logical_type
from engines.profile import ColumnProfile, TableProfile
from tests.conversion.relational import SHOP, Rows, accounted, of_postgresql, to_mongodb
from tests.conversion.schemas import Source
from tests.servers_mongodb import MongodbServer


@pytest.fixture(scope="module")
def shop(postgresql_18: Any) -> Source:
    return of_postgresql(postgresql_18.create_database(), SHOP)


@pytest.fixture(scope="module")
def moved(shop: Source) -> Conversion:
    return to_mongodb(shop)


@pytest.mark.parametrize(
    ("table", "columns", "choice", "rule"),
    [
        ("passport", ["customer_id"], "object", "one to one"),
        ("orders", ["customer_id"], "reference", "shared"),
        ("line", ["order_id"], "array", "owned"),
        ("order_tag", ["order_id"], "values", "n to m"),
        ("order_tag", ["tag_id"], "reference", "n to m"),
        ("node", ["parent_id"], "reference", "itself"),
        ("log", ["order_id"], "reference", "no parent"),
    ],
)
def test_foreign_keys_are_decided_by_a_table_of_rules(
    moved: Conversion, table: str, columns: list[str], choice: str, rule: str
) -> None:
    [found] = [one for one in moved.relations if one.table == f"public.{table}" and one.columns == columns]
    assert (found.choice, found.rule) == (choice, rule)


def test_every_object_is_there_or_named(shop: Source, moved: Conversion) -> None:
    assert accounted(shop.catalog, moved) == []
    assert [found.name for found in moved.target.collections] == ["customer", "log", "node", "orders", "paid", "tag"]


def test_rows_stand_in_documents(moved: Conversion) -> None:
    orders = next(found for found in moved.collections if found.collection == "orders")
    rows: Rows = {
        "public.orders": [{"id": 7, "customer_id": 1, "state": None}],
        "public.line": [{"order_id": 7, "number": n, "price": decimal.Decimal("1.50"), "place": None} for n in (2, 1)],
        "public.order_tag": [{"order_id": 7, "tag_id": 3}],
    }
    [document] = to_documents(orders, rows)
    price = bson.Decimal128("1.50")
    assert document == {
        "_id": 7,
        "customer_id": 1,
        "line": [{"number": 1, "price": price}, {"number": 2, "price": price}],
        "order_tag": [3],
    }


def test_validators_say_what_the_columns_said(moved: Conversion) -> None:
    customer, orders = (next(c for c in moved.target.collections if c.name == n) for n in ("customer", "orders"))
    schema = (customer.validator or {})["$jsonSchema"]
    assert schema["required"] == ["_id", "email"]
    assert schema["properties"]["email"] == {"bsonType": ["string", "binData"], "maxLength": 20}
    assert schema["properties"]["_id"]["maximum"] == 2**31 - 1
    price = (orders.validator or {})["$and"][0]["$jsonSchema"]["properties"]["line"]["items"]["properties"]["price"]
    bounds = {"minimum": -(10**6), "exclusiveMinimum": True, "maximum": 10**6, "exclusiveMaximum": True}
    assert price["anyOf"][0] == bounds  # the emulator doesn't compare decimals with them
    parts = (orders.validator or {})["$and"]
    assert [json.dumps(part) for part in parts[3:]] == [
        '{"$nor": [{"line": {"$elemMatch": {"price": {"$lt": 0}}}}]}',
        '{"$nor": [{"state": {"$nin": ["new", "paid"], "$ne": null}}]}',
    ]


def test_indexes_keep_what_sql_means_by_unique(moved: Conversion) -> None:
    found = {index.name: index for collection in moved.target.collections for index in collection.indexes}
    assert found["customer_email_key"].keys == [("email", 1)]
    assert found["customer_email_key"].partial_filter is None
    assert found["passport_number_key"].partial_filter == {"passport.number": {"$exists": True}}
    assert found["orders_note"].partial_filter == {"$and": [{"note": {"$exists": True}}] * 2}
    assert found["line_price"].keys == [("line.price", -1)]
    assert found["customer_lower"].options["collation"] == {"locale": "en", "strength": 2}
    assert ("public.log.log_sum", "index") in {(item.object, item.kind) for item in moved.omissions}


LISTS = """
    CREATE TABLE t (id int PRIMARY KEY, a int[] UNIQUE, b text[], j jsonb UNIQUE, n int);
    CREATE INDEX one ON t (n, a);
    CREATE INDEX two ON t USING gin (a, b);
    CREATE INDEX whole ON t USING gin (j, b);
"""


def test_indexes_over_lists_hold_their_elements(empty_18: str) -> None:
    """A unique one would refuse {2,3} beside {1,2}, which no row of the source breaks."""
    result = to_mongodb(of_postgresql(empty_18, LISTS))
    assert [index.name for index in result.target.collections[0].indexes] == ["one"]
    found = {item.object.rpartition(".")[2] for item in result.omissions if "list" in item.reason}
    assert found == {"t_a_key", "t_j_key", "two", "whole"}


def test_simple_views_become_pipelines_and_others_are_named(moved: Conversion) -> None:
    paid = next(found for found in moved.target.collections if found.name == "paid")
    assert paid.view_on == "orders"
    assert paid.pipeline == [
        {"$match": {"state": {"$eq": "paid"}}},
        {"$project": {"_id": 0, "number": "$_id", "customer_id": "$customer_id"}},
    ]
    assert "public.counted" in {item.object for item in moved.omissions}


@pytest.mark.parametrize(
    ("overrides", "workload", "table", "choice", "rule"),
    [
        ({"public.line.line_order_id_fkey": "reference"}, (), "line", "reference", "asked"),
        ({"public.orders(customer_id)": "embed"}, (), "orders", "array", "asked"),
        ({"public.order_tag(tag_id)": "embed"}, (), "order_tag", "values", "asked"),
        ({}, ("SELECT * FROM line", "SELECT sum(price) FROM line"), "line", "reference", "asked alone"),
    ],
)
def test_wishes_and_the_workload_steer(
    shop: Source, overrides: dict[str, str], workload: tuple[str, ...], table: str, choice: str, rule: str
) -> None:
    relations = to_mongodb(shop, Overrides(relations=overrides), workload).relations
    found = [(one.choice, one.rule) for one in relations if one.table == f"public.{table}"]
    assert (choice, rule) in found
    assert sum(one != "reference" for one, _ in found) <= 1


@pytest.mark.parametrize("wish", [{"public.node.node_parent_id_fkey": "embed"}, {"public.line(order_id)": "nest"}])
def test_wishes_that_would_lose_rows_are_refused(shop: Source, wish: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        to_mongodb(shop, Overrides(relations=wish))
    assert caught.value.code == "EMBED_IMPOSSIBLE"


def test_types_can_be_asked_for(shop: Source) -> None:
    result = to_mongodb(shop, Overrides(types={"public.log.at": "date"}))
    log = next(found for found in result.collections if found.collection == "log")
    assert [(f.encoding, f.rest) for f in log.fields if f.column == "at"] == [("moment", None)]
    assert "microseconds" in next(note.text for note in result.notes if note.object == "public.log.at")
    with pytest.raises(UsageError, match="TYPE_WITHOUT_ROUTE"):
        to_mongodb(shop, Overrides(types={"public.log.at": "objectId"}))


@pytest.fixture(scope="module")
def made(moved: Conversion, mongodb: MongodbServer) -> Any:
    database = mongodb.client[mongodb.new_name()]
    for statement in moved.statements:
        database.command(json_util.loads(statement.sql))
    return database


def test_what_is_made_is_what_was_planned(moved: Conversion, made: Any, mongodb: MongodbServer) -> None:
    opened = MongodbDatabase(mongodb.url(made.name), "shown")
    found = {one.name: one for one in opened.catalog().collections}
    opened.close()
    for planned in moved.target.collections:
        there = found[planned.name]
        assert (there.kind, there.view_on, there.pipeline) == (planned.kind, planned.view_on, planned.pipeline)
        assert there.validator == planned.validator
        assert sorted(there.indexes, key=lambda one: one.name) == sorted(planned.indexes, key=lambda one: one.name)


def test_every_statement_has_a_way_back(moved: Conversion, mongodb: MongodbServer) -> None:
    database = mongodb.client[mongodb.new_name()]
    for statement in moved.statements:
        database.command(json_util.loads(statement.sql))
    for statement in reversed(moved.statements):
        database.command(json_util.loads(statement.undo or "{}"))
    assert database.list_collection_names() == []


LINE = {"number": 1, "price": bson.Decimal128("1.00")}


ORDER = {"_id": bson.Int64(1), "customer_id": 1, "line": [], "order_tag": []}


@pytest.mark.parametrize(
    ("collection", "documents", "accepted"),
    [
        ("customer", [{"_id": 1, "email": "a"}, {"_id": 2, "email": "b"}], True),  # NULLs of a unique column repeat
        ("customer", [{"_id": 1, "email": "a", "note": "x"}, {"_id": 2, "email": "b", "note": "x"}], False),
        ("customer", [{"_id": 1, "email": "a"}, {"_id": 2, "email": "a"}], False),
        ("customer", [{"_id": 1}], False),
        ("customer", [{"_id": 1, "email": "x" * 21}], False),
        ("customer", [{"_id": 2**31, "email": "x"}], False),
        ("customer", [{"_id": 1, "email": "a", "passport": {}}], False),
        ("orders", [ORDER | {"line": [LINE, LINE | {"number": 2}], "order_tag": [1, 2]}], True),
        ("orders", [ORDER | {"line": [LINE, LINE]}], False),
        ("orders", [ORDER | {"line": [LINE | {"place": 7}, LINE | {"place": 7, "number": 2}]}], False),
        ("orders", [ORDER | {"order_tag": [1, 1]}], False),
        ("orders", [ORDER | {"line": [LINE | {"price": bson.Decimal128("-1")}]}], False),
        ("orders", [ORDER | {"state": "lost"}], False),
        ("orders", [ORDER | {"state": "paid"}], True),
    ],
)
def test_the_database_refuses_what_the_source_refused(
    made: Any, collection: str, documents: list[dict[str, Any]], accepted: bool
) -> None:
    made[collection].delete_many({})
    try:
        made[collection].insert_many(documents)
    except BulkWriteError:
        assert not accepted
    else:
        assert accepted


@pytest.mark.parametrize(
    ("found", "unscanned", "labels"), [(0, (), ["a"]), (2, (), ["", "a"]), (None, ("h.t",), ["", "a"])]
)
def test_the_error_value_of_mysql_s_enum_is_a_label_where_a_row_has_or_may_have_it(
    found: int | None, unscanned: tuple[str, ...], labels: list[str]
) -> None:
    """Else the document that holds it could not be changed any more: its validator would refuse it."""
    columns = [
        Column(name=name, position=n, native=native, type=logical_type(native), nullable=False)
        for n, (name, native) in enumerate((("id", "int"), ("e", "enum('a')")), 1)
    ]
    table = Table(schema_name="h", name="t", columns=columns, primary_key=Key(name="PRIMARY", columns=["id"]))
    source = Catalog(engine="mariadb", version="10.11", database="h", schemas=["h"], tables=[table])
    forms = {"empty_label": found} if found else {}
    profile = TableProfile(
        table="h.t", rows=3, columns={"e": ColumnProfile(column="e", classes={"value": 3}, forms=forms)}
    )
    profiles = {} if found is None else {"h.t": profile}
    made = convert(source, profiles, "mongodb", "8.0", unscanned=unscanned).target.collections
    assert made[0].validator is not None
    assert made[0].validator["$jsonSchema"]["properties"]["e"] == {"enum": labels}
