"""What a model may ask of a design, and what it gets to see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from skills.digest import Digest, Meter, Section, pack
from skills.tool_args import BaseToolArgs, Focus, focused

if TYPE_CHECKING:
    from skills.data_engineering_pipeline_designer.models import Decision, Output

HANDLE = "design"
STRATEGY_TABLE = "strategy"
FOCUS = {
    "strategy": Focus(("strategy", "rule", "because", "downtime_minutes"), ("alternatives", "decisions", "warnings")),
    "timeline": Focus(
        ("downtime_minutes", "write_pause_minutes", "duration_hours", "duration_evidence"),
        ("timeline", "predicted_from"),
    ),
    "stages": Focus(("stage_count", "downtime_minutes"), ("stages", "steps")),
    "gates": Focus(("gates_open", "gate_count"), ("gates", "checklist", "criteria")),
    "tools": Focus(("tool_count",), ("tools", "unsupported")),
    "rollback": Focus(("strategy", "way_back"), ("rollback",)),
}


class ToolArgs(BaseToolArgs):
    """Design the migration: strategy and alternatives, downtime, stages, gates, way back."""

    focus: Literal["all", "strategy", "timeline", "stages", "gates", "tools", "rollback"] = "all"


def digest(output: Output, limit: int, meter: Meter, args: ToolArgs | None = None) -> Digest:
    """The design, or a part of it."""
    chosen = args or ToolArgs()
    told, shown = focused(facts(output), sections(output), FOCUS.get(chosen.focus))
    return pack(HANDLE, told, shown, limit, meter)


def sections(output: Output) -> list[Section]:
    """Everything that can be paged through, what speaks for and against the strategy first."""
    return [
        Section("warnings", [{"text": text} for text in output.warnings], first=2),
        Section("alternatives", _alternatives(output), first=3),
        Section("gates", _gates(output), "before", first=3),
        Section("unsupported", [{"text": text} for text in output.unsupported]),
        Section("stages", _stages(output), "by", first=0),
        Section(
            "steps", [{"stage": stage.name, "step": step} for stage in output.stages for step in stage.steps], first=0
        ),
        Section("tools", _tools(output), "by", first=0),
        Section("decisions", _decisions(output), "table", first=0),
        Section("timeline", _timeline(output), first=0),
        Section("predicted_from", _inputs(output), first=0),
        Section("criteria", [{"text": text} for text in output.success_criteria], first=0),
        Section("checklist", [{"text": text} for text in output.cutover_checklist], first=0),
        Section("rollback", [{"text": line} for line in output.rollback.splitlines() if line.strip()], first=0),
    ]


def facts(output: Output) -> dict[str, Any]:
    """Every fact by name, the most decisive first; None is not shown. No section has the name of a fact."""
    decided = _deciding(output)
    evidence = {phase.evidence for phase in output.timeline.phases if phase.duration_minutes is not None}
    config = output.data_migration_config
    return {
        "strategy": output.strategy,
        "downtime_minutes": output.timeline.downtime_minutes,
        "duration_hours": output.timeline.total_duration_hours,
        "rule": decided.rule if decided else None,
        "because": decided.because if decided else None,
        "duration_evidence": ", ".join(sorted(evidence)) or None,
        "write_pause_minutes": output.timeline.write_pause_minutes,
        "gates_open": sum(gate.holds is not True for gate in output.gates),
        "gate_count": len(output.gates),
        "validation_level": output.validation_depth.level,
        "parallel": config.get("parallel"),
        "chunk_rows": config.get("chunk_rows"),
        "stage_count": len(output.stages),
        "tool_count": len(output.tools),
        "way_back": next((line for line in output.rollback.splitlines()[1:] if line.strip()), None),
    }


def _deciding(output: Output) -> Decision | None:
    """The row of the strategy table that fired."""
    return next((d for d in output.decisions if d.table == STRATEGY_TABLE and d.fired), None)


def _alternatives(output: Output) -> list[dict[str, Any]]:
    """Those that would be possible first."""
    ranked = sorted(output.alternatives, key=lambda alternative: not alternative.possible)
    return [{"strategy": a.strategy, "possible": a.possible, "because": a.because} for a in ranked]


def _gates(output: Output) -> list[dict[str, Any]]:
    return [
        {
            "id": gate.id,
            "before": gate.before,
            "holds": "not checked yet" if gate.holds is None else gate.holds,
            "requirement": gate.requirement,
            "error_code": gate.error_code,
        }
        for gate in output.gates
    ]


def _stages(output: Output) -> list[dict[str, Any]]:
    return [
        {
            "name": stage.name,
            "by": stage.by,
            "minutes": stage.duration_minutes,
            "downtime": stage.downtime,
            "evidence": stage.evidence,
        }
        for stage in output.stages
    ]


def _tools(output: Output) -> list[dict[str, Any]]:
    return [
        {
            "name": tool.name,
            "by": tool.by,
            "purpose": tool.purpose,
            "replaces": tool.replaces,
            "rule": tool.rule,
            "unsupported": tool.unsupported,
        }
        for tool in output.tools
    ]


def _decisions(output: Output) -> list[dict[str, Any]]:
    """The rows that fired first, then those that were looked at."""
    ranked = sorted(output.decisions, key=lambda decision: not decision.fired)
    return [
        {"rule": d.rule, "table": d.table, "fired": d.fired, "outcome": d.outcome, "because": d.because} for d in ranked
    ]


def _timeline(output: Output) -> list[dict[str, Any]]:
    return [
        {"name": p.name, "from_minute": p.start_minutes, "minutes": p.duration_minutes, "downtime": p.downtime}
        for p in output.timeline.phases
    ]


def _inputs(output: Output) -> list[dict[str, Any]]:
    return [{"name": i.name, "value": i.value, "unit": i.unit, "evidence": i.evidence} for i in output.timeline.inputs]
