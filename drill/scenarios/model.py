"""What a scenario may say: the one list of its keys, with their units, defaults and bounds.

Rehearsals and live drills share one language. What happens is described (`happens`), which only the engine
can play, or sent (`invoke`), which deployed functions and the engine can. Expectations mean the same in both.

Every time is a duration since the start of the scenario, such as `90s`, `10m`, `1h30m`; `by` is a deadline.
Names of alarms are those in AWS, with or without project and environment; where several may be meant, `*`
and `?` stand for any text and any character.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue

from cloudwatch.quotas import MINUTE_S
from cloudwatch.states import State
from config import types
from config.limits import LAMBDA_TIMEOUT_S
from config.types import refuse
from drill import durations
from drill.expressions import Expression

Fault = Literal["error", "timeout"]
LogLevel = Literal["WARNING", "ERROR", "CRITICAL"]

MOST_PER_MIN = 600
"""Requests a minute: ten a second are a drill, more is a load test."""
MOST_STEPS = 200_000
"""Of a rehearsal: four months of minutes, or two days of seconds. More are a mistake, such as d for m."""
_WORK_MS = 100.0
"""What a function's own work takes offline unless a scenario says otherwise."""

Special = Literal["missing", "as before"]
"""What a value may be that is no number."""


def _duration(value: object) -> float:
    """Return the seconds of a duration, which is text with a unit; what was found is said with the place."""
    try:
        return durations.seconds(value if isinstance(value, str) else "")
    except ValueError as error:
        raise refuse("must be a duration such as 90s, 10m, 1h30m or 1d") from error


