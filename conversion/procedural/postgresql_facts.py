"""What holds for PostgreSQL's programs whatever they become."""

from __future__ import annotations

import re

from conversion.procedural.tokens import Reader
from conversion.procedural.tree import Node, walk
from conversion.relational.direction import Procedural
from conversion.shapes import Untranslatable
from engines.catalog import Catalog, Routine, Table, Trigger, View
from engines.full_names import qualified

ROWS_RETURNED = "it returns rows, which only a SELECT of MySQL can: make it a view or a procedure"
ARGUMENTS = re.compile(r"\bEXECUTE (?:FUNCTION|PROCEDURE) .*\((?P<given>.*)\)\s*$", re.DOTALL)


def check_trigger(trigger: Trigger, columns: bool = False) -> None:
    """Untranslatable for a trigger of a kind that the target doesn't have; columns: it has UPDATE OF columns."""
    if trigger.level != "row":
        raise Untranslatable("it fires once for a statement, the target's triggers once for each row")
    if trigger.options.get("constraint"):
        raise Untranslatable("it is a constraint trigger, which may wait for the end of the transaction")
    if trigger.options.get("old_table") or trigger.options.get("new_table"):
        raise Untranslatable("it reads transition tables")
    if trigger.options.get("fires"):
        raise Untranslatable("it fires in replication, too")
    if not trigger.enabled:
        raise Untranslatable("it is disabled, and the target has no disabled triggers")
    if trigger.columns and not columns:
        raise Untranslatable("UPDATE OF columns fires by what the statement names, which the target doesn't tell")
    if "TRUNCATE" in trigger.events:
        raise Untranslatable("it fires on TRUNCATE, for which the target has no triggers")
    given = ARGUMENTS.search(trigger.definition)
    if given and given["given"].strip():
        raise Untranslatable("its function gets arguments (TG_ARGV)")


def function_of(catalog: Catalog, trigger: Trigger) -> Routine:
    """The function that a trigger calls; Untranslatable where its text isn't PL/pgSQL of the database's own."""
    for routine in catalog.routines:
        if qualified(routine.schema_name, routine.name) == trigger.function and not routine.parameters:
            if routine.language != "plpgsql":
                raise Untranslatable(f"its function is written in {routine.language}")
            check_settings(routine)
            return routine
    raise Untranslatable(f"its function {trigger.function} is no PL/pgSQL of this database")


def check_routine(routine: Routine) -> None:
    """Untranslatable for a routine of a kind or language that has no counterpart."""
    if routine.kind == "aggregate":
        raise Untranslatable("aggregates of one's own have no counterpart")
    if routine.language not in ("plpgsql", "sql"):
        raise Untranslatable(f"it is written in {routine.language}")
    returns = (routine.returns or "").lower()
    if returns.startswith(("setof ", "table(")):
        raise Untranslatable(ROWS_RETURNED)
    if returns in ("record", "anyelement", "anyarray", "internal", "cstring"):
        raise Untranslatable(f"it returns {returns}")
    if "window" in routine.options:
        raise Untranslatable("it is a window function")
    check_settings(routine)


def check_settings(routine: Routine) -> None:
    """Untranslatable for a routine that changes a setting while it runs; a search path is resolved beforehand."""
    for option in routine.options:
        if option.startswith("set ") and option != "set search_path":
            raise Untranslatable(f"it runs under a setting of its own ({option[len('set ') :]})")


def parameter_names(routine: Routine) -> list[str]:
    """The names of its parameters; one without gets its number."""
    return [item.name or f"p{place}" for place, item in enumerate(routine.parameters, 1)]


def needs_early_number(tree: Node, table: Table, timing: str, event: str) -> bool:
    """Whether a BEFORE INSERT trigger reads the column that MySQL numbers only when the row is stored."""
    if (timing, event) != ("BEFORE", "INSERT"):
        return False
    numbered = {c.name.lower() for c in table.columns if c.identity or (c.default or "").startswith("nextval(")}
    for node in walk(tree):
        for text in (value for value in vars(node).values() if isinstance(value, str)):
            tokens = Reader(text, "postgresql").tokens
            for one, dot, name in zip(tokens, tokens[1:], tokens[2:], strict=False):
                if one.name.lower() == "new" and dot.text == "." and name.name.lower() in numbered:
                    return True
    return False


def trigger_functions(source: Catalog, result: Procedural) -> None:
    """A trigger's function stands inside of the trigger; it is refused where a trigger that calls it is."""
    owners: list[Table | View] = [*source.tables, *source.views]
    called: dict[str, list[str]] = {}
    for owner in owners:
        for trigger in owner.triggers:
            called.setdefault(trigger.function or "", []).append(f"{owner.full_name}.{trigger.name}")
    for routine in source.routines:
        if routine.returns not in ("trigger", "event_trigger"):
            continue
        users = called.get(qualified(routine.schema_name, routine.name), [])
        if users and all(user in result.triggers for user in users):
            result.routines[routine.full_name] = []
            result.notes[routine.full_name] = [f"it stands in the triggers that called it: {', '.join(users)}"]
        else:
            left = [user for user in users if user not in result.triggers]
            reason = f"{left[0]}, which calls it, isn't carried over" if left else "no trigger calls it"
            result.refused[routine.full_name] = ("routine", reason)
