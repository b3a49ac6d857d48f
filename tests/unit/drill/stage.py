"""Rehearsals made up for the tests of their reports: what an engine would find, without an engine.

States of metric alarms follow from their values by counting M of N, those of composites from their children,
as far as these scenes need it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone

import numpy as np

from cloudwatch.alarms import (
    Actions,
    Comparison,
    CompositeAlarm,
    Metric,
    MetricAlarm,
    Query,
    Statistic,
    Treatment,
)
from cloudwatch.composites import Change
from cloudwatch.evaluation import breaches
from cloudwatch.states import State
from cloudwatch.suppression import By, Suppressed, Suppressor
from drill.model import Subscription, System, Topic
from drill.rehearsal import Line, Message, Notification, Rehearsal, Verdict

BEGINS_S = datetime(2026, 11, 20, 14, 0, tzinfo=timezone.utc).timestamp()
WARM_UP_S = 1800
MINUTE_S = 60
CRITICAL = Topic(
    "arn:aws:sns:eu-west-1:111111111111:reveille-critical-prod",
    "critical",
    "page",
    (
        Subscription("email", "oncall@example.com", "oncall@example.com"),
        Subscription("sqs", "arn:aws:sqs:eu-west-1:111111111111:reveille-alarms-prod", "alarms"),
    ),
)
WARNING = Topic(
    "arn:aws:sns:eu-west-1:111111111111:reveille-warning-prod",
    "warning",
    "ticket",
    (Subscription("sqs", "arn:aws:sqs:eu-west-1:111111111111:reveille-alarms-prod", "alarms"),),
)
NOBODY = Actions()
PAGES = Actions(alarm=(CRITICAL.arn,), ok=(CRITICAL.arn,))
TICKETS = Actions(alarm=(WARNING.arn,))

Values = np.ndarray
Changes = tuple[Change, ...]


def full(short: str) -> str:
    """Return what an alarm is called in AWS."""
    return f"reveille-{short}-prod"


def metric_alarm(  # noqa: PLR0913 - an alarm has that many
    short: str,
    service: str | None = "payment-handler",
    *,
    threshold: float | None = 5,
    of: tuple[int, int] = (3, 5),
    comparison: Comparison = "GreaterThanThreshold",
    missing: Treatment = "notBreaching",
    unit: str = "Percent",
    period_s: int = MINUTE_S,
    actions: Actions = NOBODY,
) -> MetricAlarm:
    """Return an alarm of one metric of a service."""
    name = f"{service}-{short}" if service else short
    metric = Metric("AWS/Lambda", short, (("FunctionName", full(service or "")),))
    return MetricAlarm(
        full(name),
        (Query("m", Statistic(metric, "Average", period_s)),),
        "m",
        comparison,
        threshold,
        of[1],
        of[0],
        missing,
        actions=actions,
        description=f"{service} in prod: {short}.\nRunbook: docs/runbooks/lambda.md",
        unit=unit,
        service=service,
    )


def composite(
    short: str,
    children: Iterable[str],
    service: str | None = "payment-handler",
    *,
    actions: Actions = NOBODY,
    suppressor: str | None = None,
) -> CompositeAlarm:
    """Return a composite that is in ALARM if one of its children is; all by their short names."""
    rule = " OR ".join(f'ALARM("{full(child)}")' for child in children)
    held = Suppressor(full(suppressor), 60, 120) if suppressor else None
    return CompositeAlarm(full(short), rule, actions, held, f"{short} in prod", service)


def system(
    alarms: Sequence[MetricAlarm], composites: Sequence[CompositeAlarm] = (), title: str = "prod"
) -> System:
    """Return them as a system with two topics; short names are those without project and environment."""
    names = [*(alarm.name for alarm in alarms), *(composite_alarm.name for composite_alarm in composites)]
    shorts = {name.removeprefix("reveille-").removesuffix("-prod"): name for name in names}
    return System(title, tuple(alarms), tuple(composites), topics=(CRITICAL, WARNING), short_names=shorts)


def bystanders(
    count: int, services: Sequence[str] = ("checkout-api", "inventory-worker", "order-processor")
) -> list[MetricAlarm]:
    """Return alarms to which nothing happens."""
    return [metric_alarm(f"alarm-{number}", services[number % len(services)]) for number in range(count)]


class Stage:
    """Where a scene plays: a system and the values of its metrics."""

    def __init__(  # noqa: PLR0913 - a scene has that many
        self,
        name: str,
        description: str,
        of: System,
        values: Mapping[str, Values],
        *,
        lasts_s: float = 2700,
        step_s: int = MINUTE_S,
    ) -> None:
        """Make it.

        Args:
            name: of the scenario.
            description: what it shows.
            of: the system.
            values: short name -> one value per step from the beginning on; before it, all are the first.
            lasts_s: how long it plays.
            step_s: how long a step is.
        """
        self.name, self.description, self.system = name, description, of
        self.lasts_s, self.step_s = lasts_s, step_s
        self.values = values
        self.bands: dict[str, tuple[Values, Values]] = {}
        self.changes: dict[str, Changes] = {}
        self.suppressed: dict[str, tuple[Suppressed, ...]] = {}
        self.notifications: list[Notification] = []
        self.verdicts: list[Verdict] = []

    def at(self, minutes: float) -> float:
        """Return a time so many minutes after the beginning."""
        return BEGINS_S + minutes * 60

    def line(self, alarm: str) -> Line:
        """Return what a metric alarm compared, warm-up included."""
        found = next(item for item in self.system.alarms if item.name == alarm)
        warm_up = WARM_UP_S // self.step_s
        steps = int(self.lasts_s // self.step_s)
        times_s = BEGINS_S + np.arange(-warm_up + 1, steps + 1) * float(self.step_s)
        short = alarm.removeprefix("reveille-").removesuffix("-prod")
        given = self.values.get(short, np.zeros(steps))
        values = np.concatenate((np.full(warm_up, given[0]), given))
        if short in self.bands:
            lower, upper = (np.concatenate((np.full(warm_up, band[0]), band)) for band in self.bands[short])
            return Line(alarm, times_s, values, (lower, upper), found.unit)
        assert found.threshold is not None
        return Line(alarm, times_s, values, found.threshold, found.unit)

    def evaluate(self, *shorts: str) -> None:
        """Let metric alarms change by counting M of N."""
        for short in shorts:
            alarm = next(item for item in self.system.alarms if item.name == full(short))
            line = self.line(alarm.name)
            codes = breaches(line.values, alarm.comparison, line.threshold)
            states: list[State] = []
            for index in range(len(codes)):
                window = codes[max(index - alarm.evaluation_periods + 1, 0) : index + 1]
                breaching = int((window == 1).sum()) + int((window == -1).sum()) * (
                    alarm.treat_missing_data == "breaching"
                )
                gone = alarm.treat_missing_data == "missing" and bool((window == -1).all())
                fires = breaching >= alarm.datapoints_to_alarm
                states.append("ALARM" if fires else "INSUFFICIENT_DATA" if gone else "OK")
            self.become(short, zip(line.times_s.tolist(), states, strict=True))

    def become(self, short: str, states: Iterable[tuple[float, State]]) -> None:
        """Let an alarm have these states from these times on."""
        found: list[Change] = []
        old: State = "INSUFFICIENT_DATA"
        for at_s, new in states:
            if new != old:
                found.append(Change(at_s, full(short), old, new))
            old = new
        self.changes[full(short)] = tuple(found)

    def combine(self, short: str, *children: str) -> None:
        """Let a composite be in ALARM while one of its children is."""
        times_s = sorted({change.at_s for child in children for change in self.changes.get(full(child), ())})
        self.become(
            short,
            [
                (
                    at_s,
                    "ALARM" if any(self._state(full(child), at_s) == "ALARM" for child in children) else "OK",
                )
                for at_s in times_s
            ],
        )

    def _state(self, alarm: str, at_s: float) -> State:
        found: State = "INSUFFICIENT_DATA"
        for change in self.changes.get(alarm, ()):
            found = change.new if change.at_s <= at_s else found
        return found

    def hold(self, short: str, *spans: tuple[float, float, By]) -> None:
        """Hold a composite's actions back, from and to in minutes."""
        self.suppressed[full(short)] = tuple(
            Suppressed(self.at(start), self.at(end), by) for start, end, by in spans
        )

    def expects(  # noqa: PLR0913 - as a line of a scenario
        self,
        line: int,
        sentence: str,
        found: str,
        about: str | None = None,
        minutes: float | None = None,
        *,
        passed: bool = True,
    ) -> None:
        """Expect something of an alarm, by so many minutes after the beginning."""
        alarm = None if about is None else full(about)
        at_s = None if minutes is None else self.at(minutes)
        place = f"drills/{self.name}.yaml:{line}"
        self.verdicts.append(Verdict(place, sentence, passed, found, alarm, at_s))

    def tells(
        self,
        short: str,
        minutes: float,
        state: State = "ALARM",
        topic: Topic = CRITICAL,
        changed: float | None = None,
    ) -> None:
        """Notify a topic; `changed` says since when, in minutes, if the notification was held back."""
        since_s = self.at(minutes if changed is None else changed)
        reached = tuple(subscription.name for subscription in topic.subscriptions)
        self.notifications.append(
            Notification(self.at(minutes), full(short), state, topic.name, since_s, reached)
        )

    def play(self) -> Rehearsal:
        """Return the rehearsal."""
        for name in (
            *(alarm.name for alarm in self.system.alarms),
            *(composite_alarm.name for composite_alarm in self.system.composites),
        ):
            self.changes.setdefault(name, (Change(BEGINS_S - 1000, name, "INSUFFICIENT_DATA", "OK"),))
        return Rehearsal(
            self.name,
            self.description,
            self.system,
            BEGINS_S,
            BEGINS_S + self.lasts_s,
            dict(self.changes),
            dict(self.suppressed),
            tuple(self.notifications),
            tuple(
                Message(notification, "alarms", notification.at_s)
                for notification in self.notifications
                if "alarms" in notification.delivered_to
            ),
            tuple(self.verdicts),
            0.0412,
            self.step_s,
            BEGINS_S - WARM_UP_S,
            self.line,
        )
