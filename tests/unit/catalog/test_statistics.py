"""Statistics of alarms: an accepted one can go into ALARM and back to OK with samples that AWS publishes."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

import itertools

import pytest

from catalog.check import check
from catalog.kinds import EVERY_KIND
from catalog.templates import SeriesTemplate
from cloudwatch.series import Series
from cloudwatch.statistics import sliding
from config.models import Environment
from tests.support.tables import each
from tests.unit.catalog.test_own import service
from tests.unit.catalog.test_reach import everything
from tests.unit.config.configs import NEXT_LINE, Folder

STATISTICS = (
    "SampleCount", "Sum", "Average", "Minimum", "Maximum", "p0", "p50", "p95", "p99.9", "p100", "IQM",
    "tm99", "TM(10%:90%)", "TM(0:1)", "TM(2:9)", "wm95", "WM(0:1)", "tc99", "TC(0:1)", "TC(:0)", "TC(2:)",
    "ts99", "TS(0:)", "TS(2:)", "PR(0:)", "PR(:0)", "PR(5:10)",
)  # fmt: skip
"""Every kind of statistic, with ranges of which 0 and 1 are part or not."""
THRESHOLDS = (0, 0.2, 5)
_MINUTES = 60

COUNTING = {
    (kind.name, alarm.key): alarm.watches
    for kind in EVERY_KIND
    for alarm in kind.alarms
    if isinstance(alarm.watches, SeriesTemplate) and alarm.watches.metric.sample
}
"""The built-in alarms on a metric that counts events."""


def played(sample: str | None, events: int) -> Series:
    """Return the samples of an hour with 100 possible events a minute, of which `events` happen."""
    rows = [(60 * minute, 1.0, float(events)) for minute in range(_MINUTES)]
    if sample == "0 or 1":
        rows += [(60 * minute, 0.0, float(100 - events)) for minute in range(_MINUTES)]
    return Series.of_samples(rows, start_s=0, steps=_MINUTES)


def refused(stat: str, threshold: float) -> set[tuple[str, str]]:
    """Return the kind and the key of each alarm of COUNTING that this statistic and threshold are refused for."""
    data = everything()
    for kind, key in COUNTING:
        setting = {"stat": stat, "threshold": threshold, "enabled": True}
        data.setdefault("alarms", {}).setdefault(kind, {})[key] = setting
    at = [location for location, _ in check(Environment.model_validate(data))]
    assert all(location[-1] in {"stat", "threshold"} for location in at), at
    return {(str(location[1]), str(location[2])) for location in at}


@pytest.mark.slow
def test_an_accepted_statistic_of_events_can_fire_and_recover() -> None:
    """If all events happen, the datapoint breaches. If none does, it is missing or does not breach."""
    accepted = 0
    for stat, threshold in itertools.product(STATISTICS, THRESHOLDS):
        alarms = COUNTING.keys() - refused(stat, threshold)
        accepted += len(alarms)
        for kind, key in alarms:
            sample = COUNTING[kind, key].metric.sample
            failing = sliding(played(sample, 100), stat, 600)[-1]
            healthy = sliding(played(sample, 0), stat, 600)[-1]
            assert failing > threshold, (key, stat, threshold)
            assert not healthy > threshold, (key, stat, threshold)
    assert len(COUNTING) > 10
    assert accepted > 20 * len(COUNTING)


FUNCTION = [
    ("errors: {stat: p95, threshold: 5}", "stat", "must be Sum, or the threshold less than 1, the value of a sample, which is one event; otherwise the alarm never fires (found: 5 of p95)"),
    ("errors: {stat: Maximum, threshold: 1, comparison: GreaterThanOrEqualToThreshold}", "", None),
    ("errors: {stat: Average, threshold: 0.2}", "", None),
    ("errors: {stat: TC(0:), threshold: 5}", "", None),
    ("errors: {stat: SampleCount, threshold: 5}", "stat", "must be Sum: samples of Errors can be 0, which are counted as well (found: SampleCount)"),
    ("errors: {stat: TM(2:), threshold: 0}", "stat", "must include samples of 1: those of Errors are 0 or 1, one per event (found: TM(2:))"),
    ("throttles: {stat: Average, threshold: 1}", "stat", "must be Sum, or the threshold less than 1, the value of a sample, which is one event; otherwise the alarm never fires (found: 1 of Average)"),
    ("log-errors: {stat: Maximum}", "stat", "must be Sum, or the threshold less than 1, the value of a sample, which is one event; otherwise the alarm never fires (found: 10 of Maximum)"),
    ("log-flood: {stat: Average}", "stat", "must be Sum: AWS documents no other of IncomingBytes (found: Average)"),
    ("near-timeout: {stat: Sum}", "stat", None),
    ("near-timeout: {stat: SampleCount}", "stat", "must not be a number of samples: the alarm is about the values of Duration (found: SampleCount)"),
]  # fmt: skip


@each(("setting", "key", "said"), FUNCTION, ids=[entry[0] for entry in FUNCTION])
def test_a_statistic_of_a_built_in_alarm(folder: Folder, setting: str, key: str, said: str | None) -> None:
    """Refused at its key, with what is allowed; an error share is accepted."""
    folder.append("prod", service(alarms=setting))
    lines = folder.refusal()
    assert bool(lines) == bool(key), lines
    if key:
        alarm = setting.partition(":")[0]
        begins = f"config/prod.yaml:{NEXT_LINE + 3}: services.api.alarms.{alarm}.{key}: "
        assert lines[0].startswith(begins)
        assert said is None or lines == [f"{begins}{said}"]


OWN = [
    ("refunded: {pattern: refund}", "metric: refunded, stat: Maximum, threshold: 1", "stat"),
    ("refunded: {pattern: refund, most: 10}", "metric: refunded, stat: Average, threshold: 5", "stat"),
    ("refunded: {pattern: refund, stat: Maximum}", "metric: refunded, threshold: 1", "threshold"),
    ("refunded: {pattern: refund, default_value: 0}", "metric: refunded, stat: SampleCount, threshold: 5", "stat"),
    ("refunded: {pattern: refund}", "metric: refunded, stat: SampleCount, threshold: 5", ""),
    ("refunded: {pattern: refund}", "metric: refunded, stat: Maximum, threshold: 0", ""),
    ("refunded: {pattern: refund, value: '5'}", "metric: refunded, stat: Maximum, threshold: 4", ""),
    ("refunded: {pattern: refund, value: '5'}", "metric: refunded, stat: Maximum, threshold: 5", "threshold"),
    ("refunded: {pattern: '{ $.a = 1 }', value: $.a}", "metric: refunded, stat: Maximum, threshold: 5", ""),
    ("refunded: {name: X}", "metric: errors, stat: p99, threshold: 1", "stat"),
    ("refunded: {name: X}", "metric: duration, stat: SampleCount, threshold: 1000", ""),
    ("x: {namespace: AWS/Lambda, name: Errors, dimensions: {FunctionName: a}, stat: Sum}", "metric: x, stat: p99, threshold: 1", "stat"),
    ("x: {namespace: AWS/Logs, name: IncomingBytes, dimensions: {LogGroupName: a}, stat: Sum}", "metric: x, stat: p99, threshold: 1", "stat"),
    ("x: {name: X}", "metric: requests, comparison: LessThanThreshold, threshold: 100", ""),
    ("x: {name: X}", "metric: requests, threshold: 50", ""),
    ("x: {name: X}", "metric: requests, stat: SampleCount, threshold: 50", ""),
    ("x: {name: X}", "metric: requests, stat: SampleCount, comparison: LessThanThreshold, threshold: 10", ""),
    ("x: {name: X, healthy: 75}", "metric: x, stat: Sum, threshold: 50", "threshold"),
    ("x: {name: X}", "metric: requests, stat: Average, comparison: LessThanThreshold, threshold: 1", "stat"),
    ("x: {name: X}", "metric: requests, stat: Average, comparison: LessThanThreshold, threshold: 1, missing: breaching", ""),
    ("x: {pattern: refund}", "metric: x, stat: Minimum, comparison: LessThanThreshold, threshold: 1", "stat"),
    ("x: {namespace: AWS/Lambda, name: Invocations, dimensions: {FunctionName: a}}", "metric: x, comparison: LessThanThreshold, threshold: 100", ""),
    ("x: {namespace: AWS/ApplicationELB, name: HTTPCode_Target_2XX_Count, dimensions: {LoadBalancer: a}, healthy: 100}", "metric: x, stat: SampleCount, comparison: LessThanThreshold, threshold: 50", ""),
    ("x: {namespace: AWS/ApplicationELB, name: HTTPCode_ELB_5XX_Count, dimensions: {LoadBalancer: a}, healthy: 0}", "metric: x, stat: SampleCount, threshold: 0", ""),
    ("x: {namespace: AWS/ApplicationELB, name: RequestCount, dimensions: {LoadBalancer: a}, most: 500}", "metric: x, stat: Maximum, threshold: 50", ""),
    ("x: {namespace: AWS/SNS, name: NumberOfMessagesPublished, dimensions: {TopicName: a}}", "metric: x, stat: Maximum, threshold: 50", "stat"),
    ("x: {name: X}", "metric: errors, stat: 'PR(:0)', comparison: LessThanThreshold, threshold: 95", ""),
    ("x: {name: X}", "metric: errors, stat: 'PR(:0)', threshold: 95", "stat"),
    ("x: {name: X}", "metric: errors, stat: 'TC(:0)', comparison: LessThanThreshold, threshold: 5", ""),
]  # fmt: skip


@each(("metric", "alarm", "key"), OWN, ids=[f"{entry[0]} {entry[1]}" for entry in OWN])
def test_a_statistic_of_an_own_alarm(folder: Folder, metric: str, alarm: str, key: str) -> None:
    """A line is a sample of 1, unless the metric has another value; series of the kind are as built-in ones."""
    folder.append("prod", service(metric, f"a: {{{alarm}, summary: a}}"))
    found = [line.partition(": ")[2].partition(": ")[0] for line in folder.refusal()]
    assert found == ([f"services.api.alarms.a.{key}"] if key else [])
