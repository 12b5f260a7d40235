"""The permission without which no writer opens."""

from __future__ import annotations

from dataclasses import dataclass

from engines.errors import Aborted, EngineError


@dataclass(frozen=True)
class Grant:
    """Leave to write to one target; the agent issues it after an approval, or freely for a scratch target.

    migration: the migration's id, target: the identity of the database it is for, plan_hash: what was approved,
    scratch: the target is one that may be lost; stands_in: it stands for the real one for a while, which may have other
    settings: what numbers mean in it says nothing.
    """

    migration: str
    target: str
    plan_hash: str
    scratch: bool = False
    stands_in: bool = False

    def check(self, identity: str, display: str) -> None:
        """Aborted GRANT_FOR_ANOTHER_TARGET where the database of that identity is not the one it is for."""
        if self.target != identity:
            raise Aborted(
                "GRANT_FOR_ANOTHER_TARGET",
                f"The approval is for another database than {display}.",
                "Point the request at the database that was approved, or plan and approve again.",
            )


def passed() -> EngineError:
    """What an older run meets."""
    return EngineError(
        "EPOCH_PASSED",
        "Another run of this migration has taken over; this one may not write any more.",
        "Let the other run finish; `dbmo status` shows how far it is.",
    )
