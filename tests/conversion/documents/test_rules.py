"""Where paths go, by what was seen of them: each rule by documents and the columns they get."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Binary, Decimal128, Int64, ObjectId, Regex, Timestamp

from conversion.documents.assemble import assemble
from conversion.documents.mapping import CollectionMapping, Node
from conversion.documents.shred import shred
from conversion.result import Conversion, Overrides
from engines.errors import UsageError
from engines.mongodb.infer import infer
from tests.conversion.documents.stored import converted

ID = ObjectId("65a000000000000000000001")
UUID = Binary(bytes(range(16)), 4)


def mapping_of(values: list[Any], engine: str = "postgresql", types: dict[str, str] | None = None) -> CollectionMapping:
    """The mapping of documents that have one field `f`; Ellipsis stands for a missing one."""
    documents = [{"_id": n} if value is ... else {"_id": n, "f": value} for n, value in enumerate(values)]
    [mapping] = converted([infer(documents, "c")], engine, Overrides(types=types or {})).documents
    return mapping


def field(mapping: CollectionMapping, name: str = "f") -> Node:
    return next(node for node in mapping.root.value.children if node.name == name)


@pytest.mark.parametrize(
    ("values", "kind", "native", "encoding"),
    [
        (["a", "b"], "column", "text", "text"),
        ([1, 2], "column", "integer", "int"),
        ([Int64(2**40)], "column", "bigint", "long"),
        ([1, Int64(2**40)], "column", "bigint", "integer"),
        ([1, 2, 2.5], "column", "double precision", "number"),
        ([1.0, 2.0, 3.0, 1], "column", "double precision", "double"),
        ([2.5, Int64(2**53 + 1)], "column", "json", "json"),
        ([2.5, Decimal128("1.0")], "column", "json", "json"),
        ([Decimal128("1.0")], "column", "numeric", "decimal"),
        ([True], "column", "boolean", "bool"),
        ([datetime(2024, 1, 1, tzinfo=UTC)], "column", "timestamp(3) with time zone", "date"),
        ([ID], "column", "character(24)", "objectid"),
        ([b"\0"], "column", "bytea", "binary"),
        ([UUID], "column", "uuid", "uuid"),
        ([Binary(bytes(16), 3)], "column", "bytea", "binary"),
        ([UUID, b"\0"], "column", "bytea", "binary_any"),
        ([Timestamp(1, 2)], "column", "bigint", "timestamp"),
        ([Regex("^a", "i")], "column", "json", "json"),
        (["a", 1], "column", "json", "json"),
        ([None], "column", "json", "json"),
        (["a"] * 199 + [1], "column", "text", "text"),
        ([{"x": 1}], "object", "", ""),
        ([{"x": 1}, *[...] * 9], "column", "json", "json"),
        ([{"2024-01": 1}, {"2024-02": 2}], "rows", "", ""),
        ([["a", "b"]], "rows", "", ""),
        ([[{"x": 1}]], "rows", "", ""),
        ([[[1], [2]]], "rows", "", ""),
        ([["a", 1]], "column", "json", "json"),
        ([1, *[...] * 299], "residue", "", ""),
    ],
)
def test_a_field_is_stored_by_what_was_seen(values: list[Any], kind: str, native: str, encoding: str) -> None:
    found = field(mapping_of(values))
    assert (found.kind, found.native, found.encoding) == (kind, native, encoding)
    assert found.reason


@pytest.mark.parametrize(
    ("ids", "encoding"),
    [
        ([ID], "key_objectid"), (["a"], "key_text"), ([1, Int64(2**40)], "key_integer"), ([UUID], "key_uuid"),
        ([ID, "a"], "key_any"), ([{"a": 1}], "key_any"), ([], "key_any"),
    ],
)  # fmt: skip
def test_the_key_is_of_the_type_of_every_id(ids: list[Any], encoding: str) -> None:
    [mapping] = converted([infer([{"_id": value} for value in ids], "c")], "postgresql").documents
    assert mapping.key_encoding == encoding


def rows_of(documents: list[dict[str, Any]], engine: str = "postgresql") -> dict[str, list[dict[str, Any]]]:
    [mapping] = converted([infer(documents, "c")], engine).documents
    rows: dict[str, list[dict[str, Any]]] = {}
    for document in documents:
        for name, made in shred(document, mapping).items():
            rows.setdefault(name, []).extend(made)
    return rows


def test_array_elements_keep_place_nulls_and_duplicates() -> None:
    rows = rows_of([{"_id": 1, "tags": ["a", None, "a"]}])["public.c_tags"]
    assert [(row["c_id"], row["ord"], row["value"]) for row in rows] == [(1, 0, "a"), (1, 1, None), (1, 2, "a")]


def test_nested_arrays_have_two_places() -> None:
    rows = rows_of([{"_id": 1, "grid": [[7], [8, 9]]}])["public.c_grid_element"]
    assert [(row["ord1"], row["ord2"], row["value"]) for row in rows] == [(0, 0, 7), (1, 0, 8), (1, 1, 9)]


def test_entries_of_a_map_are_rows_with_their_key() -> None:
    rows = rows_of([{"_id": 1, "by": {"2024-01": 5, "2024-02": 7}}])["public.c_by"]
    assert [(row["key"], row["value"]) for row in rows] == [("2024-01", 5), ("2024-02", 7)]


def test_a_reference_of_mongodb_becomes_its_parts() -> None:
    [row] = rows_of([{"_id": 1, "owner": {"$ref": "people", "$id": ID, "$db": "hr"}}])["public.c"]
    assert (row["owner_ref"], row["owner_id"], row["owner_db"]) == ("people", str(ID), "hr")


def test_a_timestamp_becomes_two_numbers() -> None:
    [row] = rows_of([{"_id": 1, "at": Timestamp(1700000000, 3)}])["public.c"]
    assert (row["at_t"], row["at_i"]) == (1700000000, 3)


@pytest.mark.parametrize(
    ("document", "residue"),
    [
        ({"_id": 1, "a": 1, "b": "x"}, None),
        ({"_id": 1, "b": "x", "a": 1}, '{"order":[[[],["_id","b","a"]]]}'),
        ({"_id": 1, "a": None}, '{"values":[[["a"],null]]}'),
        ({"_id": 1, "a": 1.0}, '{"values":[[["a"],{"$numberDouble":"1.0"}]]}'),
        ({"_id": 1, "a": "x"}, '{"values":[[["a"],"x"]]}'),
        ({"_id": 1, "new": {"x": [1]}}, '{"values":[[["new"],{"x":[{"$numberInt":"1"}]}]]}'),
        ({"_id": "s"}, '{"values":[[["_id"],"s"]]}'),
        ({"_id": 1, "b": "nul\0"}, '{"values":[[["b"],"nul\\u0000"]]}'),
    ],
)
def test_what_columns_cannot_say_stands_in_the_residue(document: dict[str, Any], residue: str | None) -> None:
    [mapping] = converted([infer([{"_id": 1, "a": 1, "b": "x"}], "c")], "postgresql").documents
    [row] = shred(document, mapping)["public.c"]
    assert row["_residue"] == residue


def test_numbers_of_another_type_stay_visible_in_their_column() -> None:
    [mapping] = converted([infer([{"_id": 1, "a": 1}], "c")], "postgresql").documents
    assert [shred({"_id": 1, "a": value}, mapping)["public.c"][0]["a"] for value in (5.0, Int64(5), "5")] == [
        5,
        5,
        None,
    ]


@pytest.mark.parametrize(
    ("engine", "value", "stored"),
    [
        ("postgresql", Decimal128("1.50"), "1.50"), ("mariadb", Decimal128("1.50"), "1.50"),
        ("sqlite", Decimal128("1E+3"), "1E+3"), ("mariadb", float("inf"), None), ("sqlite", "nul\0", None),
        ("mariadb", "nul\0", "nul\0"), ("postgresql", "nul\0", None),
        ("mariadb", datetime(999, 1, 1, tzinfo=UTC), None),
        ("postgresql", Decimal128("NaN"), "NaN"), ("mariadb", Decimal128("NaN"), None),
    ],
)  # fmt: skip
def test_a_target_stores_what_its_types_hold(engine: str, value: Any, stored: str | None) -> None:
    mapping = mapping_of([value], engine)
    found = shred({"_id": 0, "f": value}, mapping)[mapping.root.table][0]["f"]
    assert (None if found is None else str(found)) == stored


def test_decimals_before_postgresql_14_are_never_infinite() -> None:
    mapping = mapping_of([Decimal128("1")])
    mapping.version = "13.9"
    assert shred({"_id": 0, "f": Decimal128("Infinity")}, mapping)["public.c"][0]["f"] is None


def renames(names: list[str], engine: str) -> list[str]:
    document = {"_id": 1, **dict.fromkeys(names, 1)}
    conversion = converted([infer([document], "c")], engine)
    return [node.columns[0] for node in conversion.documents[0].root.value.children[1:]]


@pytest.mark.parametrize(
    ("names", "engine", "columns"),
    [
        (["a.b", "$cash", "", "select"], "postgresql", ["a_b", "cash", "empty", "select"]),
        (["Name", "name"], "postgresql", ["Name", "name"]),
        (["x\0y", "zero\u200bwidth", 'q"uote'], "postgresql", ["x_y", "zero_width", "q_uote"]),
    ],
)
def test_names_that_trap_people_are_replaced(names: list[str], engine: str, columns: list[str]) -> None:
    assert renames(names, engine) == columns


@pytest.mark.parametrize("engine", ["mariadb", "sqlite"])
def test_names_that_differ_in_case_alone_are_told_apart(engine: str) -> None:
    first, second = renames(["Name", "name"], engine)
    assert first == "Name" and second.startswith("name_")


def test_long_names_are_cut_the_same_way_every_time() -> None:
    assert renames(["x" * 80, "x" * 81], "postgresql") == renames(["x" * 80, "x" * 81], "postgresql")
    assert len(set(renames(["x" * 80, "x" * 81], "postgresql"))) == 2


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"])
def test_fields_beyond_what_a_row_takes_go_to_the_residue(engine: str) -> None:
    documents = [{"_id": 0, **{f"f{number}": "x" for number in range(900)}}, {"_id": 1, "f7": "y"}]
    conversion = converted([infer(documents, "c")], engine)
    [mapping] = conversion.documents
    kinds = {node.name: node.kind for node in mapping.root.value.children}
    assert kinds["f7"] == "column" and "residue" in kinds.values()
    assert [assemble(shred(document, mapping), mapping) for document in documents] == documents
    assert any("too wide" in note.text for note in conversion.notes)


@pytest.mark.parametrize(
    ("values", "wanted", "kind", "native"),
    [
        ([{"x": 1}], "json", "column", "json"), ([{"x": 1}], "jsonb", "column", "jsonb"),
        (["a"], "residue", "residue", ""),
        ([{"x": 1}, *[...] * 9], "flatten", "object", ""), ([["a", 1]], "child", "rows", ""),
        ([1], "long", "column", "bigint"),
        ([ID], "objectid_bytes", "column", "bytea"), (["a", 1], "columns", "columns", ""),
    ],
)  # fmt: skip
def test_a_request_may_choose_otherwise(values: list[Any], wanted: str, kind: str, native: str) -> None:
    mapping = mapping_of(values, types={"shop.c.f": wanted})
    assert (field(mapping).kind, field(mapping).native) == (kind, native)
    for value in [*values, "other", {"z": 1, "a": None}, 7, None]:
        document = {"_id": 0} if value is ... else {"_id": 0, "f": value}
        assert assemble(shred(document, mapping), mapping) == document


def test_types_of_a_polymorphic_field_get_a_column_each_on_request() -> None:
    mapping = mapping_of(["a", 1], types={"shop.c.f": "columns"})
    row = shred({"_id": 0, "f": 1}, mapping)["public.c"][0]
    assert (row["f_int"], row["f_string"]) == (1, None)


def test_a_type_of_bson_may_be_chosen_everywhere() -> None:
    assert field(mapping_of([ID], types={"objectId": "objectid_bytes"})).native == "bytea"


def test_a_choice_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="TYPE_WITHOUT_ROUTE"):
        mapping_of(["a"], types={"shop.c.f": "hstore"})


@pytest.mark.parametrize(("document", "code"), [({"a": 1}, "DOCUMENT_WITHOUT_ID"), ({"_id": object()}, "NOT_BSON")])
def test_what_is_no_document_is_refused(document: dict[str, Any], code: str) -> None:
    with pytest.raises(UsageError, match=code):
        shred(document, mapping_of(["a"]))


def test_deep_structures_stay_json() -> None:
    documents = [{"_id": 0, "a": {"b": {"c": {"d": {"e": 1}}}}, "t": [[[[[1]]]]]}]
    conversion: Conversion = converted([infer(documents, "c")], "postgresql")
    natives = {column.name: column.native for table in conversion.target.tables for column in table.columns}
    assert natives["a_b_c_d"] == "json"
    assert len(conversion.target.tables) == 4
