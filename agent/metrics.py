"""Prometheus metrics of a copy over HTTP while it runs (docs/load.md lists them)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engines.errors import UsageError
from transfer.standing import SCAN, SCANNED, Standing

if TYPE_CHECKING:
    from prometheus_client.core import Metric

LOOPBACK = "127.0.0.1"
# name, kind, help, field of a standing; a value that is not known has no sample
WHOLE = (
    ("dbmo_lanes", "gauge", "Lanes that copy now.", "lanes"),
    ("dbmo_lanes_allowed", "gauge", "Lanes that may copy.", "lanes_allowed"),
    ("dbmo_paused_seconds", "counter", "Time that the copy waited for a limit.", "paused_seconds"),
    ("dbmo_remaining_seconds", "gauge", "Time left, by measured rates.", "seconds_left"),
    ("dbmo_expected_rows", "gauge", "Rows to copy, as counted for the plan.", "rows_expected"),
    ("dbmo_snapshot_age_seconds", "gauge", "Age of the source's snapshot.", "snapshot_seconds"),
    (
        "dbmo_snapshot_held_transactions",
        "gauge",
        "Transactions whose old row versions the source keeps.",
        "snapshot_transactions",
    ),
    ("dbmo_tables_planned", "gauge", "Tables to copy.", "tables_planned"),
    ("dbmo_tables_begun", "gauge", "Tables of which something is in the target.", "tables_begun"),
    ("dbmo_copied_rows", "counter", "Rows committed in the target.", "rows"),
    ("dbmo_copied_bytes", "counter", "Bytes committed in the target.", "bytes"),
    ("dbmo_quarantined_values", "counter", "Values and rows set aside.", "quarantined"),
)
BY_TABLE = (
    ("dbmo_table_copied_rows", "counter", "Rows of a table committed in the target.", "rows"),
    ("dbmo_table_copied_bytes", "counter", "Bytes of a table committed in the target.", "bytes"),
    ("dbmo_table_expected_rows", "gauge", "Rows of a table, as counted for the plan.", "rows_expected"),
)
LIMITS = ("connections", "bytes_per_second")


class Metrics:
    """A collector that shows the last standing; nothing is counted here."""

    def __init__(self) -> None:
        self._standing: Standing | None = None

    def tell(self, standing: Standing) -> None:
        """Take over a standing of a copy; what was looked at before it is not copied."""
        if standing.stage not in (SCAN, SCANNED):
            self._standing = standing

    def collect(self) -> Iterator[Metric]:
        """What a scrape gets; nothing before the copy began."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        standing = self._standing
        if standing is None:
            return
        kinds: dict[str, Any] = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily}
        own = (standing.migration,)
        for name, kind, text, field in WHOLE:
            yield _family(kinds[kind], name, text, ("migration",), [(own, getattr(standing, field))])
        for name, kind, text, field in BY_TABLE:
            samples = [((*own, table.name), getattr(table, field)) for table in standing.tables]
            yield _family(kinds[kind], name, text, ("migration", "table"), samples)
        gauge = kinds["gauge"]
        paused = [(own, float(bool(standing.paused)))]
        yield _family(gauge, "dbmo_paused", "1 while the copy waits for a limit.", ("migration",), paused)
        text = "1 for each limit that the copy waits for."
        waits = [((*own, name), 1.0) for name in standing.paused_by]
        yield _family(gauge, "dbmo_paused_by_limit", text, ("migration", "limit"), waits)
        stage = [((*own, standing.stage), 1.0)]
        yield _family(gauge, "dbmo_stage", "1 for the stage that runs.", ("migration", "stage"), stage)
        limits = [((*own, name), getattr(standing.limits, name)) for name in LIMITS]
        yield _family(gauge, "dbmo_limit", "Ceilings that hold now.", ("migration", "limit"), limits)
        at = [(own, datetime.fromisoformat(standing.at).timestamp())]
        text = "When these figures were taken, in seconds since 1970."
        yield _family(gauge, "dbmo_standing_timestamp_seconds", text, ("migration",), at)


def _family(made: Any, name: str, text: str, labels: tuple[str, ...], samples: list[tuple[Any, Any]]) -> Metric:
    family: Metric = made(name, text, labels=labels)
    for values, value in samples:
        if value is not None:
            family.add_metric(values, float(value))  # type: ignore[attr-defined]
    return family


@contextmanager
def served(place: str | None, metrics: Metrics) -> Iterator[str | None]:
    """Serve the metrics at `[ADDRESS:]PORT` (0: any port) until the end; the URL, None where no place is given.

    UsageError METRICS_PORT for a place that can't be used.
    """
    if place is None:
        yield None
        return
    from prometheus_client import CollectorRegistry, start_http_server

    address, port = parsed(place)
    registry = CollectorRegistry()
    registry.register(metrics)
    try:
        server, thread = start_http_server(port, addr=address, registry=registry)
    except OSError as error:
        raise _refused(f"{place} can't be listened on: {error.strerror or error}") from error
    try:
        shown = f"[{address}]" if ":" in address else address
        yield f"http://{shown}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def parsed(place: str) -> tuple[str, int]:
    """Address and port of `[ADDRESS:]PORT`; without an address the loopback's."""
    address, mark, port = place.rpartition(":")
    address = address.removeprefix("[").removesuffix("]") if mark else LOOPBACK
    try:
        number = int(port)
        ipaddress.ip_address(address)
    except ValueError:
        raise _refused(f"{place!r} is no PORT and no ADDRESS:PORT") from None
    if not 0 <= number <= 65535:
        raise _refused(f"{number} is no port")
    return address, number


def _refused(why: str) -> UsageError:
    return UsageError("METRICS_PORT", f"Metrics can't be served: {why}.", "Give a free port, such as 9464.")
