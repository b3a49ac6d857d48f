"""Rehearsals made up for the tests of their reports: what an engine would find, without an engine.

States of metric alarms follow from their values by counting M of N, those of composites from their children, as
far as these scenes need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone

import numpy as np

from drill.composites import Change
from drill.evaluation import breaches
from drill.model import (
    Actions,
    ActionsSuppressor,
    Comparison,
    CompositeAlarm,
    Metric,
    MetricAlarm,
    MissingData,
    Query,
    State,
    Statistic,
    Subscription,
    System,
    Topic,
)
from drill.rehearsal import Line, Message, Notification, Rehearsal, Verdict
from drill.suppression import Suppressed

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
PAGES = Actions(alarm=(CRITICAL.arn,), ok=(CRITICAL.arn,))
TICKETS = Actions(alarm=(WARNING.arn,))

Values = np.ndarray
Changes = tuple[Change, ...]


def full(short: str) -> str:
    """Return what an alarm is called in AWS."""
    return f"reveille-{short}-prod"


def metric_alarm(
    short: str,
    service: str | None = "payment-handler",
    *,
    threshold: float | None = 5,
    of: tuple[int, int] = (3, 5),
    comparison: Comparison = "GreaterThanThreshold",
    missing: MissingData = "notBreaching",
    unit: str = "Percent",
    period_s: int = MINUTE_S,
    actions: Actions = Actions(),
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
    actions: Actions = Actions(),
    suppressor: str | None = None,
) -> CompositeAlarm:
    """Return a composite that is in ALARM if one of its children is; all by their short names."""
    rule = " OR ".join(f'ALARM("{full(one)}")' for one in children)
    held = ActionsSuppressor(full(suppressor), 60, 120) if suppressor else None
    return CompositeAlarm(full(short), rule, actions, held, f"{short} in prod", service)


def system(alarms: Sequence[MetricAlarm], composites: Sequence[CompositeAlarm] = (), title: str = "prod") -> System:
    """Return them as a system with two topics; short names are those without project and environment."""
    names = [one.name for one in (*alarms, *composites)]
    shorts = {one.removeprefix("reveille-").removesuffix("-prod"): one for one in names}
    return System(title, tuple(alarms), tuple(composites), topics=(CRITICAL, WARNING), short_names=shorts)


def bystanders(count: int, services: Sequence[str] = ("checkout-api", "inventory-worker", "order-processor")) -> list[MetricAlarm]:
    """Return alarms to which nothing happens."""
    return [metric_alarm(f"alarm-{number}", services[number % len(services)]) for number in range(count)]


class Stage:
    """Where a scene plays: a system and the values of its metrics."""

    def __init__(
        self, name: str, says: str, of: System, values: Mapping[str, Values], *, lasts_s: float = 2700, step_s: int = MINUTE_S
    ) -> None:
        """Make it.

        Args:
            name: of the scenario.
            says: what it shows.
            of: the system.
            values: short name -> one value per step from the beginning on; before it, all are the first.
            lasts_s: how long it plays.
            step_s: how long a step is.
        """
        self.name, self.says, self.system = name, says, of
        self.lasts_s, self.step_s = lasts_s, step_s
        self.values = values
        self.bands: dict[str, tuple[Values, Values]] = {}
        self.changes: dict[str, Changes] = {}
        self.suppressed: dict[str, tuple[Suppressed, ...]] = {}

    def at(self, minutes: float) -> float:
        """Return a time so many minutes after the beginning."""
        return BEGINS_S + minutes * 60

    def line(self, alarm: str) -> Line:
        """Return what a metric alarm compared, warm-up included."""
        found = next(one for one in self.system.alarms if one.name == alarm)
        warm_up = WARM_UP_S // self.step_s
        steps = int(self.lasts_s // self.step_s)
        times_s = BEGINS_S + np.arange(-warm_up + 1, steps + 1) * float(self.step_s)
        short = alarm.removeprefix("reveille-").removesuffix("-prod")
        given = self.values.get(short, np.zeros(steps))
        values = np.concatenate((np.full(warm_up, given[0]), given))
        if short in self.bands:
            lower, upper = (np.concatenate((np.full(warm_up, one[0]), one)) for one in self.bands[short])
            return Line(alarm, times_s, values, (lower, upper), found.unit)
        assert found.threshold is not None
        return Line(alarm, times_s, values, found.threshold, found.unit)

    def evaluate(self, *shorts: str) -> None:
        """Let metric alarms change by counting M of N."""
        for short in shorts:
            alarm = next(one for one in self.system.alarms if one.name == full(short))
            line = self.line(alarm.name)
            codes = breaches(line.values, alarm.comparison, line.threshold)
            states: list[State] = []
            for index in range(len(codes)):
                window = codes[max(index - alarm.evaluation_periods + 1, 0) : index + 1]
                breaching = int((window == 1).sum()) + int((window == -1).sum()) * (alarm.treat_missing_data == "breaching")
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
        times_s = sorted({one.at_s for child in children for one in self.changes.get(full(child), ())})
        self.become(short, [(at_s, "ALARM" if any(self._state(full(one), at_s) == "ALARM" for one in children) else "OK") for at_s in times_s])

    def _state(self, alarm: str, at_s: float) -> State:
        found: State = "INSUFFICIENT_DATA"
        for change in self.changes.get(alarm, ()):
            found = change.new if change.at_s <= at_s else found
        return found

    def hold(self, short: str, *spans: tuple[float, float, str]) -> None:
        """Hold a composite's actions back, from and to in minutes."""
        self.suppressed[full(short)] = tuple(Suppressed(self.at(start), self.at(end), by) for start, end, by in spans)  # type: ignore[arg-type]

    def told(self, short: str, minutes: float, state: State = "ALARM", topic: Topic = CRITICAL, changed: float | None = None) -> Notification:
        """Return a notification of a topic."""
        since_s = self.at(minutes if changed is None else changed)
        return Notification(self.at(minutes), full(short), state, topic.name, since_s, tuple(one.name for one in topic.subscriptions))

    def play(self, notifications: Sequence[Notification] = (), verdicts: Sequence[Verdict] = ()) -> Rehearsal:
        """Return the rehearsal."""
        for alarm in self.system.alarms:
            self.changes.setdefault(alarm.name, (Change(BEGINS_S - 1000, alarm.name, "INSUFFICIENT_DATA", "OK"),))
        for one in self.system.composites:
            self.changes.setdefault(one.name, (Change(BEGINS_S - 1000, one.name, "INSUFFICIENT_DATA", "OK"),))
        messages = tuple(Message(one, "alarms", one.at_s) for one in notifications if "alarms" in one.reached)
        return Rehearsal(
            self.name,
            self.says,
            self.system,
            BEGINS_S,
            BEGINS_S + self.lasts_s,
            self.step_s,
            BEGINS_S - WARM_UP_S,
            dict(self.changes),
            dict(self.suppressed),
            tuple(notifications),
            messages,
            tuple(verdicts),
            self.line,
            0.0412,
        )


