"""Triggers whose statements lead back to them are found whatever the names of tables and triggers hold."""

import pytest

from conversion.procedural.cycles import circle
from conversion.procedural.parse_sqlite import parse_trigger


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@pytest.mark.parametrize("table", ["t", "My.Table", "a.b.c", "mit'quote\"s", "ünï\n%s"])
@pytest.mark.parametrize("trigger", ["g", "g.x", "a.b"])
def test_a_circle_over_another_table(table: str, trigger: str) -> None:
    texts = {
        f"main.{table}.{trigger}": f"CREATE TRIGGER {quoted(trigger)} AFTER UPDATE ON {quoted(table)}"
        " BEGIN DELETE FROM other; END",
        f"main.other.{trigger}": f"CREATE TRIGGER {quoted(trigger + '2')} AFTER DELETE ON main.other"
        f" BEGIN UPDATE {quoted(table.upper() if table.isascii() else table)} SET a = 1; END",
        "main.apart.g": f"CREATE TRIGGER g3 AFTER INSERT ON apart BEGIN UPDATE {quoted(table)} SET a = 1; END",
    }
    parsed = {name: parse_trigger(text) for name, text in texts.items()}
    assert [circle(parsed, name) for name in texts] == ["other", table.lower(), None]
