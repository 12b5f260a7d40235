"""What `dbmo doctor URL` says of a server and a user of it."""

from __future__ import annotations

import pytest

from agent.commands.doctor_servers import check_server
from tests.mysql_servers import MysqlServer


@pytest.mark.parametrize("user", ["root", "doctor_poor", "doctor_rich"])
def test_the_right_to_the_lock_of_a_moment_is_told(mariadb: MysqlServer, empty_mariadb: str, user: str) -> None:
    name = empty_mariadb.rpartition("/")[2]
    if user != "root":
        mariadb.run(f"CREATE OR REPLACE USER {user}", f"GRANT SELECT ON {name}.* TO {user}")
    if user == "doctor_rich":
        mariadb.run(f"GRANT RELOAD ON *.* TO {user}")
    told = {what.strip(): answer for what, _, answer in check_server(mariadb.url(name, user))}
    words, good = told["RELOAD"]
    assert (words.split(":")[0], good) == (
        ("not granted to the user itself", False) if user == "doctor_poor" else ("granted", True)
    )
