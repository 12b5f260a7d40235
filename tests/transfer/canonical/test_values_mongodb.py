"""Fields of documents by type and bytes, and what people see of them."""

from __future__ import annotations

from typing import Any

import bson
import pytest
from bson import Decimal128, Int64, ObjectId

from engines.columns import Kind, LogicalType
from engines.errors import EngineError
from engines.mongodb.bson_exact import encode
from engines.mongodb.values import Symbol, Undefined
from tests.conversion.documents.traps import TRAPS
from transfer.canonical.columns import ComparedColumn, Form, Held
from transfer.canonical.values_mongodb import REST, Fields, document_of, shown


def column(name: str, reading: str = "native") -> ComparedColumn:
    held = Held(name=name, native="", type=LogicalType(kind=Kind.DYNAMIC), reading=reading)
    return ComparedColumn(name=name, form=Form.BSON, source=held, target=held)


def fields(*names: str, rest: str = REST) -> Fields:
    columns = [*map(column, names), column("rest", rest)]
    return Fields(columns, [*names, "rest"], "shop")


def texts(document: dict[str, Any], *names: str, rest: str = REST) -> list[bytes | None]:
    return fields(*names, rest=rest).texts(encode(document))


SENDABLE = [trap for trap in TRAPS if not (isinstance(trap, str) and trap in ("lone\ud800", "\udc00"))]


def test_every_value_has_a_text_of_its_own() -> None:
    found = [texts({"v": trap}, "v")[0] for trap in SENDABLE]
    assert None not in found and len(set(found)) == len(found)
    for trap, text in zip(SENDABLE, found, strict=True):
        assert text is not None and document_of(text, b"v") == encode({"v": trap})


def test_missing_is_not_null() -> None:
    assert texts({"a": None}, "a", "b") == [b"\x0a", None, b""]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1, "z": 1}, {"a": 1}),
        ({"a": 1, "z": 1}, {"z": 1, "a": 1}),
        ({"a": 1, "z": 1, "y": 2}, {"a": 1, "z": 2, "y": 1}),
        ({"a": 1, "z": 1}, {"a": 1, "y": 1}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}),
        ({"a": 1}, {"a": Int64(1)}),
        ({"a": 0.0}, {"a": -0.0}),
        ({"a": Decimal128("1.0")}, {"a": Decimal128("1.00")}),
    ],
)
def test_what_differs_in_any_way_has_other_texts(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert texts(one, "a", "b") != texts(other, "a", "b")


def test_a_key_that_is_there_twice_is_seen() -> None:
    inner = bson.encode({"a": 1})[4:-1]
    twice = (len(inner) * 2 + 5).to_bytes(4, "little") + inner * 2 + b"\0"
    assert fields("a").texts(twice) != fields("a").texts(bson.encode({"a": 1}))


def test_fields_left_out_don_t_show_in_the_rest() -> None:
    assert texts({"a": 1, "gone": 5}, "a", rest=REST + '["gone"]') == texts({"a": 1}, "a")


@pytest.mark.parametrize(
    "cut", [b"", b"\5\0\0\0", b"\6\0\0\0\x10\0", b"\x0c\0\0\0\x10a\0\1\0\0\0", b"\x0c\0\0\0\x63a\0\1\0\0\0\0"]
)
def test_what_is_no_bson_is_an_error_with_a_code(cut: bytes) -> None:
    with pytest.raises(EngineError) as caught:
        fields("a").texts(cut)
    assert caught.value.code == "DOCUMENT_UNREADABLE"


def test_a_length_that_points_backwards_ends() -> None:
    with pytest.raises(EngineError):
        fields("a").texts(b"\x10\0\0\0\x02a\0\xf0\xff\xff\xffxxxx\0")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, "5"), (Int64(5), '{"$numberLong":"5"}'), (5.0, "5.0"), (True, "true"), (None, "null"), ("é\n", '"é\\n"'),
        (ObjectId("65a000000000000000000001"), '{"$oid":"65a000000000000000000001"}'), ({"a": [1]}, '{"a":[1]}'),
        (Symbol("s"), '{"$symbol":"s"}'), (Undefined(), '{"$undefined":true}'),
        (Decimal128("1.50"), '{"$numberDecimal":"1.50"}'),
    ],
)  # fmt: skip
def test_people_see_json_that_tells_types_apart(value: Any, expected: str) -> None:
    [text, _] = texts({"v": value}, "v")
    assert text is not None and shown(text) == expected


def test_people_see_the_names_of_the_rest() -> None:
    rest = texts({"b": 1, "a": 2}, "a")[1]
    assert rest is not None and shown(rest) == "b, a"
    assert shown(b"\x02\xff") == "\x02\\xff"
