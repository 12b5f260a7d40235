"""A message out of its events: however it is cut into pieces the same, and never more than was sent."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.wire.message import Gathering
from agent.wire.types import Usage
from tests.messages_server import call, events, text

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
kinds = st.sampled_from(
    ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "ping"]
)
fields = st.dictionaries(
    st.sampled_from(["index", "message", "content_block", "delta", "usage"]),
    values
    | st.fixed_dictionaries({"type": st.sampled_from(["text", "tool_use", "text_delta", "input_json_delta"])})
    | st.integers(0, 3),
)


def gathered(sent: list[dict[str, Any]]) -> Gathering:
    gathering = Gathering()
    for event in sent:
        gathering.take(event)
    return gathering


def pieces(words: str, size: int) -> list[str]:
    return [words[start : start + size] for start in range(0, len(words), size)] or [""]


@settings(deadline=None)
@given(st.text(min_size=1), st.integers(1, 5))
def test_text_is_the_same_in_any_pieces(words: str, size: int) -> None:
    assert gathered(events(text(*pieces(words, size)))).reply().content == ({"type": "text", "text": words},)


@settings(deadline=None)
@given(st.dictionaries(st.text(), values, min_size=1, max_size=3), st.integers(1, 5), st.integers(0, 200))
def test_arguments_are_an_object_only_when_all_of_it_came(arguments: dict[str, Any], size: int, lost: int) -> None:
    whole = json.dumps(arguments)
    sent = whole[: len(whole) - lost] if 0 < lost < len(whole) else whole
    found = gathered(events(call("assess", *pieces(sent, size)), stop="tool_use")).reply().calls[0]["input"]
    assert found == (arguments if sent == whole else sent)


@settings(deadline=None)
@given(st.lists(st.tuples(kinds, fields)))
def test_no_events_break_it_and_none_make_it_whole(sent: list[tuple[str, dict[str, Any]]]) -> None:
    gathering = gathered([{**found, "type": kind} for kind, found in sent])
    assert not gathering.whole
    for block in gathering.cut(1).content:
        assert isinstance(block["type"], str | int | list | dict | bool | None)


def test_the_last_word_on_a_count_holds() -> None:
    assert gathered(events(text("x"), output=7)).reply().usage == Usage(12, 7, 5, 3)


def test_blocks_have_what_their_readers_need() -> None:
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use"}}
    assert gathered([start]).reply().calls == [{"type": "tool_use", "id": "", "name": "", "input": {}}]
