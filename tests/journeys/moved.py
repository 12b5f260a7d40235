"""Databases that somebody else's mover moved: runs pgloader and pgcopydb, and says what our validator found."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.journeys.life import CHECKOUT, dbmo
from tests.servers import DEBIAN_15, PORT, Server

PAGE = CHECKOUT / "docs" / "what-others-lose.md"
SECONDS = 300


@dataclass(frozen=True)
class Case:
    """A table that is moved: what it holds (for the page), what the validator says of it, and its statements."""

    table: str
    holds: str
    said: str
    script: str


def installed(program: str, version: str) -> str:
    """The program's path; the test is skipped without that very version, whose doings it describes."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} isn't installed: apt-get install {program}")
    asked = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=SECONDS)
    if version not in asked.stdout + asked.stderr:
        pytest.skip(f"The journey describes {program} {version}, this is another: {asked.stdout.strip()[:80]}")
    return path


def moved(command: list[str], folder: Path) -> tuple[int, str]:
    """Exit status and output of a mover in a session of its own: it may end its whole process group."""
    environment = {**os.environ, "HOME": str(folder), "PATH": f"{DEBIAN_15}:{os.environ['PATH']}"}
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        start_new_session=True,
    )
    return ended.returncode, ended.stdout


def for_pgloader(server: Server, database: str) -> str:
    """A database as pgloader takes it: the socket's folder stands where the host does."""
    return f"postgresql://postgres@unix:{server.folder}:{PORT}/{database}"


def berlin(server: Server) -> tuple[str, str]:
    """An empty database as a server in Berlin has it: our URL of it, and its name."""
    url = server.create_database()
    with psycopg.connect(url) as connection:
        name = connection.info.dbname
    server.run(f"ALTER DATABASE {name} SET timezone = 'Europe/Berlin'")
    return url, name


def validated(source: str, target: str, folder: Path, **more: Any) -> tuple[int, dict[str, Any]]:
    """Exit status and output of `dbmo skill data-migration-validator` on two live databases."""
    file = folder / "validate.json"
    file.write_text(json.dumps({"source": {"url": source}, "target": {"url": target}, **more}))
    ended = dbmo("skill", "data-migration-validator", "--input", file)
    assert ended.out, ended.err
    return ended.status, ended.data


def said(table: dict[str, Any]) -> str:
    """A table's result in one line: how many rows differ in what, the first of them with both values."""
    if table["problem"]:
        return f"not compared: {table['problem']['code']}"
    parts = [f"{one['column']} is not compared: {one['reason']}" for one in table["uncompared"]]
    rows = table["rows_source"]
    parts += [f"{table[kind]} of {rows} rows {kind}" for kind in ("missing", "extra") if table[kind]]
    if table["different"]:
        first = next(row for row in table["rows"] if row["kind"] == "different")
        key = ", ".join(f"{name}={value}" for name, value in first["key"].items())
        column = first["columns"][0]
        pair = f"{first['source'][column]!r} -> {first['target'][column]!r}"
        parts.append(f"{table['different']} of {rows} rows different, {key}: {column} {pair}")
    tolerances = "; ".join(dict.fromkeys(table["tolerances"].values()))
    return "; ".join(parts) or (f"equal ({tolerances})" if tolerances else "equal")


def of_tables(output: dict[str, Any]) -> dict[str, str]:
    """What is said of each table, by the source's name without schema."""
    return {table["source"].partition(".")[2]: said(table) for table in output["tables"]}


def of_schema(output: dict[str, Any]) -> list[str]:
    """Findings of the level schema that are more than looks: kind and detail, then the objects without schema."""
    found: dict[str, list[str]] = {}
    for one in output["schema_findings"]:
        if one["severity"] != "low" or one["kind"] == "numbers_again":
            name = one["object"].partition(".")[2]
            found.setdefault(f"{one['kind']}, {one['detail']}", []).append(name)
    return sorted(f"{words}: {', '.join(sorted(names))}" for words, names in found.items())


def statements(cases: Iterable[Case]) -> str:
    """All scripts as one."""
    return "\n".join(case.script for case in cases)


def page_rows(cases: Iterable[Case]) -> str:
    """The cases as rows of the page's table."""
    return "\n".join(f"| `{case.table}` | {case.holds} | {_cell(case.said)} |" for case in cases)


def page_list(lines: Iterable[str]) -> str:
    """Findings as a list of the page."""
    return "\n".join(f"- {line}" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"([|<])", r"\\\1", text)
