"""What the writers of values share: values that a target can't hold, and the parts of a span of time."""

from __future__ import annotations

from transfer.canonical.rendered import APART

SECOND = 1_000_000


class Unholdable(ValueError):
    """The target's column can't hold the value as it is; the text says why."""


def decoded(text: bytes) -> str:
    """The text as str; Unholdable for what is no UTF-8 or was rendered apart."""
    if text.startswith(APART):
        raise Unholdable("the source's value is not what its column is read as")
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise Unholdable("text that is not valid UTF-8") from error


def span_parts(text: bytes) -> tuple[int, int, int]:
    """Months, days and microseconds of a span."""
    months, days, microseconds = (int(part) for part in text.split(b" "))
    return months, days, microseconds


def microseconds_clock(microseconds: int) -> str:
    """[-]HH:MM:SS.ffffff of a count of microseconds, any number of hours."""
    seconds, fraction = divmod(abs(microseconds), SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if microseconds < 0 else ''}{hours:02}:{minutes:02}:{seconds:02}.{fraction:06}"
