"""What becomes of values that the target can't hold: the plan's policy per kind, and how many the scan saw."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from conversion.source_values import DECLARED
from engines.families import family
from engines.protocols import Database
from skills.scanning import left_out
from transfer.conversions import converts
from transfer.moveplan import DEFAULT_POLICIES, MovePlan, Policy, Unholdable

if TYPE_CHECKING:
    from agent.plan import Plan
    from agent.request_options import Options
    from conversion.mapping import TableMapping

TEXT = re.compile(r"char|text|citext|enum|json|xml", re.IGNORECASE)
MOMENT = re.compile(r"date|timestamp", re.IGNORECASE)
CLOCK = re.compile(r"time(?!stamp)", re.IGNORECASE)
NUMBER = re.compile(r"int|numeric|decimal|double|real|float", re.IGNORECASE)
SHOWN = 10  # names in a sentence
WORDS: dict[Policy, str] = {
    "convert": "stored as docs/quarantine.md says, the original kept",
    "quarantine": "NULL, or the row withheld, the original kept",
    "stop": "the copy ends there",
}


@dataclass(frozen=True)
class Sight:
    """A form that a scan counts (engines/*/profile.py) is a kind on these targets, in columns of these types."""

    kind: Unholdable
    form: str
    targets: frozenset[str]
    types: re.Pattern[str]


SIGHTS = (
    Sight("nul_in_text", "nul", frozenset({"postgresql"}), TEXT),
    Sight("invalid_encoding", "invalid_utf8", frozenset({"postgresql", "mysql", "mongodb"}), TEXT),
    Sight("zero_date", "zero_date", frozenset({"postgresql"}), MOMENT),
    Sight("partial_date", "zero_in_date", frozenset({"postgresql"}), MOMENT),
    Sight("time_range", "over_24h", frozenset({"postgresql"}), CLOCK),
    Sight("not_finite", "nan", frozenset({"mysql"}), NUMBER),
    Sight("not_finite", "infinity", frozenset({"mysql"}), NUMBER),
    Sight("date_range", "infinity", frozenset({"mysql"}), MOMENT),
    Sight("date_range", "out_of_range", frozenset({"mysql"}), MOMENT),
)


def decided(options: Options) -> dict[Unholdable, Policy]:
    """The policy of every kind, as the request and the defaults say: a plan holds all of them."""
    asked = dict(options.policies)
    rest = asked.pop("unholdable", "quarantine")
    chosen: dict[Unholdable, Policy] = {kind: asked[kind] for kind in DEFAULT_POLICIES if kind in asked}
    others: dict[Unholdable, Policy] = dict.fromkeys(get_args(Unholdable), "stop")
    return {**(others if rest == "stop" else DEFAULT_POLICIES), **chosen}


def seen(source: Database, tables: list[TableMapping], target_engine: str) -> dict[str, int]:
    """Values per kind that the scan for the types counted; a kind that it doesn't tell, or that has none, is absent."""
    profiles = getattr(source, "profiled", {})
    target = family(target_engine)
    found: Counter[str] = Counter()
    for table in tables:
        profile = profiles.get(table.source)
        if profile is None:
            continue
        for column in table.copied:
            forms = profile.columns[column.source].forms if column.source in profile.columns else {}
            for sight in SIGHTS:
                if forms.get(sight.form) and target in sight.targets and sight.types.match(column.target_type):
                    found[sight.kind] += forms[sight.form]
    return dict(sorted(found.items()))


def policy_lines(plan: Plan) -> list[str]:
    """A sentence per kind of which values were seen, and one for all others; for the plan, the report and approval."""
    if plan.move is None:
        return []
    policies = plan.move.policy()
    counted: dict[str, int] = plan.settings.get("values_seen", {})
    lines = [
        f"{count:,} value{'s' * (count != 1)} seen of kind {kind}: {policies[kind]} ({_words(plan.move, kind)})"
        for kind, count in counted.items()
        if kind in policies
    ]
    lines += _unseen(plan)
    lines.append(f"values that the target can't hold: {_others(plan.move, set(counted))}")
    aside = sum(counted.values())
    if aside > plan.move.quarantine_limit:
        lines.append(
            f"warning: {aside:,} of them were seen, the copy ends after {plan.move.quarantine_limit:,}; choose other "
            "types (options.overrides) or a higher limit (options.quarantine_limit)"
        )
    return lines


def _words(move: MovePlan, kind: Unholdable) -> str:
    policy = move.policy()[kind]
    if policy == "convert" and not converts(move.source_engine, move.target_engine, kind):
        return f"these engines have no conversion: {WORDS['quarantine']}"
    return WORDS[policy]


def unscanned(source: Database, target_engine: str, most: int | None) -> dict[str, int]:
    """Rows, as the server estimates them, of tables that are planned without a look at their values; by full name."""
    if (family(source.engine), family(target_engine)) in DECLARED:
        return {}
    return {table.full_name: table.rows or 0 for table in left_out(source, source.catalog().tables, most)}


def _unseen(plan: Plan) -> list[str]:
    """Which values nobody looked at, and what becomes of them then."""
    tables: dict[str, int] = plan.settings.get("not_scanned", {})
    if not tables:
        return []
    names = ", ".join(list(tables)[:SHOWN]) + (f" and {len(tables) - SHOWN:,} more" if len(tables) > SHOWN else "")
    rows = sum(tables.values())
    return [
        f"not scanned: {len(tables):,} table{'s' * (len(tables) != 1)} of about {rows:,} rows ({names}); their columns "
        "have types that hold what the declared ones do, and a value that doesn't fit is met by the copy, where its "
        "policy decides"
    ]


def _others(move: MovePlan, told: set[str]) -> str:
    by_policy: dict[Policy, list[str]] = {}
    for kind, policy in move.policy().items():
        if kind not in told:
            by_policy.setdefault(policy, []).append(kind)
    return "; ".join(f"{policy} {', '.join(kinds)}" for policy, kinds in by_policy.items())
