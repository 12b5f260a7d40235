import datetime
import decimal
import json
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversion.documents.relations_values import ENCODINGS, encoding
from engines.catalog import Catalog, Kind, LogicalType, Table
from engines.mongodb.bson_exact import OPTIONS

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
MOMENTS = st.datetimes().map(lambda found: found.replace(tzinfo=datetime.UTC, fold=0))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False) | st.just(decimal.Decimal("1.500"))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "any": st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | NAMES | st.binary(max_size=9),
    "number": st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "unsigned": st.integers(0, 2**64 - 1),
    "double": st.floats(allow_nan=False),
    "decimal": NUMBERS,
    "decimal_text": NUMBERS,
    "bool": st.booleans(),
    "flag": st.integers(-128, 127),
    "string": NAMES | st.just(b"\xffx".decode(errors="surrogateescape")),
    "binary": st.binary(max_size=9),
    "date": st.dates() | st.just("infinity"),
    "date_text": st.dates().map(str) | NAMES | st.integers(0, 9),
    "timestamp": st.datetimes() | st.just("0000-00-00 00:00:00"),
    "timestamp_text": st.datetimes().map(lambda one: str(one.replace(microsecond=0))) | st.datetimes().map(str) | NAMES,
    "timestamp_long": st.datetimes() | st.just("-infinity"),
    "moment": MOMENTS | st.just(datetime.datetime.max.replace(tzinfo=datetime.timezone(-datetime.timedelta(hours=9)))),
    "moment_long": MOMENTS,
    "time": st.times() | st.just("24:00:00"),
    "duration": st.timedeltas(datetime.timedelta(hours=-838), datetime.timedelta(hours=838)),
    "interval": st.timedeltas() | st.just("1 mon 2 days"),
    "uuid": st.uuids(),
    "uuid_text": st.uuids().map(str) | st.uuids().map(lambda one: str(one).upper()) | NAMES,
    "labels": st.sets(st.sampled_from(["a", "b", "c d"])).map(lambda one: ",".join(sorted(one)))
    | st.just(b"a,\xff".decode(errors="surrogateescape")),
    "array:int": st.lists(st.none() | st.integers(-9, 9) | st.lists(st.integers(-9, 9), max_size=2), max_size=3),
    "array:moment_long": st.lists(st.none() | MOMENTS, max_size=3),
}


def test_every_encoding_has_values_that_try_it() -> None:
    assert ENCODINGS.keys() - VALUES.keys() == {"json"}


@given(st.data(), st.sampled_from(sorted(VALUES)))
def test_a_value_comes_back_as_it_was(data: st.DataObject, name: str) -> None:
    value = data.draw(VALUES[name])
    way = encoding(name)
    document = {"v": way.encode(value)}
    back = bson.decode(bson.encode(document, codec_options=OPTIONS), OPTIONS)["v"]
    found = way.decode(back)
    if name in ("timestamp", "moment") and isinstance(value, datetime.datetime):
        assert abs(found - value) < datetime.timedelta(milliseconds=1)  # the rest stands in a field beside it
    else:
        assert found == value
        assert type(found) is type(value)
        assert str(found) == str(value)


@given(JSON)
def test_json_comes_back_value_by_value(value: Any) -> None:
    text = json.dumps(value)
    back = bson.decode(bson.encode({"v": encoding("json").encode(text)}, codec_options=OPTIONS), OPTIONS)["v"]
    assert json.loads(encoding("json").decode(back), parse_float=decimal.Decimal) == json.loads(
        text, parse_float=decimal.Decimal
    )


@pytest.mark.parametrize(
    "text",
    ['{"a": 1, "a": 2}', '{"n": 1.10}', '{"n": 0.12345678901234567890}', '{"n": -0}', '{"a\\u0000b": 1}', "null",
     '"\\ud800"', "[" * 95 + "]" * 95, '{"n": ' + "9" * 40 + "}", "1e400", '{"": {"$ref": 1, "a.b": 2}}'],
)  # fmt: skip
def test_json_that_bson_has_no_value_for_is_kept_too(text: str) -> None:
    back = bson.decode(bson.encode({"v": encoding("json").encode(text)}, codec_options=OPTIONS), OPTIONS)["v"]
    found = encoding("json").decode(back)
    pairs = {"parse_float": decimal.Decimal, "parse_int": decimal.Decimal, "object_pairs_hook": list}
    assert str(json.loads(found, **pairs)) == str(json.loads(text, **pairs))


@pytest.mark.parametrize("name", ["any", "string", "labels", "json"])
def test_a_text_without_code_points_is_binary_of_one_subtype(name: str) -> None:
    data = b'{"a": "\xff"}'
    text = data.decode(errors="surrogateescape")
    found = encoding(name).encode(text)
    assert (bytes(found), found.subtype, encoding(name).decode(found)) == (data, 128, text)


@pytest.mark.parametrize(
    ("precision", "scale", "way"), [(34, 2, "decimal"), (35, 0, "decimal_text"), (None, None, "decimal_text")]
)
def test_decimals_need_no_more_digits_than_there_are(precision: int | None, scale: int | None, way: str) -> None:
    from conversion.documents.relations_types import choose
    from conversion.relational.choice import ColumnFacts
    from engines.catalog import Column

    column = Column(
        name="n", position=1, native="numeric", type=LogicalType(kind=Kind.DECIMAL, precision=precision, scale=scale)
    )
    source = Catalog(engine="postgresql", version="18", database="d")
    table = Table(schema_name="public", name="t", columns=[column])
    assert choose(ColumnFacts(source, table, column)).encoding == way
