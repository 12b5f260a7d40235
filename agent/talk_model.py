"""What the contract keeps of a model's part: its words, its proposals, and what it was not allowed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from engines.catalog import Model

Verdict = Literal["PROVED", "TESTED", "REFUTED", "UNSUPPORTED", "NOT_RUN", "FITS", "CONTRADICTS"]


class Proposal(Model):
    """A model's idea, checked and labelled; of no effect until a person puts `adopt` into the request.

    proposal: the strategy's name, or SQL; verdict: the translator's for SQL, for a strategy whether it fits the
    constraints; adopt: the JSON that goes below options.overrides.
    """

    id: str
    phase: str
    kind: Literal["strategy", "translation", "routine"]
    subject: str
    proposal: str
    reason: str
    verdict: Verdict
    detail: str
    adopt: dict[str, Any] | None = None


class Refusal(Model):
    """A call that was not carried out; kind: correct (wrong arguments), give_up (can't be), person (not a model's)."""

    phase: str
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    kind: Literal["correct", "give_up", "person"]
    why: str


class TalkRecord(Model):
    """One conversation as it ended.

    unproved: figures in the narrative that stand in no output; measured: whether it names anything that was measured.
    """

    phase: str
    model: str
    ended: str
    narrative: str = ""
    unproved: list[str] = Field(default_factory=list)
    measured: bool = False
    calls: list[str] = Field(default_factory=list)
    refusals: list[Refusal] = Field(default_factory=list)
