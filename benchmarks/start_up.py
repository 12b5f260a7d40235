"""How long `dbmo --help` takes: heavy imports must stay out of its way."""

from __future__ import annotations

from benchmarks.measure import DATA, Line, command, middle, python

RUNS = 9
LIMIT_SECONDS = 0.4


def run() -> list[Line]:
    """Median wall time of the whole process."""
    DATA.mkdir(exist_ok=True)
    seconds = [command(python("agent.cli", "--help"), DATA / "help.log").seconds for _ in range(RUNS)]
    found = middle(seconds)
    return [
        Line("dbmo --help", f"{found:.3f} s", f"limit {LIMIT_SECONDS} s", f"{LIMIT_SECONDS / found:.1f} x", f"{RUNS}")
    ]
