"""The score of every direction as one table per direction, a line per schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.score.corpus import Corpus
from benchmarks.score.coverage import KINDS, Coverage, covered
from benchmarks.score.experts import Agreement, agreement
from benchmarks.score.outcome import converted
from conversion.relational.account import unaccounted

DIRECTIONS = (("mysql", "postgresql"), ("postgresql", "mysql"), ("sqlite", "postgresql"), ("sqlite", "mysql"))
HEAD = (
    "| schema | tables | columns | primary keys | unique | foreign keys | indexes | refused | unaccounted "
    "| equivalent | same type |"
)


@dataclass
class Score:
    """One schema in one direction, or the sum over all of them."""

    name: str
    coverage: Coverage
    agreement: Agreement
    refused: list[str]
    unaccounted: list[str]

    def line(self) -> str:
        """The line of the table."""
        parts = [f"{self.coverage.found[kind]}/{self.coverage.wanted[kind]}" for kind in KINDS]
        compared = self.agreement
        shares = ["-", "-"]
        if compared.columns:
            shares = [_percent(compared.equivalent / compared.columns), _percent(compared.same / compared.columns)]
        return (
            "| " + " | ".join([self.name, *parts, str(len(self.refused)), str(len(self.unaccounted)), *shares]) + " |"
        )


def scores(corpus: Corpus, source: str, target: str) -> Iterator[Score]:
    """Every schema of the source's engine, and at last their sum; compared where experts wrote the target's too."""
    whole = Score("all", Coverage(), Agreement(), [], [])
    both = set(corpus.names(source, target))
    for name in corpus.names(source):
        outcome = converted(corpus, name, source, target)
        score = Score(
            name,
            covered(outcome),
            agreement(outcome, corpus.catalog(name, target)) if name in both else Agreement(),
            [f"{name}: {statement.id}: {words}" for statement, words in outcome.refused],
            [f"{name}: {item}" for item in unaccounted(outcome.source, outcome.conversion)],
        )
        whole.coverage += score.coverage
        whole.agreement += score.agreement
        whole.refused += score.refused
        whole.unaccounted += score.unaccounted
        yield score
    yield whole


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
