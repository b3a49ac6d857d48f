"""Configuration of alarms and SLOs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from config.types import (
    AlarmKey,
    MathExpression,
    MetricKey,
    Model,
    Phrase,
    Reason,
    Runbook,
    Slug,
    Statistic,
    Threshold,
    Words,
    refuse,
)

Comparison = Literal[
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
]
"""The operators with a threshold (CloudWatch API Reference, PutMetricAlarm, `ComparisonOperator`)."""
Missing = Literal["notBreaching", "breaching", "ignore", "missing"]
"""How CloudWatch treats missing data (PutMetricAlarm, `TreatMissingData`)."""


class Tuning(Model):
    """Settings of one alarm. A key that is not set has the value of the environment, else the default.

    With `metric` or `expression` it is a new alarm, of one service or of the environment as a whole.
    """

    threshold: Threshold = None
    """Threshold in the unit of the alarm, or a share of a limit, such as `80 % of timeout` (docs/config.md,
    alarm keys). At least 0, except for a new alarm, which requires it as a number."""

    anomaly_band: float | None = Field(default=None, gt=0, le=10)
    """Instead of a threshold: width of the anomaly detection band, in standard deviations."""

    min_samples: int | None = Field(default=None, ge=1)
    """For alarms on a rate: samples that a datapoint must have. A datapoint with fewer does not breach."""

    period_s: int | None = Field(default=None, ge=60, le=86_400, multiple_of=60)
    """Period of a datapoint in seconds. Of a new alarm by default 60."""

    evaluation_periods: int | None = Field(default=None, ge=1, le=1440)
    """Number of newest datapoints that are evaluated (N). Of a new alarm by default 5. If it is not
    set, more are evaluated for metrics that arrive late."""

    datapoints_to_alarm: int | None = Field(default=None, ge=1, le=1440)
    """Number of these datapoints that must breach (M), at most `evaluation_periods`, which has to be
    set as well if its default is lower. Of a new alarm by default 3."""

    comparison: Comparison | None = None
    """Operator. Of a new alarm by default `GreaterThanThreshold`. A built-in alarm keeps its direction."""

    missing: Missing | None = None
    """How CloudWatch treats missing data. Of a new alarm by default `notBreaching`."""

    stat: Statistic | None = None
    """Statistic of an alarm on a single metric; by default that of the metric."""

    enabled: bool | None = None
    """`false` removes the alarm and requires `reason`. `true` creates an alarm that is off by default."""

    reason: Reason | None = None
    """Why the alarm is switched off."""

    metric: MetricKey | None = None
    """Makes a new alarm on this metric: an own metric, or a series of the kind (docs/config.md, series of
    services)."""

    expression: MathExpression | None = None
    """Makes a new alarm on this metric math over own metrics and series of the kind, such as
    `100 * declined / requests`."""

    samples: MetricKey | None = None
    """Of a new alarm with `min_samples`: the metric that counts the samples. By default the one by which the
    expression divides."""

    part_of: Slug | None = None
    """Of a new alarm: the composite alarm that notifies for it, such as `impact`, which sends a page. By
    default it opens a ticket itself."""

    summary: Phrase | None = None
    """Of a new alarm, required: what happens, without numbers, such as `too many payments are declined`."""

    look: Phrase | None = None
    """Of a new alarm: the next step, as a continuation of "Look at". By default its graph."""

    unit_words: Words | None = None
    """Of a new alarm: the measured quantity with its unit, such as `% of payments declined`."""

    runbook: Runbook | None = None
    """Of a new alarm: `docs/runbooks/<file>.md#<heading>` in the project, or an https:// URL."""

    @property
    def is_own(self) -> bool:
        """Whether it is a new alarm."""
        return self.metric is not None or self.expression is not None

    @model_validator(mode="after")
    def _off_needs_a_reason(self) -> Tuning:
        if self.enabled is False and not self.reason:
            raise refuse("requires reason: an alarm that is switched off must have one", at=("enabled",))
        if self.threshold is not None and self.anomaly_band is not None:
            raise refuse(
                "threshold and anomaly_band exclude each other: set one of them to null",
                at=("threshold",),
                because=("anomaly_band",),
            )
        return self

    @model_validator(mode="after")
    def _thresholds_are_not_negative(self) -> Tuning:
        if isinstance(self.threshold, float) and self.threshold < 0 and not self.is_own:
            raise refuse("must be at least 0", at=("threshold",))
        return self

    @model_validator(mode="after")
    def _new_alarms_are_complete(self) -> Tuning:
        if not self.is_own:
            return self
        if self.metric is not None and self.expression is not None:
            raise refuse("metric and expression exclude each other", at=("metric",), because=("expression",))
        if self.anomaly_band is not None:
            raise refuse("is not valid for a new alarm: set threshold", at=("anomaly_band",))
        if not isinstance(self.threshold, float):
            raise refuse("a new alarm requires threshold, as a number", at=("threshold",))
        if self.summary is None:
            raise refuse("a new alarm requires summary", at=("summary",))
        for key in ("min_samples", "samples"):
            if self.metric is not None and getattr(self, key) is not None:
                raise refuse("is only valid with expression", at=(key,))
        if self.samples is not None and self.min_samples is None:
            raise refuse("requires min_samples", at=("samples",))
        if self.expression is not None and self.stat is not None:
            raise refuse("is not valid with expression: each metric has its own", at=("stat",))
        return self


