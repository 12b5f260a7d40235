"""What an open PostgreSQL says of a single value: whether its type, and the encoding of its database, take it."""

from __future__ import annotations

import codecs
from typing import Any

import psycopg

from conversion.mapping import ColumnMapping
from engines.errors import DbmoError
from engines.postgresql.database import PostgresqlDatabase
from transfer.moveplan import Unholdable
from transfer.retry import passes
from transfer.routes.policy import NOTHING, Refused
from transfer.routes.postgresql_halves import TEXTS_REFUSED, is_too_wide, words_of
from transfer.routes.texts import Convert

UNCHECKED = "SQL_ASCII"  # of a database without an encoding: any bytes, none of them converted, each one of a length
# SQLSTATE -> which policy decides (documentation, appendix A: class 22)
KINDS: dict[str, Unholdable] = {
    "22021": "invalid_encoding",
    "22P05": "invalid_encoding",
    "22007": "date_range",
    "22008": "date_range",
    "22003": "out_of_range",
    "22001": "too_long",
}
UNSUITED = frozenset({"23502", "23514"})  # a domain that refuses NULL, or what breaks its check
LACKS = "the target's encoding {encoding} lacks characters of it"
# SQL_ASCII refuses no bytes: there 22021 is another error, whose CONTEXT the server cut within a character
HIDDEN = "longer than the type of a column"
COUNTED = ", counted in bytes: the target's encoding is SQL_ASCII"


def is_refusal(sqlstate: object) -> bool:
    """Whether an error says that a value can't be stored, rather than that something is wrong with the load."""
    known = isinstance(sqlstate, str) and (sqlstate.startswith("22") or sqlstate in UNSUITED)
    return known or is_too_wide(sqlstate)


def kind_of(sqlstate: str | None, encoding: str) -> Unholdable:
    """Which policy decides about what a database of that encoding refused so."""
    if sqlstate == "22021" and encoding == UNCHECKED:
        return "too_long"
    return "wide_row" if is_too_wide(sqlstate) else KINDS.get(sqlstate or "", "malformed")


def words_for(sqlstate: str | None, words: str, encoding: str) -> str:
    """The server's words of a refused row, with the target's encoding where that is why."""
    kind = kind_of(sqlstate, encoding)
    if kind == "invalid_encoding" and encoding not in ("UTF8", UNCHECKED):
        return LACKS.format(encoding=encoding)
    if kind == "too_long" and encoding == UNCHECKED:
        return (HIDDEN if sqlstate == "22021" else words) + COUNTED
    return words


def why_refused(error: psycopg.Error, encoding: str) -> tuple[str, Unholdable]:
    """Words and kind of a row that a database of that encoding refused."""
    return words_for(error.sqlstate, words_of(error), encoding), kind_of(error.sqlstate, encoding)


class Asked:
    """Asks about one value at a time, outside of any transaction.

    own: the values are in the form that the target's types write, so that a shorter answer of any type is a cut one
    and the server's class of an error that of the value; else only a text can be cut, and what else no rule of the
    route foresaw is `malformed`.
    """

    def __init__(self, target: PostgresqlDatabase, own: bool = False) -> None:
        self.target, self.own = target, own
        self.encoding = target.encoding

    def refused(self, column: ColumnMapping, text: str) -> Refused | None:
        """Why the column doesn't take a value, and what it could hold of it, in UTF-8; None when it takes it."""
        form = UNCHECKED if self.encoding == UNCHECKED else "UTF8"
        # the type stands in the plan, in the server's own words; a cast cuts a text, also between two characters
        cast = f"%s::{column.target_type.replace('%', '%%')}"
        try:
            ((kept,),) = self.target.query(
                f"SELECT pg_catalog.convert_to(pg_catalog.format('%%s', {cast}), '{form}')", (text,)
            )
        except DbmoError as error:
            state = error.data.get("sqlstate")
            if passes(error) or (self.own and not is_refusal(state)):
                raise
            return self._reason(column, text, str(state or error.code))
        told = self.own or _is_text(column.target_type)
        if told and len(kept) < len(text.rstrip(" ").encode()):
            counted = COUNTED if self.encoding == UNCHECKED else ""
            whole = bytes(kept).decode(errors="ignore").encode()
            return Refused("too_long", f"longer than {column.target_type}{counted}", whole)
        return None

    def _reason(self, column: ColumnMapping, text: str, state: str) -> Refused:
        told = self.own or (state in TEXTS_REFUSED and self.encoding != "UTF8")
        kind = KINDS.get(state, "malformed") if told else "malformed"
        if kind == "malformed" and text.lower().strip("-") in ("infinity", "nan"):
            kind = "not_finite"
        words = words_for(state, f"{column.target_type} refuses it ({state})", self.encoding)
        return Refused(kind, words, self._replaced(text) if kind == "invalid_encoding" else NOTHING)

    def _replaced(self, text: str) -> Any:
        """The text with ? for what the target's encoding hasn't; nothing where Python doesn't know the encoding."""
        try:
            codec = codecs.lookup(self.encoding.replace("WIN", "cp").replace("KOI8", "koi8-"))
        except LookupError:
            return NOTHING
        replaced = codec.decode(codec.encode(text, "replace")[0])[0]
        return replaced.encode() if replaced != text else NOTHING


def _is_text(declared: str) -> bool:
    # these load the catalog's models, which most copies do without
    from conversion.postgresql_types import base_name
    from transfer.routes.mysql_column import TEXTS

    return base_name(declared) in TEXTS


def asking(target: Asked, column: ColumnMapping, convert: Convert) -> Convert:
    """The conversion, and then the target's own opinion: for what no rule here foresees. One query per value.

    It is asked as well about what would be stored instead of a refused value.
    """

    def asked(value: bytes) -> bytes:
        try:
            converted = convert(value)
        except Refused as refused:
            again = None if refused.converted is NOTHING else target.refused(column, refused.converted.decode())
            if again is None:
                raise
            raise refused.instead(again.converted, also=again.whys) from None
        if (instead := target.refused(column, converted.decode())) is not None:
            raise instead
        return converted

    return asked
