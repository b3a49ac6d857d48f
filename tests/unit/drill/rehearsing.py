"""Small systems, and scenarios without a file, to be rehearsed whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cloudwatch.alarms import Actions, CompositeAlarm, Metric, MetricAlarm, Query, Statistic
from cloudwatch.publishing import MetricFilter
from cloudwatch.series import Series
from cloudwatch.suppression import Suppressor
from config.errors import ConfigError
from drill import simulation
from drill.grid import Grid
from drill.model import Queue, Subscription, System, Topic
from drill.rehearsal import Rehearsal
from drill.scenarios.model import EXPECTATIONS, HAPPENINGS, Expectation, Happening, Head
from drill.scenarios.reading import Expected, Placed, Scenario, Sending
from drill.workload import Workload

BEGINS_S = 1_772_442_000
"""2026-03-02T09:00:00Z, the start unless a scenario says another."""
Rows = Sequence[tuple[float, float, float]]

PAGE = Topic("arn:page", "critical", "page", (Subscription("sqs", "arn:alarms", "alarms"),))
TICKET = Topic("arn:ticket", "warning", "ticket", (Subscription("email", "a@b.c", "a@b.c"),))
FALLBACK = Topic("arn:fallback", "fallback", None)
QUEUES = (
    Queue("alarms", "shop-alarms-prod", 30, 3, "dead"),
    Queue("dead", "shop-dead-prod"),
)
PAGES = Actions(alarm=("arn:page",), ok=("arn:page",))
TICKETS = Actions(alarm=("warning",))


def metric(name: str = "Errors", service: str = "pay", namespace: str = "N") -> Metric:
    """Return a metric of a service."""
    return Metric(namespace, name, (("Service", service),))


def alarm(name: str = "errors", of: Metric | None = None, **changed: Any) -> MetricAlarm:
    """Return an alarm that fires as soon as the sum of a minute is above 0, but for what is said."""
    stat, period_s = changed.pop("stat", "Sum"), changed.pop("period_s", 60)
    made = MetricAlarm(
        name=name,
        queries=(Query("m", Statistic(of or metric(), stat, period_s)),),
        returned="m",
        comparison="GreaterThanThreshold",
        threshold=0.0,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        treat_missing_data="notBreaching",
        service="pay",
    )
    return replace(made, **changed)


def banded(name: str = "errors", **changed: Any) -> MetricAlarm:
    """Return an alarm that fires above a band."""
    queries = (Query("m", Statistic(metric(), "Sum", 60)), Query("band", "ANOMALY_DETECTION_BAND(m, 2)"))
    above = "GreaterThanUpperThreshold"
    return alarm(name, queries=queries, threshold=None, band="band", **{"comparison": above, **changed})


def composite(name: str, rule: str, actions: Actions = PAGES, **changed: Any) -> CompositeAlarm:
    """Return a composite."""
    return replace(CompositeAlarm(name, rule, actions), **changed)


def held_by(name: str, wait_s: float = 60, extension_s: float = 120) -> Suppressor:
    """Return what holds a composite's actions back."""
    return Suppressor(name, wait_s, extension_s)


def log_filter(
    pattern: str = "ERROR", name: str = "Errors", group: str = "/pay", **changed: Any
) -> MetricFilter:
    """Return a metric filter of a log group."""
    return replace(MetricFilter(f"{group}-{name}", group, pattern, "Logs", name), **changed)


def system(*alarms: MetricAlarm | CompositeAlarm, **changed: Any) -> System:
    """Return a system with two services, three topics and two queues."""
    made = System(
        title="shop",
        alarms=tuple(metric_alarm for metric_alarm in alarms if isinstance(metric_alarm, MetricAlarm)),
        composites=tuple(metric_alarm for metric_alarm in alarms if isinstance(metric_alarm, CompositeAlarm)),
        topics=(PAGE, TICKET, FALLBACK),
        queues=QUEUES,
        log_groups={"pay": "/pay", "cart": "/cart"},
    )
    return replace(made, **changed)


