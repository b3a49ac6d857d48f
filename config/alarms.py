"""Configuration of alarms and SLOs."""

from __future__ import annotations

from pydantic import Field, model_validator

from config.types import Model, Reason, Slug, Threshold, refuse


class Tuning(Model):
    """Settings of one alarm. A key that is not set has the value of the environment, else the default."""

    threshold: Threshold = None
    """Threshold in the unit of the alarm, at least 0, or a share of a limit, such as `80 % of timeout`
    (docs/config.md, alarm keys)."""

    anomaly_band: float | None = Field(default=None, gt=0, le=10)
    """Instead of a threshold: width of the anomaly detection band, in standard deviations."""

    min_samples: int | None = Field(default=None, ge=1)
    """For alarms on a rate: samples that a datapoint must have. A datapoint with fewer does not breach."""

    period_s: int | None = Field(default=None, ge=60, le=86_400, multiple_of=60)
    """Period of a datapoint in seconds."""

    evaluation_periods: int | None = Field(default=None, ge=1, le=1440)
    """Number of newest datapoints that are evaluated (N)."""

    datapoints_to_alarm: int | None = Field(default=None, ge=1, le=1440)
    """Number of these datapoints that must breach (M)."""

    enabled: bool | None = None
    """`false` removes the alarm and requires `reason`. `true` creates an alarm that is off by default."""

    reason: Reason | None = None
    """Why the alarm is switched off."""

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


AlarmTunings = dict[Slug, Tuning]
"""Alarm key -> its settings. The catalog defines the keys of each kind of service and rejects others."""


class Alarms(Model):
    """Alarm settings of all services of a kind. The `alarms` of a service override them."""

    lambda_: AlarmTunings = Field(default={}, alias="lambda")
    """Alarms of Lambda functions."""

    ecs: AlarmTunings = {}
    """Alarms of ECS services."""

    state_machine: AlarmTunings = Field(default={}, alias="state-machine")
    """Alarms of Step Functions state machines."""

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

    min_events: int = Field(default=100, ge=1)
    """Events that the longer window of a burn-rate alarm must have. With fewer, the alarm does not fire."""
