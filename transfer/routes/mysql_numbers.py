"""How a MySQL or MariaDB server writes numbers and bits as PostgreSQL's input text."""

from __future__ import annotations

from conversion.postgresql_types import base_name
from engines.catalog import Kind
from transfer.routes.mysql_column import INTEGERS, TEXTS, Column, Plain, double_text, shown, sizes

FLOATS = ("real", "double precision")
# what PostgreSQL refuses to round to a real: beyond the largest, or a number that would become zero
BEYOND_REAL = "ABS({c}) > 3.4028235e38 OR (ABS({c}) < 1.5e-45 AND {c} <> 0)"
ALWAYS = "1"  # a guard: every value goes the exact way
INTEGER_DIGITS = {8: 3, 16: 5, 24: 8, 32: 10, 64: 20}


def integer(c: Column) -> Plain:
    """Into whole numbers, and from them into other numbers and texts."""
    base = base_name(c.target)
    if base in TEXTS:
        return shown(c)
    if base == "numeric":
        return numeric(c)
    if base in FLOATS:
        return f"{c.name} + 0", []
    high = 2 ** (INTEGERS[base] - 1)
    if c.type.kind is Kind.YEAR:
        return f"{c.name} + 0", []
    if c.type.kind is Kind.INTEGER:
        bits = (c.type.bits or 64) + (1 if c.type.unsigned else 0)
        beyond = f"{c.name} > {high - 1}" if c.type.unsigned else f"{c.name} NOT BETWEEN -{high} AND {high - 1}"
        return c.name, [beyond] if bits > INTEGERS[base] else []
    if c.type.kind is Kind.DECIMAL:
        whole = f"TRUNCATE({c.name}, 0)"
        return whole, [f"{c.name} <> {whole}", f"{c.name} NOT BETWEEN -{high} AND {high - 1}"]
    within = f"({c.name} >= -{high}e0 AND {c.name} < {high}e0)"
    return f"CAST({c.name} AS SIGNED)", [f"{c.name} <> FLOOR({c.name})", f"NOT {within}"]


def numeric(c: Column) -> Plain:
    """Decimals."""
    base, limits = base_name(c.target), sizes(c.target)
    if base in TEXTS:
        return shown(c)
    if base in FLOATS:
        return c.name, _beyond_real(c) if base == "real" else []
    if base in INTEGERS:
        return integer(c)
    if not limits:
        return c.name, []
    digits, scale = limits[0], limits[1] if len(limits) > 1 else 0
    own_scale = (c.type.scale or 0) if c.type.kind is Kind.DECIMAL else 0
    own_digits = (c.type.precision or 10) if c.type.kind is Kind.DECIMAL else INTEGER_DIGITS[c.type.bits or 64]
    fits = own_digits - own_scale <= digits - scale and own_scale <= scale
    if fits:
        return c.name, []
    bound = 10 ** max(digits - scale, 0)
    if c.type.kind is not Kind.DECIMAL:  # of the least and the largest integers the server has no ABS
        return c.name, [f"{c.name} NOT BETWEEN {1 - bound} AND {bound - 1}"]
    return c.name, [f"ABS(ROUND({c.name}, {scale})) >= {bound}"]


def _beyond_real(c: Column) -> list[str]:
    return [BEYOND_REAL.replace("{c}", c.name)]


def double(c: Column) -> Plain:
    """Floating point; times 1 in double precision a FLOAT keeps its digits."""
    base = base_name(c.target)
    if base in TEXTS:
        return shown(c)
    if base in INTEGERS:
        return integer(c)
    if base == "real" and c.type.bits != 32:
        return double_text(f"{c.name} * 1e0"), _beyond_real(c)
    return double_text(f"{c.name} * 1e0"), [ALWAYS] if base == "numeric" and sizes(c.target) else []


def boolean(c: Column) -> Plain:
    """0 and 1."""
    return c.name, [f"{c.name} NOT IN (0, 1)"]


def bit(c: Column) -> Plain:
    """Bits as bits."""
    own, limits = c.type.length or 1, sizes(c.target)
    varying = base_name(c.target) == "bit varying"
    wanted = (limits[0] if limits else own) if varying else (limits[0] if limits else 1)
    fits = own <= wanted
    bits = f"LPAD(BIN({c.name} + 0), {own if varying else max(own, wanted)}, '0')"
    return bits, [] if fits else [ALWAYS]


def bit_integer(c: Column) -> Plain:
    """Bits as a number."""
    bits = INTEGERS[base_name(c.target)] - 1
    return f"{c.name} + 0", [f"{c.name} + 0 >= {2**bits}"] if (c.type.length or 1) > bits else []
