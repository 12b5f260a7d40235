"""Repair: exactly the rows that differ are copied again, after it was shown what will be done."""

from transfer.repair.planning import plan_repair
from transfer.repair.run import repair

__all__ = ["plan_repair", "repair"]
