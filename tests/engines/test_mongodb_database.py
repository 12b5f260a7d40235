import struct
from collections.abc import Iterator
from typing import Any

import bson
import pytest
from bson import DBRef, ObjectId
from pymongo import MongoClient

from conversion.fingerprint import fingerprint
from engines.catalog import Catalog, Table
from engines.documents import Collection, CollectionIndex
from engines.errors import DbmoError, UsageError
from engines.mongodb.bson_exact import decode, encode
from engines.mongodb.database import MongodbDatabase
from engines.mongodb.introspect.collections import describe as describe_collection
from engines.mongodb.introspect.indexes import describe
from engines.mongodb.values import DbPointer, Symbol, Undefined
from tests.servers_mongodb import MongodbServer, secantus

HOSTILE = ['qu"ote', "new\nline", "a.b.c", "select", "Ключ", "x" * 120, "back\\slash", "per%sent"]


@pytest.fixture(scope="module")
def catalog(mongodb: MongodbServer) -> Catalog:
    name = mongodb.new_name()
    database = mongodb.client[name]
    schema = {"$jsonSchema": {"bsonType": "object", "required": ["a"], "properties": {"a": {"bsonType": "int"}}}}
    database.create_collection("checked", validator=schema, validationLevel="moderate", validationAction="warn")
    database.create_collection("ring", capped=True, size=4096, max=10)
    database.create_collection("readings", timeseries={"timeField": "t", "metaField": "m"}, expireAfterSeconds=60)
    database.create_collection("clustered", clusteredIndex={"key": {"_id": 1}, "unique": True, "name": "by id"})
    database.create_collection("words", collation={"locale": "de", "strength": 2})
    database.command("create", "some", viewOn="owners", pipeline=[{"$match": {"n": {"$gt": 1}}}])
    owners = [ObjectId() for _ in range(50)]
    database["owners"].insert_many([{"_id": key, "n": n} for n, key in enumerate(owners)])
    database["things"].insert_many([{"owner": key} for key in [*owners, ObjectId()]])
    database["fs.files"].insert_one({"filename": "a"})
    database["fs.chunks"].create_index([("files_id", 1), ("n", 1)], unique=True)
    database["_dbmo.chunk"].insert_one({})
    for collection in HOSTILE:
        database[collection].insert_one({"a\nb": 1, "%s": {"": 2}})
    indexed = database["indexed"]
    indexed.create_index([("a", 1), ("b.c", -1)], unique=True, name='hos"tile\n')
    indexed.create_index("s", sparse=True)
    indexed.create_index("ttl", expireAfterSeconds=3600)
    indexed.create_index("p", partialFilterExpression={"p": {"$gt": 5}})
    indexed.create_index("h", hidden=True)
    indexed.create_index([("geo", "2dsphere")])
    indexed.create_index([("flat", "2d")], bits=20)
    indexed.create_index([("$**", 1)], wildcardProjection={"a": 1})
    indexed.create_index("c", collation={"locale": "fr"})
    opened = MongodbDatabase(mongodb.url(name), "mongodb://shown")
    try:
        return opened.catalog()
    finally:
        opened.close()


def collection(catalog: Catalog, name: str) -> Collection:
    return next(found for found in catalog.collections if found.name == name)


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("checked", "collection", {"validationLevel": "moderate", "validationAction": "warn"}),
        ("ring", "capped", {"capped": True, "size": 4096, "max": 10}),
        ("clustered", "collection", {"clusteredIndex": {"v": 2, "key": {"_id": 1}, "unique": True, "name": "by id"}}),
        ("some", "view", {}),
        ("fs.files", "bucket", {"bucket": "fs"}),
        ("fs.chunks", "bucket", {"bucket": "fs"}),
    ],
)
def test_collections_of_every_kind(catalog: Catalog, name: str, kind: str, options: dict[str, Any]) -> None:
    found = collection(catalog, name)
    assert (found.kind, found.options) == (kind, options)


def test_validators_pipelines_and_collations_are_read(catalog: Catalog) -> None:
    assert (collection(catalog, "checked").validator or {})["$jsonSchema"]["required"] == ["a"]
    view = collection(catalog, "some")
    assert (view.view_on, view.pipeline) == ("owners", [{"$match": {"n": {"$gt": 1}}}])
    assert collection(catalog, "words").options["collation"]["locale"] == "de"
    readings = collection(catalog, "readings")
    assert (readings.kind, readings.options["timeseries"]["timeField"]) == ("timeseries", "t")
    assert readings.options["expireAfterSeconds"] == 60


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ('hos"tile\n', {"keys": [("a", 1), ("b.c", -1)], "unique": True}),
        ("s_1", {"keys": [("s", 1)], "sparse": True}),
        ("ttl_1", {"keys": [("ttl", 1)], "expire_after_seconds": 3600}),
        ("p_1", {"keys": [("p", 1)], "partial_filter": {"p": {"$gt": 5}}}),
        ("h_1", {"keys": [("h", 1)], "hidden": True}),
        ("geo_2dsphere", {"keys": [("geo", "2dsphere")]}),
        ("flat_2d", {"keys": [("flat", "2d")]}),
        ("$**_1", {"keys": [("$**", 1)]}),
        ("c_1", {"keys": [("c", 1)]}),
    ],
)
def test_indexes_of_every_kind(catalog: Catalog, name: str, expected: dict[str, Any]) -> None:
    found = next(index for index in collection(catalog, "indexed").indexes if index.name == name)
    assert found.model_dump(exclude={"options", "name"}) == CollectionIndex(name=name, **expected).model_dump(
        exclude={"options", "name"}
    )


