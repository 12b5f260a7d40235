"""Which model is asked, what it costs, and whether there is one."""

from __future__ import annotations

import typing
from pathlib import Path

import pytest

from agent.definition import definition, read_definition
from agent.wire.choose import ACCESS, model_name, reachable
from agent.wire.price import cost_of
from agent.wire.types import Usage
from engines.errors import Aborted


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ACCESS, "ANTHROPIC_MODEL"):
        monkeypatch.delenv(name, raising=False)


def test_the_nearest_name_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert model_name(None) == definition().model
    monkeypatch.setenv("ANTHROPIC_MODEL", "from-environment")
    assert model_name(None) == "from-environment"
    assert model_name("from-option") == "from-option"


def test_the_agents_own_model_is_one_that_the_sdk_lists() -> None:
    from anthropic.types.model_param import ModelParam

    listed = next(typing.get_args(part) for part in typing.get_args(ModelParam) if part is not str)
    assert definition().model in listed


@pytest.mark.parametrize("name", ACCESS)
def test_a_key_or_a_server_is_enough(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not reachable()
    monkeypatch.setenv(name, " ")
    assert not reachable()
    monkeypatch.setenv(name, "x")
    assert reachable()


def test_a_definition_without_a_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "AGENT.md"
    path.write_text("---\nname: a\ndescription: b\n---\n\nBody\n")
    with pytest.raises(Aborted, match="lacks model"):
        read_definition(path)
    path.write_text("---\nname: a\ndescription: b\nmodel: c\n---\n\nBody\n---\nmore\n")
    assert (read_definition(path).model, read_definition(path).body) == ("c", "Body\n---\nmore\n")


def test_prices_are_listed_ones_and_cached_tokens_are_cheaper() -> None:
    model = definition().model
    plain, cached = cost_of(model, Usage(1_000, 100)), cost_of(model, Usage(200, 100, cache_read=800))
    assert plain is not None and cached is not None
    assert 0 < cached < plain
    assert cost_of(model, Usage(0, 1_000_000)) == pytest.approx(10.0, rel=0.9)


def test_a_model_of_ones_own_has_no_price() -> None:
    assert cost_of("qwen2.5-0.5b", Usage(1, 1)) is None
