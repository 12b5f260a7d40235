"""What a translation is: the text of both sides, the verdict and what it rests on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engines.catalog import Model
from transfer.results import Difference

Verdict = Literal["PROVED", "TESTED", "REFUTED", "UNSUPPORTED", "NOT_RUN"]


class Translation(Model):
    """One statement. target is None where there is no text for the target engine.

    PROVED: unchanged text, one engine family, only functions that read. TESTED: both sides gave the same rows on
    scratch copies. REFUTED: they did not, counterexample says where. UNSUPPORTED: no counterpart, or the workload
    may not hold it. NOT_RUN: translated and not executed. method: unchanged, rules (each operator has a rule),
    transpiled (by sqlglot alone), or given (a person's text, which only running it can judge). order: positions of the
    ORDER BY keys among the columns, None without ORDER BY.
    """

    name: str
    source: str
    target: str | None = None
    verdict: Verdict
    detail: str
    method: Literal["unchanged", "rules", "transpiled", "given", "none"] = "none"
    warnings: list[str] = Field(default_factory=list)
    counterexample: Difference | None = None
    rows_compared: int | None = None
    pure: bool = False
    order: list[int] | None = None
    line: int | None = None
    file: str | None = None
