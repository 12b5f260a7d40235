import datetime
import random
import string
import tracemalloc
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from bson import Code, DatetimeMS, DBRef, Decimal128, Int64, MaxKey, ObjectId, Regex, Timestamp
from bson.binary import Binary

from engines.documents import ObservedField
from engines.mongodb import infer as module
from engines.mongodb.infer import infer, sampling_error
from engines.mongodb.infer_all import infer_all
from engines.mongodb.values import DbPointer, Symbol, Undefined, bson_type


def seen(*values: Any) -> ObservedField:
    return infer([{"a": value} for value in values], "c").field("a")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (1, "int"), (2**31, "long"), (Int64(1), "long"), (True, "bool"), (1.0, "double"), (Decimal128("1"), "decimal"),
        ("x", "string"), (None, "null"), ({}, "object"), ([], "array"), (ObjectId(), "objectId"), (b"", "binData"),
        (uuid.uuid4(), "binData"), (Binary(b"", 3), "binData"), (Regex("a"), "regex"), (Timestamp(1, 1), "timestamp"),
        (datetime.datetime(2024, 1, 1), "date"), (DatetimeMS(0), "date"), (Code("f"), "javascript"),
        (Code("f", {}), "javascriptWithScope"), (MaxKey(), "maxKey"), (DBRef("c", 1), "object"),
        (Symbol("s"), "symbol"), (Undefined(), "undefined"), (DbPointer("c", ObjectId()), "dbPointer"),
    ],
)  # fmt: skip
def test_every_value_has_the_type_that_the_server_gives_it(value: Any, name: str) -> None:
    assert bson_type(value) == name
    assert seen(value).types == {name: 1}


@pytest.mark.parametrize(
    ("value", "forms"),
    [
        ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", ["uuid"]), ("65a000000000000000000001", ["object_id"]),
        ("2024-02-29", ["iso_date"]), ("2023-02-29", []), ("2024-01-01T10:00:00.5Z", ["iso_timestamp"]),
        ("2024-01-01 10:00", ["iso_timestamp"]), ("-12.50", ["number"]), ("007", []), ("", ["empty"]),
        ("a\0", ["nul"]), ("\ud800", ["surrogate"]), ("👩", ["wide"]), ("a ", ["edge_space"]),
        (2**53 + 1, ["beyond_double"]), (2.0, ["whole"]), (float("nan"), ["nan"]), (float("-inf"), ["infinity"]),
        (-0.0, ["negative_zero"]), (0.5, []), (Decimal128("1.50"), ["trailing_zeros"]), (Decimal128("NaN"), ["nan"]),
        (Decimal128("1E+3"), ["exponent"]), (Decimal128("-0"), ["negative_zero"]), (Decimal128("1.5"), []),
        (DatetimeMS(-(10**15)), ["out_of_years"]), (datetime.datetime(2024, 1, 1), ["midnight"]),
        (DBRef("c", 1), ["dbref"]),
    ],
)  # fmt: skip
def test_forms_that_matter_to_a_target_are_counted(value: Any, forms: list[str]) -> None:
    assert seen(value).forms == dict.fromkeys(forms, 1)


