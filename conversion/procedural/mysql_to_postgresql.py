"""Triggers and routines of MySQL and MariaDB as those of PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

from conversion.procedural.context import Context
from conversion.procedural.make_postgresql import Maker
from conversion.procedural.mysql_facts import check_routine, check_trigger, reads_only, reads_tables, trigger_notes
from conversion.procedural.mysql_to_plpgsql import SIZED, MysqlToPlpgsql, truth_only
from conversion.procedural.parse_mysql import parse_body
from conversion.procedural.scope import Local, RoutineShape, Scope
from conversion.procedural.tree import Assign, Block, Node, Return
from conversion.procedural.types import Declared, declared, is_flag
from conversion.relational.direction import Procedural
from conversion.shapes import Untranslatable
from engines.catalog import Kind, Routine, Table, Trigger

ROWS = {"INSERT": ("new",), "UPDATE": ("new", "old"), "DELETE": ("old",)}
OLD = ("9", "10", "11", "12", "13")  # versions of PostgreSQL whose procedures have no OUT parameters
DEFINER = "it ran with the rights of {definer}; on PostgreSQL it runs with those of the caller"
LENGTH = "its text parameters take texts of any length: PostgreSQL forgets the length of a parameter's type"
FLAG = "parameter {name} is boolean on PostgreSQL: MySQL's BOOLEAN also takes other numbers"


def convert_programs(context: Context, result: Procedural) -> None:
    """Every trigger and routine of the source into result, translated or refused."""
    maker = Maker.beside(context)
    _routines(context, result, maker)
    for table in context.source.tables:
        for trigger in table.triggers:
            name = f"{table.full_name}.{trigger.name}"
            context.languages.notes = []
            try:
                made, routine = _trigger(context, maker, table, trigger)
            except Untranslatable as error:
                result.refused[name] = ("trigger", error.reason)
                continue
            result.triggers[name], result.routines[name] = [made], [routine]
            result.notes[name] = [*context.languages.notes, *trigger_notes(table, trigger, "postgresql")]


def _trigger(context: Context, maker: Maker, table: Table, trigger: Trigger) -> tuple[Trigger, Routine]:
    check_trigger(table, trigger)
    shape = context.languages.shapes.find(table.full_name) or context.languages.shapes.find(table.name)
    if shape is None:
        raise Untranslatable("its table isn't on the target")
    event = trigger.events[0]
    walker = MysqlToPlpgsql(context)
    scope = Scope(rows=dict.fromkeys(ROWS[event], shape))
    body = walker.body([parse_body(trigger.body or "")], scope)
    returned = "NULL" if trigger.timing == "AFTER" else "OLD" if event == "DELETE" else "NEW"
    block = _whole(body, walker, Return(returned))
    several = [t for t in table.triggers if (t.timing, t.events) == (trigger.timing, trigger.events)]
    name = trigger.name
    if [t.name for t in several] != sorted(t.name for t in several):  # PostgreSQL fires by name
        name = f"{several.index(trigger) + 1:02d}_{name}"
        context.languages.note(f"it is called {name}, because triggers of PostgreSQL fire in the order of their names")
    return maker.trigger(name, shape, trigger.timing, [event], block, function=trigger.name)


def _whole(body: list[Node], walker: MysqlToPlpgsql, last: Node | None) -> Block:
    """One block of all: what the translation declares, the program's own block, and the end."""
    single = body[0] if len(body) == 1 and isinstance(body[0], Block) and not body[0].handlers else None
    block = single if single is not None and (single.label is None or last is None) else Block(body)
    block.variables = [*walker.extra_variables(), *block.variables]
    if last is not None:
        block.body = [*block.body, last]
    return block


