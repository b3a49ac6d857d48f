"""Metrics that arrive late: nothing may miss them.

Those of functions are filed under the beginning of a call and sent at its end; those of SNS are published
every minute or every five minutes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

import catalog
from catalog import Catalog
from catalog.kinds import EVERY_KIND, KINDS, PLATFORM
from catalog.slos import TIERS
from catalog.specs import Alarm, Metric
from catalog.templates import AlarmTemplate, MetricTemplate, metrics_of
from config.alarms import Tuning
from config.errors import ConfigError
from config.models import Environment
from tests.support.tables import each
from tests.unit.catalog.catalogs import CHANGES, EVERY, changed, objectives, plain
from tests.unit.config.configs import NEXT_LINE, PROD, Folder

TIMEOUTS_S = (1, 30, 130, 900)
ARRIVES_S = 60
"""Seconds that CloudWatch may take with a datapoint, beside the call itself."""

FILED_UNDER_THE_BEGINNING = {"Invocations", "Errors", "Duration"}
"""With the time of the call (AWS Lambda Developer Guide, "Types of metrics for Lambda functions")."""

ABSENCE = {"heartbeat"}
"""Fires when calls are missing: with more periods it would be later or wrong, and see no more."""


def is_filed_under_the_beginning(metric: MetricTemplate) -> bool:
    """Return whether a metric has the time of the beginning of a call."""
    return metric.namespace == "AWS/Lambda" and metric.name in FILED_UNDER_THE_BEGINNING


LATE = {
    template.key: template
    for template in KINDS["lambda"].alarms
    if any(is_filed_under_the_beginning(metric) for metric in metrics_of(template.watches))
}


def with_timeout(timeout_s: int, **tuning: Any) -> tuple[Environment, Catalog]:
    """Return the environment that has everything, with one timeout and one tuning for all functions."""

    def change(data: dict[str, Any]) -> None:
        CHANGES["everything"](data)
        for service in data["services"].values():
            if service["kind"] == "lambda":
                own = service["alarms"]
                service["timeout_s"] = timeout_s
                for key in (LATE.keys() & own.keys()) | (LATE.keys() if tuning else set()):
                    own[key] = {**own.get(key, {}), **tuning}

    return changed(change)


def late(pair: tuple[Environment, Catalog]) -> Iterator[tuple[AlarmTemplate, Alarm]]:
    """Yield the alarms on what is late, with their templates."""
    env, made = pair
    for alarm in made.alarms:
        if alarm.service in env.functions and alarm.kind_key in LATE.keys() - ABSENCE:
            yield LATE[alarm.kind_key], alarm


def seen(now_s: int, period_s: int, periods: int, late_s: int) -> int:
    """Return how many of the newest whole periods have a datapoint, with a call every second."""
    newest_ends_s = now_s // period_s * period_s
    begins = (newest_ends_s - number * period_s for number in range(1, periods + 1))
    return sum(begin_s + late_s <= now_s for begin_s in begins)


def test_every_metric_that_is_filed_under_the_beginning_says_so() -> None:
    """And no other one does, of whichever kind and of the platform: nothing else is late by a timeout."""
    metrics = {
        metric for kind in EVERY_KIND for alarm in kind.alarms for metric in metrics_of(alarm.watches)
    } | {
        metric
        for kind in KINDS.values()
        for events in kind.events
        for metric in (events.valid.metric, events.bad.metric, events.latency)
        if metric
    }
    for metric in metrics:
        assert metric.late_by == ("timeout_ms" if is_filed_under_the_beginning(metric) else None), metric.name
    assert len(LATE) >= 8
    assert {key for key, alarm in LATE.items() if alarm.missing == "breaching"} == ABSENCE


@pytest.mark.parametrize("timeout_s", TIMEOUTS_S)
def test_an_alarm_can_see_what_is_late_by_the_timeout(timeout_s: int) -> None:
    """At whatever second it looks, however slow CloudWatch is: as many as must breach, and M as ever."""
    one = with_timeout(timeout_s)
    found = list(late(one))
    assert len(found) >= 2 * len(LATE.keys() - ABSENCE) - 2, "all of them, for each function"
    for template, alarm in found:
        assert alarm.datapoints_to_alarm == template.datapoints_to_alarm, alarm.key
        assert (alarm.period_s, alarm.evaluation_periods >= template.evaluation_periods) == (
            template.period_s, True,
        )  # fmt: skip
        least = min(
            seen(100 * alarm.period_s + second, alarm.period_s, alarm.evaluation_periods, late_s)
            for second in range(alarm.period_s)
            for late_s in (timeout_s, timeout_s + ARRIVES_S)
        )
        assert least >= alarm.datapoints_to_alarm, alarm.key


@pytest.mark.parametrize("timeout_s", TIMEOUTS_S)
def test_an_alarm_looks_back_no_further_than_it_must(timeout_s: int) -> None:
    """One period less would miss something: an alarm that looks back long stays in ALARM long."""
    for template, alarm in late(with_timeout(timeout_s)):
        if alarm.evaluation_periods == template.evaluation_periods:
            continue
        fewer = alarm.evaluation_periods - 1
        least = min(
            seen(100 * alarm.period_s + second, alarm.period_s, fewer, timeout_s + ARRIVES_S)
            for second in range(alarm.period_s)
        )
        assert least < alarm.datapoints_to_alarm, alarm.key


def test_the_timeouts_that_are_tried_make_a_difference() -> None:
    """The longest more than the shortest, for alarms by the minute; less for longer periods."""
    short, long = (
        {alarm.key: alarm.evaluation_periods for _, alarm in late(with_timeout(timeout_s))}
        for timeout_s in (min(TIMEOUTS_S), max(TIMEOUTS_S))
    )
    assert (short["payment-handler_error-rate"], long["payment-handler_error-rate"]) == (5, 18)
    assert (short["payment-handler_timeouts"], long["payment-handler_timeouts"]) == (3, 17)
    assert (short["payment-handler_mostly-failing"], long["payment-handler_mostly-failing"]) == (2, 4)


def test_the_words_have_the_number_of_periods_that_are_looked_at() -> None:
    """Whoever is woken reads what CloudWatch does, and not what the template says."""
    for _, alarm in late(with_timeout(900)):
        if alarm.evaluation_periods > 1:
            assert (
                f" in {alarm.datapoints_to_alarm} of {alarm.evaluation_periods} datapoints" in alarm.condition
            )


@each("timeout_s", TIMEOUTS_S)
@each("periods", [3, 5])
def test_how_many_periods_config_says_wins_if_the_alarm_can_see_what_is_late(
    timeout_s: int, periods: int
) -> None:
    """Whoever writes a number gets that number, or the least one that is accepted, with its reason."""
    data = plain(EVERY["everything"][0])
    name = "payment-handler"
    service = data["services"][name]
    service["timeout_s"] = timeout_s
    service["slos"] = {}
    for key in LATE.keys() - ABSENCE:
        tuning = {"enabled": True, "evaluation_periods": periods, "period_s": 60}
        threshold = {"threshold": 100} if LATE[key].threshold is None else {}
        service["alarms"] = {key: {**threshold, **tuning}}
        refused = [
            (at, text) for at, text in catalog.check(Environment.model_validate(data)) if at[-2] == key
        ]
        if refused:
            (((*_, field), text),) = refused
            assert callable(text)
            said = text(lambda at: ".".join(map(str, at)))
            assert field == "evaluation_periods"
            assert f"late, the timeout of {timeout_s} s: services.{name}.timeout_s (found: " in said
            tuning["evaluation_periods"] = int(said.split("must be at least ")[1].split(":")[0])
            assert tuning["evaluation_periods"] > periods
        service["alarms"] = {key: {**threshold, **tuning}}
        env = Environment.model_validate(data)
        assert not [at for at, _ in catalog.check(env) if at[-2] == key], key
        (alarm,) = (it for it in catalog.build(env).alarms if (it.service, it.kind_key) == (name, key))
        assert alarm.evaluation_periods == tuning["evaluation_periods"]
        least = min(seen(6000 + second, 60, alarm.evaluation_periods, timeout_s) for second in range(60))
        assert least >= alarm.datapoints_to_alarm


@each("key", sorted(LATE.keys() - ABSENCE))
def test_each_alarm_refuses_a_number_for_all_that_is_too_low_for_all(key: str) -> None:
    """With one message, which names every function and what delays it."""
    data = plain(EVERY["everything"][0])
    functions = {name: entry for name, entry in data["services"].items() if entry["kind"] == "lambda"}
    for entry in functions.values():
        entry.update(timeout_s=900, alarms={}, slos={})
    threshold = {"threshold": 100} if LATE[key].threshold is None else {}
    tuning = {"enabled": True, "period_s": 60, "evaluation_periods": 1, "datapoints_to_alarm": 1}
    data["alarms"]["lambda"] = {key: {**threshold, **tuning}}
    breaches = catalog.check(Environment.model_validate(data))
    (text,) = (text for at, text in breaches if at == ("alarms", "lambda", key, "evaluation_periods"))
    assert callable(text)
    said = text(lambda at: ".".join(map(str, at)))
    assert said.startswith("must be at least 15: the metric arrives too late for ")
    for name in functions:
        assert f"{name} (15, up to 900 s late, the timeout of 900 s: services.{name}.timeout_s)" in said


def test_a_number_for_all_of_a_kind_is_one_message_about_all_services(folder: Folder) -> None:
    """With the periods that each needs, and where its delay comes from."""
    function = "kind: lambda, description: x, source: functions/x"
    folder.append("prod", f"services: {{api: {{timeout_s: 900}}, b: {{{function}, timeout_s: 600}}}}\n")
    folder.append("prod", "alarms: {lambda: {near-timeout: {evaluation_periods: 1}}}\n")
    at = f"config/prod.yaml:{NEXT_LINE}"
    (said,) = folder.refusal()
    assert said == (
        f"config/prod.yaml:{NEXT_LINE + 1}: alarms.lambda.near-timeout.evaluation_periods: "
        "must be at least 5: the metric arrives too late for "
        f"api (5, up to 900 s late, the timeout of 900 s: services.api.timeout_s in {at}), "
        f"b (4, up to 600 s late, the timeout of 600 s: services.b.timeout_s in {at}); "
        "services.<name>.alarms.near-timeout.evaluation_periods sets it for a service (found: 1)"
    )


@pytest.mark.parametrize("timeout_s", TIMEOUTS_S)
def test_another_period_or_m_is_stretched_as_well(timeout_s: int) -> None:
    """What config says of the rest does not make an alarm blind."""
    for _, alarm in late(with_timeout(timeout_s, period_s=120, datapoints_to_alarm=1)):
        assert (alarm.period_s, alarm.datapoints_to_alarm) == (120, 1)
        least = min(
            seen(12_000 + second, 120, alarm.evaluation_periods, timeout_s + ARRIVES_S)
            for second in range(120)
        )
        assert least >= 1, alarm.key


def test_a_number_for_all_of_a_kind_wins_too(folder: Folder) -> None:
    """As any level of config does."""
    services = "services: {api: {timeout_s: 900}}"
    folder.append("prod", f"{services}\nalarms: {{lambda: {{error-rate: {{evaluation_periods: 20}}}}}}\n")
    assert catalog.build(folder.load()).alarm("api_error-rate").evaluation_periods == 20
    folder.write("prod", f"{PROD}{services}\n")
    assert catalog.build(folder.load()).alarm("api_error-rate").evaluation_periods == 18
    assert "evaluation_periods" in Tuning.model_fields


@pytest.mark.parametrize("timeout_s", TIMEOUTS_S)
def test_a_short_window_is_longer_than_its_events_are_late(timeout_s: int) -> None:
    """Or it would be empty whenever it is looked at; what is not late keeps the window of its tier."""
    env, made = with_timeout(timeout_s)
    tiers = {tier.key: tier for tier in TIERS}
    stretched = 0
    for slo, alarms, _ in objectives(made):
        metrics = slo.budget.metrics.values()
        is_late = any(metric.namespace == "AWS/Lambda" for metric in metrics if isinstance(metric, Metric))
        for key, tier in tiers.items():
            long, short = alarms[f"{key}-long"], alarms[f"{key}-short"]
            late_s = 60 * math.ceil((timeout_s + ARRIVES_S) / 60) if is_late else 0
            assert short.period_s == max(tier.short_s, late_s)
            assert long.period_s == tier.long_s > short.period_s
            assert (short.evaluation_periods, short.datapoints_to_alarm) == (1, 1)
            if is_late:
                assert short.period_s >= timeout_s + ARRIVES_S
            stretched += short.period_s > tier.short_s
            config = env.services[slo.service].slos[slo.name]
            least = max(1, round(config.min_events * short.period_s / tier.long_s))
            assert f"of at least {least} " in short.condition
    assert (stretched > 0) == (timeout_s == 900)


@each("name", EVERY)
def test_no_alarm_of_an_environment_is_blind(name: str) -> None:
    """The functions as they are: unless config says how many periods, what is late is seen."""
    env, made = EVERY[name]
    for template, alarm in late((env, made)):
        timeout_s = env.functions[str(alarm.service)].timeout_s
        general = env.alarms.lambda_.get(alarm.kind_key, Tuning())
        own = env.services[str(alarm.service)].alarms.get(alarm.kind_key, Tuning())
        if general.evaluation_periods or own.evaluation_periods:
            continue
        late_s = timeout_s + ARRIVES_S
        assert (
            alarm.evaluation_periods * alarm.period_s
            >= late_s + (alarm.datapoints_to_alarm - 1) * alarm.period_s
        ), (template.key, alarm.key)


PUBLICATION_S = 300
"""Seconds between two publications of metrics of SNS ("every five minutes": earlier versions of "Monitoring
Amazon SNS topics using CloudWatch")."""


def of_sns(made: Catalog) -> list[Alarm]:
    """Return the alarms on metrics of SNS."""
    return [alarm for alarm in made.alarms if any(metric.namespace == "AWS/SNS" for metric in alarm.metrics)]


def sees_one_sample(period_s: int, periods: int) -> bool:
    """Return whether an alarm sees every sample once, whenever it occurs, arrives and is evaluated."""
    for occurs_s in range(period_s):
        for evaluated_at in range(0, 60, 7):
            arrives_s = occurs_s + PUBLICATION_S + ARRIVES_S
            now_s = arrives_s + (evaluated_at - arrives_s) % 60
            if now_s // period_s > periods:
                return False
    return True


@each("name", EVERY)
def test_an_alarm_on_metrics_of_sns_looks_back_further_than_they_are_late(name: str) -> None:
    """Whichever environment, and whichever of its topics."""
    _, made = EVERY[name]
    alarms = of_sns(made)
    assert len(alarms) >= 3 * 3
    for alarm in alarms:
        assert alarm.datapoints_to_alarm == 1
        assert sees_one_sample(alarm.period_s, alarm.evaluation_periods), alarm.key


@each("period_s", [60, 120, 180, 300, 900])
def test_another_period_of_an_alarm_on_metrics_of_sns_looks_back_as_far(period_s: int) -> None:
    """As far as needed, and no period further."""

    def change(data: dict[str, Any]) -> None:
        keys = {alarm.kind_key for alarm in of_sns(EVERY["prod"][1])}
        data.setdefault("alarms", {})["platform"] = {key: {"period_s": period_s} for key in keys}

    for alarm in of_sns(changed(change)[1]):
        assert alarm.period_s == period_s
        assert sees_one_sample(period_s, alarm.evaluation_periods)
        needs = alarm.evaluation_periods - 1
        template = next(item for item in PLATFORM.alarms if item.key == alarm.kind_key)
        assert needs < template.evaluation_periods or not sees_one_sample(period_s, needs)


def test_an_alarm_on_metrics_of_sns_cannot_be_tuned_to_miss_them(folder: Folder) -> None:
    """The message names the file, the key and what is allowed."""
    folder.append("prod", "alarms: {platform: {notifications-lost: {evaluation_periods: 6}}}\n")
    with pytest.raises(ConfigError) as refused:
        folder.load()
    assert "alarms.platform.notifications-lost.evaluation_periods: must be at least 7: " in str(refused.value)
    assert "prod.yaml:" in str(refused.value)
