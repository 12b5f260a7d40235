"""Commands that make, change or drop collections and indexes, so that running one twice is the same as once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import json_util
from pymongo.database import Database
from pymongo.errors import OperationFailure

from engines.errors import EngineError, UsageError
from engines.mongodb.introspect.collections import describe, plain

# what conversion/documents/commands.py writes, and what takes it back
COMMANDS = frozenset({"create", "createIndexes", "collMod", "drop", "dropIndexes"})
# command -> codes of the server which say that it was done already (src/mongo/base/error_codes.yml)
DONE = {"create": {48}, "drop": {26}, "dropIndexes": {26, 27}}
LIKE = {"viewOn": "view_on", "pipeline": "pipeline", "validator": "validator"}


def parsed(text: str) -> dict[str, Any]:
    """The command of a statement's text; NOT_A_COMMAND for any that does something else."""
    try:
        command = json_util.loads(text)
    except ValueError:
        command = None
    name = next(iter(command), "") if isinstance(command, dict) else ""
    if name not in COMMANDS:
        raise UsageError(
            "NOT_A_COMMAND",
            f"The statement {name or text[:40]!r} makes no collection or index.",
            f"Write one of {', '.join(sorted(COMMANDS))} as JSON.",
        )
    found: dict[str, Any] = command
    return found


def run_again(database: Database[Any], command: Mapping[str, Any]) -> None:
    """Run a command that may have run before, whether or not anybody learnt of it."""
    name = next(iter(command))
    try:
        database.command(dict(command))
    except OperationFailure as error:
        if error.code not in DONE.get(name, set()):
            raise
        if name == "create":
            _like(database, command)


def _like(database: Database[Any], command: Mapping[str, Any]) -> None:
    """Nothing where the collection that is there is what the command would make, as far as it says; OBJECT_DIFFERS."""
    name = command["create"]
    entries = database.command("listCollections", filter={"name": name})["cursor"]["firstBatch"]
    there = describe(entries[0]) if entries else None
    for option, wanted in command.items():
        if there is None or option == "create":
            continue
        found = getattr(there, LIKE[option]) if option in LIKE else there.options.get(option)
        if found != plain(wanted) and not _widened(found, plain(wanted)):
            raise EngineError(
                "OBJECT_DIFFERS",
                f"The target has a collection {name} already, whose {option} differs from the plan's.",
                "Drop or rename it, or give the migration a database of its own.",
            )


def _widened(found: Any, wanted: Any) -> bool:
    """Whether an option holds what was asked for: the server fills in defaults (collation, time series)."""
    if not isinstance(found, dict) or not isinstance(wanted, dict):
        return False
    return all(name in found and (found[name] == one or _widened(found[name], one)) for name, one in wanted.items())
