"""The commands that only look: status, tables, hazards, differences, budget."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from agent.chat.draw import SEVERITIES, Cell, bar, bars, gauge, size, table
from agent.chat.facts import assessment_of, output_of, plan_of, table_named, tables_of
from agent.phases import ANALYZER, CHAT, CHAT_TOKENS, PHASES
from engines.errors import UsageError

if TYPE_CHECKING:
    from agent.chat.session import Session
    from agent.spending import Spending

SHOWN = 25  # rows of a table before the rest is counted
PLACES = 4  # places of a hazard


def status(session: Session, words: str) -> None:
    """Phases, approval, what is committed in the target, and the process that runs."""
    from agent.chat.moving import said_of_child
    from agent.status import status_of, status_text

    session.screen.status("  asking the target")
    found = status_of(session.run)
    session.screen.say(status_text(found).rstrip())
    for line in said_of_child(session):
        session.screen.say(line)
    target = found["target"]
    if target and target["reached"] and target.get("tables") and found["phases"]["execution"] != "done":
        blocks = session.screen.blocks
        rows: list[list[Cell]] = [
            [t["name"], gauge(t["done"], t["chunks"], blocks), f"{t['done']} of {t['chunks']}", f"{t['rows']:,}"]
            for t in target["tables"]
        ]
        session.screen.show(table(["table", "", ">chunks", ">rows"], rows))


def tables(session: Session, words: str) -> None:
    """The tables, the largest first; or the columns of one."""
    if words:
        _columns(session, table_named(session.folder, words))
        return
    found = assessment_of(session.folder)["inventory"]["tables"]
    found = sorted(found, key=lambda t: (-(t["size_bytes"] or 0), -(t["rows"] or 0), t["name"]))
    whole = max((t["size_bytes"] or t["rows"] or 0 for t in found), default=0)
    rows: list[list[Cell]] = [
        [
            t["name"],
            "-" if t["rows"] is None else f"{t['rows']:,}{'' if t['rows_evidence'] == 'measured' else ' ~'}",
            size(t["size_bytes"]),
            bar(t["size_bytes"] or t["rows"] or 0, whole, session.screen.blocks),
            str(t["columns"]),
            ", ".join(t["primary_key"]) or ("no key", "yellow"),
        ]
        for t in found[:SHOWN]
    ]
    session.screen.show(table(["table", ">rows", ">size", "", ">columns", "key"], rows))
    _rest(session, len(found), "tables")
    if any(t["rows_evidence"] != "measured" for t in found[:SHOWN]):
        session.screen.say("~ the engine's own estimate, not counted", "dim")


def _columns(session: Session, name: str) -> None:
    """A table's columns, with the type that each gets where there is a plan."""
    found = tables_of(session.folder)[name]
    mapped = {column["source"]: column for column in _mapping(session, name).get("columns", [])}
    key = (found.get("primary_key") or {}).get("columns", [])
    rows: list[list[Cell]] = [
        [
            column["name"],
            column["native"],
            (mapped[column["name"]]["target_type"], "bold") if column["name"] in mapped else "-",
            "key" if column["name"] in key else "" if column.get("nullable", True) else "not null",
            mapped.get(column["name"], {}).get("reason", ""),
        ]
        for column in found["columns"]
    ]
    session.screen.show(table(["column", "source", "target", "", "why this type"], rows, name))
    for reference in found.get("foreign_keys", []):
        there = f"{reference['referenced_table']} ({', '.join(reference['referenced_columns'])})"
        session.screen.say(f"{', '.join(reference['columns'])} refers to {there}")
    concerned = [h for h in _hazards(session) if h["object"] == name]
    if concerned:
        _show_hazards(session, concerned)


def hazards(session: Session, words: str) -> None:
    """Hazards by severity as bars, then each; of one severity or one table only, where it is named."""
    found = assessment_of(session.folder)["hazards"]
    wanted = words.casefold()
    if wanted in SEVERITIES:
        found = [hazard for hazard in found if hazard["severity"] == wanted]
    elif words:
        name = table_named(session.folder, words)
        found = [hazard for hazard in found if hazard["object"] == name]
    if not found:
        session.screen.say(f"No hazard was found{f' for {words}' if words else ''}.", "green")
        return
    counts = Counter(hazard["severity"] for hazard in found)
    ordered = {level: counts[level] for level in SEVERITIES if counts[level]}
    session.screen.show(bars(session.screen, ordered, {level: str(count) for level, count in ordered.items()}))
    _show_hazards(session, found)


def _show_hazards(session: Session, found: list[dict[str, Any]]) -> None:
    """One row per kind of hazard, with every place where it was found."""
    kinds: dict[tuple[str, str, str], list[str]] = {}
    for hazard in found:
        place = hazard["object"] + (f".{hazard['column']}" if hazard.get("column") else "")
        counted = "" if hazard["count"] is None else f": {hazard['count']:,}"
        kinds.setdefault((hazard["severity"], hazard["title"], hazard["remedy"]), []).append(f"{place}{counted}")
    rows: list[list[Cell]] = [
        [(severity, SEVERITIES.get(severity, "")), title, _list(places), remedy]
        for (severity, title, remedy), places in list(kinds.items())[:SHOWN]
    ]
    session.screen.show(table(["severity", "hazard", "where: rows", "remedy"], rows))
    _rest(session, len(kinds), "kinds of hazards")


