"""Who orders the work of a phase: nobody but the rules, or a model inside the same rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from engines.errors import UsageError

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from agent.steps import Steps

NAMES = ("auto", "claude", "rules")  # what --driver takes


class Driver(Protocol):
    """Drives a phase's steps; whatever it leaves out, the phase's finish() runs."""

    name: str

    @property
    def model(self) -> str | None:
        """The model's name; None without one."""
        ...

    def drive(self, run: Orchestrator, steps: Steps) -> None:
        """Call steps in an order of its own; never raises because of a model."""
        ...


class RulesDriver:
    """Leaves everything to finish(): the required skills in order, no model, no network."""

    name = "rules"
    model: str | None = None

    def drive(self, run: Orchestrator, steps: Steps) -> None:
        """Nothing: the rules are what finish() does."""


def chosen(name: str) -> Literal["claude", "rules"]:
    """What that name means here; auto is claude where a key or a base URL is set. UsageError NO_MODEL."""
    if name == "rules":
        return "rules"
    from agent.wire.choose import reachable

    if reachable():
        return "claude"
    if name == "auto":
        return "rules"
    raise UsageError(
        "NO_MODEL",
        "The claude driver needs a model, and neither a key nor a server is set.",
        "Set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for another server of that API; or use --driver rules.",
    )


def make_driver(name: str, model: str | None) -> Driver:
    """The driver of that name, ready to be asked. UsageError NO_MODEL."""
    if chosen(name) == "rules":
        return RulesDriver()
    from agent.claude import ClaudeDriver
    from agent.wire.choose import model_name
    from agent.wire.client import MessagesModel
    from agent.wire.meter import Counter

    wire, counter = MessagesModel(model_name(model)), Counter()
    wire.warm()
    counter.warm()
    return ClaudeDriver(wire, counter)
