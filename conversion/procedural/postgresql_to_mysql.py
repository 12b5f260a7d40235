"""Triggers and routines of PostgreSQL as those of MySQL and MariaDB."""

from __future__ import annotations

from conversion.procedural.context import Context
from conversion.procedural.make_mysql import Maker
from conversion.procedural.parse_plpgsql import parse_body
from conversion.procedural.parse_sql_functions import parse_sql_body
from conversion.procedural.plpgsql_to_mysql import PlpgsqlToMysql
from conversion.procedural.postgresql_facts import (
    check_routine,
    check_trigger,
    function_of,
    needs_early_number,
    parameter_names,
    trigger_functions,
)  # fmt: skip
from conversion.procedural.scope import Local, RoutineShape, Scope
from conversion.procedural.tokens import Reader
from conversion.procedural.tree import Assign, Block, Branch, Call, If, Node, Return, Sql, walk
from conversion.procedural.trigger_facts import settled
from conversion.procedural.types import Declared, declared
from conversion.relational.direction import Procedural
from conversion.shapes import TableShape, Untranslatable
from engines.catalog import Kind, Routine, Table, Trigger, View

ROWS = {"INSERT": ("new",), "UPDATE": ("new", "old"), "DELETE": ("old",)}
LABEL = "program"
VOID = "PostgreSQL calls it with SELECT; it is a procedure now, which wants CALL"
DEFAULTS = "its parameters had defaults; MySQL's calls give every argument"


def convert_programs(context: Context, result: Procedural) -> None:
    """Every trigger and routine of the source into result, translated or refused."""
    context.schema = context.target.schemas[0] if context.target and context.target.schemas else context.schema
    maker = Maker(context)
    _routines(context, result, maker)
    owners: list[Table | View] = [*context.source.tables, *context.source.views]
    for owner in owners:
        for trigger in sorted(owner.triggers, key=lambda item: item.name):
            name = f"{owner.full_name}.{trigger.name}"
            context.languages.notes = []
            try:
                result.triggers[name] = _triggers(context, maker, owner, trigger)
                result.notes[name] = list(context.languages.notes)
            except Untranslatable as error:
                result.refused[name] = ("trigger", error.reason)
    trigger_functions(context.source, result)


def _triggers(context: Context, maker: Maker, owner: Table | View, trigger: Trigger) -> list[Trigger]:
    """One trigger for each event: MySQL has no triggers for several."""
    if isinstance(owner, View):
        raise Untranslatable("MySQL has no triggers on views")
    check_trigger(trigger)
    function = function_of(context.source, trigger)
    shape = context.languages.shapes.find(owner.full_name)
    if shape is None:
        raise Untranslatable("its table isn't on the target")
    made = [(event, _body(context, owner, trigger, function, event, shape)) for event in trigger.events]
    return [maker.trigger(trigger.name, shape, trigger.timing, event, block) for event, block in made]


def _body(context: Context, table: Table, trigger: Trigger, function: Routine, event: str, shape: TableShape) -> Block:
    tree, facts = settled(table, trigger, function, event)
    if needs_early_number(tree, table, trigger.timing, event):
        raise Untranslatable("it reads the row's number before it is stored, where MySQL has 0")
    scope = Scope(rows=dict.fromkeys(ROWS[event], shape))
    for name, value in facts.items():
        scope.names[name] = Local(context.literal(value), Kind.TEXT)
    walker = PlpgsqlToMysql(context, label=LABEL)
    context.own_table = shape
    try:
        block = walker.whole(tree, scope)
        if trigger.condition is not None:
            condition = walker.condition(trigger.condition, scope)
            block = Block([If([Branch(condition, [block])])])
    finally:
        context.own_table = None
    if trigger.timing == "AFTER":
        for node in walk(tree):
            if isinstance(node, Assign) and node.target[0].lower() == "new":
                raise Untranslatable("it sets NEW after the row is stored, which does nothing")
    return block


