"""Texts as bytes: whether a target's text can hold them, and as JSON that loses nothing."""

from __future__ import annotations

from transfer.routes.policy import Refused


def utf8(value: bytes) -> bytes:
    """The text; Refused with a mended one where it isn't valid UTF-8."""
    try:
        value.decode()
    except UnicodeDecodeError:
        mended = value.decode(errors="replace").encode()
        raise Refused("invalid_encoding", "invalid UTF-8 in text", mended) from None
    return value


def clean_text(value: bytes) -> bytes:
    """UTF-8 text without NUL; Refused with the text without what PostgreSQL can't hold."""
    try:
        utf8(value)
    except Refused as refused:
        mended = bytes(refused.converted).replace(b"\0", b"")
        raise Refused(refused.kind, refused.reason, mended) from None
    if b"\0" in value:
        raise Refused("nul_in_text", "NUL in text", value.replace(b"\0", b""))
    return value


def text_original(value: bytes | None) -> dict[str, str]:
    """A text as JSON that loses nothing: its characters, or its bytes where it has none."""
    if value is None:
        return {"class": "null"}
    try:
        return {"class": "text", "text": value.decode()}
    except UnicodeDecodeError:
        return {"class": "text", "hex": value.hex()}
