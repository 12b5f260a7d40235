"""Triggers whose statements lead back to them: SQLite doesn't fire a trigger inside of itself, other engines do."""

from __future__ import annotations

from conversion.procedural.parse_sqlite import TriggerText
from conversion.procedural.sqlite_programs import writes

EVENTS = {"INSERT": "INSERT", "REPLACE": "INSERT", "UPDATE": "UPDATE", "DELETE": "DELETE"}


def circle(parsed: dict[str, TriggerText], name: str) -> str | None:
    """The table through which the trigger fires itself again (recursive_triggers is off by default); None: it won't."""
    own = (parsed[name].event, parsed[name].table)
    by_event: dict[tuple[str, str], list[str]] = {}
    for key, text in parsed.items():
        by_event.setdefault((text.event, text.table), []).append(key)
    seen: set[tuple[str, str]] = set()
    waiting = [(step, step[1]) for step in _steps(parsed[name])]
    while waiting:
        step, through = waiting.pop()
        if step == own:
            return through
        if step in seen:
            continue
        seen.add(step)
        waiting += [(later, through) for key in by_event.get(step, []) for later in _steps(parsed[key])]
    return None


def _steps(text: TriggerText) -> list[tuple[str, str]]:
    return [(EVENTS.get(event, event), table) for event, table in writes(text.body)]
