"""The house: imports only go down, no skill imports another skill, every module says what it holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("engines", "conversion", "transfer", "skills", "agent")
BESIDE = ("examples", "benchmarks")  # they use the house; of the house only the commands use the example
HOUSE = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted module of every import, those inside functions and under TYPE_CHECKING too."""
    package = list(path.relative_to(ROOT).with_suffix("").parts)[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*home, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
            yield from ((node.lineno, str(word.value)) for word in node.args if isinstance(word, ast.Constant))


def skill_of(parts: tuple[str, ...] | list[str]) -> str | None:
    """The skill's package that a path or module lies in."""
    inside = len(parts) > 1 and parts[0] == "skills" and (ROOT / "skills" / parts[1]).is_dir()
    return parts[1] if inside else None


def violations(path: Path) -> Iterator[str]:
    """Imports of a module that go up a floor, or from one skill to another."""
    here = path.relative_to(ROOT)
    floor = FLOORS.index(here.parts[0])
    for line, module in imported(path):
        parts = module.split(".")
        if parts[0] in FLOORS[floor + 1 :] or parts[0] == "tests" or (parts[0] in BESIDE and here.parts[0] != "agent"):
            yield f"{here}:{line} imports {module}, which is above it"
        other = skill_of(parts)
        if here.parts[0] == "skills" and other is not None and other != skill_of(here.parts):
            yield f"{here}:{line} imports {module} of another skill"


def test_imports_go_down_and_never_from_skill_to_skill() -> None:
    assert [found for path in HOUSE for found in violations(path)] == []


def test_every_module_opens_with_one_sentence() -> None:
    without = [str(path.relative_to(ROOT)) for path in HOUSE if not ast.get_docstring(ast.parse(path.read_text()))]
    assert without == []


@pytest.mark.parametrize(
    ("here", "text"),
    [
        ("engines/x.py", "from conversion.mapping import Statement"),
        ("conversion/x.py", "def f():\n    import transfer.state"),
        (
            "transfer/x.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from skills.context import Progress",
        ),
        ("skills/query_translator/x.py", "from skills.schema_comparator.skill import run"),
        ("skills/query_translator/x.py", "from ..schema_comparator import skill"),
        ("skills/x.py", "import agent"),
    ],
)
def test_a_wrong_import_is_found(here: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / here
    for name in ("skills/query_translator", "skills/schema_comparator"):
        (tmp_path / name).mkdir(parents=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    assert len(list(violations(path))) == 1
