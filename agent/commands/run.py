"""dbmo run: from a request to a contract, as far as it may go."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.errors import EXIT_ABORTED, EXIT_CHECK_FAILED, EXIT_DONE

if TYPE_CHECKING:
    from agent.console import Console
    from agent.driver import Driver
    from agent.orchestrator import Orchestrator

STEPS = ("assess", "plan", "rehearse", "execute", "validate")


def run(options: argparse.Namespace) -> int:
    """Every phase that is not done yet, up to --until; the contract and reports are written at every end."""
    if len(options.request) > 1 or options.jobs is not None:
        from agent.commands.batch import batch

        return batch(options)
    return run_one(options.request[0], options)


def run_one(request_file: Path, options: argparse.Namespace) -> int:
    """One request in this process."""
    from agent.console import Console
    from agent.driver import make_driver
    from agent.folder import DEFAULT_ROOT, Folder
    from agent.request import load_request, migration_id

    prepare_example(request_file)
    request = load_request(request_file)
    name = migration_id(request)
    with Console() as console:
        driver = make_driver(options.driver, options.model)
        folder = Folder.create(options.out or DEFAULT_ROOT / name, request, name)
        with folder.locked():
            return live(folder, console, options.until, options.json, driver, options)


def prepare_example(path: Path) -> None:
    """Build the bundled example's database when its request is run for the first time."""
    import examples

    home = Path(examples.__file__).parent
    if path.resolve() == (home / "shop.json").resolve() and not (home / "shop.db").exists():
        from examples.shop_database import build

        sys.stderr.write("building the example's database, examples/shop.db\n")
        build(home / "shop.db")


def live(
    folder: Any,
    console: Console,
    until: str | None,
    as_json: bool = False,
    driver: Driver | None = None,
    copying: argparse.Namespace | None = None,
) -> int:
    """Go through the phases of an open, locked folder, by the rules where no driver is given; the exit status.

    copying: the options that say how rows are copied.
    """
    from agent.orchestrator import Orchestrator

    orchestrator = Orchestrator(folder, console.show, driver=driver, listener=console)
    stop_on_interrupt(orchestrator)
    with copies(orchestrator, console, copying or argparse.Namespace()), orchestrator.reported():
        status = _phases(orchestrator, console, until)
    contract = orchestrator.report()
    console.say(f"report    {folder.path}/report.html  contract  {folder.path}/contract.json")
    if as_json:
        sys.stdout.write(contract.model_dump_json(indent=2) + "\n")
    return status


@contextmanager
def copies(run: Orchestrator, console: Console, options: argparse.Namespace) -> Iterator[None]:
    """Where lanes run, and who hears of the copy: the folder's file, the console, metrics where they are asked for."""
    from agent.metrics import Metrics, served
    from agent.standing import both
    from transfer.executors import begun_with

    if getattr(options, "executor", None) is not None:
        ends = [url for url in (run.ends.source_url, run.ends.target_url) if url is not None]
        run.executor = begun_with(options.executor, ends)
    metrics = Metrics()
    run.tell = both([run.tell, console.standing, metrics.tell])
    with served(getattr(options, "metrics_port", None), metrics) as url:
        if url is not None:
            console.say(f"metrics   {url}")
        yield


def _phases(run: Orchestrator, console: Console, until: str | None) -> int:
    from agent.commands.summaries import plan_lines, say_assessment, say_execution, say_validation

    last = STEPS.index(until) if until else len(STEPS) - 1
    if not run.done("execution") and not _may_continue(run):
        console.say("assess")
        say_assessment(console, run.assess())
        if last >= 1:
            console.say("plan")
            for line in plan_lines(run, run.make_plan()):
                console.say(line)
    if last > 2 and run.plan is not None and not run.plan.declared:
        from agent.execute import check_executable

        check_executable(run.plan)
    if until == "rehearse" or (last > 2 and _needs_rehearsal(run)):
        from agent.commands.life import rehearse_now

        rehearse_now(run, console)
    if last < 3:
        return EXIT_DONE
    plan = run.needed_plan()
    if plan.declared:
        console.say("stopped: the plan rests on declared facts; nothing after it can run without a reachable source")
        return EXIT_ABORTED
    if not run.done("execution"):
        _ask_approval(run, console)
        console.say("execute")
        say_execution(console, run, run.execute())
    if last < 4:
        return EXIT_DONE
    console.say("validate")
    fine = say_validation(console, run, run.validate())
    return EXIT_DONE if fine else EXIT_CHECK_FAILED


def _may_continue(run: Orchestrator) -> bool:
    """Whether the stored plan stands: its execution began, or a person approved it and the source is as planned."""
    from agent.approval import approved_hash

    plan = run.plan
    if plan is None or plan.declared:
        return False
    if run.folder.journal.last("execution started") is not None:
        return True
    return approved_hash(run.folder) == plan.hash


def _needs_rehearsal(run: Orchestrator) -> bool:
    """A plan whose rollback must have been tried, and was not."""
    from agent.execute import REHEARSAL

    plan = run.plan
    if plan is None or plan.declared or run.request.target_database.scratch or run.request.rollback.waiver:
        return False
    found = run.folder.read_json(REHEARSAL)
    return found is None or found.get("plan_hash") != plan.hash


def _ask_approval(run: Orchestrator, console: Console) -> None:
    """At a terminal a person may approve on the spot; elsewhere execute() refuses with what to do."""
    from agent.approval import approved_hash

    plan = run.needed_plan()
    if plan.target.scratch or run.request.options.approvers or approved_hash(run.folder) == plan.hash:
        return
    if sys.stdin.isatty() and sys.stderr.isatty():
        from agent.commands.life import approve_at_terminal

        approve_at_terminal(run, plan, None)


def stop_on_interrupt(run: Orchestrator) -> None:
    """First Ctrl-C: stop after the chunks that are under way; second, and while nothing is written: at once."""

    def stop(number: int, frame: Any) -> None:
        if run.interrupt.is_set() or run.reading:
            raise KeyboardInterrupt
        run.interrupt.set()
        os.write(2, b"\nstopping after the chunks that are under way; Ctrl-C again stops at once\n")

    signal.signal(signal.SIGINT, stop)
