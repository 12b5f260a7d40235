"""The claude driver: a talk per phase, inside the phase's budget, over tools that can only run the phase's steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.budget import BILLED_FACTOR, Budget, Caps
from agent.grounding import Grounding
from agent.loop import Talk, converse
from agent.phases import PHASES
from agent.spending import ASKED, ENTRY, carried, phase_spending
from agent.talk_prompts import phase_opening, system_prompt
from agent.toolboxes import Shelf, phase_toolbox
from agent.wire.price import cost_of
from agent.wire.types import Usage

if TYPE_CHECKING:
    from agent.budget import Counts
    from agent.listener import Listener
    from agent.orchestrator import Orchestrator
    from agent.steps import Steps
    from agent.wire.types import Model


class ClaudeDriver:
    """Lets a model order the steps, look closer, propose and tell; finish() runs what it leaves out."""

    name = "claude"

    def __init__(self, model: Model, counter: Counts | None = None) -> None:
        from agent.wire.meter import Counter

        self.wire = model
        self.counter: Counts = counter or Counter()

    @property
    def model(self) -> str:
        """The model's name."""
        return self.wire.name

    def drive(self, run: Orchestrator, steps: Steps) -> None:
        """One talk about a phase; its record is stored as the phase's talk.json."""
        phase = steps.phase
        limit = PHASES[phase].tokens
        shelf, grounding = Shelf(self.counter.count), Grounding()
        budget = open_budget(run, phase, limit, self.wire, self.counter, run.listener)
        talk = Talk(
            phase=phase,
            model=self.wire,
            tools=phase_toolbox(run, phase, steps.run, shelf),
            budget=budget,
            grounding=grounding,
            listener=run.listener,
            journal=run.folder.journal.append,
            cancelled=run.interrupt.is_set,
            look_first=True,
        )
        try:
            converse(talk, system_prompt(), phase_opening(run, phase, shelf, grounding))
        finally:
            run.folder.artifact(f"{phase}/talk.json", talk.record.model_dump(mode="json"))
            run.folder.journal.append("talk", {"phase": phase, "ended": talk.record.ended, "content": budget.content})


def open_budget(run: Orchestrator, phase: str, limit: int, model: Model, counter: Counts, listener: Listener) -> Budget:
    """A talk's budget with what the same talk and the migration have spent before.

    options.max_billed_tokens and max_cost_usd hold for the whole migration; without the first, a phase may bill ten
    times its content.
    """
    spent = phase_spending(run.folder.journal)
    options = run.request.options
    usd_before = sum(found.cost_usd or 0.0 for found in spent.values())
    if options.max_billed_tokens is not None:
        caps = Caps(options.max_billed_tokens, sum(s.billed for s in spent.values()), options.max_cost_usd, usd_before)
    else:
        caps = Caps(limit * BILLED_FACTOR, 0, options.max_cost_usd, usd_before)

    def price(usage: Usage) -> float | None:
        return cost_of(model.name, usage)

    def note(body: dict[str, Any]) -> None:
        kind = ASKED if body["outcome"] == "asked" else ENTRY
        run.folder.journal.append(kind, {"phase": phase, "model": model.name, **body})

    if options.max_cost_usd is not None and price(Usage(1, 1)) is None:
        listener.note(
            f"The price of {model.name} is not known: options.max_cost_usd can't be held, the token limits are."
        )
    before = carried(run.folder.journal, phase) if phase in PHASES else 0
    return Budget(limit, counter, caps, price, note, before)
