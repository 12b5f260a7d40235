"""The fixture of everything that lives a migration through the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.life import Life, lived


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """A migration in a folder of its own."""
    with lived(tmp_path) as migration:
        yield migration
