"""The commands on a migration's folder: assess, plan, rehearse, approve, execute, validate, report, status, audit."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.errors import EXIT_CHECK_FAILED, EXIT_DONE, UsageError

if TYPE_CHECKING:
    from agent.commands.summaries import Says
    from agent.console import Console
    from agent.orchestrator import Orchestrator
    from agent.plan import Plan


@contextmanager
def opened(
    path: Path, locked: bool = True, copying: argparse.Namespace | None = None
) -> Iterator[tuple[Orchestrator, Console]]:
    """The migration in a folder, or of a request file, with a console; copying: options of a command that copies."""
    from contextlib import nullcontext

    from agent.commands.run import copies, prepare_example, stop_on_interrupt
    from agent.console import Console
    from agent.folder import DEFAULT_ROOT, Folder
    from agent.orchestrator import Orchestrator
    from agent.request import load_request, migration_id

    if path.is_file():
        prepare_example(path)
        request = load_request(path)
        folder = Folder.create(DEFAULT_ROOT / migration_id(request), request, migration_id(request))
    else:
        folder = Folder.open(path)
    with folder.locked() if locked else nullcontext(), Console() as console:
        orchestrator = Orchestrator(folder, console.show, listener=console)
        if locked:
            stop_on_interrupt(orchestrator)
        with copies(orchestrator, console, copying) if copying is not None else nullcontext():
            yield orchestrator, console
    folder.close()


def assess(options: argparse.Namespace) -> int:
    """Phase 1."""
    from agent.commands.summaries import say_assessment

    with opened(options.folder) as (run, console):
        output = run.assess()
        run.report()
        say_assessment(console, output)
        return _result(options, output)


def plan(options: argparse.Namespace) -> int:
    """Phase 2; refused once the execution began."""
    from agent.commands.summaries import plan_lines

    with opened(options.folder) as (run, console):
        if run.folder.journal.last("execution started") is not None:
            raise UsageError(
                "EXECUTION_BEGAN",
                "The plan is being executed; another plan would not fit what is in the target.",
                f"Continue with: dbmo execute {options.folder}",
            )
        run.assess()
        made = run.make_plan()
        run.report()
        for line in plan_lines(run, made):
            console.say(line)
        return _result(options, {"hash": made.hash, **made.model_dump(mode="json")})


def rehearse(options: argparse.Namespace) -> int:
    """The plan and its rollback on a scratch server."""
    with opened(options.folder, copying=options) as (run, console):
        result = rehearse_now(run, console)
        return _result(options, result) if result["passed"] and result["rolled_back"] else EXIT_CHECK_FAILED


def rehearse_now(run: Orchestrator, console: Says) -> dict[str, Any]:
    """Rehearse and say how it went."""
    from agent.rehearsal import rehearse as rehearse_plan

    console.say("rehearse")
    result = rehearse_plan(run, run.needed_plan())
    verdict = "went through" if result["passed"] else "FAILED"
    back = "left nothing behind" if result["rolled_back"] else "LEFT SOMETHING BEHIND"
    console.say(f"  rehearsal {verdict} in {result['seconds']:.1f} s, its rollback {back}")
    if result["detail"]:
        console.say(f"  {result['detail']}")
    return result


def approve(options: argparse.Namespace) -> int:
    """A person's approval."""
    from agent.approval import approve_with_key, public_key_of

    if options.show_public:
        if options.key is None:
            raise UsageError("KEY_MISSING", "--show-public needs --key.", "Give the key's file.")
        sys.stdout.write(public_key_of(options.key) + "\n")
        return EXIT_DONE
    with opened(options.folder) as (run, console):
        made = run.needed_plan()
        if options.key is not None:
            approve_with_key(run.folder, made, options.key, options.by or getpass.getuser())
        else:
            approve_at_terminal(run, made, options.by)
        console.say(f"approved: plan {made.hash[:12]} of {made.migration}", f"next: dbmo execute {options.folder}")
        return EXIT_DONE


