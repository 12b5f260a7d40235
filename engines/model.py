"""The base of every model of data that is stored or handed over."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Unknown keys are errors; errors don't repeat what was given."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