def payments() -> System:
    """Return the alarms of the payment handler as the catalog has them, and others."""
    handler = "payment-handler"
    alarms = [
        metric_alarm("error-rate"),
        metric_alarm("mostly-failing", threshold=50, of=(2, 2)),
        metric_alarm("throttles", threshold=0, unit="Count"),
        metric_alarm("timeouts", threshold=0, unit="Count"),
        metric_alarm("errors", threshold=10, unit="Count"),
        metric_alarm("latency", threshold=1500, unit="Milliseconds"),
        metric_alarm("concurrency", threshold=80, unit="Count"),
        metric_alarm("log-errors", threshold=10, unit="Count"),
        metric_alarm("deploying", threshold=0, of=(1, 1), unit="Count"),
        *bystanders(93),
    ]
    critical = [f"{handler}-{one}" for one in ("errors", "latency", "concurrency")]
    impact = [f"{handler}-{one}" for one in ("error-rate", "mostly-failing", "throttles", "timeouts", "critical")]
    degraded = [f"{handler}-{one}" for one in ("errors", "latency", "log-errors")]
    quiet = f"{handler}-impact-quiet"
    composites = [
        composite(f"{handler}-critical", critical),
        composite(f"{handler}-planned", [f"{handler}-deploying"], None),
        composite(f"{handler}-impact", impact, actions=PAGES, suppressor=f"{handler}-planned"),
        composite(quiet, [f"{handler}-impact", f"{handler}-planned"], None),
        composite(f"{handler}-degraded", degraded, actions=TICKETS, suppressor=quiet),
    ]
    return system(alarms, composites)