def scenario(
    happens: Sequence[Mapping[str, Any]] = (),
    expect: Sequence[Mapping[str, Any]] = (),
    baseline: Sequence[Mapping[str, Any]] = (),
    folder: Path = Path("drills"),
    invoke: Sequence[Sending] = (),
    **head: Any,
) -> Scenario:
    """Return a scenario whose entries stand on lines 100, … (baseline), 1, … (happens) and 11, … (expect)."""
    whole = {"description": "Something happens.", "duration": "1h", "warm_up": "30m", **head}
    return Scenario(
        name="small",
        path=folder / "small.yaml",
        head=Head.model_validate(whole),
        baseline=tuple(
            Placed(f"u.yaml:{100 + i}", folder, happening(entry)) for i, entry in enumerate(baseline)
        ),
        happens=tuple(
            Placed(f"s.yaml:{1 + i}", folder, happening(happen)) for i, happen in enumerate(happens)
        ),
        expect=tuple(Expected(f"s.yaml:{11 + i}", expectation(entry)) for i, entry in enumerate(expect)),
        invoke=tuple(invoke),
        places={key: f"s.yaml:{90 + i}" for i, key in enumerate(whole)},
    )


def happening(data: Mapping[str, Any]) -> Happening:
    """Return one entry of `happens`."""
    (key,) = (text for text in HAPPENINGS if text in data)
    return HAPPENINGS[key].model_validate(dict(data))


def expectation(data: Mapping[str, Any]) -> Expectation:
    """Return one entry of `expect`."""
    (key,) = (text for text in EXPECTATIONS if text in data)
    return EXPECTATIONS[key].model_validate(dict(data))


def no_recording(path: Path, column: str | None) -> Rows:
    """Stand for recordings where there are none."""
    raise AssertionError((path, column))


def workload(of: System, played: Scenario, recording: Any = no_recording) -> Workload:
    """Return what happens."""
    return Workload(of, played, Grid.of(played.head), recording)


def run(of: System, *happens: Mapping[str, Any], **more: Any) -> Rehearsal:
    """Rehearse what happens in a system."""
    return simulation.run(of, scenario(happens, **more), no_recording)


def refused(of: System, *happens: Mapping[str, Any], **more: Any) -> list[str]:
    """Return the lines that are said about it; none if it is taken."""
    try:
        run(of, *happens, **more)
    except ConfigError as error:
        return str(error).splitlines()
    return []


def sums(series: Series, *, begins_s: float = BEGINS_S) -> dict[float, float]:
    """Return the sums of a series by minutes since the start; steps without a sample are left out."""
    at_s = series.start_s + np.arange(len(series)) * series.step_s - begins_s
    found: dict[float, float] = {}
    for time_s, count, total in zip(at_s.tolist(), series.count.tolist(), series.total.tolist(), strict=True):
        if count:
            minute = time_s // 60
            found[minute] = found.get(minute, 0) + total
    return found


def counts(series: Series, *, begins_s: float = BEGINS_S) -> dict[float, float]:
    """Return the numbers of samples by minutes since the start; minutes without a sample are left out."""
    ones = replace(series, total=series.count)
    return sums(ones, begins_s=begins_s)


def moves(of: Rehearsal, name: str) -> list[tuple[float, str]]:
    """Return when an alarm changed after the start, in minutes, and to what."""
    changes = of.changes.get(name, ())
    return [((change.at_s - of.begins_s) / 60, change.new) for change in changes if change.at_s > of.begins_s]


def told(of: Rehearsal) -> list[tuple[float, str, str, str]]:
    """Return each notification: minutes since the start, alarm, state, topic."""
    return [
        ((notification.at_s - of.begins_s) / 60, notification.alarm, notification.state, notification.topic)
        for notification in of.notifications
    ]
