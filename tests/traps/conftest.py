"""All traps on all engines, loaded once for the module that compares them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mysql_servers import MysqlServer
from tests.servers import Server
from tests.servers_mongodb import MongodbServer
from tests.traps.cases import CASES
from tests.traps.loading import Servers, hostile_settings, load, load_schemas
from tests.traps.running import Bench


@pytest.fixture(scope="module")
def trap_servers(
    postgresql_18: Server, mariadb: MysqlServer, mongodb: MongodbServer, tmp_path_factory: pytest.TempPathFactory
) -> Servers:
    """Where the databases of the traps are made."""
    return Servers(
        postgresql_18.create_database,
        mariadb.create_database,
        lambda: mongodb.url(mongodb.new_name()),
        tmp_path_factory.mktemp("traps"),
    )


@pytest.fixture(scope="module")
def bench(trap_servers: Servers, mariadb: MysqlServer) -> Iterator[Bench]:
    """All traps loaded; on sessions that begin from now on the server imposes settings nobody expects."""
    loaded, schemas = load(CASES, trap_servers), load_schemas(trap_servers)
    with hostile_settings(mariadb.admin):
        made = Bench(loaded, schemas)
        try:
            yield made
        finally:
            made.close()
