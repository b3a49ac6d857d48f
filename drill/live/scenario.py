"""What a live scenario may say: the one list of its keys, with their units, defaults and bounds.

Times are durations since the drill's start, such as `90s`, `10m`, `1h30m`: of the drill's own clock, which is
AWS's except for a local AWS that goes faster. Names of alarms are those in AWS, with or without project and
environment, or the catalog's keys.
"""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from catalog.specs import Topic
from cloudwatch.states import State
from config.limits import LAMBDA_TIMEOUT_S
from config.types import Model, refuse
from drill import durations
from drill.scenarios.model import Duration, Names

Fault = Literal["error", "timeout"]
LogLevel = Literal["WARNING", "ERROR", "CRITICAL"]

MOST_PER_MIN = 600
"""Requests a minute: ten a second are a drill, more is a load test."""


class Invocations(Model):
    """A list; each entry says what is sent to a deployed function, and what that is asked for."""

    service: str
    """The service, a Lambda function."""

    event: dict[str, Any] | str
    """What it is invoked with, without what is asked for; or the name of a JSON file beside the scenario."""

    fault: Fault | None = None
    """`error`: it fails. `timeout`: it waits until Lambda ends it. Without one it does its work."""

    slow_ms: int | None = Field(default=None, ge=1, le=LAMBDA_TIMEOUT_S * 1000)
    """Milliseconds that it waits before."""

    log_level: LogLevel | None = None
    """Level of an entry that it logs besides."""

    per_min: float = Field(gt=0, le=MOST_PER_MIN)
    """Requests a minute, evenly spread."""

    for_s: Duration = Field(alias="for")
    """For how long."""

    from_s: Duration = Field(default=0, alias="from")
    """When it begins."""

    @property
    def asked(self) -> dict[str, Any]:
        """What each request asks for, as the functions read it (functions/README.md, "Drills")."""
        given = {"fault": self.fault, "slow_ms": self.slow_ms, "log_level": self.log_level}
        return {name: value for name, value in given.items() if value is not None}

    @property
    def times_s(self) -> tuple[float, ...]:
        """When each request is sent."""
        # None at the very end, whatever floating point makes of it: 3 a minute for 1 m are three.
        count = max(1, math.ceil(self.for_s * self.per_min / 60 - 1e-9))
        return tuple(self.from_s + one * 60 / self.per_min for one in range(count))

    @property
    def ends_s(self) -> float:
        """When it ends."""
        return self.from_s + self.for_s

    @model_validator(mode="after")
    def _lasts(self) -> Invocations:
        if self.for_s <= 0:
            text = "must be longer than 0s"
            raise refuse(text, at=("for",))
        return self


class StateExpected(Model):
    """An alarm is in a state at some time up to `by`, after what is expected of it further up."""

    alarm: str
    """The alarm."""

    state: State
    """The state that it comes into, or is in already when nothing else is expected of it before."""

    by_s: Duration = Field(alias="by")
    """At the latest."""

    def __str__(self) -> str:
        return f"{self.alarm} is {self.state} by {durations.text_of(self.by_s)}"


class MessageExpected(Model):
    """An alarm's message arrives in the alarm queue."""

    message: str
    """The alarm."""

    state: State = "ALARM"
    """The state that it tells of."""

    topic: Topic | None = None
    """The topic that it came through; any unless said."""

    by_s: Duration = Field(alias="by")
    """At the latest."""

    def __str__(self) -> str:
        through = f" through {self.topic}" if self.topic else ""
        by = durations.text_of(self.by_s)
        return f"a message that {self.message} is {self.state} arrives{through} by {by}"


class NeverExpected(Model):
    """Alarms are not in a state as long as the drill lasts."""

    never: Names
    """The alarms."""

    state: State = "ALARM"
    """The state."""

    def __str__(self) -> str:
        return f"{', '.join(self.never)} never {'are' if self.never[1:] else 'is'} {self.state}"


Expectation = StateExpected | MessageExpected | NeverExpected

EXPECTATIONS: dict[str, type[Expectation]] = {
    next(iter(model.model_fields)): model for model in get_args(Expectation)
}
"""The key that says what is expected -> its model."""


class Whole(Model):
    """What a file says."""

    says: str = Field(min_length=1, max_length=400)
    """What it shows, in a sentence."""

    invoke: tuple[Any, ...] = Field(min_length=1)
    """Requests that are sent, each entry to one function."""

    expect: tuple[Any, ...] = Field(min_length=1)
    """What is expected of the alarms then; one of these at least by a time."""
