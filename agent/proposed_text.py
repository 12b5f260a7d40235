"""Runs a model's text on the scratch copies and labels it as the translator labels its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

from agent.trials import planned, trial, trial_statements
from conversion.drafts import Draft
from conversion.own_code import own_code
from conversion.workload import WorkloadStatement
from engines.errors import Aborted
from engines.protocols import Database
from skills.digest import clean
from skills.untrusted import masked

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from skills.query_translator.skill import Pair
    from skills.schema_comparator.skill import Output as Compared

SECONDS = 30.0  # what a text may take on a sample; a proposal is no reason to keep a person waiting
LOOK_SECONDS = 0.2
SHOWN = 400  # characters of a label's detail
CREATED = "it was created on the scratch target; it was not run, and what it does was not compared"


@dataclass(frozen=True)
class Label:
    """A verdict and what it rests on, without values of rows."""

    verdict: str
    detail: str


def label_query(run: Orchestrator, source: Database, compared: Compared, original: str, text: str) -> Label:
    """The verdict of running a statement of the source and its text on both scratch copies."""
    from skills.query_translator.execute import execute
    from skills.query_translator.translate import adopt

    statement = WorkloadStatement(name="proposal", sql=original)
    engine = run.request.target_database.engine_name
    made = adopt(statement, text, source.engine, engine, own_code(source.catalog()))
    if not made.pure:
        return Label("NOT_RUN", str(clean(masked(made.detail, [original, text]), SHOWN)))
    with trial(run, source, compared) as pair, _bounded(run, pair) as over:
        if pair.source is None:
            return Label("NOT_RUN", f"there is no scratch server for a sample of {source.engine} (options.scratch)")
        judged = execute(made, pair.source, pair.target)
    if over.is_set():
        return Label("NOT_RUN", f"it did not end within {SECONDS:g} seconds on the scratch copies")
    told = (masked(words, [original, text]) for words in (judged.detail, *judged.warnings))
    return Label(judged.verdict, str(clean("; ".join(dict.fromkeys(told)), SHOWN)))


def label_object(run: Orchestrator, source: Database, compared: Compared, name: str, found: Sequence[Draft]) -> Label:
    """NOT_RUN for a routine or trigger that the scratch target takes, REFUTED for one that it does not."""
    statements = trial_statements(name, found)
    assert compared.target_catalog is not None
    target = compared.target_catalog.model_copy(deep=True)
    with trial(run, source, compared, statements, rows=1) as pair:
        for statement in statements:
            if statement.id in pair.failures:
                why = masked(pair.failures[statement.id], [statement.sql])
                return Label("REFUTED", str(clean(f"the scratch target refuses it: {why}", SHOWN)))
        try:
            for draft in found:
                planned(target, pair.target.catalog(), draft)
        except Aborted as error:
            return Label("REFUTED", str(clean(error.what, SHOWN)))
    return Label("NOT_RUN", CREATED)


@contextmanager
def _bounded(run: Orchestrator, pair: Pair) -> Iterator[Event]:
    """End what runs on the pair after SECONDS, or when the migration is interrupted; the event says that it was."""
    over, done, deadline = Event(), Event(), monotonic() + SECONDS

    def watch() -> None:
        while not done.wait(LOOK_SECONDS):
            if monotonic() > deadline or run.interrupt.is_set():
                over.set()
                for database in (pair.source, pair.target):
                    if database is not None:
                        database.cancel()

    watcher = Thread(target=watch, name="trial", daemon=True)
    watcher.start()
    try:
        yield over
    finally:
        done.set()
        watcher.join()
