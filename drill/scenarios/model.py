"""The models of a scenario: the single list of its keys, with their units, defaults and bounds.

Rehearsals and live drills share one language. `happens` describes conditions, which only the engine can
simulate. `invoke` sends requests, in both. Expectations mean the same in both.

Every time is a duration since the start of the scenario, such as `90s`, `10m`, `1h30m`; `by` is a deadline.
Names of alarms are those in AWS, with or without project and environment. Where a pattern is accepted, `*`
matches any text and `?` matches one character.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue

from cloudwatch.publishing import UNITS
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
"""Requests a minute. More than ten a second is a load test."""
MOST_STEPS = 200_000
"""Limit of a rehearsal: four months of minutes, or two days of seconds. More is likely a wrong unit."""
_WORK_MS = 100.0
"""Default duration of a function's own work in a rehearsal."""

Special = Literal["missing", "baseline"]
"""The values that are not numbers."""


def _duration(value: object) -> float:
    """Return the seconds of a duration, which is text with a unit. The caller adds the invalid value."""
    try:
        return durations.seconds(value if isinstance(value, str) else "")
    except ValueError as error:
        raise refuse("must be a duration such as 90s, 10m, 1h30m or 1d") from error


def _expression(value: object, known: tuple[str, ...] = ()) -> Expression:
    """Return a value as an expression; `known` are the keywords to suggest for a misspelled one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refuse("must be a number or an expression of t, such as 20 + 5 * sin(t / 600)")
    try:
        return Expression.parse(str(value))
    except ValueError as error:
        raise refuse("{text}", text=str(error), known=", ".join(known)) from error


def _unit(value: object) -> object:
    if value not in UNITS:
        raise refuse("must be a unit of CloudWatch: {units}", units=", ".join(sorted(UNITS)))
    return value


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
    """Return a string as a list with one element. Lists are returned as they are."""
    if not isinstance(value, str | list | tuple):
        raise refuse("must be text or a list of texts")
    return [value] if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Words:
    """The description of a type in the reference."""

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
    Words("number or expression, `missing` or `baseline`"),
]
"""The value of a sample."""
Number = Annotated[float, Field(strict=True)]
"""A number. Text and booleans are not converted."""
Unit = Annotated[str, BeforeValidator(_unit), WithJsonSchema({"type": "string", "enum": list(UNITS)})]
"""A unit of CloudWatch."""

Line = Annotated[str | dict[str, Any], BeforeValidator(_line)]
"""A log line: text, or a mapping that becomes JSON."""
Event = Annotated[str | dict[str, Any], BeforeValidator(_event), Words("mapping, or name of a file")]
"""The event of an invocation, or the name of the file that contains it."""
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
    Words("text, or a list of texts"),
]
"""One text, or a list of texts."""


class Model(types.Model):
    """Base of the models of a scenario."""

    model_config = ConfigDict(arbitrary_types_allowed=True)


class Span(Model):
    """When an entry applies: `from` … `to`, or in one minute `at`. Default: the whole scenario."""

    from_s: Duration | None = Field(default=None, alias="from")
    """When it begins. Default: the beginning of the warm-up."""

    to_s: Duration | None = Field(default=None, alias="to")
    """When it ends. Default: the end of the scenario."""

    at_s: Duration | None = Field(default=None, alias="at")
    """Only in this minute, instead of `from` … `to`."""

    gaps: tuple[tuple[Duration, Duration], ...] = ()
    """Pauses, each `[from, to]`."""

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        if self.at_s is not None and (self.from_s is not None or self.to_s is not None):
            raise refuse("cannot be combined with from and to", at=("at",))
        if self.at_s is not None and self.gaps:
            raise refuse("cannot be combined with at", at=("gaps",))
        if self.from_s is not None and self.to_s is not None and self.to_s <= self.from_s:
            raise refuse("must be later than from", at=("to",), because=("from",))
        for position, (begin, end) in enumerate(self.gaps):
            if end <= begin:
                raise refuse("a gap must end later than it begins", at=("gaps", position))
        return self


class Lines(Span):
    """Log lines written to log groups."""

    log: Line
    """The line: text, or a mapping, which becomes one line of JSON. In the embedded metric format (EMF), it
    publishes its metrics at the time at which it is written, whatever its `Timestamp`."""

    service: str | None = None
    """Name or pattern of the services that write the line."""

    log_group: str | None = None
    """Name or pattern of the log groups, instead of `service`."""

    per_min: Value
    """Lines a minute."""

    @property
    def text(self) -> str:
        """The line as it is written to the log group."""
        return self.log if isinstance(self.log, str) else json.dumps(self.log, ensure_ascii=False)

    @model_validator(mode="after")
    def _is_json(self) -> Lines:
        try:
            text = json.dumps(self.log, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise refuse(
                "must be text or valid JSON: text, numbers, true, false, null, lists, mappings",
                at=("log",),
            ) from error
        if text in {'""', "{}"}:
            raise refuse("must not be empty: CloudWatch Logs rejects empty lines", at=("log",))
        return self

    @model_validator(mode="after")
    def _has_destination(self) -> Lines:
        if (self.service is None) == (self.log_group is None):
            raise refuse("requires exactly one of service and log_group", at=("log",))
        return self


class NoLogs(Span):
    """Nothing is written to log groups. Overrides every `log` entry."""

    no_logs: str
    """Name or pattern of the services, or of the log groups."""


class Samples(Span):
    """Samples of metrics that AWS or a service publishes."""

    metric: str
    """Namespace and name, such as `AWS/Lambda Errors`, or only the name. May be a pattern."""

    service: str | None = None
    """Only metrics that alarms of these services use (name or pattern)."""

    dimensions: dict[str, str] = Field(default={})
    """Only metrics with these dimensions. They may have additional ones."""

    value: SampleValue = None
    """The value of each sample: a number; an expression of `t` (seconds since the start) and `before` (the
    value without this entry); `missing` for no samples; `baseline` for the value of the baseline. Of a
    metric that counts events, such as `AWS/Lambda Errors`, the number of events: each is a sample of 1."""

    samples: Value = Field(default="1", validate_default=True)
    """Samples a minute, each with this value."""

    values: tuple[tuple[Number, Number], ...] | None = Field(default=None, min_length=1)
    """A distribution of values, for percentiles: each `[value, samples a minute]`."""

    csv: str | None = None
    """A recording, relative to the scenario: `timestamp` and values. Its first row is placed at `from`."""

    column: str | None = None
    """The column of the recording. Required if it has several."""

    unit: Unit | None = None
    """The unit of the samples. An alarm with another unit does not use them, and entries with different units
    do not replace each other. Default: the unit of each alarm."""

    @model_validator(mode="after")
    def _one_source(self) -> Samples:
        sources = [name for name in ("value", "values", "csv") if getattr(self, name) is not None]
        if len(sources) != 1:
            raise refuse("requires exactly one of value, values, csv", at=("metric",))
        if self.column is not None and self.csv is None:
            raise refuse("requires csv", at=("column",))
        for position, (_, per_min) in enumerate(self.values or ()):
            if per_min < 0:
                raise refuse("samples a minute must be 0 or more", at=("values", position))
        return self


class Band(Span):
    """The anomaly band of alarms. AWS learns it from the metric; a rehearsal uses this one."""

    band: Names
    """The alarms that use it."""

    lower: Value = Field(default="0", validate_default=True)
    """Its lower edge, in the metric's unit."""

    upper: Value
    """Its upper edge."""


