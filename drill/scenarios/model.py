"""What a scenario may say: the one list of its keys, with their units, defaults and bounds.

Times are durations since the scenario's start, such as `90s`, `10m`, `1h30m`. Names of alarms are those in
AWS, with or without project and environment; where several may be meant, `*` and `?` stand for any text and
any character.
"""

from __future__ import annotations

from pydantic import AwareDatetime, Field, model_validator

from cloudwatch.quotas import MINUTE_S
from config.types import refuse
from drill.scenarios.expected import (
    EXPECTATIONS,
    Expectation,
    MessageExpected,
    NeverExpected,
    NotificationExpected,
    PagesExpected,
    SilentExpected,
    StateExpected,
    SuppressedExpected,
    TicketsExpected,
)
from drill.scenarios.happenings import (
    HAPPENINGS,
    Band,
    Consumer,
    Happening,
    Lines,
    Samples,
    Silence,
    Span,
)
from drill.scenarios.values import Duration, List, Model, Names, Value, Words

__all__ = [
    "EXPECTATIONS",
    "HAPPENINGS",
    "Assumptions",
    "Band",
    "Consumer",
    "Duration",
    "Expectation",
    "Happening",
    "Head",
    "Lines",
    "MessageExpected",
    "Names",
    "NeverExpected",
    "NotificationExpected",
    "PagesExpected",
    "Samples",
    "Silence",
    "SilentExpected",
    "Span",
    "StateExpected",
    "SuppressedExpected",
    "TicketsExpected",
    "Value",
    "Words",
]

MOST_STEPS = 200_000
"""Of a rehearsal: four months of minutes, or two days of seconds. More are a mistake, such as d for m."""


class Assumptions(Model):
    """What AWS does not publish."""

    extra_datapoints: int = Field(default=2, ge=0, le=100)
    """Datapoints that an alarm looks at beyond evaluation_periods. The one example of the CloudWatch User
    Guide ("Configuring how CloudWatch alarms treat missing data") looks at 5 for 3."""


class Head(Model):
    """Everything of a scenario but what happens and what is expected."""

    says: str = Field(min_length=1)
    """What the scenario shows, in one sentence."""

    start: AwareDatetime = Field(default="2026-03-02T09:00:00Z", validate_default=True)
    """When it begins, with its time zone."""

    duration: Duration
    """How long it lasts."""

    resolution: Duration = Field(default="1m", validate_default=True)
    """How long a step is: a divisor of a minute."""

    warm_up: Duration = Field(default="1h", validate_default=True)
    """How long everything has gone on as usual before the start. What happens then is not counted."""

    usual: List | None = None
    """Files beside the scenario with what always happens."""

    environments: List | None = None
    """The environments that have what it is about; all unless said."""

    assume: Assumptions = Assumptions()
    """What AWS does not publish, and what is taken for it here."""

    @model_validator(mode="after")
    def _in_steps(self) -> Head:
        if self.resolution <= 0 or MINUTE_S % self.resolution:
            raise refuse("must divide a minute: 1s, 5s, 10s, 30s, 1m …", at=("resolution",))
        if self.start.timestamp() % MINUTE_S:
            raise refuse("must be a full minute", at=("start",))
        for name in ("duration", "warm_up"):
            if getattr(self, name) % MINUTE_S:
                raise refuse("must be full minutes", at=(name,))
        if not self.duration:
            raise refuse("must be longer than nothing", at=("duration",))
        if (self.warm_up + self.duration) / self.resolution > MOST_STEPS:
            raise refuse(
                "makes too many steps with warm_up and resolution: at most {most}",
                most=MOST_STEPS,
                at=("duration",),
            )
        return self
