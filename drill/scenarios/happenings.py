"""What may happen in a scenario: log lines, silence, samples of metrics, bands, consumers that fail."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import Field, model_validator

from config.types import refuse
from drill.scenarios.values import Duration, Line, Model, Names, Number, SampleValue, Value


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


Happening = Lines | Silence | Samples | Band | Consumer
HAPPENINGS: dict[str, type[Happening]] = {
    "log": Lines,
    "silence": Silence,
    "metric": Samples,
    "band": Band,
    "consumer": Consumer,
}
"""The key that says what happens -> its model."""