class Consumer(Span):
    """The consumer of a queue that receives notifications. Default: it works."""

    consumer: str
    """The queue."""

    fails: Literal[True]
    """The consumer receives messages and does not delete them."""


class Request(Span):
    """Requests to a deployed Lambda function, evenly distributed over their time."""

    from_s: Duration | None = Field(default=None, alias="from")
    """When it begins. Default: the start of the scenario."""

    service: str
    """The service. Its kind is `lambda`."""

    event: Event
    """The event, without the requested fault; or the name of a JSON file, relative to the scenario."""

    fault: Fault | None = None
    """`error`: the function fails. `timeout`: it runs until Lambda stops it. Default: it succeeds."""

    slow_ms: int | None = Field(default=None, ge=1, le=LAMBDA_TIMEOUT_S * 1000)
    """Delay before the function's own work, in milliseconds."""

    log_level: LogLevel | None = None
    """Level of an additional log entry."""

    per_min: float = Field(gt=0, le=MOST_PER_MIN)
    """Requests a minute."""

    duration_ms: float | None = Field(default=None, gt=0, le=LAMBDA_TIMEOUT_S * 1000)
    """Duration of each request in a rehearsal, in milliseconds. Default: `slow_ms` + 100. Required with
    `fault: timeout`, where it is the function's timeout."""

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of each request, as the functions read them (functions/README.md, "Drills")."""
        values = {"fault": self.fault, "slow_ms": self.slow_ms, "log_level": self.log_level}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def takes_ms(self) -> float:
        """Duration of an invocation in a rehearsal."""
        return (self.slow_ms or 0) + _WORK_MS if self.duration_ms is None else self.duration_ms

    def ends_s(self, over_s: float) -> float:
        """Return the end of the requests; `over_s` is the end of the scenario."""
        if self.at_s is not None:
            return self.at_s // MINUTE_S * MINUTE_S + MINUTE_S
        return over_s if self.to_s is None else self.to_s

    @property
    def begins_s(self) -> float:
        """When the first request is sent. There are none in the warm-up."""
        return self.from_s or 0.0 if self.at_s is None else self.at_s // MINUTE_S * MINUTE_S

    def times_s(self, over_s: float) -> tuple[float, ...]:
        """Return when each request is sent."""
        # The tolerance absorbs rounding errors: 3 a minute for 1 m are three requests, not four.
        count = max(1, math.ceil((self.ends_s(over_s) - self.begins_s) * self.per_min / MINUTE_S - 1e-9))
        times_s = (self.begins_s + number * MINUTE_S / self.per_min for number in range(count))
        return tuple(at_s for at_s in times_s if not any(begin <= at_s < end for begin, end in self.gaps))

    @model_validator(mode="before")
    @classmethod
    def _has_no_for(cls, data: Any) -> Any:  # noqa: ANN401  # YAML before it is validated
        if isinstance(data, dict) and "for" in data:
            raise refuse("is not a valid key: use `to`, the end time", at=("for",))
        return data

    @model_validator(mode="after")
    def _can_be_sent(self) -> Request:
        if self.fault == "timeout" and self.duration_ms is None:
            raise refuse("timeout requires duration_ms, the function's timeout", at=("fault",))
        if self.to_s == 0:
            raise refuse("must be later than 0s", at=("to",))
        return self


Happening = Lines | NoLogs | Samples | Band | Consumer
HAPPENINGS: dict[str, type[Happening]] = {
    "log": Lines,
    "no_logs": NoLogs,
    "metric": Samples,
    "band": Band,
    "consumer": Consumer,
}
"""The key that identifies an entry of `happens` -> its model."""


class StateExpected(Model):
    """An alarm is in a state: at a time, from … to, or by a deadline.

    The deadlines of the same alarm have to be met in the order in which they are written.
    """

    alarm: str
    """The alarm or composite."""
    state: State
    """The expected state."""
    at_s: Duration | None = Field(default=None, alias="at")
    """The alarm is in the state at this time."""
    by_s: Duration | None = Field(default=None, alias="by")
    """The alarm enters the state by this time, after it met the entries with `by` above; or it stays in the
    state, without interruption, until this time."""
    from_s: Duration | None = Field(default=None, alias="from")
    """The alarm is in the state from this time …"""
    to_s: Duration | None = Field(default=None, alias="to")
    """… to this time."""

    @model_validator(mode="after")
    def _one_time(self) -> StateExpected:
        span = self.from_s is not None and self.to_s is not None
        half = (self.from_s is None) != (self.to_s is None)
        if half or sum((self.at_s is not None, self.by_s is not None, span)) != 1:
            raise refuse("requires exactly one of at, by, and from with to", at=("alarm",))
        if span and (self.from_s or 0) > (self.to_s or 0):
            raise refuse("must not be earlier than from", at=("to",), because=("from",))
        return self


class NeverExpected(Model):
    """Alarms are not in a state at any time from the start to the end."""

    never: Names
    """The alarms and composites."""
    state: State = "ALARM"
    """The state."""
    except_: tuple[str, ...] = Field(default=(), alias="except")
    """Names or patterns of alarms to exclude."""


class NotificationExpected(Model):
    """An alarm notifies a topic."""

    notification: str
    """The alarm or composite."""
    state: State = "ALARM"
    """The state in the notification."""
    topic: str | None = None
    """The topic. Default: any."""
    delivered_to: tuple[str, ...] = ()
    """Subscriptions that receive it: the name of a queue or function, an e-mail address, a URL."""
    after_s: Duration | None = Field(default=None, alias="after")
    """The earliest time."""
    by_s: Duration | None = Field(default=None, alias="by")
    """The latest time."""
    times: int | None = Field(default=None, ge=1)
    """The number of notifications from `after` (or the start) to the end. A change of the state that notifies
    several topics is one. Default: at least one."""


class NoNotificationsExpected(Model):
    """Alarms do not notify, in whatever state they are."""

    no_notifications: Names
    """The alarms and composites."""
    state: State | None = "ALARM"
    """The state in the notification. `null` stands for any state."""
    except_: tuple[str, ...] = Field(default=(), alias="except")
    """Names or patterns of alarms to exclude."""


class SuppressedExpected(Model):
    """The actions of a composite alarm are suppressed."""

    suppressed: str
    """The composite."""
    suppressed_by: Literal["Alarm", "WaitPeriod", "ExtensionPeriod"] = "Alarm"
    """The reason, as in `ActionsSuppressedBy` of CloudWatch."""
    at_s: Duration | None = Field(default=None, alias="at")
    """The time. Default: at any time."""


class MessageExpected(Model):
    """A notification arrives in a queue. A message meets one entry: the first that matches."""

    message: str
    """The alarm."""
    state: State = "ALARM"
    """The state in the notification."""
    queue: str = "alarms"
    """The queue."""
    topic: str | None = None
    """The topic that it was sent to. Default: any."""
    by_s: Duration | None = Field(default=None, alias="by")
    """The latest time."""


class PagesExpected(Model):
    """The total number of pages."""

    pages: int = Field(ge=0)
    """Notifications of ALARM to topics of severity `critical`."""


class TicketsExpected(Model):
    """The total number of tickets."""

    tickets: int = Field(ge=0)
    """Notifications of ALARM to topics of severity `warning`."""


Expectation = (
    StateExpected
    | NeverExpected
    | NotificationExpected
    | NoNotificationsExpected
    | SuppressedExpected
    | MessageExpected
    | PagesExpected
    | TicketsExpected
)
EXPECTATIONS: dict[str, type[Expectation]] = {
    "alarm": StateExpected,
    "never": NeverExpected,
    "notification": NotificationExpected,
    "no_notifications": NoNotificationsExpected,
    "suppressed": SuppressedExpected,
    "message": MessageExpected,
    "pages": PagesExpected,
    "tickets": TicketsExpected,
}
"""The key that identifies an entry of `expect` -> its model."""


class Assumptions(Model):
    """Properties of CloudWatch that AWS does not document."""

    extra_datapoints: int = Field(default=2, ge=0, le=100)
    """Datapoints that an alarm retrieves beyond evaluation_periods. The only example in the CloudWatch User
    Guide ("Configuring how CloudWatch alarms treat missing data") retrieves 5 for 3, and measurements on AWS
    agree with it."""


class Head(Model):
    """The keys of a scenario except `happens`, `invoke` and `expect`.

    A live drill uses `description`, `duration` and `environments`. The other keys are for rehearsals.
    """

    description: str = Field(min_length=1)
    """What the scenario shows, in one sentence."""

    start: AwareDatetime = Field(default="2026-03-02T09:00:00Z", validate_default=True)
    """The start time, with its time zone. A live drill starts immediately."""

    duration: Duration
    """The length. A live drill ends earlier when every expectation has a result."""

    resolution: Duration = Field(default="1m", validate_default=True)
    """The length of a step. It divides a minute."""

    warm_up: Duration = Field(default="1h", validate_default=True)
    """The length of the baseline before the start. Nothing in it counts."""

    baseline: List | None = None
    """Files with a baseline, relative to the scenario, for alarms that are not of the configuration: of other
    Terraform, or of an account. Services of the configuration have a baseline without a file; entries of a
    file override it."""

    environments: List | None = None
    """The environments that it applies to. Default: all."""

    assume: Assumptions = Assumptions()
    """Values for properties of CloudWatch that AWS does not document."""

    @model_validator(mode="after")
    def _in_steps(self) -> Head:
        if self.resolution <= 0 or MINUTE_S % self.resolution:
            raise refuse("must divide a minute, such as 1s, 5s, 10s, 30s or 1m", at=("resolution",))
        if self.start.timestamp() % MINUTE_S:
            raise refuse("must be a full minute", at=("start",))
        for name in ("duration", "warm_up"):
            if getattr(self, name) % MINUTE_S:
                raise refuse("must be a whole number of minutes", at=(name,))
        if not self.duration:
            raise refuse("must be greater than 0", at=("duration",))
        if (self.warm_up + self.duration) / self.resolution > MOST_STEPS:
            raise refuse(
                "has too many steps with warm_up and resolution: at most {most}",
                most=MOST_STEPS,
                at=("duration",),
            )
        return self
