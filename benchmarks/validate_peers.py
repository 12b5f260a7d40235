"""What the validator is measured against: reladiff in an environment of its own, and the servers' own scans."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qsl

import psycopg
import pymysql

from benchmarks.measure import DATA, Run, command
from engines.mysql.url import arguments

RELADIFF = "reladiff==0.6.0"
PACKAGES = (RELADIFF, "psycopg2-binary", "mysql-connector-python")
FOLDER = DATA / "reladiff"
LINE = re.compile(r"^[+-] ", re.MULTILINE)


def reladiff() -> Path | None:
    """Its program, installed once; None where it can't be installed."""
    program = FOLDER / "bin" / "reladiff"
    if not program.exists():
        DATA.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
        pip = [str(FOLDER / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        if subprocess.run(pip).returncode != 0:
            return None
    return program


def compare(program: Path, source: str, target: str, log: Path) -> tuple[Run, int]:
    """All columns of sbtest by reladiff with two threads; the run, and how many rows it shows as different."""
    columns = [word for name in ("k", "c", "pad") for word in ("-c", name)]
    urls = [_url(source), "sbtest", _url(target), "sbtest"]
    words = ["env", *_socket(target), str(program), *urls, "-k", "id", *columns, "--threads", "2"]
    run = command(words, log)
    return run, len(LINE.findall(run.output))


def _url(url: str) -> str:
    """As reladiff wants it: a socket is named in the environment."""
    if url.startswith("mysql"):
        given = arguments(url)
        return f"mysql://{given['user']}:@{given['host']}:{given['port']}/{given['database']}"
    return url.partition("?")[0]


def _socket(url: str) -> list[str]:
    options = dict(parse_qsl(url.partition("?")[2]))
    return [f"PG{name.upper()}={options[name]}" for name in ("host", "port") if name in options]


def scanned(*statements: tuple[str, str]) -> float:
    """Seconds until statements on (url, SQL) are done, all at the same time."""
    started = time.monotonic()
    with ThreadPoolExecutor(len(statements)) as threads:
        list(threads.map(_scan, statements))
    return time.monotonic() - started


def _scan(statement: tuple[str, str]) -> None:
    url, sql = statement
    if url.startswith("mysql"):
        with pymysql.connect(**arguments(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION group_concat_max_len = 1073741824")
            cursor.execute(sql)
            cursor.fetchall()
        return
    with psycopg.connect(url) as server:
        server.execute("SET max_parallel_workers_per_gather = 0")
        server.execute("SET jit = off")
        server.execute(sql.encode()).fetchall()
