"""PostgreSQL's array literals as JSON, for arrays whose elements are of a type that somebody made.

Such elements are not given to to_json(), which would call a cast to json that their owner may have defined. Format:
PostgreSQL documentation, Arrays, "Array Input and Output Syntax".
"""

from __future__ import annotations

import json
import re

from engines.columns import Kind

BOUNDS = re.compile(r"(?:\[-?[0-9]+:-?[0-9]+\])+=")
# SQL that is true for an array {c} of which a dimension doesn't begin at 1; JSON has no place for that
OTHER_BOUNDS = r"pg_catalog.array_dims({c}) !~ '^(\[1:[0-9]+\])+$'"
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
# an element in quotes, or one without; a brace; what separates
TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([^{},"]+)|([{},])', re.DOTALL)
NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT)
BOOLEANS = {"t": "true", "f": "false"}


def array_json(literal: bytes, element: Kind | None) -> bytes:
    """JSON of an array's text: nested arrays as such, NULL as null, elements as numbers, booleans or strings."""
    text = BOUNDS.sub("", literal.decode(errors="surrogateescape"), count=1)
    written = [_token(found[1], found[2], found[3], element) for found in TOKEN.finditer(text)]
    return "".join(written).encode(errors="surrogateescape")


def _token(quoted: str | None, bare: str | None, mark: str | None, element: Kind | None) -> str:
    if mark is not None:
        return {"{": "[", "}": "]"}.get(mark, mark)
    if quoted is not None:
        return json.dumps(re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL), ensure_ascii=False)
    assert bare is not None
    if bare == "NULL":
        return "null"
    if element is Kind.BOOLEAN:
        return BOOLEANS.get(bare, json.dumps(bare))
    return bare if element in NUMBERS and NUMBER.fullmatch(bare) else json.dumps(bare, ensure_ascii=False)
