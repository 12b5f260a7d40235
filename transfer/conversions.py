"""Which kinds of values a pair of engines has a conversion for (docs/quarantine.md, What `convert` stores)."""

from __future__ import annotations

from collections.abc import Mapping

from engines.families import family
from transfer.moveplan import Policy, Unholdable

TO_MYSQL: frozenset[Unholdable] = frozenset({"invalid_encoding"})
AS_BYTES: frozenset[Unholdable] = frozenset({"invalid_encoding"})
# (family of the source, of the target) -> kinds; of all others `convert` does what `quarantine` does
CONVERTED: dict[tuple[str, str], frozenset[Unholdable]] = {
    ("mysql", "postgresql"): frozenset(
        {
            "nul_in_text", "invalid_encoding", "zero_date", "partial_date", "date_range", "time_range",
            "out_of_range", "not_boolean", "too_long",
        }
    ),
    ("sqlite", "postgresql"): frozenset({"nul_in_text", "invalid_encoding"}),
    ("postgresql", "postgresql"): frozenset({"invalid_encoding"}),
    ("postgresql", "sqlite"): frozenset({"invalid_encoding"}),
    ("mysql", "sqlite"): frozenset({"invalid_encoding"}),
    ("postgresql", "mysql"): TO_MYSQL,
    ("sqlite", "mysql"): TO_MYSQL,
    ("mysql", "mysql"): TO_MYSQL,
    ("postgresql", "mongodb"): frozenset({"malformed"}),
    ("mysql", "mongodb"): AS_BYTES,
    ("sqlite", "mongodb"): AS_BYTES,
}  # fmt: skip
# Forms that a scan counts (engines/*/profile.py) -> the kind, where a pair's rules for types look at them.
FORMS: dict[tuple[str, str], dict[str, Unholdable]] = {
    ("mysql", "postgresql"): {"nul": "nul_in_text", "zero_date": "zero_date", "zero_in_date": "partial_date"},
}


def converts(source_engine: str, target_engine: str, kind: Unholdable) -> bool:
    """Whether `convert` stores something for values of that kind."""
    return kind in CONVERTED.get((family(source_engine), family(target_engine)), frozenset())


def settled(source_engine: str, target_engine: str, policies: Mapping[Unholdable, Policy]) -> list[str]:
    """Forms of values that become no NULL: they are converted, or the copy stops there."""
    forms = FORMS.get((family(source_engine), family(target_engine)), {})
    return sorted(
        form
        for form, kind in forms.items()
        if policies[kind] == "stop" or (policies[kind] == "convert" and converts(source_engine, target_engine, kind))
    )
