"""The permission without which no writer opens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Grant:
    """Leave to write to one target; the agent issues it after an approval, or freely for a scratch target.

    migration: the migration's id, target: the identity of the database it is for, plan_hash: what was approved,
    scratch: the target is one that may be lost.
    """

    migration: str
    target: str
    plan_hash: str
    scratch: bool = False
