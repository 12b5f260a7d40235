"""No test asks a model by chance; long files come first; and the fixture of all that lives a migration through dbmo."""

from __future__ import annotations

import ast
import gc
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.life import CHECKOUT, Life, lived
from tests.places import FOLDERS, home_of

# What takes long, files of half a minute and folders of such files: two workers end together when these come first
# (with --no-loadscope-reorder, which else puts files of few tests last).
LONG = (
    "tests/conversion/test_score.py", "tests/journeys", "tests/harmless", "tests/faults", "tests/transfer/routes",
    "tests/conversion/test_fixpoint.py", "tests/hardening", "tests/bad_input", "tests/agent/mcp_server",
    "tests/agent/chat", "tests/engines/test_embedded.py", "tests/transfer/test_resume.py", "tests/conversion/alter",
    "tests/traps/test_mutations.py", "tests/transfer/compare", "tests/transfer/sides", "tests/engines",
)  # fmt: skip


REASON = 4_000  # characters of a traceback's end


_parse, _parsing = ast.parse, threading.RLock()


def _parse_alone(*given: Any, **named: Any) -> Any:
    """ast.parse by one thread at a time: on Python 3.11 two disturb each other (SystemError, CPython issue 106905).

    Reports and printed tracebacks both read sources, and an error while a report is made ends the whole run.
    """
    with _parsing:
        return _parse(*given, **named)


def pytest_configure(config: pytest.Config) -> None:
    """Choose where folders lie; forget the key and server of whoever runs the tests, unless they record cassettes."""
    ast.parse = _parse_alone
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(home_of(FOLDERS)))
    if config.getoption("--record-mode", default=None) in (None, "none"):
        for name in [name for name in os.environ if name.startswith("ANTHROPIC_")]:
            del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, else in their order."""
    places = [CHECKOUT / name for name in LONG]
    ranks = {
        path: next((rank for rank, place in enumerate(places) if path.is_relative_to(place)), len(LONG))
        for path in {item.path for item in items}
    }
    items.sort(key=lambda item: ranks[item.path])


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the garbage collector needn't look at it again and again."""
    gc.collect()
    gc.freeze()


_broke_off: list[str] = []


def pytest_internalerror(excrepr: object) -> None:
    """Keep what pytest broke off for: a worker's reason stands far above what follows from its end."""
    _broke_off.append(str(excrepr))


def pytest_unconfigure() -> None:
    """Say it last."""
    if _broke_off:
        sys.stderr.write(f"\npytest broke off for this first:\n{_broke_off[0][-REASON:]}\n")


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """A migration in a folder of its own."""
    with lived(tmp_path) as migration:
        yield migration
