"""What holds for MySQL's programs whatever they become: what they read and write, and where their triggers differ."""

from __future__ import annotations

from conversion.procedural.tokens import Reader
from conversion.procedural.tree import Call, Node, Sql, walk
from conversion.shapes import Untranslatable
from engines.catalog import Routine, Table, Trigger

CASCADE = ("CASCADE", "SET NULL", "SET DEFAULT")
CASCADES = "rows that a foreign key changes or deletes fire it on the target; in MySQL they don't"
EARLY = "it reads {name} before the row is stored, where MySQL has 0 and the target the new number"
LATE = (
    "it runs after all rows of the statement are changed, in MySQL after each row: what it reads of its own table "
    "may differ in statements that change several rows"
)
LOOSE = "it was made without strict mode: MySQL cut or replaced values that don't fit, the target refuses them"


def check_trigger(table: Table, trigger: Trigger) -> None:
    """Untranslatable for a trigger whose meaning the target can't have."""
    if not trigger.body:
        raise Untranslatable("its body isn't known")
    if len(trigger.events) != 1:
        raise Untranslatable("it fires on several events, which only later versions of MariaDB have")
    check_mode(trigger.options.get("sql_mode", ""))
    identity = next((column.name for column in table.columns if column.identity), None)
    early = trigger.timing == "BEFORE" and trigger.events == ["INSERT"]
    if identity and early and _mentions(trigger.body, "new", identity):
        raise Untranslatable(EARLY.format(name=f"NEW.{identity}"))


def check_routine(routine: Routine) -> None:
    """Untranslatable for a routine that isn't written in SQL or whose sql_mode changes how it is read."""
    if routine.kind == "aggregate":
        raise Untranslatable("aggregate functions written in SQL exist only in MariaDB")
    if routine.language.lower() != "sql" or not routine.body:
        raise Untranslatable(f"it is written in {routine.language}")
    check_mode(routine.options.get("sql_mode", ""))


def check_mode(mode: str) -> None:
    """sql_mode settings under which the same text means something else."""
    for word in ("ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "PIPES_AS_CONCAT", "ORACLE", "ANSI", "HIGH_NOT_PRECEDENCE"):
        if word in mode.upper().split(","):
            raise Untranslatable(f"it was made under sql_mode {word}, which changes how its text is read")


def trigger_notes(table: Table, trigger: Trigger, target: str) -> list[str]:
    """What a person should know of a trigger that is carried over; target: the family it goes to."""
    notes = []
    actions = [key.on_delete if trigger.events == ["DELETE"] else key.on_update for key in table.foreign_keys]
    if any(action in CASCADE for action in actions) and trigger.events != ["INSERT"]:
        notes.append(CASCADES)
    if target == "postgresql" and trigger.timing == "AFTER" and _names(trigger.body or "", table.name):
        notes.append(LATE)
    mode = trigger.options.get("sql_mode", "STRICT_TRANS_TABLES").upper()
    if "STRICT" not in mode and "TRADITIONAL" not in mode:
        notes.append(LOOSE)
    return notes


def reads_only(tree: Node) -> bool:
    """Whether nothing in the program writes or calls."""
    for node in walk(tree):
        if isinstance(node, Call):
            return False
        if isinstance(node, Sql) and not Reader(node.text, "mysql").peek().is_word("SELECT", "WITH", "VALUES"):
            return False
    return True


def reads_tables(tree: Node) -> bool:
    """Whether a query stands anywhere in the program."""
    return any(
        "select" in value.lower() for node in walk(tree) for value in vars(node).values() if isinstance(value, str)
    )


def _mentions(text: str, row: str, column: str) -> bool:
    tokens = Reader(text, "mysql").tokens
    return any(
        one.name.lower() == row and dot.text == "." and name.name.lower() == column.lower()
        for one, dot, name in zip(tokens, tokens[1:], tokens[2:], strict=False)
    )


def _names(text: str, name: str) -> bool:
    return any(token.name.lower() == name.lower() for token in Reader(text, "mysql").tokens)
