"""The commands that work on a migration in this process: assess, plan, rehearse, approve, validate, report."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.chat.session import stoppable
from agent.phases import ANALYZER
from engines.errors import UsageError

if TYPE_CHECKING:
    from agent.chat.alone import LockedRun
    from agent.chat.session import Session

AGAIN = "again"


def assess(session: Session, words: str) -> None:
    """What the assessment found; it is made where there is none, or where it is asked for again."""
    from agent.chat.facts import output_of
    from agent.chat.looking import tables
    from agent.commands.summaries import say_assessment

    found = output_of(session.folder, ANALYZER)
    if _wanted_again(words) or found is None:
        with working(session) as run:
            found = run.assess()
            run.report()
    else:
        session.screen.say(f"(assessed {_when(session, 'assessment')}; /assess again looks anew)", "dim")
    say_assessment(session.screen, found)
    if found["inventory"]["tables"]:
        tables(session, "")
    session.screen.say("/hazards shows what could go wrong, /plan what to do about it.", "dim")


def plan(session: Session, words: str) -> None:
    """The plan and its hash; it is made where there is none, or where it is asked for again."""
    from agent.commands.summaries import plan_lines

    made = session.run.plan
    if _wanted_again(words) or made is None:
        with working(session) as run:
            if made is not None:
                run.refuse_another_plan()
                run.assess()
            made = run.make_plan()
            run.report()
    else:
        session.screen.say(f"(planned {_when(session, 'planning')}; /plan again plans anew)", "dim")
    for line in plan_lines(session.run, made):
        session.screen.say(line)
    session.screen.say("/diff shows what becomes of types and objects.", "dim")


def rehearse(session: Session, words: str) -> None:
    """The plan and its rollback on a scratch server."""
    from agent.commands.life import rehearse_now

    with working(session) as run:
        result = rehearse_now(run, session.screen)
        run.report()
    if result["passed"] and result["rolled_back"]:
        session.screen.say("  it went through", "green")
    else:
        session.screen.say(f"  {run.folder.path}/artifacts/planning/rehearsal.json says what failed", "red")


def approve(session: Session, words: str) -> None:
    """Show the plan and let the person at the terminal type the migration's name; nobody else can."""
    from agent.approval import approve_in_person
    from agent.commands.summaries import plan_lines

    run, screen = session.run, session.screen
    made = run.needed_plan()
    if made.target.scratch:
        screen.say("The target is marked scratch: it needs no approval. /run executes the plan.")
        return
    if run.request.options.approvers:
        screen.say("The request names approvers: only an approval signed with one of their keys counts.")
        screen.say(f"Let one of them run: dbmo approve {run.folder.path} --key KEY.pem")
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "NO_TERMINAL",
            "An approval is typed by a person at a terminal.",
            f"Run `dbmo approve {run.folder.path}` at a terminal, or give --key there for unattended runs.",
        )
    for line in plan_lines(run, made):
        screen.say(line)
    screen.say(f"plan hash {made.hash}", "bold")
    typed = _typed(session, f"Type the migration's name ({made.migration}) to approve, anything else leaves it: ")
    with run.alone():
        approve_in_person(run.folder, made, typed, getpass.getuser())
    screen.say(f"approved: plan {made.hash[:12]} of {made.migration}; /run executes it", "green")


def validate(session: Session, words: str) -> None:
    """Compare source and target."""
    from agent.commands.summaries import say_validation

    with working(session) as run:
        output = run.validate()
        run.report()
    fine = say_validation(session.screen, session.run, output)
    session.screen.say(
        "everything holds" if fine else "something differs: read report.html", "green" if fine else "red"
    )


def report(session: Session, words: str) -> None:
    """Contract and reports again."""
    with working(session) as run:
        run.report()
    for name in ("report.html", "report.md", "contract.json"):
        session.screen.say(f"{session.folder.path}/{name}")


@contextmanager
def working(session: Session) -> Iterator[LockedRun]:
    """The migration, alone in its folder, driven by the model where there is one, stopped by Ctrl-C."""
    from agent.chat.answer import Answer
    from agent.driver import RulesDriver
    from agent.listener import Silent

    run = session.run
    answer = Answer(session.screen, run.interrupt.is_set)
    if session.model is not None:
        from agent.chat.driven import ShownDriver

        run.driver, run.listener = ShownDriver(session.model, answer), answer
    try:
        with stoppable(session), run.alone():
            yield run
    finally:
        run.driver, run.listener = RulesDriver(), Silent()
        answer.words.end()


def _wanted_again(words: str) -> bool:
    if words and words.casefold() != AGAIN:
        raise UsageError("CHAT_COMMAND", f"{words} is no argument of this command.", f"Only `{AGAIN}` can be given.")
    return bool(words)


def _when(session: Session, phase: str) -> str:
    moments = [e.body["at"] for e in session.folder.journal.entries("phase") if e.body["name"] == phase]
    return str(moments[-1])[:16].replace("T", " ") if moments else "before"


def _typed(session: Session, question: str) -> str:
    """A line that a person types at the terminal; it is not kept in the history."""
    session.screen.words(question)
    line = sys.stdin.readline()
    session.screen.words("" if line.endswith("\n") else "\n")
    session.screen.heard("program", f"{question}{'(a name was typed)' if line.strip() else ''}\n")
    return line
