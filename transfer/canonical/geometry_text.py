"""Canonical text of points and geometries: numbers, or the SRID and little-endian WKB."""

from __future__ import annotations

import re
import struct

from transfer.canonical.numbers_text import double

HEADER = struct.Struct("<BI")
Z, M, SRID = 0x80000000, 0x40000000, 0x20000000  # flags of PostGIS' extended WKB
POINT, LINE, POLYGON = 1, 2, 3
COLLECTIONS = range(4, 8)
HEX = re.compile(rb"(?:\\x)?(?:[0-9a-fA-F]{2})+")
WRITTEN = re.compile(rb"\s*(?:SRID=([0-9]+);)?\s*(?:POINT\s*)?\(\s*([^\s,]+)(?:\s*,\s*|\s+)([^\s,]+)\s*\)\s*", re.I)
ENVELOPES = (0, 32, 48, 48, 64)  # bytes of GeoPackage's envelope by its kind


class NoGeometry(ValueError):
    """The bytes are no geometry."""


def point(value: bytes) -> bytes | None:
    """`x y` of a point: (x,y), WKT, WKB, MySQL's bytes or GeoPackage's; None for anything else."""
    found = WRITTEN.fullmatch(value)
    if found:
        try:
            return double(float(found[2])) + b" " + double(float(found[3]))
        except ValueError:
            return None
    parsed = _parsed(value)
    if parsed is None or HEADER.unpack_from(parsed[1])[1] != POINT:
        return None
    return b" ".join(map(double, struct.unpack_from("<2d", parsed[1], HEADER.size)))


def geometry(value: bytes) -> bytes | None:
    """`srid:hex` of any geometry (0: none); None for what is no geometry."""
    found = _parsed(value)
    return None if found is None else b"%d:%b" % (found[0], found[1].hex().encode())


def _parsed(value: bytes) -> tuple[int, bytes] | None:
    """SRID and little-endian WKB of the ways engines keep geometries."""
    if HEX.fullmatch(value):
        value = bytes.fromhex(value.removeprefix(b"\\x").decode())
    for read in (_geopackage, _plain, _mysql):
        try:
            return read(value)
        except (NoGeometry, struct.error, IndexError):
            continue
    return None


def _geopackage(value: bytes) -> tuple[int, bytes]:
    """https://www.geopackage.org/spec/#gpb_format"""
    if value[:2] != b"GP":
        raise NoGeometry
    flags = value[3]
    srid: int = struct.unpack_from("<i" if flags & 1 else ">i", value, 4)[0]
    return srid, _plain(value[8 + ENVELOPES[flags >> 1 & 7] :])[1]


def _mysql(value: bytes) -> tuple[int, bytes]:
    """SRID in four bytes, then WKB: https://dev.mysql.com/doc/refman/8.0/en/gis-data-formats.html"""
    return struct.unpack_from("<I", value)[0], _plain(value[4:])[1]


def _plain(value: bytes) -> tuple[int, bytes]:
    srid, made, end = _read(value, 0)
    if end != len(value):
        raise NoGeometry
    return srid, made


def _read(value: bytes, place: int) -> tuple[int, bytes, int]:
    if value[place] not in (0, 1):
        raise NoGeometry
    order = "<" if value[place] else ">"
    code: int = struct.unpack_from(order + "I", value, place + 1)[0]
    place += HEADER.size
    srid = 0
    if code & SRID:
        srid = struct.unpack_from(order + "I", value, place)[0]
        place += 4
        code &= ~SRID
    kind = (code & 0xFFFF) % 1000
    width = 2 + bool(code & Z) + bool(code & M) + (0, 1, 1, 2)[(code & 0xFFFF) // 1000 % 4]
    made = [HEADER.pack(1, code)]
    if kind == POINT:
        place = _coordinates(value, place, order, width, made)
    elif kind == LINE:
        place = _points(value, place, order, width, made)
    elif kind in (POLYGON, *COLLECTIONS):
        count: int = struct.unpack_from(order + "I", value, place)[0]
        made.append(struct.pack("<I", count))
        place += 4
        for _ in range(count):
            if kind == POLYGON:
                place = _points(value, place, order, width, made)
            else:
                _, inner, place = _read(value, place)
                made.append(inner)
    else:
        raise NoGeometry
    return srid, b"".join(made), place


def _points(value: bytes, place: int, order: str, width: int, made: list[bytes]) -> int:
    count: int = struct.unpack_from(order + "I", value, place)[0]
    made.append(struct.pack("<I", count))
    return _coordinates(value, place + 4, order, width * count, made)


def _coordinates(value: bytes, place: int, order: str, count: int, made: list[bytes]) -> int:
    end = place + 8 * count
    if end > len(value):
        raise NoGeometry
    made.append(struct.pack(f"<{count}d", *struct.unpack_from(f"{order}{count}d", value, place)))
    return end
