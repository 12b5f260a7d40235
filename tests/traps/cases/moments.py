"""Traps of dates and times: zones, DST, fractions of seconds, zero dates, 2038, times beyond a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.traps.model import ENGINES, MARIADB, MONGODB, POSTGRESQL, SQLITE, Case, Held, different, documents, texts

ONE_MICROSECOND = "a date of MongoDB ends at milliseconds"


def _moments(rows: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    """Dates of MongoDB; readings are in UTC."""
    return documents("v", {key: datetime.fromisoformat(text).replace(tzinfo=UTC) for key, text in rows.items()})


def _in_berlin(rows: Mapping[int, str]) -> dict[int, str]:
    """The same moments as text with the offset of Berlin: both hours of the night in which one comes twice."""
    change = {3: (datetime(2024, 3, 31, 1), datetime(2024, 10, 27, 1))}
    found = {}
    for key, text in rows.items():
        moment = datetime.fromisoformat(text)
        start, end = change[3]
        hours = 2 if start <= moment < end else 1
        found[key] = f"'{moment + timedelta(hours=hours)}+0{hours}'"
    return found


# the hour that Berlin skips and the one that it has twice
NIGHTS = {1: "2024-03-31 00:59:59", 2: "2024-03-31 01:00:00", 3: "2024-10-27 00:30:00", 4: "2024-10-27 01:30:00"}
AN_HOUR = {2: "2024-03-31 02:00:00", 3: "2024-10-27 01:30:00"}
ZONES = Case(
    10,
    "zones",
    "one moment said in UTC and in local time, on both sides of a change of clocks; an hour lost",
    {
        POSTGRESQL: Held("v timestamptz", texts(NIGHTS), _in_berlin(NIGHTS), texts(AN_HOUR)),
        MARIADB: Held("v timestamp(6)", texts(NIGHTS), {}, texts(AN_HOUR), same_columns="v datetime"),
        SQLITE: Held("v DATETIME", texts(NIGHTS), texts({1: "2024-03-31T00:59:59"}), texts(AN_HOUR)),
        MONGODB: Held("", _moments(NIGHTS), {}, _moments(AN_HOUR)),
    },
    different(2, 3),
)

FRACTIONS = {1: "2024-05-01 10:00:00.123456", 2: "2024-05-01 10:00:00.123556", 3: "2024-05-01 10:00:59.999600"}
# 1 cut, 2 rounded up, 3 rounded up into the next minute
COARSE = {1: "2024-05-01 10:00:00.123", 2: "2024-05-01 10:00:00.124", 3: "2024-05-01 10:01:00.000"}
CUT = {1: "2024-05-01 10:00:00.123", 2: "2024-05-01 10:00:00.123", 3: "2024-05-01 10:00:59.999"}
TWO_MILLISECONDS = {1: "2024-05-01 10:00:00.125456"}
PRECISION = Case(
    10,
    "precision",
    "microseconds that were cut or rounded to milliseconds are within the tolerance, two milliseconds are not",
    {
        POSTGRESQL: Held(
            "v timestamp(6)", texts(FRACTIONS), texts(COARSE), texts(TWO_MILLISECONDS), same_columns="v timestamp(3)"
        ),
        MARIADB: Held(
            "v datetime(6)", texts(FRACTIONS), texts(CUT), texts(TWO_MILLISECONDS), same_columns="v datetime(3)"
        ),
        SQLITE: Held("v DATETIME", texts(FRACTIONS), {}, texts(TWO_MILLISECONDS)),
        MONGODB: Held("", _moments(FRACTIONS), _moments(COARSE), _moments(TWO_MILLISECONDS)),
    },
    different(1),
    apart={f"{MONGODB}-{target}": "a date of MongoDB has no microseconds to lose" for target in ENGINES},
)

MICROSECOND = Case(
    10,
    "microsecond",
    "one microsecond, where both sides hold it",
    {
        POSTGRESQL: Held("v timestamp", texts(FRACTIONS), {}, texts({1: "2024-05-01 10:00:00.123457"})),
        MARIADB: Held("v datetime(6)", texts(FRACTIONS), {}, texts({1: "2024-05-01 10:00:00.123457"})),
        SQLITE: Held("v DATETIME", texts(FRACTIONS), {}, texts({1: "2024-05-01 10:00:00.123457"})),
    },
    different(1),
    apart={MONGODB: ONE_MICROSECOND},
)

# microseconds since 2000: 1 and 2^32
EARLY = {1: "2000-01-01 00:00:00.000001", 2: "2000-01-01 00:00:00"}
LATER = {1: "2000-01-01 01:11:34.967296"}
HALVES = Case(
    10,
    "halves",
    "moments whose halves make the same hash in PostgreSQL",
    {
        POSTGRESQL: Held("v timestamp", texts(EARLY), {}, texts(LATER)),
        MARIADB: Held("v datetime(6)", texts(EARLY), {}, texts(LATER)),
        SQLITE: Held("v DATETIME", texts(EARLY), {}, texts(LATER)),
    },
    different(1),
    apart={MONGODB: ONE_MICROSECOND},
)

ZEROS = {1: "0000-00-00", 2: "2024-00-00", 3: "2024-02-29"}
ZERO_MOMENTS = {1: "0000-00-00 00:00:00", 2: "2024-06-01 00:00:00"}
NO_ZERO = "neither end has a zero date of its own"
ZERO_DATES = Case(
    10,
    "zero_dates",
    "a zero date and a date without day, and the NULL or first day that a mover makes of them",
    {
        MARIADB: Held("v date", texts(ZEROS), {}, texts({1: None, 2: "2024-01-01"})),
        SQLITE: Held("v DATE", texts(ZEROS), {}, texts({1: None, 2: "2024-01-01"})),
        MONGODB: Held("", documents("v", ZEROS), {}, documents("v", {1: None, 2: "2024-01-01"})),
    },
    different(1, 2),
    apart={
        POSTGRESQL: "PostgreSQL has no zero date (the NULL it became is cell `zero_lost`)",
        **{f"{a}-{b}": NO_ZERO for a in (SQLITE, MONGODB) for b in (SQLITE, MONGODB)},
    },
)
ZERO_LOST = Case(
    10,
    "zero_lost",
    "a zero date that became NULL or a real day",
    {
        MARIADB: Held("v datetime", texts(ZERO_MOMENTS)),
        POSTGRESQL: Held("v timestamp", texts({1: None, 2: "2024-06-01 00:00:00"})),
        MONGODB: Held("", _moments({1: "0001-01-01 00:00:00", 2: "2024-06-01 00:00:00"})),
    },
    different(1),
    same=False,
    apart={
        POSTGRESQL + "-" + POSTGRESQL: "PostgreSQL has no zero date",
        POSTGRESQL + "-" + MONGODB: "PostgreSQL has no zero date",
        POSTGRESQL + "-" + MARIADB: "PostgreSQL has no zero date",
        MONGODB + "-" + POSTGRESQL: "MongoDB has no zero date",
        MONGODB + "-" + MARIADB: "MongoDB has no zero date",
        MONGODB + "-" + MONGODB: "MongoDB has no zero date",
        MARIADB + "-" + MARIADB: "MariaDB keeps zero dates (cell `zero_dates`)",
        SQLITE: "SQLite keeps zero dates as text (cell `zero_dates`)",
    },
)

YEARS = {
    1: "2038-01-19 03:14:08", 2: "9999-12-31 23:59:59", 3: "1969-12-31 23:59:59", 4: "1000-01-01 00:00:00",
    5: "1582-10-10 12:00:00", 6: "2000-02-29 00:00:00",
}  # fmt: skip
OVERFLOWN = {1: "1901-12-13 20:45:52", 5: "1582-10-20 12:00:00"}
RANGE = Case(
    10,
    "range",
    "moments behind 2038 and before 1970, days of the calendar's gap",
    {
        POSTGRESQL: Held("v timestamp", texts(YEARS), {}, texts(OVERFLOWN), same_columns="v timestamptz"),
        MARIADB: Held("v datetime", texts(YEARS), {}, texts(OVERFLOWN), same_columns="v datetime(6)"),
        SQLITE: Held("v DATETIME", texts(YEARS), {}, texts(OVERFLOWN)),
        MONGODB: Held("", _moments(YEARS), {}, _moments(OVERFLOWN)),
    },
    different(1, 5),
)

ENDLESS = {1: "infinity", 2: "-infinity", 3: "0044-03-15 00:00:00 BC", 4: "294276-12-31 23:59:59"}
BEYOND = Case(
    10,
    "beyond",
    "infinity, years before Christ and behind 9999",
    {
        POSTGRESQL: Held(
            "v timestamp",
            texts(ENDLESS),
            {},
            texts({1: "9999-12-31", 3: "0044-03-15 00:00:00"}),
            same_columns="v timestamptz",
        )
    },
    different(1, 3),
    apart=dict.fromkeys((MARIADB, SQLITE, MONGODB), "only PostgreSQL's dates have these values"),
)

DAYS = {1: "2024-02-29", 2: "1970-01-01", 3: "9999-12-31"}
MIDNIGHTS = {key: f"{text} 00:00:00" for key, text in DAYS.items()}
DATE = Case(
    10,
    "date",
    "a date, and the day before that a zone made of it",
    {
        POSTGRESQL: Held("v date", texts(DAYS), {}, texts({1: "2024-02-28"})),
        MARIADB: Held("v date", texts(DAYS), {}, texts({1: "2024-02-28"})),
        SQLITE: Held("v DATE", texts(DAYS), {}, texts({1: "2024-02-28"})),
        MONGODB: Held("", _moments(MIDNIGHTS), {}, _moments({1: "2024-02-28 00:00:00"})),
    },
    different(1),
)

CLOCK = {1: "00:00:00", 2: "23:59:59.999999", 3: "12:30:00.5"}
LATE = {2: "23:59:59.999998", 3: "12:30:00"}
TIME = Case(
    10,
    "time",
    "times of day with fractions",
    {
        POSTGRESQL: Held("v time", texts(CLOCK), {}, texts(LATE)),
        MARIADB: Held("v time(6)", texts(CLOCK), {}, texts(LATE)),
        SQLITE: Held("v TIME", texts(CLOCK), texts({3: "12:30:00.500000"}), texts(LATE)),
        MONGODB: Held(
            "", documents("v", CLOCK), {}, documents("v", LATE)
        ),
    },
    different(2, 3),
)  # fmt: skip

LONG_TIMES = {1: "-838:59:59", 2: "838:59:59.5", 3: "10:11:12", 4: "-00:00:01"}
LESS = {1: "838:59:59", 2: "838:59:59"}
NO_LONG = "no other engine has a time beyond a day"
LONG_TIME = Case(
    10,
    "long_time",
    "MySQL's TIME reaches to 838 hours on either side of zero: an interval elsewhere",
    {
        POSTGRESQL: Held("v interval", texts(LONG_TIMES), {}, texts(LESS)),
        MARIADB: Held("v time(1)", texts(LONG_TIMES), {}, texts(LESS), same_columns="v time(6)"),
    },
    different(1, 2),
    apart={SQLITE: NO_LONG, MONGODB: NO_LONG},
)

INTERVALS = {1: "1 mon", 2: "1 day", 3: "-2 years 3 days 04:05:06.7", 4: "0"}
SPELLED = {1: "P1M", 3: "-24 mons 3 days 04:05:06.700"}
INTERVAL = Case(
    10,
    "interval",
    "a month is not thirty days, a day not 24 hours",
    {POSTGRESQL: Held("v interval", texts(INTERVALS), texts(SPELLED), texts({1: "30 days", 2: "24:00:00"}))},
    different(1, 2),
    apart=dict.fromkeys((MARIADB, SQLITE, MONGODB), "only PostgreSQL has intervals of months and days"),
)

YEARS_ALONE = {1: "2024", 2: "1901", 3: "0"}
YEAR = Case(
    10,
    "year",
    "MySQL's YEAR as a number; the year 0 that became 2000",
    {
        MARIADB: Held("v year", YEARS_ALONE, {}, {3: "2000"}, same_columns="v smallint"),
        POSTGRESQL: Held("v smallint", YEARS_ALONE, {}, {3: "2000"}),
        SQLITE: Held("v INTEGER", YEARS_ALONE, {}, {3: "2000"}),
        MONGODB: Held("", documents("v", {1: 2024, 2: 1901, 3: 0}), {}, documents("v", {3: 2000})),
    },
    different(3),
    apart={
        f"{source}-{target}": "only MySQL has a type of years"
        for source in (POSTGRESQL, SQLITE, MONGODB)
        for target in (POSTGRESQL, SQLITE, MONGODB)
    },
)

CASES = [
    ZONES, PRECISION, MICROSECOND, HALVES, ZERO_DATES, ZERO_LOST, RANGE, BEYOND, DATE, TIME, LONG_TIME, INTERVAL, YEAR,
]  # fmt: skip