AlarmTunings = dict[AlarmKey, Tuning]
"""Alarm key -> its settings. A key that the catalog defines is one of its alarms, another is a new alarm."""


class Alarms(Model):
    """Alarm settings of all services of a kind. The `alarms` of a service override them."""

    lambda_: AlarmTunings = Field(default={}, alias="lambda")
    """Alarms of Lambda functions."""

    ecs: AlarmTunings = {}
    """Alarms of ECS services."""

    state_machine: AlarmTunings = Field(default={}, alias="state-machine")
    """Alarms of Step Functions state machines."""

    environment: AlarmTunings = {}
    """Own alarms of the environment as a whole, on the metrics under `metrics`."""

    platform: AlarmTunings = {}
    """Alarms of the platform: notifications, dead letters, the notifier, the account's quotas."""

    def of(self, kind: str) -> AlarmTunings:
        """Return the settings for all services of a kind, or for the platform."""
        by_key = {field.alias or name: name for name, field in type(self).model_fields.items()}
        tunings: AlarmTunings = getattr(self, by_key[kind])
        return tunings


class Slo(Model):
    """A service level objective: the percentage of events that must be good, within a time window."""

    objective_percent: float = Field(gt=0, le=99.95)
    """Percentage of the events that must be good. More than 99.95 leaves an error budget of minutes a month,
    which is used up before a person can act."""

    window_days: int = Field(default=30, ge=7, le=90)
    """Days of the time window. The error budget is the number of events that may be bad in it."""

    events: Slug | None = None
    """Events that are counted; by default the first of the kind (docs/config.md, events of SLOs)."""

    slower_than_ms: float | None = Field(default=None, gt=0)
    """For an SLO on latency: an event is bad when it takes longer than this."""

    valid: MetricKey | None = None
    """Instead of `events`: the metric that counts all events, an own one or a series of the kind."""

    bad: MetricKey | None = None
    """With `valid`: the metric that counts the bad events."""

    good: MetricKey | None = None
    """With `valid`, instead of `bad`: the metric that counts the good events."""

    min_events: int = Field(default=100, ge=1)
    """Events that the longer window of a burn-rate alarm must have. With fewer, the alarm does not fire."""

    @model_validator(mode="after")
    def _counts_are_complete(self) -> Slo:
        counted = {"bad": self.bad, "good": self.good}
        given = [key for key, metric in counted.items() if metric is not None]
        if self.valid is None and given:
            raise refuse("requires valid, the metric of all events", at=(given[0],))
        if self.valid is None:
            return self
        if len(given) != 1:
            raise refuse("requires either bad or good", at=("valid",))
        if counted[given[0]] == self.valid:
            text = "must not be the metric of valid: then all events are {given}"
            raise refuse(text, at=(given[0],), because=("valid",), given=given[0])
        for key in ("events", "slower_than_ms"):
            if getattr(self, key) is not None:
                raise refuse("is not valid with valid", at=(key,))
        return self
