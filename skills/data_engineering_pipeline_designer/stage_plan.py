"""What has been decided before the stages of a migration are written."""

from __future__ import annotations

from dataclasses import dataclass

from engines.families import family
from skills.data_engineering_pipeline_designer.models import Input, Strategy, ValidationDepth
from skills.data_engineering_pipeline_designer.timeline import Prediction
from transfer.routes.route import ROUTES

READABLE = frozenset(name for pair in ROUTES for name in pair)  # families that dbmo reads and compares


def moved_by_us(source: str, target: str) -> bool:
    """Whether dbmo moves rows between these engines itself."""
    return (family(source), family(target)) in ROUTES


@dataclass(frozen=True)
class Plan:
    """What has been decided before the stages are written; sync: changes are carried along until the switch."""

    design: Input
    strategy: Strategy
    sync: bool
    depth: ValidationDepth
    prediction: Prediction

    @property
    def source(self) -> str:
        """The source as people say it."""
        return named(self.design.source.engine, self.design.source.version, self.design.source.host)

    @property
    def target(self) -> str:
        """The target as people say it."""
        return named(self.design.target.engine, self.design.target.version, self.design.target.platform)

    @property
    def downtime_minutes(self) -> float:
        """Predicted minutes during which the database is out of reach; of a trickle: of its largest slice."""
        if self.strategy == "continuous-replication":
            return 0.0
        if self.sync:
            return self.prediction.switch_downtime
        if self.strategy == "trickle":
            return self.prediction.slice_downtime
        return self.prediction.big_bang_downtime

    @property
    def write_pause_minutes(self) -> float:
        """Predicted minutes during which writes wait while reads go on."""
        return self.prediction.write_pause if self.strategy == "continuous-replication" else 0.0


def named(engine: str, version: str, place: str | None) -> str:
    """engine version, and where it is."""
    return f"{engine} {version}" + (f" ({place})" if place else "")
