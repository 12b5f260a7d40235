"""dbmo verify-certificate: whether a certificate holds by itself, and against the databases as they are now."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engines.errors import EXIT_CHECK_FAILED, EXIT_DONE

SHOWN = 10  # parts that hold; those that don't are all shown


def verify_certificate(options: argparse.Namespace) -> int:
    """A line per check; 1 when one fails."""
    from transfer.certificate.check import check_itself, check_parts, chosen_parts, read_certificate, verdict

    certificate = read_certificate(options.file)
    found = check_itself(certificate, _signer(options.signer))
    if options.part or options.recheck:
        parts = chosen_parts(certificate, options.part)
        urls = options.source or certificate.source.url, options.target or certificate.target.url
        found = verdict([*found.checks, *check_parts(certificate, parts, *urls)])
    if options.json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
        return EXIT_DONE if found.holds else EXIT_CHECK_FAILED
    ends = f"{certificate.source.url} -> {certificate.target.url}"
    sys.stdout.write(f"{options.file}: {ends}\n")
    sys.stdout.write(f"  made at {certificate.made_at} by {certificate.tool}\n")
    sys.stdout.write(
        f"  {len(certificate.tables):,} tables, {certificate.rows:,} rows, {certificate.parts:,} parts with a digest\n"
    )
    holding = [check for check in found.checks if ":" in check.name and check.holds]
    shown = [check for check in found.checks if check not in holding] + holding[:SHOWN]
    for check in shown:
        sys.stdout.write(f"  {'holds ' if check.holds else 'FAILED'}  {check.name}: {check.detail}\n")
    if len(holding) > SHOWN:
        sys.stdout.write(f"  holds   {len(holding) - SHOWN:,} more parts\n")
    if not (options.part or options.recheck):
        sys.stdout.write("  The databases were not asked: --recheck asks for all parts, --part TABLE:N for one.\n")
    sys.stdout.write("The certificate holds.\n" if found.holds else "The certificate does NOT hold.\n")
    return EXIT_DONE if found.holds else EXIT_CHECK_FAILED


def _signer(given: str | None) -> str | None:
    """The expected public key: base64 as it was given, or that of a private key's file."""
    if given is None or not Path(given).exists():
        return given
    from engines.signing import load_key, public_key_text

    return public_key_text(load_key(Path(given)))