def _noise(size: int, around: float, seed: int) -> Values:
    return np.abs(np.random.default_rng(seed).normal(around, around / 4 + 0.01, size))


def _payments(name: str, says: str, worst: float) -> Stage:
    handler = "payment-handler"
    minutes = np.arange(1, 46)
    failing = (minutes > 6) & (minutes <= 24)
    rate = np.where(failing, worst + _noise(45, worst / 8, 1), _noise(45, 0.6, 2))
    logged = np.where(failing, worst * 2, 0) + _noise(45, 1, 3)
    values = {
        f"{handler}-error-rate": rate,
        f"{handler}-errors": np.where(failing, worst * 1.6, 0) + _noise(45, 1, 4),
        f"{handler}-latency": 320 + _noise(45, 60, 5) + np.where(failing, worst * 4, 0),
        f"{handler}-log-errors": np.where((minutes > 30) & (minutes < 37), np.nan, logged),
    }
    stage = Stage(name, says, payments(), values)
    stage.evaluate(*(f"{handler}-{one}" for one in ("error-rate", "errors", "latency", "log-errors")))
    stage.combine(f"{handler}-impact", f"{handler}-error-rate")
    stage.combine(f"{handler}-impact-quiet", f"{handler}-impact")
    stage.combine(f"{handler}-degraded", f"{handler}-errors", f"{handler}-log-errors")
    return stage


def outage() -> Rehearsal:
    """Payments fail for a quarter of an hour: one page, and all is as expected."""
    handler = "payment-handler"
    stage = _payments("payment-outage", "A third of all payments fails for eighteen minutes: one page within ten minutes, and no ticket.", 30)
    stage.hold(f"{handler}-degraded", (9, 26, "Alarm"), (26, 28, "ExtensionPeriod"))
    file = "drills/payment-outage.yaml"
    verdicts = (
        Verdict(f"{file}:14", "payment-handler-impact is OK at +5m", True, "it was OK", full(f"{handler}-impact"), stage.at(5)),
        Verdict(f"{file}:16", "payment-handler-impact is in ALARM by +12m", True, "since +9m", full(f"{handler}-impact"), stage.at(12)),
        Verdict(f"{file}:18", "payment-handler-error-rate is in ALARM by +12m", True, "since +9m", full(f"{handler}-error-rate"), stage.at(12)),
        Verdict(f"{file}:21", "payment-handler-latency is never in ALARM", True, "it was OK all along", full(f"{handler}-latency")),
        Verdict(f"{file}:24", "critical is told of payment-handler-impact by +12m", True, "at +9m", full(f"{handler}-impact"), stage.at(12)),
        Verdict(f"{file}:27", "payment-handler-impact is OK by +40m", True, "since +27m", full(f"{handler}-impact"), stage.at(40)),
        Verdict(f"{file}:30", "1 page in all", True, "1 page", None),
    )
    return stage.play([stage.told(f"{handler}-impact", 9), stage.told(f"{handler}-impact", 27, "OK")], verdicts)


