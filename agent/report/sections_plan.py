"""What was decided and predicted: strategy with its rules, tools, translations, timeline."""

from __future__ import annotations

from collections import Counter
from typing import Any

from agent.policies import policy_lines
from agent.report.facts import Facts
from agent.report.tables import Table, table
from agent.report.words import about, bare, cut, duration, number

Section = dict[str, Any]
# A predicted stage -> the measured ones that are the same work.
SAME_WORK = {
    "schema": ("pre_data",),
    "load": ("copy",),
    "post_data": ("post_data", "sequences", "statistics"),
    "validate": ("compare",),
}


def strategy(facts: Facts) -> Section | None:
    """The strategy, the rules that fired, what else was possible, and the tools."""
    design = facts.design
    if design is None:
        return None
    fired = [d for d in design["decisions"] if d["fired"]]
    return {
        "name": design["strategy"],
        "fired": table(
            "Rule:code Outcome Because Source",
            fired,
            lambda d: [d["rule"], d["outcome"], d["because"], d["citation"]],
        ),
        "looked_at": len(design["decisions"]),
        "alternatives": table(
            "Strategy Possible:mark Because",
            design["alternatives"],
            lambda a: [a["strategy"], "possible" if a["possible"] else "excluded", a["because"]],
        ),
        "tools": table(
            "Tool Version Purpose By",
            design["tools"],
            lambda t: [t["name"], t["version"], t["purpose"], t["by"]],
        ),
        "warnings": [*design["warnings"], *(policy_lines(facts.plan) if facts.plan else [])],
        "unsupported": design["unsupported"],
        "downtime": duration(design["timeline"]["downtime_minutes"] * 60),
    }


def translations(facts: Facts) -> Section | None:
    """Every view and statement with its verdict; refuted and unsupported ones first."""
    if facts.translation is None:
        return None
    found = facts.translation["translations"]
    order = ("REFUTED", "UNSUPPORTED", "NOT_RUN", "TESTED", "PROVED")
    counts = Counter(entry["verdict"] for entry in found)
    ranked = sorted(found, key=lambda entry: order.index(entry["verdict"]))
    return {
        "counts": [f"{counts[verdict]:,} {verdict}" for verdict in reversed(order) if counts[verdict]],
        "table": table("Statement:code Verdict:mark Rows:number Detail", ranked, _translation),
    }


def _translation(entry: dict[str, Any]) -> list[str]:
    told = [entry["detail"], *entry["warnings"]]
    example = entry.get("counterexample")
    if example:
        told.append(f"counterexample: {example['reason']}")
    kind, _, name = entry["name"].partition(":")
    shown = f"view {bare(name)}" if kind == "view" else entry["name"]
    return [shown, entry["verdict"], number(entry["rows_compared"]), cut("; ".join(t for t in told if t))]


def timeline(facts: Facts) -> Section | None:
    """Predicted against measured, stage by stage, and the figures that the prediction was made from."""
    if facts.design is None:
        return None
    rows = stage_pairs(facts)
    inputs = facts.design["timeline"]["inputs"]
    return {
        "table": table("Stage By Predicted:number Measured:number Ratio:number", rows, _stage_row),
        "inputs": table(
            "Figure Value:number Unit From Detail",
            inputs,
            lambda i: [i["name"], f"{i['value']:,.6g}", i["unit"], i["evidence"], i["detail"]],
        ),
        "measured": any(row["measured"] is not None and row["predicted"] is not None for row in rows),
    }


def stage_pairs(facts: Facts) -> list[dict[str, Any]]:
    """Seconds predicted and measured of every stage; None where it was not predicted or did not run."""
    measured: dict[str, float] = {}
    for stretch in facts.stretches:
        measured[stretch.name] = measured.get(stretch.name, 0.0) + stretch.seconds
    pairs = [
        {"name": name, "by": "dbmo", "predicted": None, "measured": measured[name]}
        for name in ("assessment", "planning", "rehearsal")
        if name in measured
    ]
    if "measure" in measured:
        pairs.append({"name": "views and workload", "by": "dbmo", "predicted": None, "measured": measured["measure"]})
    for stage in (facts.design or {}).get("stages", []):
        parts = [measured[name] for name in SAME_WORK.get(stage["name"], ()) if name in measured]
        minutes = stage["duration_minutes"]
        predicted = None if minutes is None else minutes * 60
        found = sum(parts) if parts else None
        pairs.append({"name": stage["name"], "by": stage["by"], "predicted": predicted, "measured": found})
    return pairs


def _stage_row(pair: dict[str, Any]) -> list[str]:
    both = pair["predicted"] and pair["measured"] is not None
    return [
        pair["name"].replace("_", " "),
        pair["by"],
        about(pair["predicted"]),
        duration(pair["measured"]) if pair["measured"] is not None else "not measured",
        f"{pair['measured'] / pair['predicted']:.2f}" if both else "–",
    ]


def inventory(facts: Facts) -> Section | None:
    """What the source is, with where the figures come from."""
    if facts.assessment is None:
        return None
    found = facts.assessment["inventory"]
    counts = [f"{number(n)} {kind.replace('_', ' ')}" for kind, n in found["counts"].items() if n]
    effort = facts.assessment["effort"]
    lines: Table | None = table(
        "Work Count:number Hours_each:number Hours:number For",
        effort["lines"],
        _effort_row,
    )
    return {
        "counts": counts,
        "complexity": facts.assessment["complexity"]["level"] or "not known",
        "hours": effort["hours"],
        "effort": lines,
        "declared": [name for name, source in found["evidence"].items() if source == "declared"],
    }


def _effort_row(line: dict[str, Any]) -> list[str]:
    kind = line["kind"].replace("_", " ")
    return [kind, f"{line['count']:,.6g}", f"{line['hours_each']:g}", f"{line['hours']:g}", line["work"]]
