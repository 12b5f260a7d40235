"""Errors as tools answer them: never a success, never a secret, and with a person's part where there is one."""

from __future__ import annotations

import os
import sqlite3
import sys
import traceback
from typing import TYPE_CHECKING

from pydantic import ValidationError

from agent.mcp_server.replies import Failure, Person
from agent.tools import PERSONS
from engines.connection import redact
from engines.errors import DbmoError
from skills.digest import clean

if TYPE_CHECKING:
    from mcp_types import CallToolResult

WIDTH = 600  # characters of a sentence, which may quote a database
WHY = {
    "APPROVAL_MISSING": "Writing to a target that may not be lost is a person's decision, bound to this plan's hash.",
    "APPROVAL_VOID": "The approval was for something else; a person has to look at what changed.",
    "APPROVER_KEY_NEEDED": "The request names approvers; only a signature with one of their keys counts.",
    "BACKUP_NOT_VERIFIED": "Whether a backup is good enough, or can be gone without, is a person's decision.",
    "DEPENDENCIES_TOO_COMPLEX": "What hangs on other systems has to be untangled, or accepted, by people.",
    "FEATURE_UNSUPPORTED": "Leaving something of the source behind is a person's decision.",
    "ROLLBACK_NOT_REHEARSED": "Going without a tried way back is a person's decision.",
}
COMMANDS = {
    "APPROVAL_MISSING": "dbmo approve {folder}",
    "APPROVAL_VOID": "dbmo approve {folder}",
    "APPROVER_KEY_NEEDED": "dbmo approve {folder} --key KEY.pem",
    "ROLLBACK_NOT_REHEARSED": "dbmo rehearse {folder}",
}
FOREIGN_COMMAND = "dbmo run REQUEST.json"  # what is to be decided stands in the request


def failure_of(error: BaseException, folder: str = "DIR") -> Failure:
    """Code, what and remedy of any error; folder is the migration's, for the command that a person runs."""
    if isinstance(error, DbmoError):
        return say(error.code, error.what, error.remedy, folder)
    if isinstance(error, ValidationError):
        return say("ARGUMENTS_INVALID", f"Wrong arguments: {mistakes(error)}.", "Correct them and call again.", folder)
    if isinstance(error, sqlite3.Error | OSError):
        remedy = "A person has to free space or rights, or put the file back; then call again."
        return say("SYSTEM", f"The system refused: {error}.", remedy, folder)
    if os.environ.get("DBMO_DEBUG"):
        sys.stderr.write(redact("".join(traceback.format_exception(error))))
    what = f"The program met a case it does not know ({type(error).__name__})."
    return say("DEFECT", what, "A person can start the server with DBMO_DEBUG=1 and look at its log.", folder)


def say(code: str, what: str, remedy: str, folder: str) -> Failure:
    """A failure redacted and cut; with the person's part for the codes that need one."""
    return Failure(
        code=code, what=_safe(what), remedy=_safe(remedy), person=person(code, folder) if needs_person(code) else None
    )


def needs_person(code: str | None) -> bool:
    """Whether only a person can go on."""
    return code in PERSONS or code in WHY


def person(code: str, folder: str) -> Person:
    """Why a person, and the command."""
    why = WHY.get(code, "This is a person's decision.")
    return Person(why=why, command=COMMANDS.get(code, FOREIGN_COMMAND).format(folder=folder))


def mistakes(error: ValidationError) -> str:
    """Which field is wrong and why, without what was given."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in found[:8])


def as_result(failure: Failure) -> CallToolResult:
    """The failure as an error result: sentences for the model, the same as data for programs."""
    from mcp_types import CallToolResult, TextContent

    text = f"{failure.what} {failure.remedy} [{failure.code}]"
    if failure.person is not None:
        text += f"\nOnly a person can go on. Why: {failure.person.why}\nThe person runs: {failure.person.command}"
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=failure.model_dump(mode="json"),
        is_error=True,
    )


def _safe(text: str) -> str:
    return str(clean(redact(text), WIDTH))