def missed() -> Rehearsal:
    """Too few payments fail for the alarm: nobody is woken, which is not what was expected."""
    handler = "payment-handler"
    stage = _payments("payment-outage-small", "One payment in twenty fails for eighteen minutes: somebody is woken.", 4.1)
    stage.values = {**stage.values, f"{handler}-error-rate": np.where(np.arange(45) == 12, 5.6, stage.values[f"{handler}-error-rate"])}
    stage.evaluate(f"{handler}-error-rate")
    stage.combine(f"{handler}-impact", f"{handler}-error-rate")
    stage.combine(f"{handler}-impact-quiet", f"{handler}-impact")
    file = "drills/payment-outage-small.yaml"
    verdicts = (
        Verdict(f"{file}:14", "payment-handler-impact is in ALARM by +12m", False, "it stayed OK", full(f"{handler}-impact"), stage.at(12)),
        Verdict(f"{file}:16", "payment-handler-error-rate is in ALARM by +12m", False, "it stayed OK", full(f"{handler}-error-rate"), stage.at(12)),
        Verdict(f"{file}:18", "payment-handler-latency is never in ALARM", True, "it was OK all along", full(f"{handler}-latency")),
        Verdict(f"{file}:20", "critical is told of payment-handler-impact by +12m", False, "it was told of nothing", full(f"{handler}-impact"), stage.at(12)),
        Verdict(f"{file}:22", "1 page in all", False, "0 pages, 1 ticket", None),
    )
    degraded = stage.changes[full(f"{handler}-degraded")]
    stage.hold(f"{handler}-degraded", *(((one.at_s - BEGINS_S) / 60, (one.at_s - BEGINS_S) / 60 + 1, "WaitPeriod") for one in degraded if one.at_s > BEGINS_S))
    told = [stage.told(f"{handler}-degraded", (one.at_s - BEGINS_S) / 60 + 1, "ALARM", WARNING, (one.at_s - BEGINS_S) / 60) for one in degraded if one.new == "ALARM"]
    return stage.play(told, verdicts)


def deployment() -> Rehearsal:
    """A deployment makes payments fail: nobody is woken while it goes on, but afterwards, as it does not end."""
    handler = "payment-handler"
    minutes = np.arange(1, 46)
    values = {
        f"{handler}-error-rate": np.where((minutes > 7) & (minutes <= 30), 22.0, 0) + _noise(45, 0.5, 7),
        f"{handler}-deploying": np.where((minutes > 4) & (minutes <= 14), 1.0, 0.0),
    }
    stage = Stage("deployment", "What a deployment breaks wakes nobody until it is over.", payments(), values)
    stage.evaluate(f"{handler}-error-rate", f"{handler}-deploying")
    stage.combine(f"{handler}-planned", f"{handler}-deploying")
    stage.combine(f"{handler}-impact", f"{handler}-error-rate")
    stage.combine(f"{handler}-impact-quiet", f"{handler}-impact", f"{handler}-planned")
    stage.hold(f"{handler}-impact", (10, 15, "Alarm"), (15, 17, "ExtensionPeriod"))
    impact = full(f"{handler}-impact")
    verdicts = (
        Verdict("drills/deployment.yaml:12", "nobody is woken before +15m", True, "the first page was at +17m", impact, stage.at(15)),
        Verdict("drills/deployment.yaml:13", "1 page by +20m", True, "at +17m", impact, stage.at(20)),
    )
    return stage.play([stage.told(f"{handler}-impact", 17, changed=10), stage.told(f"{handler}-impact", 34, "OK")], verdicts)


