"""Steps of MySQL that were begun by a run that ended: whether what is there now is theirs, or somebody else's.

MySQL commits every statement that makes something, so a note goes before it. A run that ends between the two leaves a
note of something that was never made, and anybody may make something of that name before the next run comes.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from conversion.mapping import Statement
from engines.errors import DbmoError, EngineError
from engines.mysql.quoting import quote_identifier
from engines.own_state import note
from transfer.ddl import GONE, REFERENCE, THERE, TWICE
from transfer.state import State

TWIN = quote_identifier(note("twin", "mysql"))
UNANSWERED = frozenset({"CONNECTION_LOST", "CONNECTION_FAILED", "TOO_MANY_CONNECTIONS"})
PARTS = frozenset({"unique", "index", "fk"})  # of tables that this migration made: nobody's rows are in them
# kind of a step -> what is made under another name to be compared with it
COMPARED = {"table": "TABLE", "view": "VIEW", "sequence": "SEQUENCE"}
# kind of a step -> SQL that gives the body of what has a name, as it was written
BODIES = {
    "routine": "SELECT ROUTINE_DEFINITION FROM information_schema.ROUTINES"
    " WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_NAME = %s AND ROUTINE_TYPE = %s",
    "trigger": "SELECT ACTION_STATEMENT FROM information_schema.TRIGGERS"
    " WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME = %s AND %s = 'TRIGGER'",
    "event": "SELECT EVENT_DEFINITION FROM information_schema.EVENTS"
    " WHERE EVENT_SCHEMA = DATABASE() AND EVENT_NAME = %s AND %s = 'EVENT'",
}
WRONG_KIND = frozenset({1347, 4089})  # it is no view, no sequence
# what differs in the texts of two tables that were made by the same words
OWN_WORDS = re.compile(r"CONSTRAINT `(?:[^`]|``)+` (?=CHECK)| AUTO_INCREMENT=\d+")


def is_there(error: DbmoError) -> bool:
    """Whether the server refused to make something because something of that name is there."""
    number = error.data.get("errno")
    return number in THERE or (number == REFERENCE and TWICE in error.what)


def is_refused(error: DbmoError) -> bool:
    """Whether the server said no, so that nothing was made; a connection that was lost says nothing."""
    return error.data.get("errno") is not None and error.code not in UNANSWERED


def settle(state: State, statement: Statement) -> None:
    """A step that was begun once, and of which something is there: it is done, or is done again.

    EngineError OBJECT_TAKEN where what is there isn't what the statement makes. A part of a table of ours that isn't
    the same is made again.
    """
    if is_own(state, statement):
        return
    if statement.kind in PARTS and statement.undo:
        run_alone(state, statement.undo, GONE)
        run_alone(state, statement.sql, frozenset())
        return
    raise EngineError(
        "OBJECT_TAKEN",
        f"{statement.object} ({statement.kind}) was made in the target by somebody else while this migration stood"
        " still.",
        "Rename or drop it, and run the same command again.",
    )


def is_own(state: State, statement: Statement) -> bool:
    """Whether what is there is what the statement makes, and, of a table, without rows."""
    if statement.kind in COMPARED:
        return _is_twin(state, statement)
    if statement.kind in PARTS:
        return _is_part(state, statement)
    return statement.kind in BODIES and _is_body(state, statement)


def quoted(statement: Statement) -> str:
    """The name of what the statement makes, as its way back has it: DROP TABLE `name`."""
    return (statement.undo or "").partition(" ")[2].partition(" ")[2]


def _is_twin(state: State, statement: Statement) -> bool:
    """Made again under another name, it must read the same."""
    kind, name = COMPARED[statement.kind], quoted(statement)
    there = _shown(state, f"SHOW CREATE {kind} {name}")
    if there is None or (kind == "TABLE" and state.writer.query(f"SELECT 1 FROM {name} LIMIT 1")):
        return False
    _refuse_rows(state)
    drop = f"DROP {kind} IF EXISTS {TWIN}"
    run_alone(state, drop, frozenset())
    try:
        run_alone(state, OWN_WORDS.sub("", statement.sql).replace(name, TWIN, 1), frozenset())
        twin = _shown(state, f"SHOW CREATE {kind} {TWIN}")
    finally:
        run_alone(state, drop, frozenset())
    return twin is not None and OWN_WORDS.sub("", twin.replace(TWIN, name, 1)) == OWN_WORDS.sub("", there)


def _refuse_rows(state: State) -> None:
    """What a killed run left of a twin has no rows: a table with some is somebody else's, and is not dropped."""
    there = _shown(state, f"SHOW CREATE TABLE {TWIN}")
    is_table = there is not None and there.startswith("CREATE TABLE") and " SEQUENCE=1" not in there
    if is_table and state.writer.query(f"SELECT 1 FROM {TWIN} LIMIT 1"):
        raise EngineError(
            "OBJECT_TAKEN",
            f"The target's table {TWIN} holds rows, under a name that this program makes tables of and drops them.",
            "Rename it, and run the same command again.",
        )


def _is_part(state: State, statement: Statement) -> bool:
    """The server shows a table's parts one a line; what it writes in other words is taken for another one."""
    owner, _, clause = statement.sql.removeprefix("ALTER TABLE ").partition(" ADD ")
    shown = _shown(state, f"SHOW CREATE TABLE {owner}") or ""
    lines = {line.strip().rstrip(",").replace(", ", ",") for line in shown.splitlines()}
    return clause.replace(", ", ",") in lines


def _is_body(state: State, statement: Statement) -> bool:
    name = quoted(statement)[1:-1].replace("``", "`")
    kind = (statement.undo or "").split()[1]
    found = state.writer.query(BODIES[statement.kind], (name, kind))
    body = found[0][0] if found else None
    return body is not None and statement.sql.rstrip().rstrip(";").endswith(str(body).strip().rstrip(";"))


def _shown(state: State, sql: str) -> str | None:
    try:
        return str(state.writer.query(sql)[0][1])
    except DbmoError as error:
        if error.data.get("errno") in GONE | WRONG_KIND:
            return None
        raise


def run_alone(state: State, sql: str, accepted: frozenset[int]) -> None:
    """Run a statement under the fence; errors of these numbers say that it was done already."""
    try:
        with state.writer.begin() as connection:
            state.fence(connection)
            state.writer.run(connection, sql)
    except DbmoError as error:
        if error.data.get("errno") not in accepted:
            raise


def may_take_back(state: State, statement: Statement, done: Collection[str]) -> bool:
    """Whether what is there may be undone: it was made by a step that is done, or is what the statement makes."""
    return statement.id in done or statement.kind in PARTS or is_own(state, statement)