def _routines(context: Context, result: Procedural, maker: Maker) -> None:
    """All routines; where one is refused, those that call it are looked at again without it."""
    routines = {routine.full_name: routine for routine in context.source.routines}
    names = {name: maker.namer.take(f"functions:{context.schema}", item.name) for name, item in routines.items()}
    shapes: dict[str, tuple[Routine, RoutineShape]] = {}
    for name, routine in routines.items():
        try:
            check_routine(routine)
            shapes[name] = routine, _shape(context, routine, names[name])
        except Untranslatable as error:
            result.refused[name] = ("routine", error.reason)
    while True:
        context.languages.routines = {routine.name.lower(): shape for routine, shape in shapes.values()}
        refused = {}
        for name, (routine, shape) in shapes.items():
            context.languages.notes = []
            try:
                result.routines[name] = [_routine(context, maker, routine, shape, names[name])]
                result.notes[name] = [*context.languages.notes, *_routine_notes(routine)]
            except Untranslatable as error:
                refused[name] = error.reason
        for name, reason in refused.items():
            result.refused[name] = ("routine", reason)
            del shapes[name]
            result.routines.pop(name, None)
            result.notes.pop(name, None)
        if not refused:
            return


def _shape(context: Context, routine: Routine, name: str) -> RoutineShape:
    parameters = []
    for item in routine.parameters:
        kind = _parameter_type(context, item.native)
        parameters.append((item.mode, kind.local("", context.source.collation or "")))
    returned = _returned(context, routine)
    return RoutineShape(
        f"{context.quoted(context.schema)}.{context.quoted(name)}", returned.kind, returned.native,
        routine.kind == "procedure", tuple(parameters),
    )  # fmt: skip


def _parameter_type(context: Context, native: str) -> Declared:
    """Small integers become integer: PostgreSQL finds no function for a plain 1 where it takes smallint."""
    if is_flag(native):
        return Declared("boolean", Kind.BOOLEAN)
    found = declared(native, context.ends, context.target)
    return replace(found, native="integer") if found.native == "smallint" else found


def _returned(context: Context, routine: Routine) -> Declared:
    if routine.returns is None:
        return Declared("", Kind.OTHER)
    if is_flag(routine.returns) and truth_only(parse_body(routine.body or "")):
        return Declared("boolean", Kind.BOOLEAN)
    return declared(routine.returns, context.ends, context.target)


def _routine(context: Context, maker: Maker, routine: Routine, shape: RoutineShape, name: str) -> Routine:
    tree = parse_body(routine.body or "")
    returned = _returned(context, routine)
    walker = MysqlToPlpgsql(context, returned.local("") if routine.kind == "function" else None)
    scope = Scope()
    parameters: list[tuple[str, str, Local]] = []
    sized: list[Node] = []
    old = context.version.split(".")[0] in OLD
    if old and any(item.mode == "OUT" for item in routine.parameters):
        raise Untranslatable("procedures of PostgreSQL before 14 have no OUT parameters")
    for item, (mode, local) in zip(routine.parameters, shape.parameters, strict=True):
        spelled = context.quoted(item.name)
        if item.name.lower() in context.column_names:
            spelled = f"{context.quoted(name)}.{spelled}"
        scope.names[item.name.lower()] = Local(spelled, local.kind, local.native, local.collation, local.scale)
        parameters.append((item.name, mode, local))
        if mode != "OUT" and SIZED.match(local.native):  # PostgreSQL forgets the digits of a parameter
            sized.append(Assign([spelled], f"CAST({spelled} AS {local.native})"))
    body = walker.body([tree], scope)
    block = _whole(body, walker, None)
    block.body = [*sized, *block.body]
    return maker.routine(
        context.schema, name, routine.kind, parameters, returned.native or None, block,
        _volatility(routine, tree), routine.comment,
    )  # fmt: skip


def _volatility(routine: Routine, tree: Node) -> str:
    """IMMUTABLE only for what reads no table and calls nothing; STABLE for what only reads, where MySQL was told so."""
    if routine.kind != "function" or routine.options.get("deterministic") != "YES" or not reads_only(tree):
        return "volatile"
    return "stable" if reads_tables(tree) else "immutable"


def _routine_notes(routine: Routine) -> list[str]:
    notes = []
    if routine.options.get("security", "DEFINER") == "DEFINER":
        notes.append(DEFINER.format(definer=routine.options.get("definer", "its definer")))
    if any("varchar(" in item.native.lower() for item in routine.parameters):
        notes.append(LENGTH)
    notes += [FLAG.format(name=item.name) for item in routine.parameters if is_flag(item.native)]
    return notes
