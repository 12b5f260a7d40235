"""How long each piece takes: predictions from sizes and rates, each with where its figure comes from."""

from __future__ import annotations

from dataclasses import dataclass

from skills.data_engineering_pipeline_designer.models import (
    Evidence,
    Input,
    PhaseDuration,
    PredictionInput,
    Stage,
    Timeline,
)

GIGABYTE = 1e9
SLICE_GB = 50.0  # what a trickle moves at once where the tables allow it

# Bytes of source data per second where nobody measured: half of what a quiet machine of two cores reached with both
# servers on it: 112 MB/s from SQLite, 127 MB/s between PostgreSQL servers. Other pairs: a link of 100 Mbit/s.
DEFAULT_BYTES_PER_SECOND = {("sqlite", "postgresql"): 56e6, ("postgresql", "postgresql"): 63e6}
OTHER_BYTES_PER_SECOND = 12.5e6
OTHER_DETAIL = "default: a link of 100 Mbit/s"
# Comparing both sides as streams: half of 991 MB in 14.4 s.
DEFAULT_VALIDATION_BYTES_PER_SECOND = 34e6
POST_DATA_SHARE = 0.5  # keys, indexes, statistics against the load; one primary key alone took 0.18
WRITE_SHARE = 0.1  # how fast the source changes against the speed of the load
SECONDS_PER_STATEMENT = 0.05

# Minutes of the steps that don't grow with the data; judgement, to be replaced by a rehearsal's measurements.
FIXED_MINUTES = {"prepare": 5.0, "fence": 0.5, "drain": 0.5, "switch": 1.0, "check": 1.0}


@dataclass(frozen=True)
class Prediction:
    """Minutes per piece of work, and the figures they were made from."""

    schema: float
    load: float
    post_data: float
    catch_up: float
    validate: float
    slice: float
    inputs: list[PredictionInput]
    evidence: Evidence

    @property
    def big_bang_downtime(self) -> float:
        """Minutes out of reach when everything happens with the source closed."""
        fixed = FIXED_MINUTES["fence"] + FIXED_MINUTES["switch"] + FIXED_MINUTES["check"]
        return round(fixed + self.load + self.post_data + self.validate, 2)

    @property
    def switch_downtime(self) -> float:
        """Minutes out of reach when changes are carried along until the switch."""
        return sum(FIXED_MINUTES[name] for name in ("fence", "drain", "switch", "check"))

    @property
    def slice_downtime(self) -> float:
        """Minutes out of reach of the largest slice of a trickle."""
        return round(FIXED_MINUTES["fence"] + self.slice + FIXED_MINUTES["switch"], 2)

    @property
    def write_pause(self) -> float:
        """Minutes that writes wait in a switch that keeps reads alive."""
        return FIXED_MINUTES["fence"] + FIXED_MINUTES["drain"]


def predict(design: Input) -> Prediction:
    """Minutes of every piece from the assessment's sizes and the given or default rates."""
    facts, rates = design.assessment, design.rates
    volume = facts.size_gb * GIGABYTE
    speed = rates.bytes_per_second or _default_speed(design)
    load = volume / speed
    if rates.rows_per_second and facts.rows:
        load = max(load, facts.rows / rates.rows_per_second)
    checking = rates.validation_bytes_per_second or DEFAULT_VALIDATION_BYTES_PER_SECOND
    statements = facts.schema_statements or (facts.table_count or 0) * 3
    share = _slice_bytes(design) / volume if volume else 0.0
    per_byte = load * (1 + POST_DATA_SHARE) + volume / checking
    given = rates.bytes_per_second is not None
    return Prediction(
        schema=_minutes(statements * SECONDS_PER_STATEMENT),
        load=_minutes(load),
        post_data=_minutes(load * POST_DATA_SHARE),
        catch_up=_minutes(load * WRITE_SHARE / (1 - WRITE_SHARE)),
        validate=_minutes(volume / checking),
        slice=_minutes(per_byte * share),
        inputs=_inputs(design, speed, checking),
        evidence="estimated" if not given or facts.declared else rates.evidence,
    )


def lay_out(stages: list[Stage], prediction: Prediction, downtime: float, write_pause: float) -> Timeline:
    """The stages one after the other; a stage without a predicted duration takes no machine time."""
    phases: list[PhaseDuration] = []
    clock = 0.0
    for stage in stages:
        phases.append(
            PhaseDuration(
                name=stage.name,
                start_minutes=round(clock, 2),
                duration_minutes=stage.duration_minutes,
                downtime=stage.downtime,
                evidence=stage.evidence,
            )
        )
        clock += stage.duration_minutes or 0.0
    return Timeline(
        phases=phases,
        total_duration_hours=round(clock / 60, 2),
        downtime_minutes=downtime,
        write_pause_minutes=write_pause,
        inputs=prediction.inputs,
    )


def _default_speed(design: Input) -> float:
    return DEFAULT_BYTES_PER_SECOND.get((design.source.engine, design.target.engine), OTHER_BYTES_PER_SECOND)


def _minutes(seconds: float) -> float:
    return round(seconds / 60, 2)


def _slice_bytes(design: Input) -> float:
    sizes = [table.bytes or 0 for table in design.assessment.tables if table.chunked]
    whole = max((table.bytes or 0 for table in design.assessment.tables if not table.chunked), default=0)
    chunked = max(sizes, default=0) if design.assessment.tables else design.assessment.size_gb * GIGABYTE
    return max(min(float(chunked), SLICE_GB * GIGABYTE), float(whole))


def _inputs(design: Input, speed: float, checking: float) -> list[PredictionInput]:
    facts, rates = design.assessment, design.rates
    size_from: Evidence = "declared" if facts.declared else "catalog"
    default = "default: half of what a machine of two cores reached with both servers on it"
    link = default if (design.source.engine, design.target.engine) in DEFAULT_BYTES_PER_SECOND else OTHER_DETAIL
    speed_from: Evidence = rates.evidence if rates.bytes_per_second else "estimated"
    check_from: Evidence = rates.evidence if rates.validation_bytes_per_second else "estimated"
    rows = [
        PredictionInput(name="size", value=facts.size_gb, unit="GB", evidence=size_from, detail="the assessment"),
        PredictionInput(
            name="load rate",
            value=speed,
            unit="bytes/s",
            evidence=speed_from,
            detail=rates.detail if rates.bytes_per_second else link,
        ),
        PredictionInput(
            name="validation rate",
            value=checking,
            unit="bytes/s",
            evidence=check_from,
            detail=rates.detail if rates.validation_bytes_per_second else default,
        ),
    ]
    if rates.rows_per_second:
        rows.append(
            PredictionInput(
                name="row rate",
                value=rates.rows_per_second,
                unit="rows/s",
                evidence=rates.evidence,
                detail=rates.detail,
            )
        )
    assumed = {
        "post-data share of the load": (POST_DATA_SHARE, "1"),
        "write share of the load rate": (WRITE_SHARE, "1"),
        "seconds per statement": (SECONDS_PER_STATEMENT, "s"),
        **{f"{name} step": (minutes, "min") for name, minutes in FIXED_MINUTES.items()},
    }
    return rows + [
        PredictionInput(name=name, value=value, unit=unit, evidence="estimated", detail="judgement, not measured")
        for name, (value, unit) in assumed.items()
    ]
