"""Ctrl-C while the source is only looked at ends the work at once, and the query that runs."""

from __future__ import annotations

import signal

from tests.journeys.life import Life, wait_for
from tests.mysql_servers import MysqlServer, connected, load_mysql

WAITING = "SELECT id FROM information_schema.processlist WHERE state LIKE 'Waiting for table%' AND db = DATABASE()"


def test_ctrl_c_in_the_scan_of_the_values(life: Life, mariadb: MysqlServer, empty_18: str) -> None:
    source = mariadb.create_database()
    load_mysql(source, "CREATE TABLE t (id int PRIMARY KEY, b varchar(9)); INSERT INTO t VALUES (1, 'x')")
    with connected(source) as holder, connected(source) as watcher:
        holder.cursor().execute("LOCK TABLES t WRITE")
        process = life.ask(source, empty_18).start("--driver", "rules")
        wait_for(lambda: watcher.cursor().execute(WAITING))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert (process.returncode, "[INTERRUPTED]" in said) == (4, True), said
        wait_for(lambda: not watcher.cursor().execute(WAITING))
    assert life.command("status", "--json").data["phases"]["planning"] != "done"
