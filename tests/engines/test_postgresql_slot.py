"""A replication slot's moment: what a snapshot joined to it sees, and what the slot gives afterwards."""

from __future__ import annotations

import psycopg
import pytest

from engines.errors import DbmoError, UsageError
from engines.postgresql.slot import Slot
from engines.postgresql.snapshot import PostgresqlSnapshot
from tests.servers import Server


def test_copy_and_changes_fit_together(postgresql_15: Server) -> None:
    url = postgresql_15.create_database()
    slot = Slot(url, "here", url.split("/")[3].partition("?")[0])
    with psycopg.connect(url, autocommit=True) as writing:
        writing.execute(
            "SET synchronous_commit = on; CREATE TABLE t (id integer); INSERT INTO t VALUES (1);"
            "CREATE PUBLICATION p FOR TABLE t"
        )
        moment = slot.create()
        writing.execute("INSERT INTO t VALUES (2)")
        first = PostgresqlSnapshot(url, "here", moment.token)
        slot.close()
        second = PostgresqlSnapshot(url, "here", first.token)
        seen = [snapshot.query("SELECT id FROM public.t") for snapshot in (first, second)]
        positions = first.position, second.position
        options = f"'{slot.name}', NULL, NULL, 'proto_version', '1', 'publication_names', 'p'"
        changes = f"SELECT lsn >= '{moment.lsn}', get_byte(data, 0) FROM pg_logical_slot_get_binary_changes({options})"
        given = [chr(kind) for later, kind in writing.execute(changes.encode()) if later]
        first.close()
        second.close()
        slot.drop()
        slot.drop()
        left = writing.execute(
            "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s", (slot.name,)
        ).fetchone()

    assert seen == [[(1,)], [(1,)]]
    assert positions[0] == positions[1] and positions[0].startswith(f"lsn {moment.lsn}, slot {slot.name}, snapshot ")
    assert given.count("I") == 1
    assert left == (0,)


def test_a_slot_that_can_not_be_made_says_why(postgresql_15: Server) -> None:
    with pytest.raises(UsageError, match="SLOT_NAME_INVALID"):
        Slot("", "here", 'a"b')
    url = postgresql_15.create_database()
    slot = Slot(url, "here", url.split("/")[3].partition("?")[0])
    slot.create()
    with pytest.raises(DbmoError, match="already exists"):
        Slot(url, "here", slot.name).create()
    slot.drop()