def _routines(context: Context, result: Procedural, maker: Maker) -> None:
    shapes: dict[str, tuple[Routine, RoutineShape]] = {}
    taken: set[str] = set()
    for routine in context.source.routines:
        if routine.returns in ("trigger", "event_trigger"):
            continue
        try:
            check_routine(routine)
            shape = _shape(context, routine)
            key = f"{shape.procedure}:{routine.name.lower()}"
            if key in taken:
                raise Untranslatable("another function has its name, and MySQL tells them apart by name alone")
            taken.add(key)
            shapes[routine.full_name] = routine, shape
        except Untranslatable as error:
            result.refused[routine.full_name] = ("routine", error.reason)
    while True:
        context.languages.routines = {routine.name.lower(): shape for routine, shape in shapes.values()}
        refused = {}
        for name, (routine, shape) in shapes.items():
            context.languages.notes = []
            try:
                result.routines[name] = [_routine(context, maker, routine, shape)]
                result.notes[name] = [*context.languages.notes, *_notes(routine, shape)]
            except Untranslatable as error:
                refused[name] = error.reason
        for name, reason in refused.items():
            result.refused[name] = ("routine", reason)
            del shapes[name]
            result.routines.pop(name, None)
            result.notes.pop(name, None)
        if not refused:
            return


def _shape(context: Context, routine: Routine) -> RoutineShape:
    parameters = []
    for item in routine.parameters:
        if item.mode not in ("IN", "OUT", "INOUT"):
            raise Untranslatable(f"it has {item.mode} parameters")
        if routine.kind == "function" and item.mode != "IN":
            raise Untranslatable("functions of MySQL have no OUT parameters")
        parameters.append((item.mode, declared(item.native, context.ends, context.target).local("")))
    void = routine.kind == "procedure" or routine.returns in (None, "void")
    returned = Declared("", Kind.OTHER) if void else declared(routine.returns or "", context.ends, context.target)
    return RoutineShape(context.quoted(routine.name), returned.kind, returned.native, void, tuple(parameters))


def _routine(context: Context, maker: Maker, routine: Routine, shape: RoutineShape) -> Routine:
    kind = "procedure" if shape.procedure else "function"
    if routine.language == "sql":
        tree = parse_sql_body(routine.body or "", not shape.procedure)
    else:
        tree = parse_body(routine.body or "")
    scope, parameters = Scope(), []
    for place, (name, (mode, local)) in enumerate(zip(parameter_names(routine), shape.parameters, strict=True), 1):
        wanted = f"p_{name}" if name.lower() in context.column_names else name
        found = Local(context.quoted(wanted), local.kind, local.native, local.collation, local.scale)
        scope.names[name.lower()] = scope.names[f"${place}"] = found
        parameters.append((wanted, mode, local))
    context.languages.conflict = "column" if routine.language == "sql" else "error"
    walker = PlpgsqlToMysql(context, None if shape.procedure else Local("", shape.kind, shape.native), LABEL)
    last = tree.body[-1] if tree.body else None
    if shape.procedure and isinstance(last, Return) and last.value is None:
        tree.body.pop()
    block = walker.whole(tree, scope, _strict(context, routine, scope, shape))
    return maker.routine(
        routine.name, kind, parameters, shape.native or None, block, _access(tree), routine.volatility == "immutable",
        "DEFINER" if routine.options.get("security") == "definer" else "INVOKER", routine.comment,
    )  # fmt: skip


def _strict(context: Context, routine: Routine, scope: Scope, shape: RoutineShape) -> list[Node]:
    """A function that isn't called with NULL gives NULL for it."""
    if "strict" not in routine.options or not shape.parameters:
        return []
    if shape.procedure:
        raise Untranslatable("it does nothing when an argument is NULL (STRICT)")
    names = [scope.names[f"${place}"].text for place in range(1, len(shape.parameters) + 1)]
    return [If([Branch(" OR ".join(f"{name} IS NULL" for name in names), [Return("NULL")])])]


def _access(tree: Block) -> str:
    """MODIFIES SQL DATA, READS SQL DATA or CONTAINS SQL, as MySQL's replication wants to know."""
    for node in walk(tree):
        changes = isinstance(node, Sql) and not Reader(node.text, "postgresql").peek().is_word("SELECT")
        if changes or isinstance(node, Call) or (isinstance(node, Sql) and node.discard):
            return "MODIFIES SQL DATA"
    texts = (value for node in walk(tree) for value in vars(node).values() if isinstance(value, str))
    return "READS SQL DATA" if any("select" in text.lower() for text in texts) else "CONTAINS SQL"


def _notes(routine: Routine, shape: RoutineShape) -> list[str]:
    notes = [VOID] if shape.procedure and routine.kind == "function" else []
    return notes + ([DEFAULTS] if any(item.default for item in routine.parameters) else [])
