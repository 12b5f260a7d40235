"""MySQL and MariaDB errors as errors a person can act on."""

from __future__ import annotations

import pymysql

from engines.connection import redact
from engines.errors import DbmoError
from engines.meanings import (
    ALTERED,
    CANCELLED,
    CROWDED,
    DENIED,
    FAILED,
    FULL,
    LOGIN,
    LOST,
    MEMORY,
    MISSING,
    READ_ONLY,
    WAITED,
    Meaning,
)

TOO_LARGE = Meaning(
    "STATEMENT_TOO_LARGE",
    "{display} doesn't take a statement of that size.",
    "Raise its max_allowed_packet, and run the same command again.",
)
TWINS = Meaning(
    "DUPLICATE_KEY",
    "{display} takes two rows for one in a unique key.",
    "Look whether the key's collation takes different texts for equal: mend the rows or the collation in the source, or"
    " ask for another type of the column (options.overrides.columns) if the source isn't a MySQL or MariaDB itself, and"
    " plan again.",
)
# error number: MySQL manual, Server Error and Client Error Message References; MariaDB error code reference
BY_NUMBER: dict[int, Meaning] = {
    **dict.fromkeys((1045, 1251, 1524, 1698, 1820, 1862, 3118, 4151), LOGIN),
    **dict.fromkeys((1049, 1046), MISSING),
    **dict.fromkeys((1130, 1129, 2001, 2002, 2003, 2005, 2026), FAILED),
    **dict.fromkeys((1053, 1077, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 2055, 4031), LOST),
    **dict.fromkeys((1040, 1203, 1226), CROWDED),
    **dict.fromkeys((1044, 1142, 1143, 1227, 1370, 1410, 1873), DENIED),
    **dict.fromkeys((1021, 1114), FULL),
    **dict.fromkeys((1037, 1038, 1041), MEMORY),
    **dict.fromkeys((1020, 1205, 1213, 3572), WAITED),
    **dict.fromkeys((1317, 1969, 3024), CANCELLED),
    1412: ALTERED,
    **dict.fromkeys((1290, 1792, 1836), READ_ONLY),
    1153: TOO_LARGE,
    **dict.fromkeys((1062, 1586, 1859), TWINS),
}
GENERIC = Meaning("MYSQL_ERROR", "{display} answered with an error.", "Look at the message and at the statement.")
LOST_NUMBERS = frozenset(number for number, meaning in BY_NUMBER.items() if meaning is LOST)


def number_of(error: BaseException) -> int | None:
    """The server's or client's error number; None where the driver gives none."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, int) and first > 0 else None


def translate_error(error: pymysql.MySQLError, display: str) -> DbmoError:
    """The error with a code; display is the reference without secrets.

    data holds `errno` (None when there is none). The server's own message is part of what happened.
    """
    number = number_of(error)
    meaning = BY_NUMBER.get(number) if number is not None else None
    if meaning is None:
        closed = number is None and isinstance(error, (pymysql.InterfaceError, pymysql.OperationalError))
        meaning = LOST if closed else GENERIC
    words = str(error.args[1]) if len(error.args) > 1 else str(error)
    lines = redact(words).strip().splitlines()
    said = lines[0][:500] if lines else type(error).__name__
    return meaning.error(display, said, errno=number)
