"""A model's part in a migration as its folder keeps it: what it said, proposed, was not allowed, and cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import ValidationError

from agent.phases import CHAT, CHAT_TOKENS, PHASES
from agent.spending import Spending, phase_spending
from agent.talk_model import Proposal, Refusal, TalkRecord
from engines.errors import UsageError

if TYPE_CHECKING:
    from agent.folder import Folder

PROPOSALS = "proposals.json"
Made = TypeVar("Made")


@dataclass(frozen=True)
class ModelPart:
    """talks: those of the last run of each phase, in the order of the phases; limits: content tokens by phase."""

    talks: list[TalkRecord] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    spending: dict[str, Spending] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)

    @property
    def driver(self) -> Literal["claude", "rules"]:
        """claude where a model had a part in the phases as they stand, else rules."""
        return "claude" if self.talks else "rules"

    @property
    def model(self) -> str | None:
        """The model that talked last."""
        return self.talks[-1].model if self.talks else None

    @property
    def refusals(self) -> list[Refusal]:
        """Everything that was asked for and not carried out."""
        return [refusal for talk in self.talks for refusal in talk.refusals]

    @property
    def cost_usd(self) -> float | None:
        """US dollars of all requests ever sent; None where a price is not known."""
        costs = [spent.cost_usd for spent in self.spending.values()]
        return None if None in costs else round(sum(cost for cost in costs if cost is not None), 6)


def read_model_part(folder: Folder) -> ModelPart:
    """The part as it stands: a phase that ran again without a model has no words of one."""
    spending = phase_spending(folder.journal)
    limits = {name: phase.tokens for name, phase in PHASES.items()}
    if CHAT in spending:
        limits[CHAT] = CHAT_TOKENS
    standing = _standing(folder)
    return ModelPart(
        talks=[
            _stored(folder, f"{name}/talk.json", TalkRecord.model_validate)
            for name in PHASES
            if name in standing and folder.read_artifact(f"{name}/talk.json") is not None
        ],
        proposals=_stored(folder, PROPOSALS, _proposals),
        spending=spending,
        limits=limits,
    )


def _standing(folder: Folder) -> set[str]:
    """Phases whose talk was held in their last run."""
    found: set[str] = set()
    for entry in folder.journal.entries("phase", "talk"):
        if entry.kind == "phase" and entry.body["outcome"] == "running":
            found.discard(entry.body["name"])
        elif entry.kind == "talk":
            found.add(entry.body["phase"])
    return found


def _stored(folder: Folder, name: str, read: Callable[[Any], Made]) -> Made:
    try:
        return read(folder.read_artifact(name))
    except ValidationError as error:
        raise UsageError(
            "FOLDER_DAMAGED",
            f"{folder.artifacts / name} is not what was stored ({error.error_count()} mistakes): it was changed.",
            f"Put the file back; `dbmo audit {folder.path}` says what else is not as it was written.",
        ) from None


def _proposals(stored: Any) -> list[Proposal]:
    return [Proposal.model_validate(entry) for entry in stored or []]
