"""Real schemas, converted and made on real servers: what arrives, and how it compares with what their authors wrote."""

from pathlib import Path

import pytest

from benchmarks.score.corpus import Corpus
from benchmarks.score.table import DIRECTIONS, scores
from tests.mysql_servers import MysqlServer
from tests.servers import Server


@pytest.fixture(scope="module")
def corpus(
    corpora: Path, postgresql_15: Server, mariadb: MysqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Corpus:
    return Corpus(corpora, tmp_path_factory.mktemp("score"), postgresql_15.create_database, mariadb.create_database)


# Part of the columns that get the experts' very type. MySQL's authors choose among widths (tinyint, mediumint,
# unsigned, varchar, varbinary, mediumtext) that no PostgreSQL or SQLite schema tells apart.
SAME_TYPE = {
    ("mysql", "postgresql"): 0.85,
    ("sqlite", "postgresql"): 0.85,
    ("postgresql", "mysql"): 0.79,
    ("sqlite", "mysql"): 0.73,
}


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_real_schemas_arrive_whole_and_as_experts_would_have_them(corpus: Corpus, source: str, target: str) -> None:
    *_, whole = scores(corpus, source, target)
    assert whole.refused == []
    assert whole.unaccounted == []
    lost = [item for item in whole.coverage.lost if item[0] in ("table", "column", "primary key")]
    assert lost == []
    for kind in ("unique", "foreign key", "index"):
        assert whole.coverage.share(kind) >= 0.99, [item for item in whole.coverage.lost if item[0] == kind]
    compared = whole.agreement
    assert compared.equivalent >= 0.95 * compared.columns, compared.different
    assert compared.same >= SAME_TYPE[source, target] * compared.columns, compared.different
