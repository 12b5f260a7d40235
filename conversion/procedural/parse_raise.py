"""RAISE of PL/pgSQL: level, message with its values, SQLSTATE or condition, USING."""

from __future__ import annotations

from conversion.procedural.tokens import Reader
from conversion.procedural.tree import Raise
from conversion.shapes import Untranslatable
from engines.postgresql.quoting import quote_literal

LEVELS = ("DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION")


def parse_raise(reader: Reader) -> Raise:
    """RAISE in all its forms, up to its semicolon."""
    reader.expect("RAISE")
    level = reader.next().text.upper() if reader.peek().is_word(*LEVELS) else "EXCEPTION"
    found = Raise(level=level)
    if reader.peek().text == ";":
        return Raise(again=True)
    if reader.peek().kind == "string":
        text = reader.next()
        arguments = []
        while reader.take(","):
            arguments.append(reader.until(",", "USING", ";"))
        found.parts = _message(text.text, text.name, arguments)
        found.message = _joined(found.parts)
    elif reader.take("SQLSTATE"):
        found.sqlstate = reader.next().name
    elif not reader.peek().is_word("USING"):
        found.sqlstate = "condition " + reader.name()
    if reader.take("USING"):
        while True:
            item = reader.name().upper()
            if not reader.take("="):
                reader.expect(":=")
            found.details[item] = reader.until(",", ";")
            if not reader.take(","):
                break
    found.message = found.details.pop("MESSAGE", found.message)
    if "ERRCODE" in found.details:
        state = found.details.pop("ERRCODE")
        words = Reader(state, "postgresql").tokens
        if len(words) != 1 or words[0].kind != "string":
            raise Untranslatable("it raises an error whose code is computed")
        known = words[0].name
        found.sqlstate = known if len(known) == 5 and known.upper() == known else f"condition {known}"
    return found


def _message(written: str, plain: str, arguments: list[str]) -> list[tuple[bool, str]]:
    """The message of RAISE 'format', arguments in parts: (False, text) or (True, expression)."""
    if written[0] in "eE$":
        raise Untranslatable("it raises an error whose text is written with escapes")
    pieces = plain.replace("%%", "\0").split("%")
    if len(pieces) - 1 != len(arguments):
        raise Untranslatable("it raises an error with another number of values than its text has places for")
    parts = [(False, pieces[0])]
    for argument, piece in zip(arguments, pieces[1:], strict=True):
        parts += [(True, argument), (False, piece)]
    return [(is_value, text.replace("\0", "%")) for is_value, text in parts if is_value or text]


def _joined(parts: list[tuple[bool, str]]) -> str:
    """The message as one expression; NULL is shown as <NULL>."""
    written = [
        f"coalesce(CAST(({text}) AS text), '<NULL>')" if is_value else quote_literal(text) for is_value, text in parts
    ]
    return " || ".join(written) or "''"
