"""Checks a certificate by itself, and any of its parts against the databases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from pydantic import ValidationError

from engines.errors import UsageError
from engines.full_names import name_of
from engines.signing import signature_holds
from transfer.canonical.encoding import Digest, Hashing
from transfer.certificate.model import FORMAT, Certificate, CertifiedTable, Check, Verdict
from transfer.compare.digests import hexadecimal
from transfer.sides.open import open_sides
from transfer.sides.side import Side, Span


def read_certificate(path: Path) -> Certificate:
    """A certificate from its file; CERTIFICATE_UNREADABLE for anything else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        return Certificate.model_validate(data)
    except (OSError, ValueError, ValidationError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        raise UsageError(
            "CERTIFICATE_UNREADABLE", f"{path} is no certificate: {why}.", "Give the file that the validator wrote."
        ) from error


def check_itself(certificate: Certificate, public_key: str | None = None) -> Verdict:
    """Signature, signer (when one is expected, as base64 of the raw key), every root, and the sums of rows."""
    checks = [
        _check("signature", signature_holds(certificate.model_dump(mode="json")), f"by {certificate.public_key}"),
        _check("root", certificate.computed_root() == certificate.root, certificate.root),
        *(_own(table) for table in certificate.tables),
    ]
    if public_key is not None:
        checks.insert(1, _check("signer", certificate.public_key == public_key, f"expected {public_key}"))
    return verdict(checks)


def verdict(checks: Sequence[Check]) -> Verdict:
    """The verdict of some checks."""
    return Verdict(holds=all(check.holds for check in checks), checks=list(checks))


def _own(table: CertifiedTable) -> Check:
    rows = sum(part.rows for part in table.parts)
    detail = f"{table.rows_source:,} rows in {len(table.parts):,} parts"
    if table.computed_root() != table.root:
        return _check(table.table.name, False, "its root is not that of its content")
    return _check(table.table.name, rows == table.rows_source, detail)


def chosen_parts(certificate: Certificate, names: Sequence[str]) -> list[tuple[CertifiedTable, int]]:
    """Parts by `table` (all of it) or `table:number` (from 1); none named: all. UsageError PART_UNKNOWN."""
    if not names:
        return [(table, n) for table in certificate.tables for n in range(len(table.parts))]
    found: list[tuple[CertifiedTable, int]] = []
    for name in names:
        found += _named(certificate, name)
    return found


def _named(certificate: Certificate, name: str) -> list[tuple[CertifiedTable, int]]:
    whole = _table(certificate, name)
    if whole is not None:
        return [(whole, n) for n in range(len(whole.parts))]
    owner, _, number = name.rpartition(":")
    table = _table(certificate, owner)
    if table is None or not number.isdigit() or not 1 <= int(number) <= len(table.parts):
        raise UsageError(
            "PART_UNKNOWN",
            f"The certificate has no part {name}.",
            "Name a table, or a table and the number of a part: customers:3.",
        )
    return [(table, int(number) - 1)]


def _table(certificate: Certificate, name: str) -> CertifiedTable | None:
    """The table of that full name, or the only one that ends with it."""
    named = [table for table in certificate.tables if table.table.name == name]
    named = named or [table for table in certificate.tables if name_of(table.table.name) == name]
    return named[0] if len(named) == 1 else None


def check_parts(
    certificate: Certificate, parts: Sequence[tuple[CertifiedTable, int]], source_url: str, target_url: str
) -> Iterator[Check]:
    """Both databases' digests of these parts as they are now against those of the certificate."""
    with open_sides(source_url, target_url) as (source, target):
        for table, numbers in _together(parts):
            here, there = (_digests(certificate, table, numbers, side) for side in (source, target))
            for number in numbers:
                yield _compared(table, number, here.pop(number, Digest()), there.pop(number, Digest()))
            rows = sum(digest.rows for digest in (*here.values(), *there.values()))
            if rows:
                yield _check(f"{table.table.name}:others", False, f"{rows:,} rows where the certificate knows none")


def _together(parts: Iterable[tuple[CertifiedTable, int]]) -> Iterator[tuple[CertifiedTable, list[int]]]:
    """Parts that one scan answers: buckets of one table and range."""

    def span(part: tuple[CertifiedTable, int]) -> tuple[str, int | None, int | None, int]:
        table, number = part
        cut = table.parts[number]
        return table.table.name, cut.lower, cut.upper, cut.of

    for _, same in groupby(parts, span):
        found = list(same)
        yield found[0][0], [number for _, number in found]


def _digests(certificate: Certificate, table: CertifiedTable, numbers: list[int], side: Side) -> dict[int, Digest]:
    """Number of the part -> its digest on that side now; where all buckets are asked for, others below zero."""
    first = table.parts[numbers[0]]
    hashing = Hashing("extended" if table.method == "extended" else "md5", certificate.key)
    chosen = [table.parts[number].bucket for number in numbers]
    asked = None if len(numbers) == len(table.parts) else frozenset(bucket for bucket in chosen if bucket is not None)
    found = side.digests(
        table.table, Span(first.lower, first.upper, first.of, asked if chosen[0] is not None else None), hashing
    )
    if chosen[0] is None:
        return {numbers[0]: sum(found.values(), Digest())}
    by_bucket = dict(zip(chosen, numbers, strict=True))
    return {by_bucket.get(bucket, -1 - bucket): digest for bucket, digest in found.items()}


def _compared(table: CertifiedTable, number: int, source: Digest, target: Digest) -> Check:
    part = table.parts[number]
    wanted = {"source": (source, part.digest), "target": (target, part.digest_target or part.digest)}
    wrong = [
        f"the {role} has {found.rows:,} rows and another digest"
        for role, (found, digest) in wanted.items()
        if hexadecimal(found) != digest
    ]
    name = f"{table.table.name}:{number + 1}"
    return _check(name, not wrong, "; ".join(wrong) or f"{part.rows:,} rows, both sides as certified")


def _check(name: str, holds: bool, detail: str) -> Check:
    return Check(name=name, holds=holds, detail=detail)
