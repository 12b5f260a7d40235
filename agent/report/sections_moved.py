"""What was found and moved: tables, hazards with their decisions, quarantine, schema."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

from agent.report.decisions import IN_TARGET, Decisions, place
from agent.report.facts import CopiedTable, Facts
from agent.report.tables import Table, table
from agent.report.words import bare, counted, cut, duration, key, listed, middle, number, original, size
from engines.own_state import note

Section = dict[str, Any]
KEYS_SHOWN = 10
ASIDE_SHOWN = 200
HAZARD_KEYS = 3
SEVERITIES = ("blocking", "high", "medium", "low", "info")
LESSER = ("low", "info")
NAME_SHOWN = 48


def moved(facts: Facts) -> Section | None:
    """Rows, bytes, seconds and chunks per table, the largest first."""
    tables = sorted(facts.copied, key=lambda t: (-t.rows, t.name))
    if not tables:
        return None
    seconds = sum(s.seconds for s in facts.stretches if s.name == "copy")
    rows, volume = sum(t.rows for t in tables), sum(t.bytes for t in tables)
    shown = table("Table:code Rows:number Size:number Time:number Chunks:number Set_aside:number", tables, _moved_row)
    assert shown is not None
    total = CopiedTable("all tables", rows, volume, seconds, sum(t.chunks for t in tables))
    total_row = _moved_row(total)
    total_row[-1] = number(sum(t.quarantined for t in tables))
    shown.rows.append(total_row)
    return {
        "table": shown,
        "rows": number(rows),
        "size": size(volume),
        "seconds": duration(seconds),
        "rate": f"{rows / seconds:,.0f} rows/s" if seconds and facts.execution else None,
        "whole": facts.execution is not None,
        "again": [f"{bare(t.name)} (up to {t.copies} times)" for t in tables if t.copies > 1],
    }


def _moved_row(entry: CopiedTable) -> list[str]:
    return [
        bare(entry.name),
        number(entry.rows),
        size(entry.bytes),
        duration(entry.seconds),
        number(entry.chunks),
        number(entry.quarantined),
    ]


def hazards(facts: Facts) -> Section | None:
    """Every hazard with what was done about it; kinds of the least severe ones are told together."""
    if facts.assessment is None or facts.assessment["evidence"].get("hazards") != "measured":
        return None
    decisions = Decisions(facts)
    found = sorted(facts.assessment["hazards"], key=lambda h: SEVERITIES.index(h["severity"]))
    counts = Counter(hazard["severity"] for hazard in found)
    grouped = [list(group) for _, group in groupby(found, key=lambda h: (h["severity"], h["id"]))]
    rows = [row for group in grouped for row in _hazard_rows(group, decisions)]
    titles = "Severity:mark Hazard Where:code Rows:number What_was_done"
    lesser = ", ".join(f"{counts[level]:,} {level}" for level in LESSER if counts[level])
    return {
        "table": table(titles, [row for row in rows if row[0] not in LESSER], list),
        "lesser": table(titles, [row for row in rows if row[0] in LESSER], list),
        "lesser_counts": f"The less severe: {lesser}",
        "counts": ", ".join(f"{counts[level]:,} {level}" for level in SEVERITIES if counts[level]),
        "total": len(found),
        "decided": facts.plan is not None and facts.plan.move is not None,
        "unchecked": [f"{entry['id']}: {entry['reason']}" for entry in facts.assessment["not_checked"]],
    }


def _hazard_rows(group: list[dict[str, Any]], decisions: Decisions) -> list[list[str]]:
    """One row per place; places without rows of their own share one where the decision is the same."""
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for hazard in group:
        own = place(hazard) if hazard["count"] is not None or hazard["keys"] else ""
        rows.setdefault((decisions.about(hazard), own), []).append(hazard)
    return [_hazard_row(same, decision) for (decision, _), same in rows.items()]


def _hazard_row(same: list[dict[str, Any]], decision: str) -> list[str]:
    first = same[0]
    counts = [hazard["count"] for hazard in same if hazard["count"] is not None]
    where = listed([middle(place(hazard), NAME_SHOWN) for hazard in same], 3)
    if len(same) == 1 and first["keys"]:
        where += f" ({listed(first['keys'], HAZARD_KEYS)})"
    title = first["title"] + (f" ({first['detail']})" if len(same) == 1 and first["detail"] else "")
    return [first["severity"], cut(title), cut(where), number(sum(counts)) if counts else "", decision]


def quarantine(facts: Facts) -> Section | None:
    """Set-aside values by reason, with the first keys of each."""
    if not facts.quarantined:
        return None
    groups: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
    for entry in facts.quarantined:
        groups.setdefault((entry["table"], entry["column"], entry["reason"], entry["action"]), []).append(entry)
    rows = [row for names, entries in groups.items() for row in _aside_rows(*names, entries)]
    where = note("quarantine", facts.plan.target.engine if facts.plan else "postgresql")
    return {
        "table": table("Where:code Reason Key:code Value:code In_the_target", rows, list, ASIDE_SHOWN),
        "total": counted(len(facts.quarantined), "entry", "entries"),
        "where": where,
    }


def _aside_rows(name: str, column: str, reason: str, action: str, entries: list[dict[str, Any]]) -> list[list[str]]:
    """The first entries of one reason, and how many more there are."""
    where = bare(name) + (f".{column}" if column else "")
    instead = IN_TARGET.get(action, action)
    rows = [[where, reason, key(e["key"]), original(e["original"]), instead] for e in entries[:KEYS_SHOWN]]
    rest = len(entries) - KEYS_SHOWN
    return rows + ([[where, reason, f"and {rest:,} more", "", instead]] if rest > 0 else [])


def schema(facts: Facts) -> Section | None:
    """Created objects by kind, renames, omissions, references that are not checked, notes."""
    plan = facts.plan
    if plan is None or plan.move is None:
        return None
    kinds = Counter(statement.kind for statement in plan.move.statements)
    decisions = Decisions(facts)
    unchecked = [f"{bare(t)}: {', '.join(names)}" for t in decisions.tables if (names := decisions.not_valid(t))]
    notes = (facts.comparison or {}).get("notes") or []
    omitted = [[bare(o.object), o.kind, o.reason, f"{o.effort_hours:g} h"] for o in plan.omissions]
    return {
        "kinds": [counted(count, *KINDS.get(kind, (kind,))) for kind, count in kinds.most_common()],
        "created": facts.execution is not None,
        "renames": table("Source:code Target:code", plan.renames.items(), _renamed),
        "omissions": table("Object:code Kind Reason By_hand:number", omitted, list),
        "not_valid": unchecked,
        "notes": table("Object:code Note", notes, lambda note: [bare(note["object"]), note["text"]]),
        "types": _types(facts),
    }


def _renamed(pair: tuple[str, str]) -> list[str]:
    return [bare(pair[0]), pair[1].removeprefix("public.")]


KINDS = {
    "pk": ("primary key",), "fk": ("foreign key",), "unique": ("unique key",), "index": ("index", "indexes"),
    "trigger_state": ("trigger state",), "replica_identity": ("replica identity", "replica identities"),
    "owned": ("sequence owner",),
}  # fmt: skip


def _types(facts: Facts) -> Table | None:
    """How many columns went from which type to which."""
    assert facts.plan is not None and facts.plan.move is not None
    pairs = Counter((c.source_type or "(none)", c.target_type) for t in facts.plan.move.tables for c in t.columns)
    return table(
        "Source_type:code Target_type:code Columns:number",
        pairs.most_common(),
        lambda item: [item[0][0], item[0][1], number(item[1])],
    )