def slow_burn(days: int = 1) -> Rehearsal:
    """An error budget burns slowly over a day, minute by minute."""
    steps = days * 1440
    minutes = np.arange(1, steps + 1)
    burns = np.clip((minutes - 360) / 400, 0, 4.6) * np.where(minutes > 1200, 0.15, 1)
    shorts = {"slow-burn-long": 1.0, "slow-burn-short": 1.35}
    service = "payment-handler"
    alarms = [metric_alarm(one, threshold=3, of=(1, 1), unit="", period_s=3600) for one in shorts]
    root = composite(f"{service}-slow-burn", [f"{service}-{one}" for one in shorts], actions=TICKETS)
    values = {f"{service}-{one}": burns * factor + _noise(steps, 0.12, 11) for one, factor in shorts.items()}
    values[f"{service}-slow-burn-short"][500:503] = np.nan
    stage = Stage("slow-burn", "One request in 300 fails all day: a ticket, and nobody is woken.", system([*alarms, *bystanders(40)], [root]), values, lasts_s=steps * 60)
    stage.evaluate(*values)
    stage.become(f"{service}-slow-burn", [(BEGINS_S - 900, "OK"), (stage.at(1012), "ALARM"), (stage.at(1201), "OK")])
    told = [stage.told(f"{service}-slow-burn", 1012, topic=WARNING)]
    verdicts = (Verdict("drills/slow-burn.yaml:9", "1 ticket by +18h", True, "at +16h52m", root.name, stage.at(1080)),)
    return stage.play(told, verdicts)


def silence() -> Rehearsal:
    """A service dies completely: its metrics stop."""
    service = "checkout-api"
    minutes = np.arange(1, 46)
    dead = minutes > 12
    alarms = [
        metric_alarm("too-few-tasks", service, threshold=2, comparison="LessThanThreshold", missing="breaching", unit="Count", of=(3, 3)),
        metric_alarm("cpu", service, threshold=80, missing="missing"),
        metric_alarm("memory", service, threshold=80, missing="missing"),
        metric_alarm("queue-age", service, threshold=300, unit="Seconds", missing="missing", actions=TICKETS),
    ]
    values = {
        f"{service}-too-few-tasks": np.where(dead, np.nan, 3.0),
        f"{service}-cpu": np.where(dead, np.nan, 34 + _noise(45, 8, 3)),
        f"{service}-memory": np.where(dead, np.nan, 61 + _noise(45, 2, 4)),
        f"{service}-queue-age": np.full(45, np.nan),
    }
    root = composite(f"{service}-impact", [f"{service}-too-few-tasks"], service, actions=PAGES)
    stage = Stage("ecs-dies", "Every task of the checkout stops, and with them the metrics: it pages all the same.", system([*alarms, *bystanders(20)], [root]), values)
    stage.evaluate(*values)
    stage.combine(f"{service}-impact", f"{service}-too-few-tasks")
    verdicts = (
        Verdict("drills/ecs-dies.yaml:9", "1 page by +20m", True, "at +15m", root.name, stage.at(20)),
        Verdict("drills/ecs-dies.yaml:10", "checkout-api-cpu is INSUFFICIENT_DATA by +20m", True, "since +17m", full(f"{service}-cpu"), stage.at(20)),
        Verdict("drills/ecs-dies.yaml:12", "checkout-api-queue-age is in ALARM by +30m", False, "it stayed INSUFFICIENT_DATA", full(f"{service}-queue-age"), stage.at(30)),
    )
    return stage.play([stage.told(f"{service}-impact", 15)], verdicts)


def band() -> Rehearsal:
    """Orders leave the band that was foreseen."""
    service = "order-processor"
    minutes = np.arange(1, 121)
    foreseen = 400 + 120 * np.sin(minutes / 26)
    orders = foreseen + np.random.default_rng(6).normal(0, 14, 120) - np.where((minutes > 60) & (minutes < 86), 260, 0)
    alarm = metric_alarm("orders", service, threshold=None, comparison="LessThanLowerOrGreaterThanUpperThreshold", unit="Count", actions=TICKETS)
    stage = Stage("orders-drop", "Orders drop for no reason: a ticket.", system([alarm, *bystanders(5)]), {f"{service}-orders": orders}, lasts_s=7200)
    stage.bands[f"{service}-orders"] = (foreseen - 90, foreseen + 90)
    stage.evaluate(f"{service}-orders")
    verdicts = (Verdict("drills/orders-drop.yaml:7", "1 ticket by +1h10m", True, "at +1h3m", alarm.name, stage.at(70)),)
    return stage.play([stage.told(f"{service}-orders", 63, topic=WARNING)], verdicts)


