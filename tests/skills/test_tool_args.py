"""What a model may choose: small schemas, ids that exist, nothing free."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest
from pydantic import ValidationError

from engines.errors import UsageError
from skills.registry import all_skills, get_skill
from skills.tool_args import item_of, of_table, table_of
from tests.skills.outputs import output_of, raw_tokens

NAMES = list(all_skills())
HANDLES = ["design", "validate", "assess", "build", "translate", "compare", "test"]
MOST = 120  # tokens of a tool's definition


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_is_short_and_open_to_nothing_else(name: str) -> None:
    definition = get_skill(name).tool_definition()
    assert raw_tokens(json.dumps(definition, separators=(",", ":"))) <= MOST
    assert definition["name"] == name
    assert definition["description"].endswith(".")
    assert definition["input_schema"]["additionalProperties"] is False


@pytest.mark.parametrize("name", NAMES)
def test_an_argument_is_one_of_a_list_or_an_id(name: str) -> None:
    """So no SQL, url, path or other text of a model reaches a skill."""
    for argument in get_skill(name).tool_definition()["input_schema"]["properties"].values():
        assert "enum" in argument or argument["pattern"].endswith("[0-9]{1,6}$")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "wrong", [{"sql": "DROP TABLE t"}, {"detail": "all"}, {"table": "main.orders"}, {"table": "t1; --"}]
)
def test_anything_else_is_refused_without_repeating_it(name: str, wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        get_skill(name).tool_args.model_validate(wrong)
    assert "main.orders" not in str(caught.value) and "DROP" not in str(caught.value)


def test_every_skill_has_a_handle_of_its_own() -> None:
    assert [skill.handle for skill in all_skills().values()] == HANDLES


def test_a_skill_offers_what_its_tool_is() -> None:
    for skill in all_skills().values():
        assert (skill.module.ToolArgs, skill.module.digest) == (skill.tool_args, skill.digest)


@pytest.mark.parametrize("name", NAMES)
def test_every_focus_names_facts_and_sections_that_there_are(name: str) -> None:
    tool: Any = importlib.import_module(f"skills.{get_skill(name).package}.tool")
    facts, sections = set(tool.facts(output_of(name))), {section.name for section in tool.sections(output_of(name))}
    assert not facts & (sections | {"more"})
    for chosen, focus in getattr(tool, "FOCUS", {}).items():
        assert set(focus.facts) <= facts, chosen
        assert set(focus.sections) <= sections, chosen
        tool.ToolArgs(focus=chosen)


def test_an_id_is_a_place_from_one() -> None:
    assert (table_of(["a", "b"], "t2"), item_of(["a", "b"], "o1")) == ("b", "a")


@pytest.mark.parametrize("identifier", ["t0", "t3", "t999999"])
def test_an_unknown_table_is_named_with_those_there_are(identifier: str) -> None:
    with pytest.raises(UsageError, match=rf"TABLE_UNKNOWN.*{identifier}.*t1 to t2"):
        table_of(["a", "b"], identifier)


def test_an_unknown_item_is_named_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"ITEM_UNKNOWN.*o9.*o1 to o2"):
        item_of(["a", "b"], "o9")


def test_what_belongs_to_a_table_is_found_by_its_name() -> None:
    names = ["s.a", "s.a.b", "s.ab", "s.a.c", "s.a(x) -> d", "s.a.b.c"]
    assert of_table([(name, name) for name in names], "s.a", ["s.a", "s.a.b", "s.ab"]) == [
        "s.a", "s.a.c", "s.a(x) -> d"
    ]  # fmt: skip
