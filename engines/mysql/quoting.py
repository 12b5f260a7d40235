"""Names and values as they are written in MySQL and MariaDB statements."""

from __future__ import annotations

LONGEST_NAME = 64  # characters: MySQL manual, Identifier Length Limits
SPACES = " \t\n\v\f\r"
# what a string literal escapes while sql_mode lacks NO_BACKSLASH_ESCAPES (MySQL manual, String Literals)
ESCAPES = str.maketrans({"\\": "\\\\", "'": "''", "\0": "\\0", "\n": "\\n", "\r": "\\r", "\x1a": "\\Z"})


def quote_identifier(name: str) -> str:
    """A name in backticks, always quoted, the same under every sql_mode.

    ValueError for a name that the server can't have: empty, with NUL, beyond the Basic Multilingual Plane, or with a
    space of ASCII at its end (MySQL manual, Schema Object Names; seen on MariaDB: U+00A0 is allowed there).
    """
    if not name or "\0" in name or name[-1] in SPACES or any(ord(character) > 0xFFFF for character in name):
        raise ValueError(f"{name!r} can't be a MySQL name")
    return "`" + name.replace("`", "``") + "`"


def quote_name(schema: str, name: str) -> str:
    """A qualified name: `database`.`name`."""
    return f"{quote_identifier(schema)}.{quote_identifier(name)}"


def quote_literal(text: str) -> str:
    """A text constant for a connection whose sql_mode has neither NO_BACKSLASH_ESCAPES nor ANSI_QUOTES on.

    The session of engines/mysql/session.py is such a one.
    """
    return "'" + text.translate(ESCAPES) + "'"


def quote_account(user: str, host: str) -> str:
    """An account as CREATE USER or DEFINER take it: `user`@`host`; a role has no host."""
    quoted = "`" + user.replace("`", "``") + "`"
    return f"{quoted}@`{host.replace('`', '``')}`" if host else quoted