def _list(places: list[str]) -> str:
    more = f" and {len(places) - PLACES} more" if len(places) > PLACES else ""
    return ", ".join(places[:PLACES]) + more


def diff(session: Session, words: str) -> None:
    """What the plan makes of types and objects; `live`: what the target has otherwise than planned."""
    if words.casefold() == "live":
        _live(session)
        return
    if words:
        _columns(session, table_named(session.folder, words))
        return
    plan = plan_of(session.folder)
    if plan["move"] is None:
        session.screen.say("The plan rests on declared facts: no table of it is known.")
        return
    changes = Counter((c["source_type"], c["target_type"]) for t in plan["move"]["tables"] for c in t["columns"])
    most = max(changes.values(), default=0)
    rows: list[list[Cell]] = [
        [before, after, str(count), bar(count, most, session.screen.blocks)]
        for (before, after), count in changes.most_common(SHOWN)
    ]
    session.screen.show(table(["source type", "target type", ">columns", ""], rows))
    _rest(session, len(changes), "pairs of types")
    if plan["renames"]:
        renamed: list[list[Cell]] = [[old, new] for old, new in list(plan["renames"].items())[:SHOWN]]
        session.screen.show(table(["renamed", "to"], renamed))
    if plan["omissions"]:
        left: list[list[Cell]] = [[o["kind"], o["object"], o["reason"]] for o in plan["omissions"][:SHOWN]]
        session.screen.show(table(["left out", "object", "why"], left))
        _rest(session, len(plan["omissions"]), "omissions")
    session.screen.say("/diff TABLE shows every column; /diff live compares the target itself with the plan.", "dim")


def _live(session: Session) -> None:
    from agent.validate import schema_differences

    plan_of(session.folder)
    if session.folder.read_artifact("planning/target-catalog.json") is None:
        session.screen.say("The plan rests on declared facts: there is nothing to compare the target with.")
        return
    session.screen.status("  reading the target's schema")
    with session.run.ends.target() as target:
        if target is None:
            raise UsageError("TARGET_NOT_OPEN", "The target is not there yet.", "It is made when the plan is executed.")
        found = schema_differences(session.run, target)
    if not found:
        session.screen.say("The target's schema is as planned.", "green")
        return
    rows: list[list[Cell]] = [[d["kind"], d["object"], str(d.get("detail") or "")] for d in found[:SHOWN]]
    session.screen.show(table(["difference", "object", "detail"], rows))
    _rest(session, len(found), "differences")


def budget(session: Session, words: str) -> None:
    """Content tokens against the limit of every phase, what was billed, and what it cost."""
    from agent.spending import phase_spending, total_cost

    journal = session.folder.journal
    spent = phase_spending(journal)
    limits = {name: phase.tokens for name, phase in PHASES.items()} | {CHAT: CHAT_TOKENS}
    rows = [_budget_row(session, name, limit, spent.get(name)) for name, limit in limits.items()]
    session.screen.show(
        table(["phase", "content of its limit", ">tokens", ">limit", ">billed", ">cached", ">cost", "model"], rows)
    )
    if not spent:
        session.screen.say("No model was asked in this migration: nothing was spent.")
        return
    cost = total_cost(journal)
    session.screen.say(f"in all {_dollars(cost)}; chat: the last question of {CHAT_TOKENS:,} tokens each", "dim")


def _budget_row(session: Session, name: str, limit: int, spent: Spending | None) -> list[Cell]:
    used = spent.estimated if spent else 0
    style = "red" if used >= limit else "yellow" if used >= 0.8 * limit else "green"
    row: list[Cell] = [name, (gauge(used, limit, session.screen.blocks), style), f"{used:,}", f"{limit:,}"]
    if spent is None:
        return [*row, "-", "-", "-", ""]
    return [*row, f"{spent.billed:,}", f"{spent.cached:,}", _dollars(spent.cost_usd), spent.model or ""]


def _dollars(cost: float | None) -> str:
    return "price not known" if cost is None else f"${cost:,.4f}"


def _mapping(session: Session, name: str) -> dict[str, Any]:
    move = (session.folder.read_json("plan.json") or {}).get("move") or {}
    return next((t for t in move.get("tables", []) if t["source"] == name), {})


def _hazards(session: Session) -> list[dict[str, Any]]:
    found = output_of(session.folder, ANALYZER) or {}
    return list(found.get("hazards", []))


def _rest(session: Session, count: int, what: str) -> None:
    if count > SHOWN:
        session.screen.say(f"and {count - SHOWN:,} more {what}", "dim")
