"""Hazards in the values of a SQLite database: one scan per table counts what a typed target would not take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from engines.catalog import Column, Kind, Table
from engines.profile import ColumnProfile
from engines.sqlite.forms import FORMS
from skills.database_optimization_analyzer.indexes import qualified, quoted
from skills.database_optimization_analyzer.probe import Found, Probe

NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN)
MOMENTS = (Kind.DATE, Kind.TIMESTAMP)
TEXTS = (Kind.TEXT, Kind.CHAR)
SQLITE_SUMS_AT_ONCE = 400  # a result row has at most 2000 columns: https://www.sqlite.org/limits.html
ISO = "{c} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'"

# How a moment may be kept: the forms of engines/sqlite/forms.py that mean it.
ENCODINGS = {
    "ISO text": ("iso_date", "iso_timestamp", "iso_timestamp_fraction", "iso_timestamp_zone"),
    "epoch seconds": ("epoch_seconds",),
    "epoch milliseconds": ("epoch_milliseconds",),
    "julian day": ("julian_day",),
}
DOMINANT = 0.95


@dataclass(frozen=True)
class ValueRule:
    """A condition over one column ({c} is its quoted name, {n} a bound) where applies says it is worth counting."""

    id: str
    applies: Callable[[Table, Column, ColumnProfile], bool]
    condition: str
    bound: Callable[[Column], int | None] = lambda column: None
    detail: str = ""

    def sql(self, column: Column) -> str:
        """The condition for that column."""
        return self.condition.format(c=quoted(column.name), n=self.bound(column))


def _has(storage: str, *kinds: Kind) -> Callable[[Table, Column, ColumnProfile], bool]:
    return lambda table, column, profile: column.type.kind in kinds and profile.classes.get(storage, 0) > 0


def _has_text_beside_dates(table: Table, column: Column, profile: ColumnProfile) -> bool:
    dates = sum(profile.forms.get(form, 0) for form in ENCODINGS["ISO text"])
    return column.type.kind in MOMENTS and profile.classes.get("text", 0) > dates


def _length(column: Column) -> int | None:
    return column.type.length


def _scale(column: Column) -> int | None:
    return column.type.scale


RULES = (
    ValueRule("text-in-number", _has("text", *NUMBERS), "typeof({c}) = 'text'", detail="declared {native}"),
    ValueRule("blob-in-number", _has("blob", *NUMBERS), "typeof({c}) = 'blob'", detail="declared {native}"),
    ValueRule(
        "real-in-integer",
        _has("real", Kind.INTEGER),
        "typeof({c}) = 'real' AND {c} > -9223372036854775808.0 AND {c} < 9223372036854775808.0",
        detail="declared {native}",
    ),
    ValueRule(
        "integer-beyond-64-bits",
        _has("real", Kind.INTEGER),
        "typeof({c}) = 'real' AND ({c} <= -9223372036854775808.0 OR {c} >= 9223372036854775808.0)",
        detail="declared {native}: kept as a rounded real",
    ),
    ValueRule("nul-in-text", lambda t, c, p: p.forms.get("nul", 0) > 0, FORMS["nul"]),
    ValueRule("invalid-text", lambda t, c, p: p.forms.get("invalid_utf8", 0) > 0, FORMS["invalid_utf8"]),
    ValueRule(
        "invalid-date",
        _has_text_beside_dates,
        f"typeof({{c}}) = 'text' AND (NOT {ISO} OR julianday({{c}}) IS NULL"
        " OR date(substr({c}, 1, 10), '+0 days') IS NOT substr({c}, 1, 10))",
        detail="declared {native}",
    ),
    ValueRule(
        "invalid-time",
        _has("text", Kind.TIME),
        "typeof({c}) = 'text' AND time({c}) IS NULL",
        detail="declared {native}",
    ),
    ValueRule(
        "null-in-primary-key",
        lambda t, c, p: bool(t.primary_key and c.name in t.primary_key.columns and p.classes.get("null", 0)),
        "{c} IS NULL",
    ),
    ValueRule(
        "text-longer-than-declared",
        lambda t, c, p: c.type.kind in TEXTS and c.type.length is not None and (p.max_length or 0) > c.type.length,
        "typeof({c}) = 'text' AND length({c}) > {n}",
        _length,
        "declared {native}",
    ),
    ValueRule("text-in-binary", _has("text", Kind.BINARY), "typeof({c}) = 'text'", detail="declared {native}"),
    ValueRule("blob-in-text", _has("blob", *TEXTS), "typeof({c}) = 'blob'", detail="declared {native}"),
    ValueRule(
        "number-in-text",
        lambda t, c, p: c.type.kind in TEXTS and p.classes.get("integer", 0) + p.classes.get("real", 0) > 0,
        "typeof({c}) IN ('integer', 'real')",
        detail="declared {native}",
    ),
    ValueRule(
        "beyond-declared-scale",
        lambda t, c, p: c.type.kind is Kind.DECIMAL and c.type.scale is not None and p.classes.get("real", 0) > 0,
        "typeof({c}) = 'real' AND round({c}, {n}) <> {c}",
        _scale,
        "declared {native}",
    ),
    ValueRule(
        "boolean-with-other-values",
        lambda t, c, p: c.type.kind is Kind.BOOLEAN and p.values > 0,
        "typeof({c}) <> 'text' AND {c} IS NOT NULL AND NOT (typeof({c}) = 'integer' AND {c} IN (0, 1))",
        detail="declared {native}",
    ),
    ValueRule(
        "infinite-real", lambda t, c, p: p.classes.get("real", 0) > 0, "typeof({c}) = 'real' AND {c} IN (9e999, -9e999)"
    ),
)
_FOUND: WeakKeyDictionary[object, dict[str, list[Found]]] = WeakKeyDictionary()


def of_rule(identifier: str) -> Callable[[Probe], Iterator[Found]]:
    """A detector that gives what the scans found for one rule; the first one that is asked runs the scans."""

    def detect(probe: Probe) -> Iterator[Found]:
        return iter(scanned(probe).get(identifier, []))

    return detect


def scanned(probe: Probe) -> dict[str, list[Found]]:
    """Every value hazard of every table, by rule; scanned once per probe."""
    if probe not in _FOUND:
        found: dict[str, list[Found]] = {}
        for table in probe.tables:
            for identifier, place in _scan(probe, table):
                found.setdefault(identifier, []).append(place)
        _FOUND[probe] = found
    return _FOUND[probe]


def _scan(probe: Probe, table: Table) -> Iterator[tuple[str, Found]]:
    profile = probe.profiles.get(table.full_name)
    if profile is None or not profile.rows:
        return
    wanted = [
        (rule, column, rule.sql(column))
        for column in table.columns
        if column.name in profile.columns
        for rule in RULES
        if rule.applies(table, column, profile.columns[column.name])
    ]
    for start in range(0, len(wanted), SQLITE_SUMS_AT_ONCE):
        group = wanted[start : start + SQLITE_SUMS_AT_ONCE]
        for (rule, column, condition), count in zip(group, _counts(probe, table, [g[2] for g in group]), strict=True):
            if count:
                detail = rule.detail.format(native=column.native or "without a type")
                yield rule.id, Found(table.full_name, column.name, count, probe.keys(table, condition), detail)


def _counts(probe: Probe, table: Table, conditions: list[str]) -> list[int]:
    sums = ", ".join(f"coalesce(sum({condition}), 0)" for condition in conditions)
    return [int(value) for value in probe.source.query(f"SELECT {sums} FROM {qualified(table)}")[0]]


def temporal_encodings(probe: Probe) -> Iterator[tuple[Table, Column, ColumnProfile, dict[str, int]]]:
    """Columns whose type or name means a moment, with the rows per encoding, most first."""
    for table, column, profile in probe.columns():
        counts = {name: sum(profile.forms.get(form, 0) for form in forms) for name, forms in ENCODINGS.items()}
        yield table, column, profile, {name: n for name, n in sorted(counts.items(), key=lambda item: -item[1]) if n}


def mixed_encodings(probe: Probe) -> Iterator[Found]:
    """Moments kept in more than one way in one column; keys are those of the rarer ways."""
    for table, column, _, counts in temporal_encodings(probe):
        if len(counts) > 1 and column.type.kind in MOMENTS:
            rare = list(counts)[1:]
            forms = [FORMS[form].format(c=quoted(column.name)) for name in rare for form in ENCODINGS[name]]
            keys = probe.keys(table, " OR ".join(f"({form})" for form in forms))
            detail = ", ".join(f"{name}: {count}" for name, count in counts.items())
            yield Found(table.full_name, column.name, sum(counts[name] for name in rare), keys, detail)


def number_encodings(probe: Probe) -> Iterator[Found]:
    """Moments kept as numbers: which encoding nearly all of a column's values have."""
    for table, column, profile, counts in temporal_encodings(probe):
        name, count = next(iter(counts.items()), ("ISO text", 0))
        if name != "ISO text" and count >= DOMINANT * profile.values:
            yield Found(
                table.full_name, column.name, count, detail=f"{name}, declared {column.native or 'without a type'}"
            )


def mixed_classes(probe: Probe) -> Iterator[Found]:
    """Columns without a type that hold more than one storage class; keys are those of the rarer classes."""
    for table, column, profile in probe.columns():
        counts = {name: n for name, n in profile.classes.items() if n and name != "null"}
        if column.type.kind is not Kind.DYNAMIC or len(counts) < 2:
            continue
        common = max(counts, key=lambda name: counts[name])
        name = quoted(column.name)
        keys = probe.keys(table, f"{name} IS NOT NULL AND typeof({name}) <> '{common}'")
        detail = ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()))
        yield Found(table.full_name, column.name, sum(counts.values()) - counts[common], keys, detail)
