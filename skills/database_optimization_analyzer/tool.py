"""What a model may ask of an assessment, and what it gets to see of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from skills.database_optimization_analyzer.hazards import SEVERITIES
from skills.digest import Digest, Meter, Section, masked, pack
from skills.tool_args import BaseToolArgs, Focus, TableId, focused, of_table, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from skills.database_optimization_analyzer.inventory import TableFacts
    from skills.database_optimization_analyzer.skill import Output

HANDLE = "assess"
NAMED = 3  # objects named where an item has many
WEIGHT = {severity: place for place, severity in enumerate(reversed(SEVERITIES))}
STATUS = {"found": 0, "to_check": 1, "not_found": 2}
FOCUS = {
    "hazards": Focus(
        ("hazard_count", "hazards_by_severity", "not_checked_count"),
        ("hazards", "unsupported", "breaking_changes", "not_checked"),
    ),
    "findings": Focus(("finding_count",), ("findings",)),
    "indexes": Focus(("index_advice_count",), ("indexes",)),
    "dependencies": Focus(("views", "triggers", "routines"), ("dependencies", "moved_together")),
    "tables": Focus(("tables", "rows", "size_gb"), ("largest_tables", "moved_together")),
}


class ToolArgs(BaseToolArgs):
    """Assess the source: size, hazards, anti-patterns, effort."""

    focus: Literal["all", "hazards", "findings", "indexes", "dependencies", "tables"] = "all"
    table: TableId | None = None


def digest(output: Output, limit: int, meter: Meter, args: ToolArgs | None = None) -> Digest:
    """The assessment, a part of it, or one table; UsageError TABLE_UNKNOWN for a table that isn't there."""
    chosen = args or ToolArgs()
    if chosen.table is not None:
        return _table(output, chosen.table, limit, meter)
    told, shown = focused(facts(output), sections(output), FOCUS.get(chosen.focus))
    return pack(HANDLE, told, shown, limit, meter)


def sections(output: Output) -> list[Section]:
    """Everything that can be paged through, hazards first; ids follow the order of the output's lists."""
    return [
        Section("hazards", _hazards(output), "severity", first=4),
        Section("unsupported", _unsupported(output)),
        Section("breaking_changes", _breaking_changes(output), "status"),
        Section("privileges", [{"missing": text} for text in output.privileges_missing]),
        Section("not_checked", [{"rule": h.id, "reason": masked(h.reason)} for h in output.not_checked]),
        Section("findings", _findings(output), "rule"),
        Section("largest_tables", _tables(output)),
        Section("indexes", _indexes(output), "problem", first=0),
        Section("dependencies", _dependencies(output), "kind", first=0),
        Section("moved_together", [{"tables": len(g), "named": g[:NAMED]} for g in output.groups], first=0),
    ]


def facts(output: Output) -> dict[str, Any]:
    """Every fact by name, the most decisive first; None is not shown. No section has the name of a fact."""
    inventory, counts = output.inventory, output.inventory.counts
    severities = Counter(hazard.severity for hazard in output.hazards)
    return {
        "engine": inventory.engine,
        "version": inventory.version,
        "tables": inventory.table_count,
        "rows": inventory.rows_total,
        "hazards_by_severity": {name: severities[name] for name in WEIGHT if severities[name]} or None,
        "size_gb": inventory.size_gb,
        "complexity": output.complexity.level,
        "effort_hours": output.effort.hours,
        "hazard_count": len(output.hazards),
        "not_measured": _not_measured(output),
        "complexity_score": output.complexity.score,
        **{kind: counts.get(kind) or None for kind in ("views", "triggers", "routines", "foreign_keys")},
        "finding_count": len(output.findings) or None,
        "index_advice_count": len(output.indexes) or None,
        "unsupported_count": len(output.unsupported_features) or None,
        "not_checked_count": len(output.not_checked) or None,
        "workload_statements": output.workload_statements or None,
    }


def _not_measured(output: Output) -> dict[str, str] | None:
    """Facts that were estimated, declared or not looked at: a reader must not take them for measured ones."""
    told = {"hazard_count": output.evidence.get("hazards"), "effort_hours": output.effort.evidence}
    told |= {"rows": output.inventory.evidence.get("rows_total"), "size_gb": output.inventory.evidence.get("size_gb")}
    return {name: told[name] or "" for name in told if told[name] in ("estimated", "declared", "not_run")} or None