def test_ranges_and_lengths() -> None:
    assert (seen(5, Int64(-7)).minimum, seen(5, Int64(-7)).maximum) == (-7, 5)
    text = seen("ä", "xyz")
    assert (text.max_length, text.max_bytes) == (3, 3)
    decimals = seen(Decimal128("123.4"), Decimal128("0.00001"), Decimal128("12E+3"))
    assert (decimals.max_digits, decimals.max_scale) == (5, 5)
    dates = seen(
        DatetimeMS(-5), datetime.datetime(1970, 1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    )
    assert (dates.earliest, dates.latest) == (-5, 0)
    assert seen(Binary(b"12", 3), b"1").subtypes == {"3": 1, "0": 1}


def test_null_is_not_missing_and_presence_counts_parents() -> None:
    found = infer([{"a": None}, {}, {"a": {"b": 1}}, {"a": {}}], "c")
    assert (found.field("a").types, found.field("a").present, found.field("a").parents) == (
        {"null": 1, "object": 2},
        3,
        4,
    )
    assert (found.field("a", "b").present, found.field("a", "b").parents) == (1, 2)


def test_arrays_have_lengths_and_their_elements_types() -> None:
    found = infer([{"a": []}, {"a": [1, "x", [True]]}], "c")
    array, element = found.field("a"), found.field("a", None)
    assert (array.shortest, array.longest, array.elements) == (0, 3, 3)
    assert (element.types, element.present, element.parents) == ({"int": 1, "string": 1, "array": 1}, 3, 2)
    assert found.field("a", None, None).types == {"bool": 1}


@pytest.mark.parametrize(
    ("values", "data"),
    [
        ([{"2024-01": 1, "2024-02": 2}], True),
        ([{"65a000000000000000000001": {"x": 1}}], True),
        ([{f"user{n}": n} for n in range(100)], True),
        ([{f"user{n}": [n, str(n), None][n % 3]} for n in range(90)], False),  # the values have no shape in common
        ([{"a": 1, "b": 2}] * 100, False),
        ([{f"flag{n % 20}": True} for n in range(1000)], False),  # few, and no new ones come
        ([{string.ascii_lowercase[n]: n for n in range(26)}] * 50, False),
        ([{}], False),
    ],
)
def test_keys_that_are_data_are_told_from_names(values: list[dict[str, Any]], data: bool) -> None:
    found = infer([{"m": value} for value in values], "c")
    assert found.field("m").map_like is data
    below = {tuple(field.path) for field in found.fields if len(field.path) == 2}
    assert below == ({("m", None)} if data else {("m", key) for value in values for key in value})


def test_order_of_keys_is_found_and_deviations_are_counted() -> None:
    found = infer([{"a": 1, "c": 1}, {"a": 1, "b": 1, "c": 1}, {"b": 1, "c": 1}, {"c": 1, "a": 1}], "c")
    assert [field.path for field in found.fields] == [["a"], ["b"], ["c"]]
    assert found.order_varies == 1


def test_values_that_never_occur_twice_are_unique_only_if_all_were_read() -> None:
    documents = [{"a": n, "b": n % 2, "c": [n], "d": 1 if n else 1.0} for n in range(2)]
    whole, sampled = infer(documents, "c"), infer(documents, "c", total=10)
    assert [whole.field(name).unique for name in "abcd"] == [True, True, None, False]
    assert sampled.field("a").unique is None


@pytest.mark.parametrize(
    ("read", "total", "error"),
    [(100, None, 0.0), (100, 100, 0.0), (0, 5, 1.0), (10_000, 10**9, 0.0098), (1_000, 2_000, 0.0219)],
)
def test_the_error_of_a_sample_is_half_a_95_percent_interval(read: int, total: int | None, error: float) -> None:
    assert sampling_error(read, total) == pytest.approx(error, rel=0.01)


def test_what_was_never_seen_may_be_in_three_of_n() -> None:
    assert infer([{}] * 300, "c", total=1000).unseen == 0.01
    assert infer([{}] * 300, "c").unseen == 0.0


def test_references_are_found_by_values_and_orphans_counted() -> None:
    owners = [ObjectId() for _ in range(4)]
    things = [{"_id": n, "owner": owners[n % 4], "parent_id": max(0, n - 1), "amount": n} for n in range(8)]
    things += [{"_id": 8, "owners": [*owners, ObjectId()], "link": DBRef("owners", owners[0])}]
    found = {c.name: c for c in infer_all({"owners": [{"_id": key} for key in owners], "things": things})}["things"]
    references = {tuple(f.path): r.model_dump(exclude={"field"}) for f in found.fields for r in f.references}
    proved = {"exact": True, "declared": False}
    assert references == {
        ("owner",): {"collection": "owners", "values": 4, "orphans": 0, **proved},
        ("parent_id",): {"collection": "things", "values": 7, "orphans": 0, **proved},
        ("owners", None): {"collection": "owners", "values": 5, "orphans": 1, **proved},
        ("link", "$id"): {"collection": "owners", "values": 1, "orphans": 0, "exact": True, "declared": True},
    }


@pytest.mark.parametrize(
    ("field", "collection"),
    [("artist_id", "Artists"), ("AlbumId", "Album"), ("cityIds", "cities"), ("other_id", None), ("box_ref", "boxes")],
)
def test_numbers_refer_to_the_collection_they_are_named_after(field: str, collection: str | None) -> None:
    numbered = [{"_id": n} for n in range(9)]
    collections = dict.fromkeys(["Album", "Artists", "boxes", "cities"], numbered) | {"x": [{"_id": "k", field: 3}]}
    found = next(one for one in infer_all(collections) if one.name == "x")
    assert [one.collection for one in found.field(field).references] == ([collection] if collection else [])


def test_memory_stays_bounded_whatever_the_documents_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_VALUES", 20_000)
    monkeypatch.setattr(module, "MOST_PATHS", 2_000)
    chance = random.Random(1)

    def documents() -> Iterator[dict[str, Any]]:
        for n in range(6_000):
            keys = ["".join(chance.choices(string.ascii_letters, k=8)) for _ in range(5)]
            deep = {key: {key: {key: [1]}} for key in keys}
            yield {"_id": n, "text": str(n), **deep, "map": {key: {} for key in keys}}

    tracemalloc.start()
    found = infer(documents(), "c")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000
    assert found.field("map").map_like
    assert found.field("text").unique is None  # there was no room to know
    assert found.untracked > 0
    assert len(found.fields) <= 2_000


def test_a_value_that_bson_has_not_is_an_error() -> None:
    with pytest.raises(TypeError, match="complex is no BSON value"):
        infer([{"a": 1j}], "c")