def quiet() -> Rehearsal:
    """Nothing happens, as expected."""
    stage = Stage("quiet-day", "An ordinary day pages nobody.", payments(), {}, lasts_s=86_400)
    verdicts = (Verdict("drills/quiet-day.yaml:5", "0 pages in all", True, "0 pages", None),)
    return stage.play((), verdicts)


HOSTILE = "<script>alert(1)</script>\"'&amp;--><![CDATA[]]></title>\x1b[31m\x00\u202e\ud800\uffff"


def hostile() -> Rehearsal:
    """Somebody has put everything into names and sentences that could break a page, a file or a terminal."""
    alarm = replace(metric_alarm("x", HOSTILE), name=HOSTILE, description=HOSTILE, unit=HOSTILE)
    root = CompositeAlarm("root" + HOSTILE.replace('"', ""), f'ALARM("{HOSTILE.replace(chr(34), "")}")', PAGES, description=HOSTILE, service=HOSTILE)
    topic = replace(CRITICAL, name=HOSTILE, subscriptions=(Subscription("email", HOSTILE, HOSTILE),))
    of = System(HOSTILE, (alarm,), (root,), topics=(topic,), short_names={HOSTILE + "s": alarm.name})
    rehearsal = Stage("hostile", HOSTILE, of, {}).play()
    told = Notification(BEGINS_S + 60, root.name, "ALARM", HOSTILE, BEGINS_S, (HOSTILE, HOSTILE))
    verdicts = tuple(
        Verdict(f"{HOSTILE}.yaml:3", HOSTILE, passed, HOSTILE, about, BEGINS_S + 600)
        for passed in (True, False)
        for about in (alarm.name, root.name, None)
    )
    changes = {
        name: (Change(BEGINS_S - 60, name, "INSUFFICIENT_DATA", "OK"), Change(BEGINS_S + 60, name, "OK", "ALARM"))
        for name in (alarm.name, root.name)
    }
    return replace(
        rehearsal,
        notifications=(told,),
        messages=(Message(told, HOSTILE, BEGINS_S + 60, HOSTILE),),
        verdicts=verdicts,
        changes=changes,
        suppressed={root.name: (Suppressed(BEGINS_S, BEGINS_S + 60, "Alarm"),)},
    )


def week(alarms: int = 60) -> Rehearsal:
    """Every alarm flaps for seven days, minute by minute."""
    random = np.random.default_rng(8)
    some = [metric_alarm(f"alarm-{number}", f"service-{number % 9}", of=(1, 1)) for number in range(alarms)]
    shorts = [f"service-{number % 9}-alarm-{number}" for number in range(alarms)]
    values = {one: random.gamma(2, 2, 7 * 1440) * 1e4 + random.random() for one in shorts}
    stage = Stage("week", "Everything flaps for a week.", system(some), values, lasts_s=7 * 86_400)
    for short in shorts:
        above = values[short] > 50_000
        states: list[tuple[float, State]] = [(stage.at(index + 1), "ALARM" if one else "OK") for index, one in enumerate(above.tolist())]
        stage.become(short, [(BEGINS_S - 900, "OK"), *states])
    return stage.play((), [Verdict("week.yaml:1", "0 pages in all", True, "0 pages", None)])


SCENES: Mapping[str, Callable[[], Rehearsal]] = {
    one.__name__: one for one in (outage, missed, deployment, slow_burn, silence, band, quiet, hostile)
}
