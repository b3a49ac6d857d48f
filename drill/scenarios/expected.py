"""What may be expected of alarms: states, notifications, silence, suppression, messages, sums."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from cloudwatch.states import State
from config.types import refuse
from drill.scenarios.values import Duration, Model, Names


class StateExpected(Model):
    """An alarm is in a state: at a time, from … to, or entered up to `by`."""

    alarm: str
    """The alarm or composite."""
    state: State
    """Its state then."""
    at_s: Duration | None = Field(default=None, alias="at")
    """At this very time."""
    by_s: Duration | None = Field(default=None, alias="by")
    """It entered the state at this time or before it, or has been in it since the start."""
    from_s: Duration | None = Field(default=None, alias="from")
    """All the time from here on …"""
    to_s: Duration | None = Field(default=None, alias="to")
    """… to here."""

    @model_validator(mode="after")
    def _one_time(self) -> StateExpected:
        span = self.from_s is not None and self.to_s is not None
        half = (self.from_s is None) != (self.to_s is None)
        if half or sum((self.at_s is not None, self.by_s is not None, span)) != 1:
            raise refuse("needs one time: at, by, or from and to", at=("alarm",))
        if span and (self.from_s or 0) > (self.to_s or 0):
            raise refuse("must not be earlier than from", at=("to",), because=("from",))
        return self


class NeverExpected(Model):
    """Alarms are never in a state, from the start to the end."""

    never: Names
    """The alarms and composites."""
    state: State = "ALARM"
    """The state they are never in."""
    but: tuple[str, ...] = ()
    """Names or patterns of those that may."""


class NotificationExpected(Model):
    """An alarm notifies."""

    notification: str
    """The alarm or composite."""
    state: State = "ALARM"
    """What it says it is in."""
    topic: str | None = None
    """To this topic; to any unless said."""
    reaches: tuple[str, ...] = ()
    """Subscriptions of the topic that it reaches: a queue's or function's name, an address, a URL."""
    after_s: Duration | None = Field(default=None, alias="after")
    """At this time or later."""
    by_s: Duration | None = Field(default=None, alias="by")
    """Not after this time."""
    times: int | None = Field(default=None, ge=1)
    """How often, from `after` (or the start) to the end; at least once unless said."""


class SilentExpected(Model):
    """Alarms do not notify, whatever their states are."""

    silent: Names
    """The alarms and composites."""
    state: State | None = "ALARM"
    """Not of this state; of none if it is null."""
    but: tuple[str, ...] = ()
    """Names or patterns of those that may."""


class SuppressedExpected(Model):
    """A composite's actions are held back at some time."""

    suppressed: str
    """The composite."""
    because: Literal["Alarm", "WaitPeriod", "ExtensionPeriod"] = "Alarm"
    """What holds them back, in the words of ActionsSuppressedBy."""
    at_s: Duration | None = Field(default=None, alias="at")
    """At this time; at some time unless said."""


class MessageExpected(Model):
    """A notification is in a queue."""

    message: str
    """The alarm."""
    state: State = "ALARM"
    """What it says it is in."""
    queue: str = "alarms"
    """The queue."""
    topic: str | None = None
    """By this topic; by any unless said."""
    by_s: Duration | None = Field(default=None, alias="by")
    """Since this time or earlier."""


class PagesExpected(Model):
    """So many notifications of ALARM wake somebody, in all."""

    pages: int = Field(ge=0)
    """Notifications to topics that wake somebody."""


class TicketsExpected(Model):
    """So many notifications of ALARM wait for the morning, in all."""

    tickets: int = Field(ge=0)
    """Notifications to topics of tickets."""


Expectation = (
    StateExpected
    | NeverExpected
    | NotificationExpected
    | SilentExpected
    | SuppressedExpected
    | MessageExpected
    | PagesExpected
    | TicketsExpected
)
EXPECTATIONS: dict[str, type[Expectation]] = {
    "alarm": StateExpected,
    "never": NeverExpected,
    "notification": NotificationExpected,
    "silent": SilentExpected,
    "suppressed": SuppressedExpected,
    "message": MessageExpected,
    "pages": PagesExpected,
    "tickets": TicketsExpected,
}
"""The key that says what is expected -> its model."""
