"""What people read says what the program does: error codes, commands, links, pairs, skills."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from agent.cli import parser
from agent.prechecks import CONTRADICTIONS, REQUIRED_SKILLS
from agent.request_options import Options
from agent.rules import BY_CODE, RULES
from engines.errors import Aborted, CheckFailed, EngineError, UsageError
from transfer.routes.route import ROUTES

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("agent", "skills", "transfer", "conversion", "engines")
RAISERS = frozenset(
    {"DbmoError", "CheckFailed", "UsageError", "Aborted", "EngineError", "ModelFailed", "Meaning", "refuse", "say",
     "LaneLost", "NoRoom"}
)  # fmt: skip
CODE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# a command stands at the beginning of a code span or of a line of a block, or behind a pipe
COMMAND = re.compile(r"^(?: {4,}|`)(?:.*\| *|\$ )?(?:\.venv/bin/)?dbmo +([a-z][a-z-]*(?:\|[a-z-]+)*)")
CALL = re.compile(r"\bdbmo +([a-z][a-z-]*(?:\|[a-z-]+)*)([^|#`]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
PAGES = sorted(
    path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")) if path.is_file()
)


def codes_of(tree: ast.AST) -> Iterator[str]:
    """Error codes that a module can raise: the first argument of what raises, `{role}_NOT_OPEN` for both sides."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", None) in RAISERS:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
            elif isinstance(first, ast.JoinedStr):
                ending = str(getattr(first.values[-1], "value", ""))
                yield from (f"SOURCE{ending}", f"TARGET{ending}")


@cache
def trees() -> list[ast.Module]:
    return [ast.parse(path.read_text()) for floor in FLOORS for path in (ROOT / floor).rglob("*.py")]


def raised_codes() -> set[str]:
    found = {rule.code for rule in RULES}
    return found | {code for tree in trees() for code in codes_of(tree) if CODE.fullmatch(code)}


def raised_statuses() -> set[tuple[str, int]]:
    """Codes with the exit statuses of the classes that are raised with them."""
    kinds = {kind.__name__: kind.exit_status for kind in (CheckFailed, UsageError, Aborted, EngineError)}
    found = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (status := kinds.get(getattr(node.func, "id", ""))) is not None:
                found |= {(str(first.value), status) for first in node.args[:1] if isinstance(first, ast.Constant)}
    return found


def documented_codes() -> dict[str, int]:
    """Code -> exit status, of every row of a table in docs/errors.md that begins with a code."""
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \|(.+)\|$", (ROOT / "docs/errors.md").read_text(), re.MULTILINE)
    return {code: int(next(c for c in rest.split("|") if c.strip().isdigit())) for code, rest in rows}


@cache
def known() -> dict[str, set[str]]:
    """Every command with its options."""
    actions = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    return {name: set(command._option_string_actions) for name, command in next(actions).choices.items()}


def test_every_code_that_can_be_raised_is_documented() -> None:
    assert raised_codes() - documented_codes().keys() == set()


def test_no_code_is_documented_that_is_gone() -> None:
    assert documented_codes().keys() - raised_codes() == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rules_are_documented_with_their_exit_status(rule: object) -> None:
    assert documented_codes()[getattr(rule, "code")] == getattr(rule, "exit_status")  # noqa: B009


def test_codes_are_documented_with_their_exit_status() -> None:
    documented = documented_codes()
    twice = BY_CODE.keys()  # a rule's code may come from a connection too: the page says so
    found = {
        code: status
        for code, status in raised_statuses()
        if code not in twice and documented.get(code, status) != status
    }
    assert found == {}


def test_every_contradiction_is_documented() -> None:
    text = (ROOT / "docs/errors.md").read_text()
    assert [pair.id for pair in CONTRADICTIONS if f"| {pair.id} | {pair.sentence} |" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    targets = [target.split("#")[0] for target in LINK.findall(page.read_text()) if "://" not in target]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_named_exist(page: Path) -> None:
    code = re.findall(r"`[^`\n]+`|^ {4,}.+$", page.read_text(), re.MULTILINE)
    named = {name for text in code for names in COMMAND.findall(text) for name in names.split("|")}
    assert named - known().keys() == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_that_are_named_exist(page: Path) -> None:
    code = re.findall(r"`[^`\n]+`|^ {4,}.+$", page.read_text(), re.MULTILINE)
    lines = [text.split(" -- ")[0] for text in code if COMMAND.search(text)]
    named = {
        (name, option)
        for text in lines
        for names, rest in CALL.findall(text)
        for name in names.split("|")
        for option in OPTION.findall(rest)
    }
    assert {(name, option) for name, option in named if option not in known().get(name, {option})} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_fields_of_a_request_that_are_named_exist(page: Path) -> None:
    assert set(re.findall(r"\boptions\.([a-z_]+)", page.read_text())) - Options.model_fields.keys() == set()


def test_the_first_page_names_both_commands() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    assert {"make demo", "make test"} <= {line.split("#")[0].strip() for line in lines}


def test_the_table_of_pairs_is_the_programs() -> None:
    text = (ROOT / "README.md").read_text()
    table = text.partition("<!-- pairs -->")[2].partition("<!-- /pairs -->")[0]
    rows = re.findall(r"^\| \[?(\w+) to (\w+)[\]|]", table, re.MULTILINE)
    assert {(source.lower(), target.lower()) for source, target in rows} == set(ROUTES)


def test_every_skill_has_a_page_and_the_agent_lists_all() -> None:
    assert [name for name in REQUIRED_SKILLS if not (ROOT / f"docs/skills/{name}.md").is_file()] == []
    head = (ROOT / "AGENT.md").read_text().split("---")[1]
    assert re.findall(r"^  - ([a-z-]+)$", head.partition("skills:")[2].partition("\nversion")[0], re.MULTILINE) == list(
        REQUIRED_SKILLS
    )


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    index = (ROOT / "docs/README.md").read_text()
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md") if path.name != "README.md"]
    assert [str(page) for page in pages if f"({page})" not in index] == []
