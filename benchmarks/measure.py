"""Measuring processes: wall time and peak memory of a command, medians, and lines of the table."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.memory import Watched

ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Run:
    """One run of a command: seconds, peak resident memory in MB of the largest process, and its output."""

    seconds: float
    megabytes: float
    output: str


@dataclass(frozen=True)
class Line:
    """A row of the table."""

    name: str
    ours: str
    peer: str
    ratio: str
    runs: str

    def text(self) -> str:
        """The row as Markdown."""
        return f"| {self.name} | {self.ours} | {self.peer} | {self.ratio} | {self.runs} |"


def command(words: list[str], log: Path, fine: tuple[int, ...] = (0,)) -> Run:
    """Run a command to its end; its output goes to a log. RuntimeError when its exit status isn't fine."""
    started = time.monotonic()
    with log.open("w") as file:
        process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        watched = Watched(process.pid)
        process.wait()
    seconds, megabytes = time.monotonic() - started, watched.stop()
    output = log.read_text(errors="replace")
    if process.returncode not in fine:
        raise RuntimeError(f"{words[0]} ended with status {process.returncode}:\n{output[-2000:]}")
    return Run(seconds, megabytes, output)


def python(module: str, *arguments: str) -> list[str]:
    """The words that run a module of this project."""
    return [sys.executable, "-m", module, *arguments]


def middle(values: list[float]) -> float:
    """Median."""
    return float(median(values))


def beside(name: str, rows: int, ours: list[Run], peer: str, theirs: list[Run], runs: str) -> Line:
    """The row of a copy beside a peer's: medians of the seconds, the most memory of either."""
    told = []
    for found in (ours, theirs):
        seconds, megabytes = middle([run.seconds for run in found]), max(run.megabytes for run in found)
        told.append((seconds, f"{seconds:.2f} s, {rows / seconds / 1000:,.0f} krows/s, {megabytes:.0f} MB"))
    (mine, own), (other, its) = told
    return Line(name, own, f"{peer} {its}", f"{other / mine:.2f} x", runs)