def _hazards(output: Output) -> list[dict[str, Any]]:
    """By severity, the first place of each kind before the second of any."""
    seen: Counter[str] = Counter()
    ranked = []
    for place, hazard in enumerate(output.hazards):
        ranked.append((WEIGHT.get(hazard.severity, len(WEIGHT)), seen[hazard.id], place))
        seen[hazard.id] += 1
    return [_hazard(output, place) for _, _, place in sorted(ranked)]


def _hazard(output: Output, place: int) -> dict[str, Any]:
    """Without the keys of the rows: rows are not shown to a model."""
    hazard = output.hazards[place]
    return {
        "id": f"h{place + 1}",
        "severity": hazard.severity,
        "rule": hazard.id,
        "object": hazard.object if hazard.column is None else f"{hazard.object}.{hazard.column}",
        "count": hazard.count,
        "remedy": hazard.remedy,
        "detail": hazard.detail,
    }


def _unsupported(output: Output) -> list[dict[str, Any]]:
    return [
        {
            "feature": found.feature,
            "objects": len(found.objects),
            "reason": found.reason,
            "remedy": found.remedy,
            "named": found.objects[:NAMED],
        }
        for found in output.unsupported_features
    ]


def _breaking_changes(output: Output) -> list[dict[str, Any]]:
    ranked = sorted(output.breaking_changes, key=lambda change: STATUS.get(change.status, len(STATUS)))
    return [
        {
            "rule": change.id,
            "release": change.release,
            "status": change.status,
            "objects": len(change.objects),
            "what": change.what,
            "remedy": change.remedy,
            "named": change.objects[:NAMED],
        }
        for change in ranked
    ]


def _findings(output: Output) -> list[dict[str, Any]]:
    ranked = sorted(enumerate(output.findings, 1), key=lambda entry: WEIGHT.get(entry[1].severity, len(WEIGHT)))
    return [
        {"id": f"f{n}", "severity": f.severity, "rule": f.rule, "object": f.object, "fix": f.fix, "seen": f.evidence}
        for n, f in ranked
    ]


def _indexes(output: Output) -> list[dict[str, Any]]:
    return [
        {"id": f"i{n}", "problem": i.problem, "table": i.table, "columns": i.columns, "index": i.index, "why": i.reason}
        for n, i in enumerate(output.indexes, 1)
    ]


def _dependencies(output: Output) -> list[dict[str, Any]]:
    return [
        {"object": d.object, "kind": d.kind, "needs": d.needs[:NAMED], "language": d.language}
        for d in output.dependencies
    ]


def _tables(output: Output) -> list[dict[str, Any]]:
    ranked = sorted(enumerate(output.inventory.tables, 1), key=lambda entry: (-(entry[1].size_bytes or 0), entry[0]))
    return [
        {"id": f"t{n}", "name": t.name, "rows": t.rows, "bytes": t.size_bytes, "columns": t.columns} for n, t in ranked
    ]


def _table(output: Output, identifier: str, limit: int, meter: Meter) -> Digest:
    table = table_of(output.inventory.tables, identifier)
    names = [other.name for other in output.inventory.tables]

    def own(items: Sequence[dict[str, Any]], field: str = "object") -> list[dict[str, Any]]:
        return of_table(((str(item[field]), item) for item in items), table.name, names)

    needing: Iterable[Any] = (d for d in output.dependencies if table.name in d.needs)
    return pack(
        f"{HANDLE}_{identifier}",
        _table_facts(table),
        [
            Section("hazards", own(_hazards(output)), first=3),
            Section("findings", own(_findings(output))),
            Section("indexes", own(_indexes(output), "table")),
            Section("needed_by", [{"object": d.object, "kind": d.kind} for d in needing]),
        ],
        limit,
        meter,
    )


def _table_facts(table: TableFacts) -> dict[str, Any]:
    found = table.model_dump(exclude={"primary_key"}) | {"primary_key": table.primary_key or "none"}
    order = ("name", "kind", "rows", "rows_evidence", "size_bytes", "columns", "primary_key")
    return {name: found[name] for name in order} | {name: n for name, n in found.items() if name not in order and n}
