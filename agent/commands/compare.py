"""dbmo compare: any two live databases beside each other, for people; the validator does the work."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.commands.comparison_words import check_repair
from agent.commands.skills import checked_input
from agent.phases import VALIDATOR
from engines.errors import EXIT_CHECK_FAILED, EXIT_DONE, UsageError

if TYPE_CHECKING:
    from engines.grant import Grant
    from skills.data_migration_validator.model import Output


def compare(options: argparse.Namespace) -> int:
    """What is equal and what differs; 1 on any difference that is not repaired."""
    from agent.commands.comparison_words import say_comparison
    from agent.console import Console
    from skills.context import SkillContext
    from skills.data_migration_validator.skill import run

    given = checked_input(VALIDATOR, _input(options))
    with Console() as console:
        context = SkillContext(progress=console.show, grant=_grant(options))
        output = run(given, context)
        _write(options, output)
        if options.json:
            sys.stdout.write(output.model_dump_json(indent=2) + "\n")
        else:
            say_comparison(sys.stdout.write, output, options.repair)
    return EXIT_DONE if output.equal else EXIT_CHECK_FAILED


def _input(options: argparse.Namespace) -> dict[str, Any]:
    """The skill's input; UsageError where two options don't go together."""
    if (options.certificate is None) != (options.key is None):
        raise UsageError(
            "KEY_MISSING",
            "A certificate needs a file and the key that signs it.",
            "Give both --certificate FILE and --key KEY.pem (openssl genpkey -algorithm ed25519 -out KEY.pem).",
        )
    check_repair(options)
    given: dict[str, Any] = {
        "source": {"url": options.source},
        "target": {"url": options.target},
        "only": options.only,
        "skip": options.skip,
        "ignore": options.ignore,
        "names": dict(_pair(text) for text in options.name),
        "values": not options.no_values,
        "repair": options.repair,
        "deletes": options.deletes,
    }
    chosen = {
        "level": options.level,
        "limit": options.limit,
        "settle_seconds": options.settle,
        "source_cpu": options.source_cpu,
        "route": options.route,
        "migration": options.migration,
        "approve": options.approve,
        "state": options.state,
        "certificate_key": str(options.key) if options.key else None,
    }
    return given | {name: value for name, value in chosen.items() if value is not None}


def _pair(text: str) -> tuple[str, str]:
    source, _, target = text.partition("=")
    if not source or not target:
        raise UsageError("NAME_INVALID", f"{text} names no pair of tables.", "Write it as SOURCE=TARGET.")
    return source, target


def _grant(options: argparse.Namespace) -> Grant | None:
    """The leave to write that the person gives with the hash of the repair that was shown."""
    if options.approve is None:
        return None
    from engines.grant import Grant
    from engines.registry import open_database

    with closing(open_database(options.target)) as target:
        return Grant("repair", target.identity, options.approve)


def _write(options: argparse.Namespace, output: Output) -> None:
    if options.page is not None:
        from agent.report.diff_page import diff_page

        page: Path = options.page
        page.write_text(diff_page(output, options.source, options.target), encoding="utf-8")
    if options.certificate is not None and output.certificate is not None:
        options.certificate.write_text(output.certificate.model_dump_json(indent=1) + "\n", encoding="utf-8")
