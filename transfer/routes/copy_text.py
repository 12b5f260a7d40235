"""What PostgreSQL's COPY text format escapes (PostgreSQL documentation, COPY, "Text Format")."""

from __future__ import annotations

NULL = r"\N"
ESCAPES = (("\\", r"\\"), ("\n", r"\n"), ("\r", r"\r"), ("\t", r"\t"))


def escape(text: str) -> str:
    """Escape one value."""
    for plain, escaped in ESCAPES:
        if plain in text:
            text = text.replace(plain, escaped)
    return text
