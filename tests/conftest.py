"""No test asks a model by chance; and the fixture of all that lives a migration through the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.life import Life, lived


def pytest_configure(config: pytest.Config) -> None:
    """Forget the key and the server of whoever runs the tests, unless cassettes are recorded with them."""
    if config.getoption("--record-mode", default=None) in (None, "none"):
        for name in [name for name in os.environ if name.startswith("ANTHROPIC_")]:
            del os.environ[name]


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """A migration in a folder of its own."""
    with lived(tmp_path) as migration:
        yield migration
