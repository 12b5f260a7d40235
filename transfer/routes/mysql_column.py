"""A MySQL or MariaDB column on its way out: what routes look at to choose how its server writes it."""

from __future__ import annotations

from dataclasses import dataclass

from conversion.mapping import ColumnMapping
from conversion.postgresql_types import base_name
from engines.catalog import Kind, LogicalType
from engines.mysql.charsets import AS_UTF8, ASCII, UTF8, unmapped
from engines.mysql.quoting import quote_identifier
from transfer.routes.mysql_facts import Live

TEXTS = ("text", "citext", "character varying", "character")
INTEGERS = {"smallint": 16, "integer": 32, "bigint": 64}
# characters: 17 digits behind -0. and 14 zeros (dtoa of both servers: an exponent only below 1e-15 and from 1e15 on)
LONGEST_DOUBLE = 34

Plain = tuple[str, list[str]]  # SQL of the value, and guards: SQL that is true where it isn't right


@dataclass(frozen=True)
class Column:
    """What the routes look at; name: quoted."""

    mapping: ColumnMapping
    type: LogicalType
    live: Live
    is_mariadb: bool

    @property
    def name(self) -> str:
        """Quoted, for SQL."""
        return quote_identifier(self.mapping.source)

    @property
    def target(self) -> str:
        """The target's type."""
        return self.mapping.target_type

    @property
    def is_text(self) -> bool:
        """Whether its values are characters that anybody may have written."""
        return self.type.kind in (Kind.TEXT, Kind.CHAR, Kind.JSON, Kind.ENUM, Kind.SET, Kind.OTHER)

    @property
    def may_hold_nul(self) -> bool:
        """Whether a value may have a NUL that the target doesn't take."""
        return (self.is_text or self.mapping.route == "bytes_text") and base_name(self.target) != "bytea"

    @property
    def text(self) -> str:
        """SQL of its text in UTF-8."""
        if self.type.kind is Kind.JSON and not self.is_mariadb:
            return f"CAST({self.name} AS CHAR)"
        as_it_is = self.live.charset in (None, ASCII, *UTF8)
        return self.name if as_it_is else AS_UTF8.format(c=self.name)

    @property
    def unmapped(self) -> str | None:
        """SQL that is true for a text that isn't the same after going to UTF-8 and back."""
        return unmapped(self.name, self.live.charset)


def sizes(target: str) -> list[int]:
    """The numbers in a type's brackets: [10, 2] of numeric(10,2)."""
    inside = target.partition("(")[2].partition(")")[0]
    return [int(number) for number in inside.split(",") if number.strip().isdigit()]


def shown_characters(kind: LogicalType) -> int:
    """The most characters of a floating point number; of DOUBLE(m,d) a sign, a zero and a point beside its digits."""
    return max((kind.precision or 0) + 3, LONGEST_DOUBLE)


def double_text(number: str, most: int = LONGEST_DOUBLE) -> str:
    """SQL of a double's text; the server takes 23 characters for the most, and GROUP_CONCAT cuts off what is more.

    most: characters that it can have.
    """
    return f"CAST({number} AS CHAR({most}))"


def float_text(name: str, kind: LogicalType) -> str:
    """SQL of the text of a floating point number: all digits of the double that equals it.

    The server shows six of a FLOAT, and those that were declared of FLOAT(m,d); other numbers may have the same.
    """
    return double_text(f"{name} * 1e0", shown_characters(kind))


def shown(c: Column) -> Plain:
    """Numbers, times and the like as the server writes them, floating point with all digits."""
    limits = sizes(c.target)
    limit = limits[0] if limits else 1 if base_name(c.target) == "character" else None
    text = c.name
    if c.type.kind is Kind.FLOAT:
        text = float_text(c.name, c.type)
    elif c.type.kind is Kind.NETWORK:  # beside an INET4 the four bytes that stand for NULL would be an address
        text = f"CONCAT({c.name})"
    return text, [] if limit is None else [f"LENGTH(CONCAT({text})) > {limit}"]
