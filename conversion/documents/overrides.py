"""What a request asks for instead of the rules: by path, or by BSON type everywhere."""

from __future__ import annotations

from conversion.documents.decisions import SCALARS, Facts, Rule
from conversion.documents.encodings import ENCODINGS
from conversion.documents.keys import KEYS
from conversion.documents.observed import Seen
from engines.errors import UsageError

REASON = "asked for in the request"
# word of a request -> kind of the node
WORDS = {"child": "rows", "flatten": "object", "residue": "residue", "columns": "columns"}
TYPED = {**SCALARS, "int": "int", "long": "long", "double": "double", "binData": "binary_any"}


def chosen(facts: Facts, wanted: str, source: str, path: str) -> tuple[Rule, str]:
    """The rule and encoding of a word of the request; UsageError TYPE_WITHOUT_ROUTE for one that there isn't."""
    kind = WORDS.get(wanted)
    if kind == "rows" and facts.seen.dominant[0] == "object":
        kind = "map"
    if kind is None and wanted in ENCODINGS and wanted not in KEYS:
        kind = "column"
    if kind is None:
        words = sorted([*WORDS, *(name for name in ENCODINGS if name not in KEYS)])
        raise UsageError(
            "TYPE_WITHOUT_ROUTE",
            f"Field {path} of {source} can't be stored as {wanted}.",
            f"Ask for one of {', '.join(words)}.",
        )
    return Rule("override", lambda found: True, kind, "", REASON), wanted if kind == "column" else ""


def typed_columns(seen: Seen) -> list[tuple[str, str]]:
    """BSON types found and the encoding of a column for each; arrays, objects and types without one are left out."""
    return [(name, TYPED[name]) for name in sorted(seen.types) if name in TYPED]
