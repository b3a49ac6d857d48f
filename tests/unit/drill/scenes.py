"""Rehearsals that are made up for the tests of their reports, and for the picture in docs/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from cloudwatch.alarms import CompositeAlarm
from cloudwatch.composites import Change
from cloudwatch.states import State
from cloudwatch.suppression import Suppressed
from drill.model import Subscription, System
from drill.rehearsal import Message, Notification, Rehearsal, Verdict
from tests.unit.drill.stage import (
    BEGINS_S,
    CRITICAL,
    PAGES,
    TICKETS,
    WARNING,
    Stage,
    Values,
    bystanders,
    composite,
    metric_alarm,
    system,
)

PAY = "payment-handler"


def payments() -> System:
    """Return the alarms of the payment handler much as the catalog has them, and others."""
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
    critical = [f"{PAY}-{text}" for text in ("errors", "latency", "concurrency")]
    impact = [
        f"{PAY}-{text}" for text in ("error-rate", "mostly-failing", "throttles", "timeouts", "critical")
    ]
    degraded = [f"{PAY}-{text}" for text in ("errors", "latency", "log-errors")]
    quiet = f"{PAY}-impact-quiet"
    composites = [
        composite(f"{PAY}-critical", critical),
        composite(f"{PAY}-planned", [f"{PAY}-deploying"], None),
        composite(f"{PAY}-impact", impact, actions=PAGES, suppressor=f"{PAY}-planned"),
        composite(quiet, [f"{PAY}-impact", f"{PAY}-planned"], None),
        composite(f"{PAY}-degraded", degraded, actions=TICKETS, suppressor=quiet),
    ]
    return system(alarms, composites)


def _noise(size: int, around: float, seed: int) -> Values:
    return np.abs(np.random.default_rng(seed).normal(around, around / 4 + 0.01, size))


def _payments(name: str, says: str, worst: float) -> Stage:
    minutes = np.arange(1, 46)
    failing = (minutes > 6) & (minutes <= 24)
    rate = np.where(failing, worst + _noise(45, worst / 8, 1), _noise(45, 0.6, 2))
    logged = np.where(failing, worst * 2, 0) + _noise(45, 1, 3)
    values = {
        f"{PAY}-error-rate": np.where(minutes == 13, max(worst, 5.6), rate),
        f"{PAY}-errors": np.where(failing, worst * 1.6, 0) + _noise(45, 1, 4),
        f"{PAY}-latency": 320 + _noise(45, 60, 5) + np.where(failing, worst * 4, 0),
        f"{PAY}-log-errors": np.where((minutes > 30) & (minutes < 37), np.nan, logged),
    }
    stage = Stage(name, says, payments(), values)
    stage.evaluate(*(f"{PAY}-{text}" for text in ("error-rate", "errors", "latency", "log-errors")))
    stage.combine(f"{PAY}-impact", f"{PAY}-error-rate")
    stage.combine(f"{PAY}-impact-quiet", f"{PAY}-impact")
    stage.combine(f"{PAY}-degraded", f"{PAY}-errors", f"{PAY}-log-errors")
    return stage


def outage() -> Rehearsal:
    """Payments fail for a quarter of an hour: one page, and all is passed."""
    says = "A third of all payments fails for eighteen minutes: one page within ten minutes, and no ticket."
    stage = _payments("payment-outage", says, 30)
    stage.hold(f"{PAY}-degraded", (9, 26, "Alarm"), (26, 28, "ExtensionPeriod"))
    impact = f"{PAY}-impact"
    stage.expects(14, f"{impact} is OK at +5m", "it was OK", impact, 5)
    stage.expects(16, f"{impact} is in ALARM by +12m", "since +9m", impact, 12)
    stage.expects(18, f"{PAY}-error-rate is in ALARM by +12m", "since +9m", f"{PAY}-error-rate", 12)
    stage.expects(21, f"{PAY}-latency is never in ALARM", "it was OK all along", f"{PAY}-latency")
    stage.expects(24, f"critical is told of {impact} by +12m", "at +9m", impact, 12)
    stage.expects(27, f"{impact} is OK by +40m", "since +27m", impact, 40)
    stage.expects(30, "1 page in total", "1 page")
    stage.tells(impact, 9)
    stage.tells(impact, 27, "OK")
    return stage.play()


def missed() -> Rehearsal:
    """Too few payments fail for the alarm: nobody is woken, which is not what wpassed."""
    says = "One payment in twenty fails for eighteen minutes: somebody is woken."
    stage = _payments("payment-outage-small", says, 4.1)
    impact = f"{PAY}-impact"
    stage.expects(14, f"{impact} is in ALARM by +12m", "it stayed OK", impact, 12, passed=False)
    stage.expects(
        16, f"{PAY}-error-rate is in ALARM by +12m", "it stayed OK", f"{PAY}-error-rate", 12, passed=False
    )
    stage.expects(18, f"{PAY}-latency is never in ALARM", "it was OK all along", f"{PAY}-latency")
    stage.expects(
        20, f"critical is told of {impact} by +12m", "it was told of nothing", impact, 12, passed=False
    )
    stage.expects(22, "1 page in total", "0 pages", passed=False)
    return stage.play()


def deployment() -> Rehearsal:
    """A deployment makes payments fail: nobody is woken while it goes on, but afterwards."""
    minutes = np.arange(1, 46)
    values = {
        f"{PAY}-error-rate": np.where((minutes > 7) & (minutes <= 30), 22.0, 0) + _noise(45, 0.5, 7),
        f"{PAY}-deploying": np.where((minutes > 4) & (minutes <= 14), 1.0, 0.0),
    }
    stage = Stage("deployment", "What a deployment breaks wakes nobody until it is over.", payments(), values)
    stage.evaluate(*values)
    impact = f"{PAY}-impact"
    stage.combine(f"{PAY}-planned", f"{PAY}-deploying")
    stage.combine(impact, f"{PAY}-error-rate")
    stage.combine(f"{PAY}-impact-quiet", impact, f"{PAY}-planned")
    stage.hold(impact, (10, 15, "Alarm"), (15, 17, "ExtensionPeriod"))
    stage.expects(12, "nobody is woken before +15m", "the first page was at +17m", impact, 15)
    stage.expects(13, "1 page by +20m", "at +17m", impact, 20)
    stage.tells(impact, 17, changed=10)
    stage.tells(impact, 34, "OK")
    return stage.play()


def slow_burn() -> Rehearsal:
    """An error budget burns slowly over a day, minute by minute, with a gap of three minutes."""
    minutes = np.arange(1, 1441)
    burns = np.clip((minutes - 360) / 200, 0, 4.6) * np.where(minutes > 1200, 0.15, 1)
    shorts = {"slow-burn-long": 1.0, "slow-burn-short": 1.35}
    alarms = [metric_alarm(short, threshold=3, of=(1, 1), unit="", period_s=3600) for short in shorts]
    burn = f"{PAY}-slow-burn"
    root = composite(burn, [f"{PAY}-{short}" for short in shorts], actions=TICKETS)
    values = {f"{PAY}-{text}": burns * factor + _noise(1440, 0.12, 11) for text, factor in shorts.items()}
    values[f"{PAY}-slow-burn-short"][500:503] = np.nan
    says = "One request in 300 fails all day: a ticket, and nobody is woken."
    stage = Stage("slow-burn", says, system([*alarms, *bystanders(40)], [root]), values, lasts_s=86_400)
    stage.evaluate(*values)
    stage.become(burn, [(BEGINS_S - 900, "OK"), (stage.at(1012), "ALARM"), (stage.at(1201), "OK")])
    stage.tells(burn, 1012, topic=WARNING)
    stage.expects(9, "1 ticket by +18h", "at +16h52m", burn, 1080)
    return stage.play()


def silence() -> Rehearsal:
    """A service dies completely: its metrics stop, and one never had any."""
    service = "checkout-api"
    dead = np.arange(1, 46) > 12
    alarms = [
        metric_alarm(
            *("too-few-tasks", service),
            threshold=2,
            comparison="LessThanThreshold",
            missing="breaching",
            unit="Count",
            of=(3, 3),
        ),
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
    impact = f"{service}-impact"
    root = composite(impact, [f"{service}-too-few-tasks"], service, actions=PAGES)
    says = "Every task of the checkout stops, and with them the metrics: it pages all the same."
    stage = Stage("ecs-dies", says, system([*alarms, *bystanders(20)], [root]), values)
    stage.evaluate(*values)
    stage.combine(impact, f"{service}-too-few-tasks")
    stage.tells(impact, 15)
    stage.expects(9, "1 page by +20m", "at +15m", impact, 20)
    stage.expects(10, f"{service}-cpu is INSUFFICIENT_DATA by +20m", "since +17m", f"{service}-cpu", 20)
    found = "it stayed INSUFFICIENT_DATA"
    stage.expects(
        12, f"{service}-queue-age is in ALARM by +30m", found, f"{service}-queue-age", 30, passed=False
    )
    return stage.play()


def band() -> Rehearsal:
    """Orders leave the band that was foreseen."""
    orders = "order-processor-orders"
    minutes = np.arange(1, 121)
    foreseen = 400 + 120 * np.sin(minutes / 26)
    noise = np.random.default_rng(6).normal(0, 14, 120)
    values = {orders: foreseen + noise - np.where((minutes > 60) & (minutes < 86), 260, 0)}
    alarm = metric_alarm(
        *("orders", "order-processor"),
        threshold=None,
        comparison="LessThanLowerOrGreaterThanUpperThreshold",
        unit="Count",
        actions=TICKETS,
    )
    says = "Orders drop for no reason: a ticket."
    stage = Stage("orders-drop", says, system([alarm, *bystanders(5)]), values, lasts_s=7200)
    stage.bands[orders] = (foreseen - 90, foreseen + 90)
    stage.evaluate(orders)
    stage.tells(orders, 63, topic=WARNING)
    stage.expects(7, "1 ticket by +1h10m", "at +1h3m", orders, 70)
    return stage.play()


def quiet() -> Rehearsal:
    """Nothing happens, passed."""
    stage = Stage("normal-day", "An ordinary day pages nobody.", payments(), {}, lasts_s=86_400)
    stage.expects(5, "0 pages in total", "0 pages")
    return stage.play()


def week(alarms: int = 60) -> Rehearsal:
    """Every alarm flaps for seven days, minute by minute."""
    random = np.random.default_rng(8)
    some = [
        metric_alarm(f"alarm-{number}", f"service-{number % 9}", of=(1, 1), threshold=50_000, unit="Count")
        for number in range(alarms)
    ]
    shorts = [f"service-{number % 9}-alarm-{number}" for number in range(alarms)]
    values = {short: random.gamma(2, 2, 7 * 1440) * 1e4 + random.random() for short in shorts}
    stage = Stage("week", "Everything flaps for a week.", system(some), values, lasts_s=7 * 86_400)
    for short in shorts:
        states: list[tuple[float, State]] = [(BEGINS_S - 900, "OK")]
        above = (values[short] > 50_000).tolist()
        states += [(stage.at(index + 1), "ALARM" if entry else "OK") for index, entry in enumerate(above)]
        stage.become(short, states)
    stage.expects(1, "0 pages in total", "0 pages")
    return stage.play()


HOSTILE = "<script>alert(1)</script>\"'&amp;--><![CDATA[]]></title>\x1b[31m\x00\u202e\ud800\uffff"


def hostile() -> Rehearsal:
    """Somebody has put into names and sentences what could break a page, a file or a terminal."""
    unquoted = HOSTILE.replace('"', "")
    alarm = replace(metric_alarm("x", HOSTILE), name=HOSTILE, description=HOSTILE, unit=HOSTILE)
    root = CompositeAlarm(
        f"root{unquoted}", f'ALARM("{unquoted}")', PAGES, description=HOSTILE, service=HOSTILE
    )
    topic = replace(CRITICAL, name=HOSTILE, subscriptions=(Subscription("email", HOSTILE, HOSTILE),))
    of = System(HOSTILE, (alarm,), (root,), topics=(topic,), short_names={f"{HOSTILE}s": alarm.name})
    told = Notification(BEGINS_S + 60, root.name, "ALARM", HOSTILE, BEGINS_S, (HOSTILE, HOSTILE))
    verdicts = tuple(
        Verdict(f"{HOSTILE}.yaml:3", HOSTILE, passed, HOSTILE, about, BEGINS_S + 600)
        for passed in (True, False)
        for about in (alarm.name, root.name, None)
    )
    changes = {
        name: (
            Change(BEGINS_S - 60, name, "INSUFFICIENT_DATA", "OK"),
            Change(BEGINS_S + 60, name, "OK", "ALARM"),
        )
        for name in (alarm.name, root.name)
    }
    return replace(
        Stage("hostile", HOSTILE, of, {}).play(),
        notifications=(told,),
        messages=(Message(told, HOSTILE, BEGINS_S + 60, HOSTILE),),
        verdicts=verdicts,
        changes=changes,
        suppressed={root.name: (Suppressed(BEGINS_S, BEGINS_S + 60, "Alarm"),)},
    )


SCENES: Mapping[str, Callable[[], Rehearsal]] = {
    function.__name__: function
    for function in (outage, missed, deployment, slow_burn, silence, band, quiet, hostile)
}
"""All of them but the long one."""
