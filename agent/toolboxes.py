"""The tools of a phase and of the chat: the skills that belong there, a look at more, and proposals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from agent.phases import PHASES
from agent.tools import Answer, Tool, ToolBox
from engines.catalog import Model
from engines.errors import UsageError
from skills.digest import LIMITS, Digest, Meter, Section, page
from skills.registry import Skill, all_skills, get_skill
from skills.tool_args import tool_definition

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator
    from agent.talk_model import Proposal

STRATEGIES = "^(big-bang|blue-green|continuous-replication|trickle)$"
Produce = Callable[[str], Any]  # a skill's name -> its typed output

# What models ask for most often although no tool of that name may exist
PERSONS_WORK = {
    "approve": "Only a person approves a plan, at a terminal: dbmo approve FOLDER.",
    "execute": "The program executes when a person approved the plan: dbmo execute FOLDER.",
    "cutover": "A cutover is a person's decision: dbmo cutover FOLDER.",
}


class LookArgs(Model):
    """A digest of what a skill found in this migration."""

    of: str = Field(pattern="^[a-z]{1,12}$")
    detail: Literal["short", "normal", "long"] = "normal"


class MoreArgs(Model):
    """Page through a section of a result that was too long to show whole."""

    handle: str = Field(pattern="^[a-z]{1,12}$")
    section: str = Field(pattern="^[a-z_]{1,30}$")
    start: int = Field(default=0, ge=0, le=1_000_000)


class StrategyArgs(Model):
    """Propose another strategy; it is checked and shown to a person, nothing else."""

    strategy: str = Field(pattern=STRATEGIES)
    reason: str = Field(min_length=1, max_length=400)


class TranslationArgs(Model):
    """Draft target SQL for a statement s1.. or omission o1..; it is run on scratch only and shown to a person."""

    id: str = Field(pattern="^[so][0-9]{1,6}$")
    sql: str = Field(min_length=1, max_length=4000)
    reason: str = Field(min_length=1, max_length=400)


class Shelf:
    """The outputs that a talk has seen, so that `more` can page through them."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._sections: dict[str, dict[str, Section]] = {}
        self._pages = 0

    def digest(self, skill: Skill, output: Any, arguments: Any, limit: int) -> Digest:
        """A skill's output as the model gets it: as long as it asked for, never over the limit."""
        self._sections[skill.handle] = {section.name: section for section in skill.sections(output)}
        made: Digest = skill.digest(output, min(LIMITS[arguments.detail], limit), self.meter, arguments)
        return made

    def more(self, arguments: MoreArgs, limit: int) -> Answer:
        """A page of a section; its figures get a handle of their own."""
        sections = self._sections.get(arguments.handle)
        if sections is None:
            raise UsageError(
                "HANDLE_UNKNOWN", "Nothing was shown under this handle.", f"Handles: {_list(self._sections)}."
            )
        if arguments.section not in sections:
            raise UsageError("SECTION_UNKNOWN", "It has no such section.", f"Sections: {_list(sections)}.")
        self._pages += 1
        handle = f"page{self._pages}"
        return Answer(page(handle, sections[arguments.section], arguments.start, limit, self.meter))


def skill_tool(name: str, produce: Produce, shelf: Shelf) -> Tool:
    """A skill as a tool; produce runs it, or finds what it gave before."""
    skill = get_skill(name)

    def work(arguments: Any, limit: int) -> Answer:
        output = produce(name)
        return Answer(shelf.digest(skill, output, arguments, limit), rows_of(output))

    return Tool(name, skill.tool_definition(), skill.tool_args, work)


def look_tool(produce: Produce, shelf: Shelf) -> Tool:
    """All skills behind one tool, for a talk that has no room for a definition of each."""
    by_handle = {skill.handle: skill for skill in all_skills().values()}

    def work(arguments: LookArgs, limit: int) -> Answer:
        if arguments.of not in by_handle:
            raise UsageError("HANDLE_UNKNOWN", "No skill has this handle.", f"Handles: {_list(by_handle)}.")
        skill = by_handle[arguments.of]
        output = produce(skill.name)
        return Answer(shelf.digest(skill, output, skill.tool_args(detail=arguments.detail), limit), rows_of(output))

    made = tool_definition("look", LookArgs)
    made["input_schema"]["properties"]["of"] = {"type": "string", "enum": sorted(by_handle)}
    return Tool("look", made, LookArgs, work)


def more_tool(shelf: Shelf) -> Tool:
    """The tool `more`."""
    return _tool("more", MoreArgs, shelf.more)


def proposal_tools(run: Orchestrator, phase: str, meter: Meter) -> list[Tool]:
    """The two tools with which a model may propose; neither changes the plan."""
    from agent.proposals import propose_strategy, propose_translation

    def strategy(arguments: StrategyArgs, limit: int) -> Answer:
        return _told(propose_strategy(run, arguments.strategy, arguments.reason, phase), limit, meter)

    def translation(arguments: TranslationArgs, limit: int) -> Answer:
        return _told(propose_translation(run, arguments.id, arguments.sql, arguments.reason, phase), limit, meter)

    return [
        _tool("propose-strategy", StrategyArgs, strategy),
        _tool("propose-translation", TranslationArgs, translation),
    ]


def _tool(name: str, arguments: type[Model], work: Callable[[Any, int], Answer]) -> Tool:
    return Tool(name, tool_definition(name, arguments), arguments, work)


def phase_toolbox(run: Orchestrator, phase: str, produce: Produce, shelf: Shelf) -> ToolBox:
    """The tools of a phase: its skills, `more`, and in planning the proposals."""
    tools = [skill_tool(name, produce, shelf) for name in PHASES[phase].skills]
    tools.append(more_tool(shelf))
    if phase == "planning":
        tools += proposal_tools(run, phase, shelf.meter)
    elsewhere = {
        name: f"{name} is not for the {phase} phase; the program runs it when its own phase is open."
        for name in all_skills()
        if name not in PHASES[phase].skills
    }
    return ToolBox(tools, {**elsewhere, **PERSONS_WORK})


def rows_of(output: Any) -> int | None:
    """How many rows a skill's work was about, where its output counts them."""
    compared: int | None = getattr(output, "rows_compared", None)
    if compared is not None:
        return compared
    tables = getattr(output, "tables", None) or []
    counted: list[int] = [table.rows for table in tables if isinstance(getattr(table, "rows", None), int)]
    if counted:
        return sum(counted)
    inventory = getattr(output, "inventory", None)
    found: int | None = getattr(inventory, "rows_total", None)
    return found


def _told(proposal: Proposal, limit: int, meter: Meter) -> Answer:
    from skills.digest import pack

    facts = proposal.model_dump(include={"id", "kind", "verdict", "detail"}) | {"adopted_by": "a person only"}
    return Answer(pack(f"proposal{proposal.id[1:]}", facts, [], limit, meter, width=300))


def _list(names: Any) -> str:
    return ", ".join(names) or "none yet"