def _expression(value: object, known: tuple[str, ...] = ()) -> Expression:
    """Return the expression that a value is; `known` are the words that could have been meant instead."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refuse("must be a number or an expression of t, such as 20 + 5 * sin(t / 600)")
    try:
        return Expression.parse(str(value))
    except ValueError as error:
        text = str(error)
        raise refuse("{text}", text=text, known=", ".join(known)) from error


def _value(value: object) -> object:
    special = get_args(Special)
    return value if value is None or value in special else _expression(value, special)


def _line(value: object) -> str | dict[str, Any]:
    if not isinstance(value, str | dict):
        raise refuse("must be text, or a mapping, which becomes one line of JSON")
    return value


def _event(value: object) -> str | dict[str, Any]:
    if not isinstance(value, str | dict):
        raise refuse("must be a mapping, or the name of a JSON file beside the scenario")
    return value


def _list(value: object) -> object:
    """Return one text as a list of it; lists go on to have their entries looked at."""
    if not isinstance(value, str | list | tuple):
        raise refuse("must be text, or a list of it")
    return [value] if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Words:
    """How a type is called in the reference."""

    text: str


_TEXT = {"type": "string"}
_TEXTS: JsonSchemaValue = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}

Duration = Annotated[float, BeforeValidator(_duration), WithJsonSchema(_TEXT), Words("duration")]
"""Seconds, written with units."""
Value = Annotated[
    Expression,
    BeforeValidator(_expression),
    WithJsonSchema({"type": ["string", "number"]}),
    Words("number or expression"),
]
"""A number, or an expression over time."""
SampleValue = Annotated[
    Expression | Special | None,
    BeforeValidator(_value),
    WithJsonSchema({"type": ["string", "number"]}),
    Words("number or expression, `missing` or `as before`"),
]
"""What a sample may be."""
Number = Annotated[float, Field(strict=True)]
"""A number, and no text or truth that could be read as one."""
Line = Annotated[str | dict[str, Any], BeforeValidator(_line)]
"""A log line: text, or what becomes JSON."""
Event = Annotated[str | dict[str, Any], BeforeValidator(_event), Words("mapping, or name of a file")]
"""What a function is invoked with: itself, or the file that holds it."""
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_list),
    Field(min_length=1),
    WithJsonSchema(_TEXTS),
    Words("name or pattern, or a list of them"),
]
"""One name or pattern, or a list of them."""
List = Annotated[
    tuple[str, ...],
    BeforeValidator(_list),
    Field(min_length=1),
    WithJsonSchema(_TEXTS),
    Words("text, or a list of it"),
]
"""One text, or a list of texts."""


class Model(types.Model):
    """Base of everything in a scenario: as all of the configuration, and with types of its own."""

    model_config = ConfigDict(arbitrary_types_allowed=True)


class Span(Model):
    """When something happens: from … to, or in one minute `at`; the whole time unless said."""

    from_s: Duration | None = Field(default=None, alias="from")
    """When it begins; from the very beginning, warm-up included, unless said."""

    to_s: Duration | None = Field(default=None, alias="to")
    """When it ends; at the end of the scenario unless said."""

    at_s: Duration | None = Field(default=None, alias="at")
    """In this one minute only, instead of from … to."""

    gaps: tuple[tuple[Duration, Duration], ...] = ()
    """Pauses in between, each `[from, to]`."""

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        if self.at_s is not None and (self.from_s is not None or self.to_s is not None):
            raise refuse("is at one time or from … to, not both", at=("at",))
        if self.at_s is not None and self.gaps:
            raise refuse("are for from … to: at one time there is no pause", at=("gaps",))
        if self.from_s is not None and self.to_s is not None and self.to_s <= self.from_s:
            raise refuse("must be later than from", at=("to",), because=("from",))
        for position, (begin, end) in enumerate(self.gaps):
            if end <= begin:
                raise refuse("a gap must end later than it begins", at=("gaps", position))
        return self


class Lines(Span):
    """Log lines that are written to log groups."""

    log: Line
    """The line: text, or a mapping, which becomes one line of JSON."""

    service: str | None = None
    """Name or pattern of the services that write it."""

    log_group: str | None = None
    """Name or pattern of the log groups, instead of services."""

    per_min: Value
    """Lines a minute."""

    @property
    def text(self) -> str:
        """The line itself."""
        return self.log if isinstance(self.log, str) else json.dumps(self.log, ensure_ascii=False)

    @model_validator(mode="after")
    def _is_json(self) -> Lines:
        try:
            text = json.dumps(self.log, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise refuse(
                "must be text, or what JSON can say: text, numbers, true, false, null, lists, mappings",
                at=("log",),
            ) from error
        if text in {'""', "{}"}:
            raise refuse("must not be empty: CloudWatch Logs takes no such line", at=("log",))
        return self

    @model_validator(mode="after")
    def _somewhere(self) -> Lines:
        if (self.service is None) == (self.log_group is None):
            raise refuse("needs a service or a log_group, one of them", at=("log",))
        return self


class Silence(Span):
    """Nothing is written to log groups, whatever else the scenario says."""

    silence: str
    """Name or pattern of the services, or of the log groups."""


class Samples(Span):
    """Samples of metrics: what AWS or a service publishes."""

    metric: str
    """Namespace and name, such as `AWS/Lambda Errors`, or the name alone; may be a pattern."""

    service: str | None = None
    """Only metrics that alarms of these services (name or pattern) watch."""

    dimensions: dict[str, str] = Field(default={})
    """Only metrics with these dimensions; others may be there too."""

    value: SampleValue = None
    """The value of each sample: a number; an expression of `t` (seconds since the start) and `before` (what
    it would have been); `missing` for no samples; `as before` for what the usual says."""

    samples: Value = Field(default="1", validate_default=True)
    """Samples a minute, each of this value."""

    values: tuple[tuple[Number, Number], ...] | None = Field(default=None, min_length=1)
    """Several values at once, for percentiles: each `[value, samples a minute]`."""

    csv: str | None = None
    """A recording, beside the scenario: `timestamp` and values; its first row is played at `from`."""

    column: str | None = None
    """The recording's column, when it has several."""

    @model_validator(mode="after")
    def _one_source(self) -> Samples:
        given = [name for name in ("value", "values", "csv") if getattr(self, name) is not None]
        if len(given) != 1:
            raise refuse("needs one of value, values, csv", at=("metric",))
        if self.column is not None and self.csv is None:
            raise refuse("is for a recording: needs csv", at=("column",))
        for position, (_, per_min) in enumerate(self.values or ()):
            if per_min < 0:
                raise refuse("samples a minute must be 0 or more", at=("values", position))
        return self


class Band(Span):
    """The band of an anomaly detector, which is learned on AWS and given here."""

    band: Names
    """Alarms that compare with it."""

    lower: Value = Field(default="0", validate_default=True)
    """Its lower edge, in the metric's unit."""

    upper: Value
    """Its upper edge."""


class Consumer(Span):
    """What reads a queue in which notifications arrive; unless said, it works."""

    consumer: str
    """The queue."""

    fails: Literal[True]
    """It receives messages and does not delete them."""


