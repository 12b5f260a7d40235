"""The end of every command: contract.json, report.md and report.html, made from what the folder holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.assemble import assemble
from agent.contract import explain_gaps, validate_contract
from agent.contract_model import Contract, DocumentationPart
from agent.report.facts import read_facts
from agent.report.render import render_html, render_markdown
from agent.report.view import build_view
from engines.errors import DbmoError

if TYPE_CHECKING:
    from agent.orchestrator import Orchestrator

PROBLEMS_SHOWN = 5
NOT_PART = "nothing was measured or decided for it in this run"


def write_report(run: Orchestrator) -> Contract:
    """Write the contract and both reports, at whatever stage the migration is; the contract.

    DbmoError CONTRACT_INVALID where the contract breaks its own rules: then nothing is written.
    """
    facts = read_facts(run)
    view = build_view(facts)
    markdown = render_markdown(view)
    contract = assemble(run, facts.model_part)
    contract.documentation = DocumentationPart(
        migration_report=markdown, lessons_learned=view["lessons"], post_migration_tasks=view["tasks"]
    )
    contract = explain_gaps(contract, "; ".join(f"{what}: {why}" for what, _, why in view["not_run"]) or NOT_PART)
    data = contract.model_dump(mode="json")
    problems = validate_contract(data)
    if problems:
        more = f" and {len(problems) - PROBLEMS_SHOWN} more" if len(problems) > PROBLEMS_SHOWN else ""
        raise DbmoError(
            "CONTRACT_INVALID",
            f"The contract breaks its own rules: {'; '.join(problems[:PROBLEMS_SHOWN])}{more}.",
            "This is a defect of dbmo: report it with this message; what was moved is not touched.",
            problems=problems,
        )
    run.folder.write_json("contract.json", data)
    run.folder.write("report.md", markdown)
    run.folder.write("report.html", render_html(view, facts))
    return contract
