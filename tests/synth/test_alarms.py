"""Alarms, filters and queries in the JSON are the catalog's, for every environment."""

from __future__ import annotations

import re

import pytest

from catalog.specs import AllOf, AnyOf, InAlarm, Rule
from tests.synth.synthesized import ENVIRONMENTS, Resource, Synthesized, every_resource, synthesized

ALARM_TYPES = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")


@pytest.mark.parametrize("alarm", every_resource(*ALARM_TYPES), ids=str)
def test_every_alarm_tells_somebody_what_happened(alarm: Resource) -> None:
    """It has a description and notifies the topic of its severity, when it fires and when it is over."""
    severity = alarm.body["tags"]["Severity"]
    assert alarm.body["alarm_actions"] == [f"${{aws_sns_topic.{severity}.arn}}"]
    assert alarm.body["ok_actions"] == alarm.body["alarm_actions"]
    assert alarm.environment in alarm.body["alarm_description"]


@pytest.mark.parametrize("alarm", every_resource(*ALARM_TYPES), ids=str)
def test_every_alarm_is_created_before_its_predecessor_is_destroyed(alarm: Resource) -> None:
    """A composite lets go of a child before the child goes, as CloudWatch demands."""
    assert alarm.body["lifecycle"] == {"create_before_destroy": True}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_metric_alarms_are_the_catalogs(name: str) -> None:
    """Every value of every alarm, and no other alarm."""
    one = synthesized(name)
    found = {}
    for resource in one.resources("aws_cloudwatch_metric_alarm"):
        body = resource.body
        found[resource.key] = (
            body["alarm_name"], body["namespace"], body["metric_name"], body.get("dimensions", {}),
            body.get("statistic") or body["extended_statistic"], body["period"],
            body["comparison_operator"], body["threshold"], body["evaluation_periods"],
            body["datapoints_to_alarm"], body["treat_missing_data"], body["alarm_description"],
        )  # fmt: skip
    expected = {
        alarm.key: (
            alarm.name, alarm.metric.namespace, alarm.metric.name, alarm.metric.dimensions,
            alarm.metric.stat, alarm.metric.period_s,
            alarm.comparison, alarm.threshold, alarm.evaluation_periods,
            alarm.datapoints_to_alarm, alarm.treat_missing_data, alarm.description,
        )
        for alarm in one.catalog.alarms
    }  # fmt: skip
    assert found == expected


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_composite_rules_are_the_catalogs(name: str) -> None:
    """Each rule, with the names in place of the references to alarms of the same stack."""
    one = synthesized(name)
    found = {
        resource.key: re.sub(
            r"\$\{aws_cloudwatch_\w+_alarm\.([\w-]+)\.alarm_name\}", r"<\1>", resource.body["alarm_rule"]
        )
        for resource in one.resources("aws_cloudwatch_composite_alarm")
    }
    assert found == {composite.key: written(composite.rule) for composite in one.catalog.composites}


def written(rule: Rule) -> str:
    """Return a rule as CloudWatch reads it, with `<key>` for the name of an alarm."""
    if isinstance(rule, InAlarm):
        return f'ALARM("<{rule.alarm}>")'
    parts = [written(part) for part in (rule.any_of if isinstance(rule, AnyOf) else rule.all_of)]
    assert isinstance(rule, AnyOf | AllOf)
    joined = (" OR " if isinstance(rule, AnyOf) else " AND ").join(parts)
    return f"({joined})" if len(parts) > 1 else joined


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_filters_are_the_catalogs(name: str) -> None:
    """Every metric filter reads its service's group and publishes its metric."""
    one = synthesized(name)
    found = {
        resource.key: (
            resource.body["pattern"],
            _log_group(resource),
            resource.body["metric_transformation"],
        )
        for resource in one.resources("aws_cloudwatch_log_metric_filter")
    }
    expected = {
        spec.key: (
            spec.pattern,
            spec.log_group_key,
            {
                "namespace": spec.namespace,
                "name": spec.metric,
                "value": spec.value,
                "unit": spec.unit,
                **({} if spec.default_value is None else {"default_value": f"{spec.default_value:g}"}),
            },
        )
        for spec in one.catalog.filters
    }
    assert found == expected


def _log_group(resource: Resource) -> str:
    match = re.search(r'log_group_names\["([^"]+)"\]', resource.body["log_group_name"])
    assert match
    return match[1]


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
