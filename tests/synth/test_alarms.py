"""Alarms, filters, queries, events and windows in the JSON are the catalog's, for every environment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from catalog.specs import Alarm, AllOf, AnyOf, Composite, InAlarm, Math, Metric, NotInAlarm, Rule
from tests.synth.everything import NAMES, made, of
from tests.synth.synthesized import ENVIRONMENTS, Resource, Synthesized, synthesized

METRIC, COMPOSITE = "aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"


@pytest.mark.parametrize("name", NAMES)
def test_every_alarm_tells_whom_the_catalog_says(name: str) -> None:
    """Its topic or nobody; when it is over too, unless config says not; with its text and its tags."""
    one = made(name)
    resources = of(name, METRIC, COMPOSITE)
    assert resources.keys() == {alarm.key for alarm in one.catalog.all_alarms}
    told = one.env.notifications
    over = {
        "critical": told.critical.ok_notifications,
        "warning": told.warning.ok_notifications,
        "fallback": True,
        None: False,
    }
    for alarm in one.catalog.all_alarms:
        body = resources[alarm.key].body
        actions = [f"${{aws_sns_topic.{alarm.topic}.arn}}"] if alarm.topic else None
        assert body.get("alarm_actions") == actions, alarm.key
        assert body.get("ok_actions") == (actions if over[alarm.topic] else None), alarm.key
        assert not body.get("insufficient_data_actions")
        assert "actions_enabled" not in body
        assert (body["alarm_name"], body["alarm_description"]) == (alarm.name, alarm.description)
        service = {"Service": alarm.service} if alarm.service else {}
        assert body["tags"] == {"Severity": alarm.severity, "Owner": alarm.owner, **service}


def test_both_ways_of_saying_that_it_is_over_occur() -> None:
    """The test above would pass with either alone."""
    assert {made(name).env.notifications.critical.ok_notifications for name in NAMES} == {True, False}
    assert {made(name).env.notifications.warning.ok_notifications for name in NAMES} == {False}


@pytest.mark.parametrize("name", NAMES)
def test_every_alarm_is_created_before_its_predecessor_is_destroyed(name: str) -> None:
    """A composite lets go of a child before the child goes, as CloudWatch demands."""
    for alarm in of(name, METRIC, COMPOSITE).values():
        assert alarm.body["lifecycle"] == {"create_before_destroy": True}


@pytest.mark.parametrize("name", NAMES)
def test_metric_alarms_are_the_catalogs(name: str) -> None:
    """Every value of every alarm, and no other alarm."""
    resources = of(name, METRIC)
    alarms = made(name).catalog.alarms
    assert resources.keys() == {alarm.key for alarm in alarms}
    for alarm in alarms:
        body = dict(resources[alarm.key].body)
        for key in (
            "//",
            "lifecycle",
            "tags",
            "alarm_actions",
            "ok_actions",
            "alarm_description",
            "alarm_name",
        ):
            body.pop(key, None)
        assert body == {
            "comparison_operator": alarm.comparison,
            "evaluation_periods": alarm.evaluation_periods,
            "datapoints_to_alarm": alarm.datapoints_to_alarm,
            "treat_missing_data": alarm.treat_missing_data,
            **watched(alarm),
        }, alarm.key


def watched(alarm: Alarm) -> dict[str, Any]:
    """Return what Terraform has to say of what an alarm watches (provider: aws_cloudwatch_metric_alarm)."""
    of, limit = alarm.watches, {} if alarm.threshold is None else {"threshold": alarm.threshold}
    if isinstance(of, Math):
        result = {"id": "result", "expression": of.expression, "label": of.label, "return_data": True}
        inputs = [
            {"id": key, "return_data": False, "metric": metric(item)} for key, item in of.metrics.items()
        ]
        return {**limit, "metric_query": [*inputs, result]}
    if alarm.anomaly_band:
        band = f"ANOMALY_DETECTION_BAND(observed, {alarm.anomaly_band:g})"
        return {
            "threshold_metric_id": "band",
            "metric_query": [
                {"id": "observed", "return_data": True, "metric": metric(of)},
                {"id": "band", "expression": band, "label": f"{of.label}, baseline", "return_data": True},
            ],
        }
    plain = {key: value for key, value in metric(of).items() if key != "stat"}
    percentile = re.fullmatch(r"p\d+", of.stat)
    low = {"extended_statistic": of.stat, "evaluate_low_sample_count_percentiles": "evaluate"}
    return {**limit, **plain, **(low if percentile else {"statistic": of.stat})}


def metric(item: Metric) -> dict[str, Any]:
    """Return the arguments of one metric."""
    dimensions = {"dimensions": item.dimensions} if item.dimensions else {}
    return {
        "namespace": item.namespace,
        "metric_name": item.name,
        "period": item.period_s,
        "stat": item.stat,
        **dimensions,
    }


def test_every_way_of_watching_occurs() -> None:
    """A metric, a percentile, metric math and a band: the test above would pass without one."""
    alarms = made("everything").catalog.alarms
    assert any(alarm.anomaly_band for alarm in alarms)
    assert any(isinstance(alarm.watches, Math) for alarm in alarms)
    assert {alarm.watches.stat for alarm in alarms if isinstance(alarm.watches, Metric)} >= {
        "Sum",
        "p99",
        "p90",
    }
    assert any(not item.dimensions for alarm in alarms for item in alarm.metrics)


REFERENCE = re.compile(r"\$\{aws_cloudwatch_(metric|composite)_alarm\.([\w-]+)\.alarm_name\}")


@pytest.mark.parametrize("name", NAMES)
def test_every_way_of_asking_occurs(name: str) -> None:
    """Any of, all of, and not: the test below would pass without one; "not" where a deployment suppresses."""
    rules = [resource.body["alarm_rule"] for resource in of(name, COMPOSITE).values()]
    assert any(" OR " in rule for rule in rules)
    env, asked = made(name).env, any("NOT ALARM(" in rule for rule in rules)
    assert asked == bool(made(name).catalog.slos and env.deployments.suppression_s)


@pytest.mark.parametrize("name", NAMES)
def test_composite_rules_and_suppressors_are_the_catalogs(name: str) -> None:
    """With references to alarms of the same stack in place of names, so that Terraform knows the order."""
    one = made(name)
    kinds = {
        alarm.key: "metric" if isinstance(alarm, Alarm) else "composite" for alarm in one.catalog.all_alarms
    }
    for composite in one.catalog.composites:
        body = of(name, COMPOSITE)[composite.key].body
        rule = body["alarm_rule"]
        assert {(kind, key) for kind, key in REFERENCE.findall(rule)} == {
            (kinds[key], key) for key in composite.children()
        }
        assert REFERENCE.sub(r"<\2>", rule) == written(composite.rule)
        assert rule.startswith(("(", "ALARM("))
        assert suppressor(body) == expected_suppressor(composite, kinds), composite.key


def suppressor(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the suppressor in the JSON."""
    found: dict[str, Any] | None = body.get("actions_suppressor")
    return found


