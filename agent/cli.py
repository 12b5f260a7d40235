"""The command line: argparse only, so that help costs nothing; every command imports what it needs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from agent.driver import NAMES
from engines.collector import relax_collector

VERSION = "0.1.0"
UNTIL = ("assess", "plan", "rehearse", "execute", "validate")
LEVELS = ("schema", "counts", "checksums", "rows", "stream", "sample")
LATER = {
    "cutover": "the cutover with change sync",
    "fallback": "the way back after a cutover",
    "finalize": "the end of a migration after its cutover",
}

Handler = Callable[[argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    """Every command with its arguments; `handler` names the module and function that do it."""
    root = argparse.ArgumentParser(
        prog="dbmo",
        description="Moves a database from first look to signed-off cutover, and proves that nothing was lost.",
        epilog="Exit status: 0 done, 1 a check failed, 2 usage or request wrong, 3 aborted by a safety rule, "
        "4 an engine or the network failed (run the same command again).",
    )
    root.add_argument("--version", action="version", version=f"dbmo {VERSION}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_run(commands)
    _add_life(commands)
    _add_skills(commands)
    _add_proof(commands)
    _add_others(commands)
    return root


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("run", help="the whole life of a migration from a request; goes on where it stopped")
    run.add_argument(
        "request", type=Path, nargs="+", help="request file (JSON), or many; `dbmo schema request` prints the schema"
    )
    run.add_argument("--driver", choices=NAMES, default="auto", help="who orders the work")
    run.add_argument("--model", metavar="NAME", help="the model of the claude driver, by default ANTHROPIC_MODEL")
    run.add_argument("--jobs", type=_count, metavar="N", help="how many of many requests run at once")
    run.add_argument("--until", choices=UNTIL, help="stop after this phase")
    run.add_argument("--out", type=Path, help="the folder, by default migrations/<name>; of many requests: above all")
    run.add_argument("--json", action="store_true", help="print the contract (of many: a list of results) on stdout")
    _add_copying(run)
    run.set_defaults(handler="agent.commands.run:run")
    demo = commands.add_parser("demo", help="the whole life on the bundled example; no key, no server, under a minute")
    demo.add_argument("--out", type=Path, default=Path("migrations/shop"))
    demo.set_defaults(handler="agent.commands.demo:demo")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _add_life(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    texts = {
        "assess": "look at the source again: inventory, hazards, effort",
        "plan": "plan again: strategy, schema, translations; prints the hash to approve",
        "rehearse": "run the whole plan and its rollback on a scratch server",
        "execute": "execute the approved plan, or continue it",
        "validate": "compare source and target; exit status 1 on any difference",
        "report": "write contract.json, report.md and report.html again",
        "status": "how far the migration is",
        "audit": "verify journal, artifacts, contract and the journal's head in the target",
    }
    for name, text in texts.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("folder", type=Path, help="the migration's folder (assess and plan also take a request)")
        command.add_argument("--json", action="store_true", help="print the result as JSON on stdout")
        if name in ("rehearse", "execute"):
            _add_copying(command)
        if name == "validate":
            command.add_argument("--no-values", action="store_true", help="keys and columns only, no values")
            command.add_argument("--finished", action="store_true", help="what is copied so far, or is there before")
            _add_repair(command)
        command.set_defaults(handler=f"agent.commands.life:{name}")
    approve = commands.add_parser("approve", help="approve the plan: at the terminal, or with an approver's key")
    approve.add_argument("folder", type=Path)
    approve.add_argument("--key", type=Path, help="Ed25519 key (PEM) that signs the approval")
    approve.add_argument("--by", help="who approves, by default the user's name")
    approve.add_argument("--show-public", action="store_true", help="print the key's public half for options.approvers")
    approve.set_defaults(handler="agent.commands.life:approve")
    tune = commands.add_parser("tune", help="change the load that the copy may make, while it runs; shows what holds")
    tune.add_argument("folder", type=Path)
    _add_tuning(tune)
    tune.set_defaults(handler="agent.commands.tune:tune")
    target = commands.add_parser("target", help="keep an embedded target running, or run a command with it")
    target.add_argument("folder", type=Path)
    target.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="gets its url in DATABASE_URL")
    target.set_defaults(handler="agent.commands.target:target")


def _add_copying(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--executor", metavar="WHERE", help="where lanes run: processes (default), ray, ray://host:port"
    )
    command.add_argument("--metrics-port", metavar="[ADDRESS:]PORT", help="serve Prometheus metrics while it runs")


def _add_tuning(command: argparse.ArgumentParser) -> None:
    from agent.commands.tune import add_options

    add_options(command)


def _add_skills(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    skill = commands.add_parser("skill", help="run one skill by itself: JSON in, JSON out")
    skill.add_argument("name")
    skill.add_argument("--input", default="-", help="file with the skill's input, - for stdin")
    skill.set_defaults(handler="agent.commands.skills:skill")
    skills = commands.add_parser("skills", help="list the skills")
    skills.set_defaults(handler="agent.commands.skills:skills")
    schema = commands.add_parser("schema", help="print a JSON Schema: contract, request, or skill NAME")
    schema.add_argument("what", choices=("contract", "request", "skill"))
    schema.add_argument("name", nargs="?")
    schema.set_defaults(handler="agent.commands.skills:schema")


def _add_proof(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    compare = commands.add_parser("compare", help="compare any two live databases; exit status 1 on any difference")
    compare.add_argument("source", help="reference: sqlite:, postgresql:, mysql: or mongodb:, secrets as ${VARIABLE}")
    compare.add_argument("target", help="the same of the other side")
    compare.add_argument("--level", choices=LEVELS, help="by default checksums: every row, by hashes of parts")
    compare.add_argument("--only", action="append", default=[], metavar="TABLE", help="this table (may be repeated)")
    compare.add_argument("--skip", action="append", default=[], metavar="TABLE", help="not this one")
    compare.add_argument("--ignore", action="append", default=[], metavar="[TABLE.]COLUMN", help="not this column")
    compare.add_argument("--name", action="append", default=[], metavar="SOURCE=TARGET", help="tables called otherwise")
    compare.add_argument("--migration", metavar="ID", help="count what this migration set aside apart")
    compare.add_argument("--limit", type=int, help="differing rows shown per table, by default 20")
    compare.add_argument("--no-values", action="store_true", help="keys and columns only, no values")
    compare.add_argument("--settle", type=float, metavar="SECONDS", help="read differing rows again while others write")
    compare.add_argument("--state", metavar="FILE", help="with --settle: goes on after a kill, called the same way")
    compare.add_argument("--source-cpu", type=float, metavar="SHARE", help="of one core of the source, over 0 to 1")
    compare.add_argument("--route", choices=("auto", "pushdown", "stream"), help="where rows are hashed")
    compare.add_argument("--page", type=Path, metavar="FILE", help="write the differences as an HTML page")
    compare.add_argument("--certificate", type=Path, metavar="FILE", help="write a certificate where all is equal")
    compare.add_argument("--key", type=Path, help="Ed25519 key (PEM) that signs the certificate")
    _add_repair(compare)
    compare.add_argument("--json", action="store_true", help="print the result as JSON on stdout")
    compare.set_defaults(handler="agent.commands.compare:compare")
    verify = commands.add_parser("verify-certificate", help="check a certificate, and its parts against the databases")
    verify.add_argument("file", type=Path)
    verify.add_argument("--signer", metavar="KEY", help="who must have signed: the public key (base64), or a key file")
    verify.add_argument("--recheck", action="store_true", help="ask both databases for the digests of all parts")
    verify.add_argument("--part", action="append", default=[], metavar="TABLE[:N]", help="ask for these only")
    verify.add_argument("--source", metavar="URL", help="instead of the certificate's reference")
    verify.add_argument("--target", metavar="URL", help="the same of the target")
    verify.add_argument("--json", action="store_true", help="print the checks as JSON on stdout")
    verify.set_defaults(handler="agent.commands.certificate:verify_certificate")


def _add_repair(command: argparse.ArgumentParser) -> None:
    command.add_argument("--repair", action="store_true", help="show what copying the differing rows again would do")
    command.add_argument("--approve", metavar="HASH", help="do the repair that was shown under this hash")
    command.add_argument("--deletes", action="store_true", help="let the repair delete rows that only the target has")


def _add_others(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    doctor = commands.add_parser("doctor", help="what works on this machine, and what to do about what doesn't")
    doctor.add_argument("urls", nargs="*", metavar="URL", help="databases to look at too, secrets as ${VARIABLE}")
    doctor.set_defaults(handler="agent.commands.doctor:doctor")
    chat = commands.add_parser("chat", help="talk about a migration; without a model a shell of commands")
    chat.add_argument("place", nargs="?", metavar="FOLDER|REQUEST.json", help="by default migrations/ is listed")
    chat.add_argument("--model", help="model that answers, by default ANTHROPIC_MODEL or AGENT.md's")
    chat.add_argument("--plain", action="store_true", help="plain lines: no colours, no completion, no history")
    chat.set_defaults(handler="agent.commands.chat:chat")
    mcp = commands.add_parser("mcp", help="the server for IDE assistants (Model Context Protocol)")
    mcp.add_argument("--databases", type=Path, help="databases by name, by default dbmo-databases.json")
    mcp.add_argument("--root", type=Path, default=Path("migrations"), help="where the migrations' folders are")
    mcp.add_argument("--http", type=int, metavar="PORT", help="serve on 127.0.0.1:PORT (0: any), with a token")
    mcp.set_defaults(handler="agent.commands.mcp:mcp")
    install = commands.add_parser("install", help="write subagent, skills and server entry into a project")
    install.add_argument("what", choices=("claude-code", "mcp-json"))
    install.add_argument("--dir", type=Path, default=Path(), help="the project's folder, by default this one")
    install.add_argument("--dry-run", action="store_true", help="show what would change, change nothing")
    install.add_argument("--force", action="store_true", help="replace files that were edited since")
    install.set_defaults(handler="agent.commands.install:install")
    for name, what in LATER.items():
        later = commands.add_parser(name, help=f"not in this version: {what}")
        later.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
        later.set_defaults(handler="agent.commands.later:later")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and end the process with the designed status."""
    relax_collector()
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit status. Errors go to stderr: what happened, what to do, a code."""
    options = parser().parse_args(arguments)
    module, _, function = options.handler.partition(":")
    handler: Handler = getattr(import_module(module), function)
    from agent.errors import guarded

    return guarded(handler, options)


if __name__ == "__main__":
    main()
