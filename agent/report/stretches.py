"""How long each piece of the work took, from the journal's own times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from agent.journal import Entry


@dataclass(frozen=True)
class Stretch:
    """A measured piece of work; run counts the runs of the execution from 1, ended False: it was cut off."""

    name: str
    seconds: float
    run: int = 1
    ended: bool = True


def measured_work(entries: list[Entry]) -> list[Stretch]:
    """The work in the order it was done; of every phase but the execution the last run.

    An execution that was interrupted shows the stages of every run; a stage that never ended lasts until the
    last thing the journal heard of its run.
    """
    found: list[Stretch] = []
    for name in ("assessment", "planning", "rehearsal", "execution", "validation"):
        if name == "execution":
            found += _stages(of_executions(entries))
        elif name == "rehearsal":
            found += [Stretch(name, e.body["seconds"]) for e in entries if e.kind == "rehearsed"][-1:]
        elif name == "validation":
            found += _validation(entries)
        else:
            found += _phase(entries, name)
    return found


def of_executions(entries: list[Entry]) -> Iterator[Entry]:
    """What the journal heard since an execution began, without rehearsals, which note the same of a scratch copy."""
    counts = False
    for entry in entries:
        if entry.kind in ("execution started", "rehearsal started", "rehearsed"):
            counts = entry.kind == "execution started"
        if counts:
            yield entry


def _moment(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.at)


def _phase(entries: list[Entry], name: str) -> list[Stretch]:
    """The last whole run of a phase."""
    begun: Entry | None = None
    found: list[Stretch] = []
    for entry in entries:
        if entry.kind != "phase" or entry.body["name"] != name:
            continue
        if entry.body["outcome"] == "running":
            begun = entry
        elif begun is not None:
            seconds = (_moment(entry) - _moment(begun)).total_seconds()
            found = [Stretch(name, seconds, ended=entry.body["outcome"] == "done")]
            begun = None
    return found


def _validation(entries: list[Entry]) -> list[Stretch]:
    """The last validation, in two: comparing the rows, and all that came after (schema, views, workload)."""
    whole = _phase(entries, "validation")
    begun = [e for e in entries if e.kind == "phase" and e.body["name"] == "validation"]
    first = [e for e in begun if e.body["outcome"] == "running"]
    compared = [e for e in entries if e.kind == "table compared" and first and e.number > first[-1].number]
    if not whole or not compared:
        return whole
    seconds = (_moment(compared[-1]) - _moment(first[-1])).total_seconds()
    rest = Stretch("measure", whole[0].seconds - seconds, ended=whole[0].ended)
    return [Stretch("compare", seconds), rest]


def _stages(entries: Iterator[Entry]) -> list[Stretch]:
    """The stages of every run of the execution."""
    found: list[Stretch] = []
    run = 0
    open_stage: Entry | None = None
    heard: Entry | None = None
    for entry in entries:
        begins = entry.kind == "phase" and entry.body["outcome"] == "running"
        if open_stage is not None and heard is not None and (begins or entry.kind == "execution started"):
            found.append(_cut_off(open_stage, heard, run))
            open_stage = None
        if entry.kind == "execution started":
            run += 1
        elif entry.kind == "stage started":
            open_stage = entry
        elif entry.kind == "stage finished":
            found.append(Stretch(entry.body["stage"], entry.body["seconds"], run))
            open_stage = None
        heard = entry
    if open_stage is not None and heard is not None:
        found.append(_cut_off(open_stage, heard, run))
    return found


def _cut_off(stage: Entry, heard: Entry, run: int) -> Stretch:
    return Stretch(stage.body["stage"], (_moment(heard) - _moment(stage)).total_seconds(), run, ended=False)
