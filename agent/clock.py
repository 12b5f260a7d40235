"""The one place that says what time it is: NOW_ET, in America/New_York."""

from __future__ import annotations

import os
from datetime import datetime
from zoneinfo import ZoneInfo

from engines.errors import UsageError

ZONE = ZoneInfo("America/New_York")
VARIABLE = "DBMO_NOW"


def now_et() -> datetime:
    """The moment with New York's offset (the specification, "Pre-Checks" 1), whole seconds.

    DBMO_NOW fixes it for runs that must be reproducible: ISO-8601 with an offset. Raises UsageError NOW_INVALID.
    """
    fixed = os.environ.get(VARIABLE)
    return parse_moment(fixed) if fixed else datetime.now(ZONE).replace(microsecond=0)


def parse_moment(text: str) -> datetime:
    """An ISO-8601 moment in New York's time; UsageError NOW_INVALID when it can't be read or has no offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(
            "NOW_INVALID",
            f"{VARIABLE} is {text!r}, which is no moment with an offset.",
            "Write it as 2025-10-26T00:00:00-04:00, or remove the variable.",
        )
    return moment.astimezone(ZONE)


def now_text() -> str:
    """NOW_ET as ISO-8601 with its offset."""
    return now_et().isoformat()
