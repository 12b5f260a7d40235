"""Collections with everything around them as tables: references, indexes, validators, kinds, and what stays behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from bson import ObjectId

from conversion.convert import convert
from conversion.diff import diff
from conversion.result import Conversion, Overrides
from engines.catalog import Catalog, ForeignKey, Index, Unread
from engines.documents import Collection, CollectionIndex
from engines.mongodb.database import MongodbDatabase
from engines.mongodb.infer import infer
from engines.mongodb.infer_all import infer_all
from engines.mysql.database import MysqlDatabase
from engines.postgresql.database import PostgresqlDatabase
from engines.sqlite.database import SqliteDatabase
from tests.conversion.documents.stored import by_id, converted, opened, there_and_back
from tests.conversion.documents.traps import usual

ENGINES = ["postgresql", "mariadb", "sqlite"]
FIXTURES = {"postgresql": "empty_18", "mariadb": "empty_mariadb", "sqlite": "tmp_path"}
PEOPLE: list[dict[str, Any]] = [{"_id": ObjectId(), "name": f"person {number}"} for number in range(20)]


def foreign_keys(collections: dict[str, list[dict[str, Any]]], engine: str = "postgresql") -> list[ForeignKey]:
    """Foreign keys between documents (those of child tables to their parents aside)."""
    tables = converted(infer_all(collections), engine).target.tables
    return [key for table in tables for key in table.foreign_keys if key.on_delete != "CASCADE"]


def orders(owners: list[Any], name: str = "owner") -> list[dict[str, Any]]:
    return [{"_id": f"order {number}", name: owner} for number, owner in enumerate(owners)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "owners",
    [
        [person["_id"] for person in PEOPLE],
        [[person["_id"], PEOPLE[0]["_id"]] for person in PEOPLE],
        [{"$ref": "people", "$id": person["_id"]} for person in PEOPLE],
        [person["_id"] for person in PEOPLE] + [None],
    ],
)
def test_a_field_whose_every_value_is_a_key_becomes_a_foreign_key(
    engine: str, owners: list[Any], request: pytest.FixtureRequest
) -> None:
    documents = {"people": PEOPLE, "orders": orders(owners)}
    conversion = converted(infer_all(documents), engine)
    keys = [key for table in conversion.target.tables for key in table.foreign_keys if key.on_delete != "CASCADE"]
    assert [key.referenced_table for key in keys] == ["people"]
    with opened(engine, str(request.getfixturevalue(FIXTURES[engine]))) as store:
        assert by_id(there_and_back(store, conversion, documents)["orders"]) == by_id(documents["orders"])


def test_a_reference_with_an_orphan_is_proposed_only() -> None:
    documents = {"people": PEOPLE, "orders": orders([*(person["_id"] for person in PEOPLE), ObjectId()])}
    conversion = converted(infer_all(documents), "postgresql")
    assert not any(table.foreign_keys for table in conversion.target.tables)
    [note] = [note.text for note in conversion.notes if note.object == "shop.orders.owner"]
    assert "1 without counterpart" in note


@pytest.mark.parametrize(("name", "count"), [("person_id", 1), ("age_ref", 0)])
def test_numbers_refer_only_where_the_field_is_named_after_the_collection(name: str, count: int) -> None:
    documents = {"persons": [{"_id": number} for number in range(50)], "orders": orders(list(range(50)), name)}
    assert len(foreign_keys(documents)) == count


def test_keys_of_several_types_are_referred_to_by_their_text() -> None:
    people: list[dict[str, Any]] = [{"_id": ObjectId()}, {"_id": ObjectId()}, {"_id": "boss"}]
    documents = {"people": people, "orders": orders([person["_id"] for person in people], "people_id")}
    tables = converted(infer_all(documents), "postgresql").target.tables
    natives = {table.name: table.column(name).native for table, name in zip(tables, ["people_id", "_id"], strict=True)}
    assert natives == {"orders": "character varying(255)", "people": "character varying(255)"}


DOCUMENT: dict[str, Any] = {
    "_id": 1, "mail": "a@b", "age": 30, "score": 1.5, "at": datetime(2024, 1, 1, tzinfo=UTC), "tags": ["x"],
    "place": {"city": "B", "geo": {"type": "Point", "coordinates": [1.5, 2.5]}}, "mixed": "x", "active": True,
}  # fmt: skip


def indexed(index: CollectionIndex, engine: str = "postgresql") -> Conversion:
    collection = infer([DOCUMENT, {**DOCUMENT, "_id": 2, "mixed": 1}], "c")
    collection.indexes = [index]
    return converted([collection], engine)


def made(conversion: Conversion) -> list[Index]:
    return [index for table in conversion.target.tables for index in table.indexes]


def index(*keys: tuple[str, int | str], **options: Any) -> CollectionIndex:
    return CollectionIndex(name="i", keys=list(keys), **options)


@pytest.mark.parametrize(
    ("source", "columns", "method", "unique", "predicate"),
    [
        (index(("mail", 1), unique=True), ["mail"], "btree", True, None),
        (index(("mail", 1), ("age", -1)), ["mail", "age"], "btree", False, None),
        (index(("place.city", 1)), ["place_city"], "btree", False, None),
        (index(("tags", 1)), ["value"], "btree", False, None),
        (index(("mail", "hashed")), ["mail"], "hash", False, None),
        (index(("mail", 1), sparse=True), ["mail"], "btree", False, '"mail" IS NOT NULL'),
        (index(("age", 1), partial_filter={"age": {"$gt": 5}}), ["age"], "btree", False, '"age" > 5'),
        (
            index(("age", 1), unique=True, partial_filter={"active": True, "mail": "o'n"}), ["age"], "btree", True,
            "\"active\" = true AND \"mail\" = 'o''n'",
        ),
        (index(("mail", "text")), [None], "gin", False, None),
    ],
)  # fmt: skip
def test_an_index_becomes_the_closest_one(
    source: CollectionIndex, columns: list[str], method: str, unique: bool, predicate: str | None, empty_18: str
) -> None:
    conversion = indexed(source)
    [found] = made(conversion)
    assert [key.column for key in found.keys] == columns
    assert (found.method, found.unique, found.predicate) == (method, unique, predicate)
    with psycopg.connect(empty_18) as connection:
        for statement in conversion.statements:
            connection.execute(statement.sql)


LONG = {**DOCUMENT, "title": "long " * 200}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_kind_of_index_can_be_made(engine: str, request: pytest.FixtureRequest) -> None:
    collection = infer([LONG, {**LONG, "_id": 2, "mail": "c@d", "age": 31}], "c")
    collection.indexes = [
        index(("mail", 1), unique=True), index(("title", 1)), index(("title", 1), unique=True), index(("mail", "text")),
        index(("mail", 1), ("age", -1)), index(("mail", "hashed")), index(("tags", 1), unique=True),
        index(("age", 1), sparse=True, unique=True), index(("age", 1), partial_filter={"age": {"$gt": 5}}),
        index(("mail", 1), hidden=True), index(("title", "text"), ("mail", "text"), options={"weights": {"title": 9}}),
    ]  # fmt: skip
    for number, one in enumerate(collection.indexes):
        one.name = f"index {number}"
    conversion = converted([collection], engine)
    said = {found.object for found in conversion.omissions} | set(conversion.renames)
    assert {f"shop.c.{one.name}" for one in collection.indexes} <= said
    with opened(engine, str(request.getfixturevalue(FIXTURES[engine]))) as store:
        assert len(there_and_back(store, conversion, {"c": [LONG]})["c"]) == 1


@pytest.mark.parametrize(
    ("source", "kind", "reason"),
    [
        (index(("place.geo", "2dsphere")), "index", "geometry"),
        (index(("$**", 1)), "index", "doesn't name"),
        (index(("place.$**", 1)), "index", "doesn't name"),
        (index(("mixed", 1)), "index", "no column"),
        (index(("never.seen", 1)), "index", "no column"),
        (index(("mail", 1), ("tags", 1)), "index", "several tables"),
        (index(("mail", 1), hidden=True), "index", "hidden"),
        (index(("at", 1), expire_after_seconds=60), "ttl", "60 seconds"),
        (index(("tags", 1), unique=True), "unique constraint", "array"),
        (index(("mail", 1), options={"collation": {"locale": "en", "strength": 2}}), "collation", "byte by byte"),
        (index(("age", 1), unique=True, partial_filter={"mixed": {"$type": "int"}}), "unique constraint", "part"),
    ],
)
def test_what_an_index_cannot_do_is_said(source: CollectionIndex, kind: str, reason: str) -> None:
    omissions = indexed(source).omissions
    assert [(found.object, found.kind) for found in omissions] == [("shop.c.i", kind)]
    assert reason in omissions[0].reason and omissions[0].original


SCHEMA = {
    "$jsonSchema": {
        "bsonType": "object", "required": ["mail", "mixed2"],
        "properties": {
            "mail": {"bsonType": "string", "maxLength": 50, "pattern": "@"}, "age": {"minimum": 0, "maximum": 150},
            "score": {"minimum": 0, "exclusiveMinimum": True}, "place": {"properties": {"city": {"enum": ["B", None]}}},
            "tags": {"items": {"minLength": 1}},
        },
    }
}  # fmt: skip


def test_a_validator_becomes_checks_that_let_the_rows_of_today_be(empty_18: str) -> None:
    collection = infer([DOCUMENT], "c")
    collection.validator = SCHEMA
    conversion = converted([collection], "postgresql")
    checks = [check for table in conversion.target.tables for check in table.checks]
    assert sorted(check.expression for check in checks) == [
        '"age" <= 150', '"age" >= 0', '"mail" IS NOT NULL OR "_residue" IS NOT NULL', "\"place_city\" IN ('B')",
        '"score" > 0.0', 'char_length("mail") <= 50', 'char_length("value") >= 1',
    ]  # fmt: skip
    assert not any(check.validated for check in checks)
    assert {found.object for found in conversion.omissions} == {
        "shop.c.validator.mail.pattern", "shop.c.validator.mixed2.required",
    }  # fmt: skip
    with psycopg.connect(empty_18) as connection:
        for statement in conversion.statements:
            connection.execute(statement.sql)


@pytest.mark.parametrize("engine", ["mariadb", "sqlite"])
def test_a_validator_is_an_omission_where_a_check_looks_at_every_row(engine: str) -> None:
    collection = infer([DOCUMENT], "c")
    collection.validator = SCHEMA
    [found] = converted([collection], engine).omissions
    assert found.kind == "validator" and "maxLength" in found.original


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"kind": "capped", "options": {"capped": True, "size": 1000}}, "capped collection"),
        ({"kind": "timeseries", "options": {"timeseries": {"timeField": "at"}}}, "time series"),
        ({"kind": "timeseries", "options": {"timeseries": {}, "expireAfterSeconds": 60}}, "ttl"),
        ({"kind": "view", "view_on": "b", "pipeline": [{"$match": {"x": 1}}]}, "view"),
        ({"options": {"clusteredIndex": {"key": {"_id": 1}}}}, "clustered collection"),
        ({"options": {"collation": {"locale": "de"}}}, "collation"),
    ],
)
def test_what_a_collection_did_beside_holding_documents_is_said(changes: dict[str, Any], kind: str) -> None:
    collection = infer([DOCUMENT], "c").model_copy(update=changes)
    assert kind in [found.kind for found in converted([collection], "postgresql").omissions]


def test_an_empty_collection_becomes_a_table_that_takes_any_document(empty_18: str) -> None:
    conversion = converted([Collection(name="new")], "postgresql")
    with opened("postgresql", empty_18) as store:
        assert there_and_back(store, conversion, {"new": [DOCUMENT]})["new"] == [DOCUMENT]


def test_what_a_request_leaves_out_and_what_could_not_be_read_is_said() -> None:
    source = Catalog(
        engine="mongodb", version="8", database="shop", collections=[infer([DOCUMENT], "c")],
        unread=[Unread(part="indexes of x", reason="not authorized")],
    )  # fmt: skip
    found = convert(source, {}, "postgresql", "18", Overrides(skip=["shop.c"])).omissions
    assert [(item.object, item.kind) for item in found] == [("shop.c", "collection"), ("indexes of x", "unread")]


def test_hostile_names_of_collections_stay_apart(empty_18: str) -> None:
    names = ["a.b", "a_b", "A_b", 'q"; DROP TABLE x; --', "system x", "100%", "select", "x" * 100, "x" * 101]
    collections = [infer([{"_id": number, "list": [1]}], name) for number, name in enumerate(names)]
    conversion = converted(collections, "postgresql")
    documents = {name: [{"_id": number, "list": [1]}] for number, name in enumerate(names)}
    with opened("postgresql", empty_18) as store:
        assert there_and_back(store, conversion, documents) == documents


def test_a_sample_says_how_sure_its_shares_are() -> None:
    conversion = converted([infer([DOCUMENT], "c", total=500)], "postgresql")
    assert any("1 of 500 documents" in note.text for note in conversion.notes)


READERS: dict[str, Callable[[str, Path], PostgresqlDatabase | MysqlDatabase | SqliteDatabase]] = {
    "postgresql": lambda url, file: PostgresqlDatabase(url, url),
    "mariadb": lambda url, file: MysqlDatabase(url, url),
    "sqlite": lambda url, file: SqliteDatabase(file, str(file)),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_target_read_again_is_what_was_planned(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    collections = infer_all(
        {"people": PEOPLE, "orders": orders([PEOPLE[0]["_id"]]), "things": [usual(number) for number in range(8)]}
    )
    collections[0].indexes = [CollectionIndex(name="names", keys=[("name", 1)], unique=True)]
    url = str(request.getfixturevalue(FIXTURES[engine]))
    conversion = converted(collections, engine, schema=url.rpartition("/")[2] if engine == "mariadb" else "public")
    with opened(engine, url, tmp_path / "target.db") as store:
        for stage in ("pre_data", "post_data"):
            store.run(conversion, stage)
    database = READERS[engine](url, tmp_path / "target.db")
    try:
        assert diff(conversion.target, database.catalog()) == []
    finally:
        database.close()


def test_a_database_of_a_server_becomes_tables(empty_mongodb: str, empty_18: str) -> None:
    from pymongo import MongoClient

    people = [{"_id": ObjectId(), "mail": f"{number}@x", "tags": ["a", "b"]} for number in range(5)]
    with MongoClient[Any](empty_mongodb) as client:
        database = client.get_default_database()
        database["people"].insert_many(people)
        database["people"].create_index("mail", unique=True, name="mails")
        database["log"].insert_many([{"person": person["_id"], "at": 1} for person in people])
        name = database.name
    source = MongodbDatabase(empty_mongodb, empty_mongodb)
    try:
        conversion = convert(source.catalog(), {}, "postgresql", "18")
    finally:
        source.close()
    tables = {table.name: table for table in conversion.target.tables}
    assert set(tables) == {"people", "people_tags", "log"}
    assert conversion.renames[f"{name}.people.mails"] == "public.people_mail_idx"
    assert [key.referenced_table for key in tables["log"].foreign_keys] == ["people"]
    with psycopg.connect(empty_18) as connection:
        for statement in conversion.statements:
            connection.execute(statement.sql)