def test_options_of_indexes_are_kept(catalog: Catalog) -> None:
    options = {index.name: index.options for index in collection(catalog, "indexed").indexes}
    assert options["flat_2d"] == {"bits": 20}
    assert options["$**_1"] == {"wildcardProjection": {"a": 1}}
    assert options["c_1"]["collation"]["locale"] == "fr"


@pytest.mark.parametrize(
    ("entry", "keys", "options"),
    [
        (
            {
                "v": 2, "key": {"lang": 1, "_fts": "text", "_ftsx": 1}, "name": "t", "weights": {"title": 3, "body": 1},
                "default_language": "german", "language_override": "l", "textIndexVersion": 3,
            },
            [("lang", 1), ("body", "text"), ("title", "text")],
            {
                "weights": {"title": 3, "body": 1}, "default_language": "german", "language_override": "l",
                "textIndexVersion": 3,
            },
        ),
        ({"v": 2, "key": {"a": "hashed"}, "name": "t"}, [("a", "hashed")], {}),
        ({"v": 2, "key": {"a": -1.0}, "name": "t"}, [("a", -1)], {}),
    ],
)  # fmt: skip
def test_indexes_that_the_emulator_lacks_as_the_manual_shows_them(
    entry: dict[str, Any], keys: list[tuple[str, int | str]], options: dict[str, Any]
) -> None:
    found = describe(entry)
    assert (found.keys, found.options) == (keys, options)


def test_an_entry_without_options_is_a_collection() -> None:
    assert describe_collection({"name": "a", "type": "collection"}).kind == "collection"


def test_documents_and_references_are_observed(catalog: Catalog) -> None:
    things = collection(catalog, "things")
    assert (things.documents, things.documents_exact, things.scanned, things.sampling_error) == (51, True, 51, 0.0)
    [reference] = things.field("owner").references
    assert (reference.collection, reference.values, reference.orphans, reference.exact) == ("owners", 51, 1, True)


def test_hostile_names_are_read_and_own_state_is_left_out(catalog: Catalog) -> None:
    names = {found.name for found in catalog.collections}
    assert names >= set(HOSTILE)
    assert not {name for name in names if name.startswith(("_dbmo", "system."))}
    assert collection(catalog, HOSTILE[0]).field("%s", "").types == {"int": 1}


def test_the_catalog_is_plain_data_with_settings(catalog: Catalog) -> None:
    assert Catalog.model_validate_json(catalog.model_dump_json()) == catalog
    assert catalog.settings["storage_engine"] == "wiredTiger"
    assert catalog.settings["feature_compatibility_version"]
    assert catalog.unread == []


def test_a_sample_says_its_error(mongodb: MongodbServer) -> None:
    name = mongodb.new_name()
    mongodb.client[name]["c"].insert_many([{"n": n} for n in range(500)])
    database = MongodbDatabase(mongodb.url(name), "shown", sample=100)
    [found] = database.catalog().collections
    database.close()
    assert (found.scanned, found.documents, found.documents_exact) == (100, 500, False)
    assert found.sampling_error == pytest.approx(0.0877, abs=0.001)
    assert found.unseen == 0.03


def test_documents_are_read_in_batches_and_in_a_snapshot(mongodb: MongodbServer) -> None:
    name = mongodb.new_name()
    mongodb.client[name]["c"].insert_many([{"_id": n} for n in range(25)])
    database = MongodbDatabase(mongodb.url(name), "shown")
    assert [decode(raw)["_id"] for raw in database.read_documents("c", {"_id": {"$gte": 20}}, batch=2)] == [
        *range(20, 25)
    ]
    with database.snapshot() as session:
        before = list(database.read_documents("c", session=session))
        mongodb.client[name]["c"].insert_one({"_id": 99})
        after = list(database.read_documents("c", session=session))
    assert after == before or not mongodb.real  # the emulator reads what is committed now
    table = Table(schema_name=name, name="c", columns=[])
    assert database.count(table) == database.count_documents("c") >= 25
    database.close()


