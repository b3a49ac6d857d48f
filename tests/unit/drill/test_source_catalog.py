"""The alarms of an environment out of its catalog: what a rehearsal needs of them, over every environment.

That they are those of the synthesized configuration is tested in tests/synth/test_drill_sources.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from cloudwatch.alarms import Statistic
from config.services import LoggingService
from drill.sources import catalog
from tests.unit.catalog.catalogs import EVERY, changed, rendered

SYSTEMS = {name: catalog.system(*made) for name, made in EVERY.items()}


@pytest.fixture(params=EVERY)
def name(request: pytest.FixtureRequest) -> str:
    """Return the name of each environment in turn."""
    return str(request.param)


def test_every_alarm_is_there_once_as_the_catalog_has_it(name: str) -> None:
    """Its condition, its text, its service; and the unit of its threshold, unless that has none."""
    made, found = EVERY[name][1], {alarm.name: alarm for alarm in SYSTEMS[name].alarms}
    assert len(found) == len(SYSTEMS[name].alarms) == len(made.alarms)
    for alarm in made.alarms:
        one = found[alarm.name]
        assert (one.comparison, one.threshold, one.evaluation_periods, one.datapoints_to_alarm) == (
            alarm.comparison, alarm.threshold, alarm.evaluation_periods, alarm.datapoints_to_alarm,
        )  # fmt: skip
        assert (one.treat_missing_data, one.low_samples) == (alarm.treat_missing_data, "evaluate")
        assert (one.description, one.service) == (alarm.description, alarm.service)
        assert one.unit == ("" if alarm.unit == "None" else alarm.unit)
        assert one.period_s == alarm.period_s


def test_every_alarm_watches_what_the_catalog_says(name: str) -> None:
    """Each metric with its dimensions in order; a band is an expression over the one metric."""
    made, found = EVERY[name][1], {alarm.name: alarm for alarm in SYSTEMS[name].alarms}
    for alarm in made.alarms:
        one = found[alarm.name]
        watched = {
            (each.namespace, each.name, tuple(sorted(each.dimensions.items())), each.stat, each.period_s)
            for each in alarm.metrics
        }
        assert {
            (each.metric.namespace, each.metric.name, each.metric.dimensions, each.stat, each.period_s)
            for each in one.statistics
        } == watched
        assert all(each.unit is None for each in one.statistics)
        (returned,) = (query for query in one.queries if query.id == one.returned)
        others = [query.asks for query in one.queries if query.id != one.returned]
        if alarm.anomaly_band:
            assert isinstance(returned.asks, Statistic)
            assert others == [f"ANOMALY_DETECTION_BAND(observed, {alarm.anomaly_band:g})"]
        else:
            assert all(isinstance(each, Statistic) for each in others)
            assert isinstance(returned.asks, str) == hasattr(alarm.watches, "expression")


def test_every_composite_is_there_as_the_catalog_has_it(name: str) -> None:
    """Its rule over names as AWS knows them, and its suppressor with both periods."""
    made, found = EVERY[name][1], {composite.name: composite for composite in SYSTEMS[name].composites}
    assert len(found) == len(SYSTEMS[name].composites) == len(made.composites)
    for composite in made.composites:
        one, by = found[composite.name], composite.suppressor
        assert one.rule == rendered(composite.rule, made)
        assert (one.description, one.service) == (composite.description, composite.service)
        assert (by is None) == (one.suppressor is None)
        if by and one.suppressor:
            assert (one.suppressor.alarm, one.suppressor.wait_s, one.suppressor.extension_s) == (
                made.alarm_name(by.alarm), by.wait_s, by.extension_s,
            )  # fmt: skip


def test_every_filter_reads_a_log_group_of_the_catalog(name: str) -> None:
    """And a service's own filters read the group that a scenario writes to under the service's name."""
    env, made = EVERY[name]
    system = SYSTEMS[name]
    groups = {group.name for group in made.log_groups}
    specs = {log_filter.name: log_filter for log_filter in made.filters}
    logging = {
        name
        for name, service in env.services.items()
        if isinstance(service, LoggingService)
        and name not in {"backoffice", "canary"}  # whose logs are not watched
    }
    assert system.log_groups.keys() == logging
    assert len(system.filters) == len(specs)
    for metric_filter in system.filters:
        spec = specs[metric_filter.name]
        assert metric_filter.log_group in groups
        if spec.service and spec.log_group_key == spec.service:
            assert metric_filter.log_group == system.log_groups[spec.service]
        assert (
            metric_filter.pattern,
            metric_filter.namespace,
            metric_filter.metric,
            metric_filter.value,
            metric_filter.default_value,
            metric_filter.unit,
        ) == (
            spec.pattern,
            spec.namespace,
            spec.metric,
            spec.value,
            spec.default_value,
            spec.unit,
        )
        assert dict(metric_filter.dimensions) == spec.dimensions


def test_every_alarm_has_its_key_and_its_bare_name_as_short_names(name: str) -> None:
    """Both lead to the name in AWS, and nothing else is a short name."""
    env, made = EVERY[name]
    expected = {alarm.key: alarm.name for alarm in made.all_alarms}
    before, after = f"{env.project}-", f"-{env.environment}"
    expected |= {alarm.name.removeprefix(before).removesuffix(after): alarm.name for alarm in made.all_alarms}
    assert SYSTEMS[name].short_names == expected


def test_every_action_is_a_topic_with_the_alarm_queue_behind_it(name: str) -> None:
    """So that a rehearsal can follow each notification; and what notifies has a severity."""
    system = SYSTEMS[name]
    topics = {topic.arn: topic for topic in system.topics}
    (queue,) = (item for item in system.queues if item.max_receives)
    actions = [
        *(alarm.actions for alarm in system.alarms),
        *(composite.actions for composite in system.composites),
    ]
    assert any(action.alarm for action in actions)
    for action in actions:
        for arn in (*action.alarm, *action.ok):
            assert topics[arn].severity
            assert queue.name in {each.name for each in topics[arn].subscriptions}
        assert not action.insufficient_data


def test_topics_say_whom_they_reach_and_how_urgent_that_is() -> None:
    """Pages, tickets and mail; the notifier hears, but not where it may be what is broken."""
    topics = {topic.name: topic for topic in SYSTEMS["prod"].topics}
    assert {key: topic.severity for key, topic in topics.items()} == {
        "critical": "page",
        "warning": "ticket",
        "fallback": "page",
        "critical-mail": None,
        "warning-mail": None,
    }
    reached = {
        key: [(subscription.protocol, subscription.name) for subscription in topic.subscriptions]
        for key, topic in topics.items()
    }
    told = EVERY["prod"][0].notifications
    hook, mail = told.critical.webhooks[0], told.critical.emails[0]
    assert reached == {
        "critical": [("https", hook), ("lambda", "notifier"), ("sqs", "alarms")],
        "warning": [("lambda", "notifier"), ("sqs", "alarms")],
        "fallback": [("email", mail), ("https", hook), ("sqs", "alarms")],
        "critical-mail": [("email", mail)],
        "warning-mail": [("email", told.warning.emails[0])],
    }
    for topic in topics.values():
        for subscription in topic.subscriptions:
            if subscription.protocol in {"sqs", "lambda"}:
                assert subscription.endpoint.split(":")[:5] == [
                    "arn", "aws", subscription.protocol, EVERY["prod"][0].region, EVERY["prod"][0].account_id,
                ]  # fmt: skip


def test_queues_hand_over_what_is_received_too_often(name: str) -> None:
    """After as many times as config says, to a queue that is there."""
    env, system = EVERY[name][0], SYSTEMS[name]
    alarms, letters = system.queues
    assert (alarms.name, letters.name) == ("alarms", "alarms-dead-letters")
    assert alarms.dead_letters == letters.name
    assert alarms.max_receives == env.notifications.queue_max_receives
    assert alarms.full_name == f"{env.project}-alarms-{env.environment}"
    assert (letters.max_receives, letters.dead_letters) == (None, None)


def test_how_often_a_message_is_received_is_configs() -> None:
    """Any other number than the one that all environments have."""

    def change(data: dict[str, Any]) -> None:
        data["notifications"]["queue_max_receives"] = 7

    assert [queue.max_receives for queue in catalog.system(*changed(change)).queues] == [7, None]
