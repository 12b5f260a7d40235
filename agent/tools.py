"""What a model may call: typed tools, their answers, and the three ways in which a call can fail."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from agent.wire.types import Block
from engines.connection import redact
from engines.errors import DbmoError, EngineError, UsageError
from skills.digest import Digest, clean, fenced
from skills.untrusted import masked

REASON = 400  # characters of why a call failed
WHOLE = 2**53  # numbers up to which JSON readers agree
Kind = Literal["ok", "correct", "give_up", "person"]
PERSONS = frozenset(  # what stops a migration until a person decides
    {
        "APPROVAL_MISSING",
        "APPROVAL_VOID",
        "BACKUP_NOT_VERIFIED",
        "DEPENDENCIES_TOO_COMPLEX",
        "FEATURE_UNSUPPORTED",
        "ROLLBACK_NOT_REHEARSED",
    }
)


@dataclass(frozen=True)
class Answer:
    """What a tool gives back: a digest, and how many rows its work was about."""

    digest: Digest
    rows: int | None = None


@dataclass(frozen=True)
class Tool:
    """A tool: its definition, the model of its arguments, and its work, which gets them and a limit in tokens."""

    name: str
    definition: Block
    arguments: type[BaseModel]
    work: Callable[[Any, int], Answer]


@dataclass(frozen=True)
class Result:
    """How a call ended; text is what the model gets to read: correct it, give it up, or a person is needed."""

    kind: Kind
    text: str
    seconds: float
    answer: Answer | None = None
    why: str = ""


class ToolBox:
    """The tools of one talk; elsewhere says of tools that exist, but not here, why and what a person can do."""

    def __init__(self, tools: list[Tool], elsewhere: dict[str, str] | None = None) -> None:
        self.tools = {tool.name: tool for tool in sorted(tools, key=lambda tool: tool.name)}
        self.elsewhere = elsewhere or {}

    @property
    def definitions(self) -> tuple[Block, ...]:
        """The definitions in the order of their names, so that the same tools are the same prefix."""
        return tuple(tool.definition for tool in self.tools.values())

    def call(self, name: str, given: Any, limit: int) -> Result:
        """Carry out a call; errors of every kind come back as results."""
        started = time.monotonic()

        def ended(kind: Kind, why: str, answer: Answer | None = None) -> Result:
            told = clean(redact(why), REASON)
            text = answer.digest.text if answer is not None else _error(kind, told)
            return Result(kind, redact(text), time.monotonic() - started, answer, told)

        tool = self.tools.get(name)
        if tool is None and name in self.elsewhere:
            return ended("person", self.elsewhere[name])
        if tool is None:
            return ended("correct", f"There is no such tool. Tools: {', '.join(self.tools)}.")
        try:
            arguments = tool.arguments.model_validate(given)
        except ValidationError as error:
            return ended("correct", _mistakes(error))
        try:
            return ended("ok", "", tool.work(arguments, limit))
        except DbmoError as error:
            what = masked(error.what) if isinstance(error, EngineError) else error.what  # engines quote rows
            return ended(_kind(error), f"{what} {error.remedy}")


def _kind(error: DbmoError) -> Kind:
    if error.code in PERSONS:
        return "person"
    return "correct" if isinstance(error, UsageError) else "give_up"


def _mistakes(error: ValidationError) -> str:
    """Which argument is wrong and why, without what was given."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    told = [f"{'.'.join(map(str, entry['loc'])) or 'arguments'}: {entry['msg']}" for entry in found[:4]]
    return f"Wrong arguments. {'; '.join(told)}."


def _error(kind: Kind, why: str) -> str:
    advice = {
        "correct": "Correct the call, or go on without it.",
        "give_up": "Don't call it again; say so in your summary.",
        "person": "Only a person can do this; tell them.",
    }
    return fenced("error", {"error": why, "advice": advice.get(kind, "")})


def shown_arguments(given: Any) -> dict[str, Any]:
    """A call's arguments as journal and report may show them: redacted, cut, flat."""
    if not isinstance(given, dict):
        return {"(not an object)": clean(redact(str(given)))}
    return {clean(redact(str(name)), 40): _shown(value) for name, value in list(given.items())[:12]}


def _shown(value: Any) -> Any:
    if isinstance(value, int | float) and -WHOLE < value < WHOLE:
        return value
    return clean(redact(str(value)))


def signature(name: str, given: Any) -> str:
    """The same text for the same call."""
    return f"{name} {json.dumps(given, sort_keys=True, default=str)}"