# the emulator grants actions by database, not by collection
ROLES = {"narrow": ["listCollections", "find"], "listing": ["listCollections"], "blind": ["dbStats"]}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with users who may not do everything in the database `app`."""
    folder = tmp_path_factory.mktemp("guarded")
    with secantus(folder) as uri, MongoClient[Any](uri) as client:
        client["app"]["c"].insert_one({"a": 1})
        for name, actions in ROLES.items():
            privileges = [{"resource": {"db": "app", "collection": ""}, "actions": actions}]
            client.admin.command("createRole", name, privileges=privileges, roles=[])
            client.admin.command("createUser", name, pwd="secret-word", roles=[name])
    with secantus(folder, require_auth=True) as uri:
        yield uri


@pytest.mark.parametrize(
    ("user", "missing", "fields"),
    [
        ("narrow", {"read indexes of c"}, 2),
        ("listing", {"read documents of c", "read indexes of c", "read number of documents of c"}, 0),
        ("blind", {"read collections", "read options of collections"}, None),
    ],
)
def test_what_may_not_be_read_is_said(guarded: str, user: str, missing: set[str], fields: int | None) -> None:
    url = guarded.replace("://", f"://{user}:secret-word@") + "app?authSource=admin"
    database = MongodbDatabase(url, "mongodb://shown/app")
    found = database.catalog()
    said = set(database.privileges_missing())
    database.close()
    assert missing <= said
    assert [len(collection.fields) for collection in found.collections] == ([] if fields is None else [fields])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mongodb://narrow:wrong@HOST/app?authSource=admin", "WRONG_PASSWORD"),
        ("mongodb://127.0.0.1:9/app?serverSelectionTimeoutMS=200", "CONNECTION_FAILED"),
        ("mongodb://a:b:c@HOST/app", "URL_INVALID"),
        ("mongodb://127.0.0.1:99999/app", "URL_INVALID"),
        ("mongodb://HOST/", "DATABASE_MISSING"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_goes_wrong_with_a_connection_has_a_code(guarded: str, url: str, code: str) -> None:
    host = guarded.removeprefix("mongodb://").strip("/")
    with pytest.raises(DbmoError) as caught:
        database = MongodbDatabase(url.replace("HOST", host), "mongodb://shown/app")
        try:
            database.catalog()
        finally:
            database.close()
    assert caught.value.code == code
    assert "wrong" not in str(caught.value).replace("wrong.", "")


@pytest.mark.parametrize("call", ["query", "measure"])
def test_sql_has_no_meaning(empty_mongodb: str, call: str) -> None:
    with pytest.raises(UsageError) as caught:
        getattr(MongodbDatabase(empty_mongodb, "shown"), call)("SELECT 1")
    assert caught.value.code == "NOT_RELATIONAL"


def element(kind: int, name: bytes, value: bytes) -> bytes:
    return bytes([kind]) + name + b"\0" + value


def document(*elements: bytes) -> bytes:
    body = b"".join(elements)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


KEY = ObjectId("65a000000000000000000001")
TEXT = struct.pack("<i", 2) + b"x\0"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (bson.encode({"a": [1, {"b": 2.0}]}), {"a": [1, {"b": 2.0}]}),
        (document(element(6, b"a", b"")), {"a": Undefined()}),
        (document(element(14, b"a", TEXT)), {"a": Symbol("x")}),
        (document(element(12, b"a", TEXT + KEY.binary)), {"a": DbPointer("x", KEY)}),
        (document(element(3, b"a", document(element(6, b"b", b"")))), {"a": {"b": Undefined()}}),
        (bson.encode({"a": DBRef("c", 1)}), {"a": {"$ref": "c", "$id": 1}}),
        (
            bson.encode({"a": {"$id": 1, "z": [None, True], "$ref": "c"}}),
            {"a": {"$id": 1, "z": [None, True], "$ref": "c"}},
        ),
    ],
)
def test_documents_are_read_without_loss(raw: bytes, value: dict[str, Any]) -> None:
    found = decode(raw)
    assert found == value
    assert repr(found) == repr(value)  # a symbol equals its text
    assert encode(found) == raw


@pytest.mark.parametrize(
    "raw",
    [
        document(element(10, b"a", b""), element(10, b"a", b"")),
        document(element(2, b"a", struct.pack("<i", 2) + b"\xff\0")),
        document(element(4, b"a", document(element(10, b"7", b"")))),
        document(element(0x55, b"a", b"")),
        b"\x05\0",
    ],
)
def test_documents_that_python_cannot_hold_are_named(raw: bytes) -> None:
    with pytest.raises(DbmoError) as caught:
        decode(raw)
    assert caught.value.code == "DOCUMENT_UNREADABLE"


def test_documents_do_not_change_the_fingerprint_but_an_index_does(mongodb: MongodbServer) -> None:
    name = mongodb.new_name()
    collection = mongodb.client[name]["c"]
    database = MongodbDatabase(mongodb.url(name), "shown", sample=5)
    collection.insert_one({"a": 1})
    prints = [fingerprint(database.catalog())]
    collection.insert_many([{"z": n, "a": n} for n in range(9)])
    database.refresh()
    prints.append(fingerprint(database.catalog()))
    collection.create_index("a")
    database.refresh()
    prints.append(fingerprint(database.catalog()))
    database.close()
    assert prints[0] == prints[1] != prints[2]
