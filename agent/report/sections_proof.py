"""What was compared and measured: rows, schema, views, workload, criteria; and what stands behind the report."""

from __future__ import annotations

from typing import Any

from agent.report.facts import Facts
from agent.report.tables import Table, table
from agent.report.words import bare, cut, key, listed, milliseconds, number, percent

Section = dict[str, Any]
DIFFERING_SHOWN = 20


def validation(facts: Facts) -> Section | None:
    """The comparison per table, those that differ first, and the rows that differ."""
    found = facts.validation
    if found is None:
        return None
    ranked = sorted(found["tables"], key=lambda t: (t["equal"], -t["rows_source"], t["name"]))
    titles = "Table:code Result:mark Source:number Target:number Withheld:number Set_aside:number Differing:number"
    return {
        "level": found["level"],
        "table": table(titles, ranked, _compared),
        "rows": table("Table:code Difference:mark Key:code Columns:code Source:code Target:code", _rows(ranked), list),
        "compared": number(found["rows_compared"]),
    }


def _compared(entry: dict[str, Any]) -> list[str]:
    differing = entry["different"] + entry["missing"] + entry["extra"]
    return [
        bare(entry["name"]),
        "equal" if entry["equal"] else "differs",
        number(entry["rows_source"]),
        number(entry["rows_target"]),
        number(entry["withheld"]),
        number(entry["set_aside"]),
        number(differing),
    ]


def _rows(tables: list[dict[str, Any]]) -> list[list[str]]:
    return [
        [
            bare(entry["name"]),
            row["kind"],
            key(row["key"]),
            listed(row["columns"]),
            cut(key(row["source"]), 80),
            cut(key(row["target"]), 80),
        ]
        for entry in tables
        for row in entry["rows"][:DIFFERING_SHOWN]
    ]


def differences(facts: Facts) -> Section | None:
    """Where the target's schema is other than the plan's."""
    if facts.differences is None:
        return None
    shown = table(
        "Object:code Kind Severity:mark Detail",
        facts.differences,
        lambda d: [d["object"], d["kind"], d["severity"], cut(d["detail"])],
    )
    return {"table": shown}


def views(facts: Facts) -> Section | None:
    """The rows of every carried view on both sides."""
    if not facts.views:
        return None
    return {"table": table("View:code Result:mark Rows:number Detail", facts.views, _view)}


def _view(entry: dict[str, Any]) -> list[str]:
    result = {True: "equal", False: "differs", None: "not run"}[entry["equal"]]
    difference = entry.get("difference")
    detail = difference["reason"] if difference else entry["detail"]
    return [bare(entry["name"]), result, number(entry["rows"]), cut(detail)]


def workload(facts: Facts) -> Section | None:
    """Each query before and after, and the sums."""
    if facts.composed is None:
        return None
    measured = facts.composed["performance"]
    if not measured["queries"]:
        return None
    return {
        "table": table(
            "Query:code Results:mark Before_ms:number After_ms:number Faster_by:number Bound_by Detail",
            measured["queries"],
            _query,
        ),
        "method": measured["method"],
        "improvement": percent(measured["improvement_percent"]),
        "before": milliseconds((measured["baseline_metrics"] or {}).get("median_ms")),
        "after": milliseconds((measured["current_metrics"] or {}).get("median_ms")),
        "not_run": measured["not_run"],
    }


def _query(query: dict[str, Any]) -> list[str]:
    before, after = query["before"], query["after"]
    equal = {True: "equal", False: "differs", None: "not compared"}[query["results_equal"]]
    return [
        query["name"],
        equal,
        milliseconds(before["median_ms"]) if before else "–",
        milliseconds(after["median_ms"]) if after else "–",
        percent(query["improvement_percent"]),
        after["bound_by"] if after else "–",
        cut(query["difference"]["reason"] if query["difference"] else query["detail"], 160),
    ]


def criteria(facts: Facts) -> Section | None:
    """The acceptance criteria with their results."""
    if facts.composed is None:
        return None
    shown = table(
        "Criterion Result:mark Threshold Evidence",
        facts.composed["criteria"],
        lambda c: [c["statement"], c["result"].replace("_", " "), c["threshold"], cut(c["evidence"])],
    )
    return {"table": shown, "accepted": facts.composed["accepted"], "open": facts.composed["open_criteria"]}


def audit(facts: Facts) -> Section:
    """Hashes, approval, gates, artifacts: what an auditor starts from."""
    pairs = [["Migration", facts.migration], ["Written", facts.now]]
    if facts.plan is not None:
        pairs.append(["Plan hash", facts.plan.hash])
    pairs.append(["Approval", _approval(facts)])
    pairs += _gates(facts)
    pairs.append(["Journal", f"{len(facts.entries):,} entries, head {facts.journal_head}"])
    files: Table | None = table(
        "Artifact:code sha256:code", sorted(facts.artifacts.items()), lambda item: [item[0], item[1]], 200
    )
    phases = [[p.name, p.outcome.replace("_", " "), p.code or ""] for p in facts.phases.values()]
    return {
        "facts": pairs,
        "phases": table("Phase Outcome:mark Code:code", phases, list),
        "artifacts": files,
        "count": len(facts.artifacts),
    }


def _approval(facts: Facts) -> str:
    if facts.approval:
        return f"by {facts.approval['by']} ({facts.approval['method']}) at {facts.approval['at']}"
    if facts.plan is not None and facts.plan.target.scratch:
        return "not needed, the target is scratch"
    return "none"


def _gates(facts: Facts) -> list[list[str]]:
    if facts.gates is None:
        return []
    backup, rehearsal = facts.gates["backup"], facts.gates["rehearsal"]
    pairs = [["Backup", backup["detail"]]] if backup else []
    pairs += [["Rollback", f"rehearsed at {rehearsal['at']}, it left nothing behind"]] if rehearsal else []
    return pairs + [[f"Waiver: {w['of']}", f"{w['by']}: {w['reason']}"] for w in facts.gates["waivers"]]
