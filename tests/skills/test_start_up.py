"""What the start and the end of a copy cost: what it loads, and what the cycle collector does meanwhile."""

from __future__ import annotations

import subprocess
import sys

from tests.servers import CHECKOUT

UNUSED = ("engines.catalog", "engines.postgresql.introspect", "sqlglot", "transfer.compare.inflight", "rich", "yaml")
PROGRAM = f"""
import atexit, gc, sys
atexit.register(lambda: print(gc.get_freeze_count() > 10_000))
from engines.collector import relax_collector
relax_collector()
import skills.context, skills.etl_pipeline_builder.skill, engines.postgresql.snapshot, engines.postgresql.writer
import transfer.routes.postgresql_to_postgresql
print([name for name in {UNUSED} if name in sys.modules])
"""


def test_a_copy_loads_no_more_than_it_uses_and_ends_without_a_last_look_at_all_objects() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\nTrue\n"
