"""Configuration of own metrics: those that services publish themselves, and those out of their logs."""

from __future__ import annotations

from typing import Annotated

from pydantic import model_validator

from config.types import (
    DimensionValue,
    FilterPattern,
    FilterValue,
    Label,
    MetricKey,
    MetricText,
    MetricUnit,
    Model,
    Statistic,
    at_most,
    refuse,
)

MOST_DIMENSIONS = 30
"""Dimensions of a metric (CloudWatch API Reference, Metric)."""
_OF_FILTERS = ("value", "default_value")
_OF_METRICS = ("namespace", "name")


class OwnMetric(Model):
    """A metric that alarms, SLOs and graphs can name by its key.

    It is published (`name`), or comes out of the log of the service (`pattern`), or is a part of a metric out
    of the log: the one with certain values of its dimensions (`of`).
    """

    namespace: MetricText | None = None
    """Namespace of the metric, of your own or of AWS. By default `<project>/<environment>` for a published
    metric, as Powertools has it in deployed functions; `<project>/<environment>/<service>` for one out of the
    log."""

    name: MetricText | None = None
    """Name of the metric. Required for a published metric; of a metric out of the log by default its key."""

    dimensions: Annotated[dict[MetricText, DimensionValue], at_most(MOST_DIMENSIONS)] = {}
    """Name and value of each dimension. With `pattern`: the selector of the value, such as `$.region`, of at
    most three dimensions."""

    pattern: FilterPattern | None = None
    """Filter pattern of the log lines that are samples of the metric."""

    value: FilterValue | None = None
    """With `pattern`, the value of a sample: a number, or a selector such as `$.amount`. By default 1."""

    default_value: float | None = None
    """With `pattern`, the value of a minute with log lines and without a match. Not allowed with
    dimensions."""

    of: MetricKey | None = None
    """Key of a metric out of the log with dimensions: this metric has the values of `dimensions`."""

    unit: MetricUnit | None = None
    """Unit of the samples. By default `Count` with `pattern` and without `value`, else `None`."""

    stat: Statistic | None = None
    """Statistic. By default `Sum` for counts, bytes and bits, and for a metric out of the log without unit;
    else `Average`."""

    label: Label | None = None
    """Name in graphs and texts; by default its key in words."""

    healthy: float | None = None
    """The sample that a healthy resource publishes each minute, for drills. By default there is none."""

    least: float | None = 0
    """The lowest value of a sample; `null` if there is none. An alarm that cannot fire is rejected."""

    most: float | None = None
    """The highest value of a sample, if there is one."""

    @model_validator(mode="after")
    def _is_of_one_form(self) -> OwnMetric:
        if self.of is not None:
            self._allow_only("of", *_OF_METRICS, "pattern", *_OF_FILTERS, "unit")
            if not self.dimensions:
                raise refuse("requires dimensions: their values select a part of the metric", at=("of",))
        elif self.pattern is None:
            self._allow_only("pattern", *_OF_FILTERS, only_with=True)
            if self.name is None:
                raise refuse("requires name (a published metric), pattern (a metric out of the log) or of")
        elif self.default_value is not None and self.dimensions:
            raise refuse("is not allowed with dimensions", at=("default_value",))
        return self

    def _allow_only(self, form: str, *keys: str, only_with: bool = False) -> None:
        for key in keys:
            if getattr(self, key) is not None:
                text = "is only valid with {form}" if only_with else "is not valid with {form}"
                raise refuse(text, at=(key,), form=form)

    @model_validator(mode="after")
    def _values_are_in_order(self) -> OwnMetric:
        for key, is_wrong, words in (
            ("healthy", _less(self.healthy, self.least), "at least least"),
            ("healthy", _less(self.most, self.healthy), "at most most"),
            ("most", _less(self.most, self.least), "at least least"),
        ):
            if is_wrong:
                raise refuse("must be {words}", at=(key,), words=words)
        return self


def _less(value: float | None, other: float | None) -> bool:
    return value is not None and other is not None and value < other


OwnMetrics = Annotated[dict[MetricKey, OwnMetric], at_most(100)]
"""Key -> metric. The key is the id of the metric in expressions."""
