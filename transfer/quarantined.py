"""A value or row that a migration set aside, as its quarantine table tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quarantined:
    """A value, or a whole row (column ''), that the target can't hold as it is.

    locator: how the source finds the row again; key: the same for people; action: what the target holds instead
    (null, converted, row_withheld; stripped of older versions: converted by leaving out); original: the value with its
    class as JSON, of a converted one with what is stored instead.
    """

    locator: str
    column: str
    key: str
    reason: str
    action: str
    original: str
