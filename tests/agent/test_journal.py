"""The journal: a chain in which nothing can be changed, removed or put in unseen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.journal import GENESIS, Journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal.db")
    for number in range(5):
        made.append("note" if number % 2 else "step", {"number": number})
    yield made
    made.close()


def test_a_new_journal_begins_at_genesis(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal.db")) as journal:
        assert journal.head == GENESIS
        assert journal.has(GENESIS)
        assert journal.problems() == []
        assert journal.last("note") is None


def test_entries_come_in_order_and_by_kind(journal: Journal) -> None:
    assert [entry.body["number"] for entry in journal.entries()] == [0, 1, 2, 3, 4]
    assert [entry.body["number"] for entry in journal.entries("note")] == [1, 3]
    last = journal.last("note")
    assert last is not None
    assert last.body == {"number": 3}


def test_each_entry_holds_the_hash_before_it(journal: Journal) -> None:
    entries = list(journal.entries())
    assert [entry.previous for entry in entries] == [GENESIS, *(entry.hash for entry in entries[:-1])]
    assert journal.head == entries[-1].hash
    assert all(journal.has(entry.hash) for entry in entries)
    assert not journal.has("f" * 64)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE entry SET body = '{\"number\": 9}' WHERE number = 3", "Entry 3 (step) of the journal was changed."),
        ("UPDATE entry SET kind = 'other' WHERE number = 2", "Entry 2 (other) of the journal was changed."),
        ("UPDATE entry SET at = '2000-01-01' WHERE number = 1", "Entry 1 (step) of the journal was changed."),
        ("DELETE FROM entry WHERE number = 2", "Entry 2 is missing from the journal."),
        ("DELETE FROM entry WHERE number = 1", "Entry 1 is missing from the journal."),
    ],
)
def test_a_change_is_found(journal: Journal, statement: str, found: str) -> None:
    with closing(sqlite3.connect(journal.path)) as other, other:
        other.execute(statement)
    assert found in journal.problems()


def test_two_processes_append_to_one_chain(journal: Journal) -> None:
    with closing(Journal(journal.path)) as other:
        other.append("note", {"from": "the other"})
        journal.append("note", {"from": "the first"})
        assert journal.problems() == []
        assert journal.head == other.head


def test_a_secret_in_a_message_is_not_kept(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.connection._REDACTED", {"hunter2"})
    journal.append("phase", {"what": "login with hunter2 refused", "name": "hunter2"})
    last = journal.last("phase")
    assert last is not None
    assert last.body == {"what": "login with *** refused", "name": "hunter2"}  # names are data, not messages
