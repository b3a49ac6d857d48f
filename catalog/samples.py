"""Which statistics of a metric mean something: what a single sample can be, and what AWS documents.

AWS publishes most counts of events as a sample for each event. Their maximum, average and percentiles never
exceed 1, and their samples are not the number of events if some are 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.known_metrics import documented
from catalog.templates import MetricTemplate
from cloudwatch.errors import InputError
from cloudwatch.statistic import Statistic, check_statistic

_COUNTING = ("SampleCount", "tc", "pr")
"""Statistics of the number of samples, whatever their values are."""


def statistic_problem(
    metric: MetricTemplate, stat: str, *, built_in: bool, is_low: bool = False
) -> str | None:
    """Return why a statistic of a metric cannot be watched, in one sentence; None if it can.

    Args:
        metric: the metric.
        stat: the statistic; the result is None for one that is not valid.
        built_in: whether the alarm is one of the platform, which is about the values of the samples.
        is_low: whether the alarm is on low values, such as a share of successes.
    """
    statistic = _parsed(stat)
    if statistic is None or (is_low and _counts_others(metric, statistic)):
        return None
    return next(_problems(metric, statistic, built_in=built_in), None)


def _counts_others(metric: MetricTemplate, statistic: Statistic) -> bool:
    """Return whether a statistic counts the samples of 0, which are the events that are not counted."""
    is_range = statistic.kind in {"tc", "pr"} and not statistic.percent
    return metric.sample == "0 or 1" and is_range and _includes(statistic, 0) and not _includes(statistic, 1)


def _parsed(stat: str) -> Statistic | None:
    try:
        return check_statistic(stat)
    except InputError:
        return None  # `own_rules` reports it


def is_count(value: str, default_value: float | None) -> bool:
    """Return whether a metric filter with these settings publishes a sample of 1 for each line, or 0."""
    try:
        return float(value) == 1 and default_value in {None, 0}
    except ValueError:
        return False  # a selector


def published(metric: MetricTemplate, values: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """Return the samples that AWS publishes of a metric: of a count of events, one for each event.

    Args:
        metric: the metric.
        values: each value with its samples a minute. Of a metric that counts events, the sum is their number.
    """
    if not metric.sample:
        return values
    events = sum(max(value, 0) * per_min for value, per_min in values)
    others = sum(max(per_min - max(value, 0) * per_min, 0) for value, per_min in values)
    return ((1, events), (0, others if metric.sample == "0 or 1" else 0))


def healthy_datapoint(values: Sequence[tuple[float, float]], stat: str, period_s: int) -> float | None:
    """Return the datapoint of a statistic that adds or counts samples, or is a share; None for others.

    Args:
        values: each value with its samples a minute, of a healthy resource.
        stat: the statistic; the result is None for one that is not valid.
        period_s: the period of the datapoint, in seconds.
    """
    statistic = _parsed(stat)
    if statistic is None:
        return None
    minutes = period_s / 60
    inside = [(value, per_min) for value, per_min in values if _includes(statistic, value)]
    counted = sum(per_min for _, per_min in inside)
    # Of percentiles, the part between them is about their share of the whole.
    part = ((statistic.high or 100) - (statistic.low or 0)) / 100 if statistic.percent else 1
    if statistic.kind in {"Sum", "ts"}:
        return part * minutes * sum(value * per_min for value, per_min in inside)
    if statistic.kind in {"SampleCount", "tc"}:
        return part * minutes * counted
    total = sum(per_min for _, per_min in values)
    return 100 * counted / total if statistic.kind == "pr" and total else None


def _problems(metric: MetricTemplate, statistic: Statistic, *, built_in: bool) -> Iterator[str]:
    found = f"(found: {statistic.text})"
    allowed = documented(metric.namespace, metric.name).get("statistics", ())
    if allowed and statistic.text not in allowed:
        yield f"must be {' or '.join(allowed)}: AWS documents no other of {metric.name} {found}"
    least = metric.least.value if metric.least else None
    most = metric.most if metric.most is None or isinstance(metric.most, str) else metric.most.value
    if metric.sample and not _includes(statistic, 1):
        yield f"must include samples of 1: those of {metric.name} are {metric.sample}, one per event {found}"
    elif _is_outside(statistic, least, None if isinstance(most, str) else most):
        yield f"is not of any sample: those of {metric.name} are outside its range {found}"
    if statistic.kind not in _COUNTING or metric.sample == "1":
        return
    if metric.sample and _includes(statistic, 0):
        yield f"must be Sum: samples of {metric.name} can be 0, which are counted as well {found}"
    elif built_in and not metric.sample and statistic.kind != "pr":
        yield f"must not be a number of samples: the alarm is about the values of {metric.name} {found}"


def _includes(statistic: Statistic, value: float) -> bool:
    """Return whether samples of a value are in the range of a statistic; all are if it has percentages."""
    above = statistic.low is None or statistic.low < value
    return statistic.percent or (above and (statistic.high is None or value <= statistic.high))


def _is_outside(statistic: Statistic, least: float | None, most: float | None) -> bool:
    """Return whether the range of a statistic has no possible sample: it begins above its lower bound."""
    if statistic.percent:
        return False
    above = statistic.low is not None and most is not None and statistic.low >= most
    return above or (statistic.high is not None and least is not None and statistic.high < least)