class Request(Span):
    """Requests to a deployed Lambda function, evenly spread over their time."""

    from_s: Duration | None = Field(default=None, alias="from")
    """When it begins; at the start of the scenario unless said."""

    service: str
    """The service, a Lambda function."""

    event: Event
    """What it is invoked with, without what is asked for; or the name of a JSON file beside the scenario."""

    fault: Fault | None = None
    """`error`: it fails. `timeout`: it waits until Lambda ends it. Without one it does its work."""

    slow_ms: int | None = Field(default=None, ge=1, le=LAMBDA_TIMEOUT_S * 1000)
    """Milliseconds that it waits before."""

    log_level: LogLevel | None = None
    """Level of an entry that it logs besides."""

    per_min: float = Field(gt=0, le=MOST_PER_MIN)
    """Requests a minute."""

    duration_ms: float | None = Field(default=None, gt=0, le=LAMBDA_TIMEOUT_S * 1000)
    """Milliseconds that each request takes in a rehearsal: 100 more than `slow_ms` unless said. With
    `fault: timeout` it is required, and is the function's timeout."""

    @property
    def asked(self) -> dict[str, Any]:
        """What each request asks for, as the functions read it (functions/README.md, "Drills")."""
        values = {"fault": self.fault, "slow_ms": self.slow_ms, "log_level": self.log_level}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def takes_ms(self) -> float:
        """How long an invocation takes offline."""
        return (self.slow_ms or 0) + _WORK_MS if self.duration_ms is None else self.duration_ms

    def ends_s(self, over_s: float) -> float:
        """Return when the last request is sent at the latest; `over_s` is the scenario's end."""
        if self.at_s is not None:
            return self.at_s // MINUTE_S * MINUTE_S + MINUTE_S
        return over_s if self.to_s is None else self.to_s

    @property
    def begins_s(self) -> float:
        """When the first request is sent; there are none in the warm-up."""
        return self.from_s or 0.0 if self.at_s is None else self.at_s // MINUTE_S * MINUTE_S

    def times_s(self, over_s: float) -> tuple[float, ...]:
        """Return when each request is sent."""
        # None at the very end, whatever floating point makes of it: 3 a minute for 1 m are three.
        count = max(1, math.ceil((self.ends_s(over_s) - self.begins_s) * self.per_min / MINUTE_S - 1e-9))
        times_s = (self.begins_s + number * MINUTE_S / self.per_min for number in range(count))
        return tuple(at_s for at_s in times_s if not any(begin <= at_s < end for begin, end in self.gaps))

    @model_validator(mode="before")
    @classmethod
    def _says_to(cls, data: Any) -> Any:  # noqa: ANN401  # YAML before it is validated
        if isinstance(data, dict) and "for" in data:
            raise refuse("no such key: say `to`, when it ends", at=("for",))
        return data

    @model_validator(mode="after")
    def _can_be_sent(self) -> Request:
        if self.fault == "timeout" and self.duration_ms is None:
            raise refuse("needs duration_ms, the function's timeout, for rehearsals", at=("fault",))
        if self.to_s == 0:
            raise refuse("must be later than 0s", at=("to",))
        return self


Happening = Lines | Silence | Samples | Band | Consumer
HAPPENINGS: dict[str, type[Happening]] = {
    "log": Lines,
    "silence": Silence,
    "metric": Samples,
    "band": Band,
    "consumer": Consumer,
}
"""The key that says what happens -> its model."""


class StateExpected(Model):
    """An alarm is in a state: at a time, from … to, or by a deadline.

    What is expected of one alarm by deadlines has to happen in the order in which it is written.
    """

    alarm: str
    """The alarm or composite."""
    state: State
    """Its state then."""
    at_s: Duration | None = Field(default=None, alias="at")
    """At this very time."""
    by_s: Duration | None = Field(default=None, alias="by")
    """The alarm enters the state by this time, after it met its entries with `by` further up. It also counts
    if it is in the state from then on, without a break, until this time."""
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
    """By this time."""
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
    """A notification arrives in a queue. One message meets one entry: the first that it fits."""

    message: str
    """The alarm."""
    state: State = "ALARM"
    """What it says it is in."""
    queue: str = "alarms"
    """The queue."""
    topic: str | None = None
    """By this topic; by any unless said."""
    by_s: Duration | None = Field(default=None, alias="by")
    """By this time."""


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


class Assumptions(Model):
    """What AWS does not publish."""

    extra_datapoints: int = Field(default=2, ge=0, le=100)
    """Datapoints that an alarm looks at beyond evaluation_periods. The one example of the CloudWatch User
    Guide ("Configuring how CloudWatch alarms treat missing data") looks at 5 for 3."""


class Head(Model):
    """Everything of a scenario but what happens and what is expected.

    A live drill reads `says`, `duration` and `environments`; the other keys are for rehearsals.
    """

    says: str = Field(min_length=1)
    """What the scenario shows, in one sentence."""

    start: AwareDatetime = Field(default="2026-03-02T09:00:00Z", validate_default=True)
    """When it begins, with its time zone. A live drill begins at once."""

    duration: Duration
    """How long it lasts. A live drill ends earlier once nothing is open."""

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
