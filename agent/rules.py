"""The rules that stop a migration: code, phase, sentence, exit status and source of each."""

from __future__ import annotations

from dataclasses import dataclass

from engines.errors import Aborted, CheckFailed, DbmoError, EngineError, UsageError

PRE_CHECKS = "specification, Pre-Checks"
ABORTS = "specification, Decision Rules, Abort conditions"
SAFETY = "specification, Quality Gates, Safety checks"


@dataclass(frozen=True)
class Rule:
    """A rule: its code is the error's code, kind decides the exit status."""

    code: str
    phase: str
    sentence: str
    kind: type[DbmoError]
    citation: str

    @property
    def exit_status(self) -> int:
        """What the command line ends with when the rule stops it."""
        return self.kind.exit_status


RULES = (
    Rule("REQUEST_UNREADABLE", "request", "The request is a JSON file that can be read.", UsageError, PRE_CHECKS),
    Rule("REQUEST_INVALID", "request", "The request holds known keys and fitting values.", UsageError, PRE_CHECKS),
    Rule("REQUEST_INCOMPLETE", "request", "The request names source, target, type and limits.", UsageError, PRE_CHECKS),
    Rule("UNSUPPORTED_ENGINE", "request", "Both engines, as this pair, are ones that are moved.", Aborted, PRE_CHECKS),
    Rule("UNSUPPORTED_VERSION", "request", "Both versions are ones that were tested.", Aborted, PRE_CHECKS),
    Rule("UNSUPPORTED_MIGRATION_TYPE", "request", "The kind of migration is one that is done.", Aborted, PRE_CHECKS),
    Rule("CONTRADICTORY_CONSTRAINTS", "request", "No two wishes exclude each other.", Aborted, PRE_CHECKS),
    Rule("SKILL_MISSING", "request", "Every skill that the phases call is there.", Aborted, PRE_CHECKS),
    Rule("SKILL_DEPRECATED", "request", "No skill that the phases call is deprecated.", Aborted, PRE_CHECKS),
    Rule("SOURCE_UNREACHABLE", "assessment", "The source answers.", EngineError, PRE_CHECKS),
    Rule("SOURCE_RIGHTS_MISSING", "assessment", "The source can be read whole.", Aborted, PRE_CHECKS),
    Rule("DECLARED_FACTS_DIFFER", "assessment", "The source is what the request says it is.", Aborted, PRE_CHECKS),
    Rule("FEATURE_UNSUPPORTED", "planning", "What the target can't hold was accepted by a person.", Aborted, ABORTS),
    Rule("VOLUME_OVER_CAPACITY", "planning", "What can't be moved in chunks is small enough.", Aborted, ABORTS),
    Rule("DEPENDENCIES_TOO_COMPLEX", "planning", "Nothing hangs on other databases or programs.", Aborted, ABORTS),
    Rule("BACKUP_NOT_VERIFIED", "execution", "A backup was verified, or a person waived it.", CheckFailed, SAFETY),
    Rule("ROLLBACK_NOT_REHEARSED", "execution", "The way back was tried, or a person waived it.", CheckFailed, SAFETY),
    Rule("APPROVAL_MISSING", "execution", "A person approved the hash of this plan.", Aborted, ABORTS),
)
BY_CODE = {rule.code: rule for rule in RULES}


def refuse(code: str, what: str, remedy: str, **data: object) -> DbmoError:
    """The error of a rule: what happened, what to do, the facts; KeyError for a code without a rule."""
    return BY_CODE[code].kind(code, what, remedy, **data)
