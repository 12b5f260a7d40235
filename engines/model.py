"""The base of every model of data that is stored or handed over."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Unknown keys are errors; errors don't repeat what was given.

    Validators are made when they are first used: a command needs few of all these models, and starts sooner.
    """

    model_config = ConfigDict(defer_build=True, extra="forbid", hide_input_in_errors=True)
