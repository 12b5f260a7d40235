"""Texts as bytes: whether a target's text can hold them, and as JSON that loses nothing."""

from __future__ import annotations

from collections.abc import Callable

from transfer.routes.policy import NOTHING, Refused

Convert = Callable[[bytes], bytes]


def utf8(value: bytes) -> bytes:
    """The text; Refused with a mended one where it isn't valid UTF-8."""
    try:
        value.decode()
    except UnicodeDecodeError:
        mended = value.decode(errors="replace").encode()
        raise Refused("invalid_encoding", "invalid UTF-8 in text", mended) from None
    return value


def _without_nul(value: bytes) -> bytes:
    if b"\0" in value:
        raise Refused("nul_in_text", "NUL in text", value.replace(b"\0", b""))
    return value


def following(read: Convert, make: Convert, spelled: bool = False) -> Convert:
    """make of what read gives; of what read refuses, make of the text that it would store instead.

    So that a converted value is in the form of its type as well: where make refuses it too, it becomes what make
    converts it to, or has no conversion, and is refused for the reasons of both. spelled: make's form is that of COPY
    alone; the plain text is written down.
    """

    def convert(value: bytes) -> bytes:
        try:
            found = read(value)
        except Refused as refused:
            if refused.converted is NOTHING:
                raise
            raise _made(refused, make, spelled) from None
        return make(found)

    return convert


def _made(refused: Refused, make: Convert, spelled: bool) -> Refused:
    try:
        made = make(refused.converted)
    except Refused as again:
        return refused.instead(again.converted, again.stored, again.whys)
    return refused.instead(made, refused.plainly() if spelled else None)


# UTF-8 text without NUL; Refused with the text without what PostgreSQL can't hold
clean_text = following(utf8, _without_nul)


def text_original(value: bytes | None) -> dict[str, str]:
    """A text as JSON that loses nothing: its characters, or its bytes where it has none."""
    if value is None:
        return {"class": "null"}
    try:
        return {"class": "text", "text": value.decode()}
    except UnicodeDecodeError:
        return {"class": "text", "hex": value.hex()}