def expected_suppressor(composite: Composite, kinds: dict[str, str]) -> dict[str, Any] | None:
    """Return the suppressor as the catalog has it."""
    if composite.suppressor is None:
        return None
    by = composite.suppressor
    return {
        "alarm": f"${{aws_cloudwatch_{kinds[by.alarm]}_alarm.{by.alarm}.alarm_name}}",
        "wait_period": by.wait_s,
        "extension_period": by.extension_s,
    }


def written(rule: Rule) -> str:
    """Return a rule as CloudWatch reads it, with `<key>` for the name of an alarm."""
    if isinstance(rule, InAlarm):
        return f'ALARM("<{rule.alarm}>")'
    if isinstance(rule, NotInAlarm):
        return f'NOT ALARM("<{rule.not_in_alarm}>")'
    parts = [written(part) for part in (rule.any_of if isinstance(rule, AnyOf) else rule.all_of)]
    assert isinstance(rule, AnyOf | AllOf)
    joined = (" OR " if isinstance(rule, AnyOf) else " AND ").join(parts)
    return f"({joined})" if len(parts) > 1 else joined


@pytest.mark.parametrize("name", NAMES)
def test_no_alarm_waits_for_one_that_waits_for_it(name: str) -> None:
    """Terraform refuses a cycle: rules and suppressors of all composites together."""
    left = {
        key: {match[1] for match in REFERENCE.findall(json.dumps(resource.body))}
        for key, resource in of(name, COMPOSITE).items()
    }
    while left:
        free = {key for key, needs in left.items() if not needs & left.keys()}
        assert free, f"cycle among {sorted(left)}"
        left = {key: needs for key, needs in left.items() if key not in free}