def approve_at_terminal(run: Orchestrator, made: Plan, by: str | None) -> None:
    """Show what is to be approved and let the person type the migration's name."""
    from agent.approval import approve_in_person
    from agent.commands.summaries import plan_lines

    if not sys.stdin.isatty():
        raise UsageError(
            "NO_TERMINAL",
            "An approval is typed by a person at a terminal.",
            "Run `dbmo approve` at a terminal, or use --key for unattended runs.",
        )
    run.report()  # what a person is told to read is there
    for line in plan_lines(run, made):
        if not line.startswith("  next:"):
            sys.stderr.write(line + "\n")
    sys.stderr.write(f"  all of it: {run.folder.path}/report.md\n")
    sys.stderr.write(f"Type the migration's name ({made.migration}) to approve: ")
    sys.stderr.flush()
    approve_in_person(run.folder, made, sys.stdin.readline(), by or getpass.getuser())


def execute(options: argparse.Namespace) -> int:
    """Phase 3, or its continuation."""
    from agent.commands.summaries import say_execution

    with opened(options.folder, copying=options) as (run, console):
        with run.reported():
            output = run.execute()
        run.report()
        say_execution(console, run, output)
        return _result(options, output)


def validate(options: argparse.Namespace) -> int:
    """Phase 4, and the repair of what differs where a person wants it."""
    from agent.commands.comparison_words import check_repair
    from agent.commands.summaries import say_validation
    from agent.validate import Wishes

    check_repair(options)
    if options.finished:
        return _in_flight(options)
    wishes = Wishes(not options.no_values, options.repair, options.approve, options.deletes)
    with opened(options.folder) as (run, console):
        output = run.validate(wishes)
        run.report()
        fine = say_validation(console, run, output)
        _result(options, output)
        return EXIT_DONE if fine else EXIT_CHECK_FAILED


def _in_flight(options: argparse.Namespace) -> int:
    """What is in the target so far against the source; the folder may be at work."""
    from agent.commands.comparison_words import differing_lines
    from agent.in_flight import check_in_flight

    with opened(options.folder, locked=False) as (run, console):
        found = check_in_flight(run)
        for table in found["tables"]:
            for line in differing_lines(table) if not table["equal"] else ():
                console.say(line)
        parts = sum(len(table["parts"]) for table in found["tables"])
        console.say(f"  {found['moment']}: {found['rows_compared']:,} rows in {parts:,} chunks looked at")
        _result(options, found)
        return EXIT_DONE if found["equal"] else EXIT_CHECK_FAILED


def report(options: argparse.Namespace) -> int:
    """Contract and reports again."""
    with opened(options.folder) as (run, console):
        contract = run.report()
        console.say(*(f"{options.folder}/{name}" for name in ("report.html", "report.md", "contract.json")))
        return _result(options, contract.model_dump(mode="json"))


def status(options: argparse.Namespace) -> int:
    """Where the migration stands, from journal and target."""
    from agent.status import status_of, status_text

    with opened(options.folder, locked=False) as (run, _):
        found = status_of(run)
        sys.stdout.write(json.dumps(found, indent=2) + "\n" if options.json else status_text(found))
        return EXIT_DONE


def audit(options: argparse.Namespace) -> int:
    """Everything that can be verified; 1 when something is not as it was written."""
    from agent.audit import audit as verify

    with opened(options.folder, locked=False) as (run, _):
        found = verify(run)
        if options.json:
            sys.stdout.write(json.dumps(found, indent=2) + "\n")
        else:
            for line in (*found["verified"], *(f"WRONG: {problem}" for problem in found["problems"])):
                sys.stdout.write(line + "\n")
        return EXIT_CHECK_FAILED if found["problems"] else EXIT_DONE


def _result(options: argparse.Namespace, data: Any) -> int:
    if options.json:
        sys.stdout.write(json.dumps(data, indent=2, default=str) + "\n")
    return EXIT_DONE
