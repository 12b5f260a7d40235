"""MongoDB as a side: documents by key of any type, moments, missing collections, cancellation, originals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Timestamp
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection

from engines.errors import DbmoError
from engines.mongodb.bson_exact import encode as bson_of
from tests.servers_mongodb import MongodbServer
from tests.transfer.canonical.test_values_mongodb import column
from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Digest, Hashing, encode
from transfer.sides.mongodb import MongodbSide
from transfer.sides.open import open_side
from transfer.sides.side import Span

HASHING = Hashing.new()
NAME = "od.d name\\\"'%s"


@pytest.fixture
def things(mongodb: MongodbServer) -> Iterator[Collection[Any]]:
    yield mongodb.client[mongodb.new_name()][NAME]


def table(of: Collection[Any], key: list[str]) -> ComparedTable:
    columns = [column("_id"), column("a"), column("rest", "rest")]
    return ComparedTable(name="t", source=of.full_name, target=of.full_name, columns=columns, key=key)


def opened(mongodb: MongodbServer, of: Collection[Any]) -> MongodbSide:
    side = open_side(mongodb.url(of.database.name), "source")
    assert isinstance(side, MongodbSide)
    return side


IDS: list[Any] = [
    None, True, False, 0, -1, 2**31 - 1, Int64(2**53 + 1), Int64(-(2**63)), 0.5, 1e300, -0.1, Decimal128("1.50"),
    Decimal128("12345678901234567890123456789.12345"), "", "x", "X", "trail  ", "nul\0in", "back\\slash'\"%s", "é", "1",
    ObjectId(), datetime(2024, 1, 1, 12, 30, 0, 123000, UTC), datetime(1969, 12, 31, tzinfo=UTC), b"", b"\0\1",
    Binary(bytes(range(16)), 4), Binary(b"\xff", 128), Timestamp(1700000000, 1), {}, {"a": 1, "b": [1, None]},
    {"b": [1, None], "a": 1}, {"": {"x": "y"}}, MinKey(), MaxKey(),
]  # fmt: skip


def test_documents_are_found_by_ids_of_every_type(mongodb: MongodbServer, things: Collection[Any]) -> None:
    for number, one in enumerate(IDS):
        things.insert_one(RawBSONDocument(bson_of({"_id": one, "a": number, "b": one})))
    with closing(opened(mongodb, things)) as side:
        keyed, keyless = table(things, ["_id"]), table(things, [])
        pairs = [pair for lot in side.hashes(keyed, Span(), HASHING) for pair in lot]
        assert side.count(keyed) == len(pairs) == len({key for key, _ in pairs})
        for names in ([key for key, _ in pairs], *([key] for key, _ in pairs)):
            rows = list(side.rows(keyed, Span(), names, HASHING))
            assert sorted(name for name, _ in rows) == sorted(names)
            assert all(HASHING.row(encode(keyed.columns, row)) == dict(pairs)[name] for name, row in rows)
        multiset = [pair for lot in side.hashes(keyless, Span(), HASHING) for pair in lot]
        assert sorted(hash_ for _, hash_ in multiset) == sorted(hash_ for _, hash_ in pairs)
        buckets = side.digests(keyed, Span(of=8), HASHING)
        whole = Digest()
        for part in buckets.values():
            whole += part
        assert side.digests(keyed, Span(), HASHING) == {0: whole}


def test_only_documents_with_the_keys_are_read(mongodb: MongodbServer, things: Collection[Any]) -> None:
    things.insert_many([{"_id": number, "a": "x" * 100} for number in range(3_000)])
    with closing(opened(mongodb, things)) as side:
        keyed = table(things, ["_id"])
        wanted = {encode(keyed.key_columns, [b"\x10" + number.to_bytes(4, "little")]) for number in (5, 77, 99_999)}
        found = side.by_key(keyed, wanted)
        assert found is not None and sum(len(rows) for rows in found) == 2


def test_originals_have_their_types(mongodb: MongodbServer, things: Collection[Any]) -> None:
    things.insert_one({"_id": 1, "a": Int64(5), "b": None, "c": Decimal128("1.50")})
    with closing(opened(mongodb, things)) as side:
        keyed = table(things, ["_id"])
        [(key, _)] = [pair for lot in side.hashes(keyed, Span(), HASHING) for pair in lot]
        [(name, values)] = side.originals(keyed, ["a", "b", "c", "d"], [key])
    assert name == key
    assert values == {
        "a": ("long", 5),
        "b": ("null", None),
        "c": ("decimal", Decimal128("1.50")),
        "d": ("missing", None),
    }


def test_a_new_moment_sees_what_was_written(mongodb: MongodbServer, things: Collection[Any]) -> None:
    things.insert_one({"_id": 1})
    with closing(opened(mongodb, things)) as side:
        before = side.position
        assert side.count(table(things, ["_id"])) == 1
        things.insert_one({"_id": 2})
        side.refresh()
        assert (side.count(table(things, ["_id"])), side.position != before) == (2, True)


def test_a_collection_that_isn_t_there_has_no_documents(mongodb: MongodbServer, things: Collection[Any]) -> None:
    with closing(opened(mongodb, things)) as side:
        assert (side.count(table(things, ["_id"])), side.digests(table(things, ["_id"]), Span(), HASHING)) == (0, {})


def test_cancel_ends_the_reading(mongodb: MongodbServer, things: Collection[Any]) -> None:
    things.insert_many([{"_id": ObjectId()} for _ in range(4_500)])
    with closing(opened(mongodb, things)) as side:
        lots = side.hashes(table(things, ["_id"]), Span(), HASHING)
        next(lots)
        side.cancel()
        with pytest.raises(DbmoError) as caught:
            list(lots)
        assert caught.value.code == "CANCELLED"
        assert side.count(table(things, ["_id"])) == 4_500


def test_a_server_that_is_gone_is_an_error_with_a_code() -> None:
    with pytest.raises(DbmoError) as caught:
        open_side("mongodb://127.0.0.1:1/shop?serverSelectionTimeoutMS=200", "source")
    assert caught.value.code == "CONNECTION_FAILED"
