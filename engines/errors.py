"""Errors that carry a code, what happened, what to do, and the exit status of the command line."""

from __future__ import annotations

from typing import Any, ClassVar

EXIT_DONE = 0
EXIT_CHECK_FAILED = 1
EXIT_USAGE = 2
EXIT_ABORTED = 3
EXIT_ENGINE = 4


class DbmoError(Exception):
    """Something a person can act on.

    code: stable upper-case name, what: one sentence of what happened, remedy: one sentence of what to do,
    data: the facts behind it (table names, limits), for machines.
    """

    exit_status: ClassVar[int] = EXIT_ENGINE

    def __init__(self, code: str, what: str, remedy: str, **data: object) -> None:
        super().__init__(f"[{code}] {what} {remedy}")
        self.code = code
        self.what = what
        self.remedy = remedy
        self.data = data

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel between processes with all that they say."""
        return _again, (type(self), self.code, self.what, self.remedy, self.data)


def _again(kind: type[DbmoError], code: str, what: str, remedy: str, data: dict[str, object]) -> DbmoError:
    return kind(code, what, remedy, **data)


class CheckFailed(DbmoError):
    """A check ran and its answer is no: differences, a refused gate."""

    exit_status = EXIT_CHECK_FAILED


class UsageError(DbmoError):
    """The command or the request is wrong."""

    exit_status = EXIT_USAGE


class Aborted(DbmoError):
    """A safety rule stopped the work before it could do harm."""

    exit_status = EXIT_ABORTED


class EngineError(DbmoError):
    """An engine or the network failed; the same command continues."""

    exit_status = EXIT_ENGINE
