"""What the terminal says after each phase: a few lines of facts, and where to read more."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

from agent.commands.comparison_words import differing_lines, repair_lines
from agent.phases import COMPARATOR, COMPOSER, DESIGNER, TRANSLATOR
from agent.policies import policy_lines
from agent.report.words import counted
from conversion.encodings_of_targets import TARGET
from engines.own_state import note

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from agent.plan import Plan

SHOWN = 10


class Says(Protocol):
    """Whatever shows a line to a person: the console of a command, or the chat."""

    def say(self, text: str) -> None:
        """Show a line."""
        ...


def say_assessment(console: Says, found: dict[str, Any]) -> None:
    """Inventory, complexity, hazards by severity."""
    inventory = found["inventory"]
    size = _size(inventory["size_bytes"]) if inventory["size_bytes"] is not None else "size not known"
    tables = "tables not counted" if inventory["table_count"] is None else counted(inventory["table_count"], "table")
    rows = f", {counted(inventory['rows_total'], 'row')}" if inventory["rows_total"] is not None else ""
    console.say(f"  {inventory['engine']} {inventory['version']}: {tables}{rows}, {size}")
    if inventory["evidence"].get("version") == "declared":
        declared = [name for name, source in inventory["evidence"].items() if source == "declared"]
        console.say(f"  declared, not measured: {', '.join(declared)}")
    hazards = Counter(hazard["severity"] for hazard in found["hazards"])
    told = ", ".join(
        f"{hazards[level]} {level}" for level in ("blocking", "high", "medium", "low", "info") if hazards[level]
    )
    console.say(
        f"  hazards: {told or 'none found' if found['evidence']['hazards'] == 'measured' else 'not looked for'}"
    )
    hours = found["effort"]["hours"]
    console.say(f"  complexity {found['complexity']['level'] or 'not known'}, effort about {hours:g} hours (estimated)")


def plan_lines(run: Orchestrator, plan: Plan) -> list[str]:
    """Strategy, tools, predictions, schema, translations, omissions, hash and what comes next."""
    design = run.output(DESIGNER) or {}
    timeline = design.get("timeline", {})
    tools = ", ".join(f"{tool['name']} {tool['version']}" for tool in design.get("tools", []))
    lines = [
        f"  strategy {plan.strategy}, tools: {tools}",
        f"  predicted: {_minutes(timeline.get('total_duration_hours', 0) * 60)} in all, "
        f"{_minutes(timeline.get('downtime_minutes', 0))} of downtime (estimated)",
    ]
    if plan.move is not None:
        kinds = Counter(statement.kind for statement in plan.move.statements)
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        lines.append(f"  schema: {told}")
        omitted = Counter(omission.kind for omission in plan.omissions)
        if omitted:
            lines.append(
                f"  left out: {', '.join(f'{count} {kind}' for kind, count in omitted.items())} (accepted or minor)"
            )
    lines += [f"  {line}" for line in policy_lines(plan)]
    verdicts = (run.output(TRANSLATOR) or {}).get("verdicts") if plan.move else None
    if verdicts:
        lines.append(f"  views and workload: {', '.join(f'{count} {word}' for word, count in verdicts.items())}")
    lines += [f"  warning: {warning}" for warning in design.get("warnings", [])]
    notes = (run.output(COMPARATOR) or {}).get("notes", [])
    lines += [f"  warning: {TARGET}: {note['text']}" for note in notes if note["object"] == TARGET]
    lines.append(f"  plan {plan.hash}")
    if plan.declared:
        lines.append("  from declared facts only: it can't be executed; give the source's url for more")
    elif not plan.target.scratch:
        lines.append(f"  next: read {run.folder.path}/report.md, then dbmo approve {run.folder.path}")
    return lines


def say_execution(console: Says, run: Orchestrator, found: dict[str, Any]) -> None:
    """Rows, bytes, seconds, what was set aside."""
    rows = sum(table["rows"] for table in found["tables"])
    size = sum(table["bytes"] for table in found["tables"])
    seconds = found["stages"].get("copy", 0.0)
    chunks = sum(table["chunks"] for table in found["tables"])
    console.say(
        f"  {counted(rows, 'row')}, {_size(size)} in {counted(chunks, 'chunk')} of {_tables(found)}, "
        f"copied in {seconds:.1f} s; all stages {sum(found['stages'].values()):.1f} s"
    )
    resumed = found["resumed"]
    if resumed["kept"] or resumed["source_changed"]:
        changed = "the source changed, " if resumed["source_changed"] else "the source did not change, "
        console.say(
            f"  continued: {changed}{counted(resumed['kept'], 'chunk')} kept, {len(resumed['again'])} copied again"
        )
    if found["quarantined"]:
        reasons = Counter(entry["reason"] for entry in found["quarantined"])
        where = note("quarantine", run.needed_plan().target.engine)
        console.say(f"  set aside with their keys ({where}): {len(found['quarantined']):,}")
        for reason, count in reasons.most_common(SHOWN):
            console.say(f"    {count:>6,}  {reason}")


def say_validation(console: Says, run: Orchestrator, found: dict[str, Any]) -> bool:
    """What is equal and what differs; whether everything holds."""
    from agent.validate import passed
    from skills.data_migration_validator.model import Output

    differing = [table for table in found["tables"] if not table["equal"]]
    aside = sum(table["set_aside"] + table["withheld"] for table in found["tables"])
    noted = f"; {counted(aside, 'value')} set aside, each still what the source holds" if aside else ""
    if not differing:
        console.say(f"  {counted(found['rows_compared'], 'row')} of {_tables(found)}: equal ({found['level']}){noted}")
    for table in differing:
        for line in differing_lines(table):
            console.say(line)
    output = Output.model_validate(found)
    for line in repair_lines(output.repair_plan, output.repaired) if output.repair_plan else ():
        console.say(line)
    differences = run.folder.read_artifact("validation/schema-differences.json") or []
    console.say(f"  schema: {'as planned' if not differences else counted(len(differences), 'difference')}")
    for difference in differences[:SHOWN]:
        console.say(f"    {difference['kind']} {difference['object']}: {difference.get('detail', '')}")
    views = run.folder.read_artifact("validation/views.json") or []
    for view in views:
        if view["equal"] is not True:
            console.say(f"  view {view['name']}: {'DIFFERS' if view['equal'] is False else view['detail']}")
    _say_criteria(console, run)
    return passed(run)


def _say_criteria(console: Says, run: Orchestrator) -> None:
    composed = run.output(COMPOSER)
    if composed is None:
        return
    results = Counter(criterion["result"] for criterion in composed["criteria"])
    told = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in results.items())
    console.say(f"  acceptance criteria: {told}")
    for criterion in composed["criteria"]:
        if criterion["result"] == "failed":
            console.say(f"    FAILED {criterion['id']}: {criterion['evidence']}")


def _tables(found: dict[str, Any]) -> str:
    return counted(len(found["tables"]), "table")


def _size(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def _minutes(minutes: float) -> str:
    if minutes < 1:
        return f"{minutes * 60:.0f} s"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