@pytest.mark.parametrize("name", NAMES)
def test_events_reach_their_topics_and_the_log(name: str) -> None:
    """Each rule has the catalog's pattern and logs its events; only those that notify have a topic."""
    one = made(name)
    rules, targets = of(name, "aws_cloudwatch_event_rule"), of(name, "aws_cloudwatch_event_target")
    events = {event.key: event for event in one.catalog.events}
    every = {rule.key: rule for rule in one.catalog.rules}
    deployments = {"ecs-deployments", "ecs-deployments-started"} if events else set()
    stopped = {"task-failed"} if events else set()
    assert rules.keys() == every.keys() == events.keys() | deployments | stopped
    log = "${data.terraform_remote_state.compute.outputs.log_group_names.events}"
    log_arn = f"arn:aws:logs:{one.env.region}:{one.env.account_id}:log-group:{log}"
    expected = {f"{key}_log": (key, log_arn) for key in rules}
    expected |= {key: (key, f"${{aws_sns_topic.{event.topic}.arn}}") for key, event in events.items()}
    found = {key: target.body for key, target in targets.items()}
    assert {key: (body["rule"], body["arn"], body["target_id"]) for key, body in found.items()} == {
        key: (f"${{aws_cloudwatch_event_rule.{rule}.name}}", arn, key)
        for key, (rule, arn) in expected.items()
    }
    for key, event in every.items():
        body = rules[key].body
        assert (body["name"], json.loads(body["event_pattern"]), body["description"]) == (
            event.name, event.pattern, event.summary,
        )  # fmt: skip
    for key in deployments:
        pattern = json.loads(rules[key].body["event_pattern"])
        begins, ends = "SERVICE_DEPLOYMENT_IN_PROGRESS", "SERVICE_DEPLOYMENT_COMPLETED"
        names = [begins] if key == "ecs-deployments-started" else [begins, ends]
        assert pattern["detail"] == {"eventName": names}
        assert pattern["resources"] == events["deployment-failed"].pattern["resources"]
    policies = of(name, "aws_cloudwatch_log_resource_policy")
    assert len(policies) == bool(deployments)
    transformed = {
        key: body["input_transformer"] for key, body in found.items() if "input_transformer" in body
    }
    line = {
        "input_paths": {"time": "$.time", "resource": "$.resources[0]"},
        "input_template": '{"timestamp": <time>, "message": <resource>}',
    }
    assert transformed == ({"ecs-deployments-started_log": line} if events else {})
    for policy in policies.values():
        (statement,) = json.loads(policy.body["policy_document"])["Statement"]
        assert statement["Resource"] == f"{log_arn}:*"
        assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
        assert statement["Principal"] == {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]}


@pytest.mark.parametrize("name", NAMES)
def test_windows_are_schedules_that_write_their_metric(name: str) -> None:
    """At the minute, in the time zone; a start that fails is tried for a few minutes and then given up."""
    one = made(name)
    schedules = of(name, "aws_scheduler_schedule")
    assert schedules.keys() == {window.key for window in one.catalog.windows} == one.env.maintenance.keys()
    for window in one.catalog.windows:
        body = schedules[window.key].body
        assert body["name"] == window.name
        assert body["schedule_expression"] == f"cron({window.cron})"
        assert body["schedule_expression_timezone"] == window.timezone
        assert body["flexible_time_window"] == {"mode": "OFF"}
        target = body["target"]
        assert target["arn"] == "arn:aws:scheduler:::aws-sdk:cloudwatch:putMetricData"
        assert target["role_arn"] == "${aws_iam_role.maintenance.arn}"
        assert 60 <= target["retry_policy"]["maximum_event_age_in_seconds"] <= 600
        assert target["retry_policy"]["maximum_retry_attempts"] > 0
        sent = json.loads(target["input"])
        (sample,) = sent["MetricData"]
        (alarm,) = (alarm for alarm in one.catalog.alarms if alarm.key == window.alarm)
        (of_alarm,) = alarm.metrics
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in sample["Dimensions"]}
        assert (sent["Namespace"], sample["MetricName"], dimensions) == (
            of_alarm.namespace, of_alarm.name, of_alarm.dimensions,
        )  # fmt: skip
        assert sample["Value"] == 1


@pytest.mark.parametrize("name", NAMES)
def test_filters_are_the_catalogs(name: str) -> None:
    """Every metric filter reads its service's group and publishes its metric."""
    one = made(name)
    theirs = {group.key: group.name for group in one.catalog.log_groups if not group.owned}
    found = {
        resource.key: (
            resource.body["pattern"],
            _log_group(resource, theirs),
            resource.body["metric_transformation"],
        )
        for resource in one.resources("aws_cloudwatch_log_metric_filter")
    }
    expected = {
        spec.key: (
            spec.pattern,
            theirs.get(spec.log_group_key, spec.log_group_key),
            {
                "namespace": spec.namespace,
                "name": spec.metric,
                "value": spec.value,
                "unit": spec.unit,
                **({} if spec.default_value is None else {"default_value": f"{spec.default_value:g}"}),
                **({"dimensions": spec.dimensions} if spec.dimensions else {}),
            },
        )
        for spec in one.catalog.filters
    }
    assert found == expected


def _log_group(resource: Resource, theirs: Mapping[str, str]) -> str:
    """Return the key of a group that is created, or the name of one that exists already."""
    if resource.body["log_group_name"] in theirs.values():
        return str(resource.body["log_group_name"])
    match = re.search(r'log_group_names(?:\["([^"]+)"\]|\.(\w+))', resource.body["log_group_name"])
    assert match
    return match[1] or match[2]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_saved_queries_search_every_service(name: str) -> None:
    """Errors, slowest requests, one trace and volume, each over the groups of all services."""
    one: Synthesized = synthesized(name)
    queries = one.resources("aws_cloudwatch_query_definition")
    assert {query.key for query in queries} == {
        "errors",
        "slowest-requests",
        "one-trace",
        "volume-by-service",
    }
    for query in queries:
        assert len(query.body["log_group_names"]) == len(one.env.services)
