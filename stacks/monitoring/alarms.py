"""Metric alarms and the composites over them, as the catalog has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog import Catalog
from catalog.specs import Alarm, AnyOf, Composite, InAlarm, Rule
from stacks import aws
from stacks.base import Stack


class Alarms:
    """Every alarm and composite of the catalog.

    Composites name their children by the resource's own attribute and children are created before they are
    destroyed: so Terraform updates a composite before it deletes an alarm that the composite named, as
    CloudWatch demands (API Reference, DeleteAlarms).
    """

    def __init__(self, stack: Stack, catalog: Catalog, topic_arns: Mapping[str, str]) -> None:
        """Add the alarms of `catalog`, which notify the topic of their severity."""
        self._stack = stack
        self._topics = topic_arns
        self._resources: dict[str, Any] = {}
        for alarm in catalog.alarms:
            self._resources[alarm.key] = self._metric_alarm(alarm)
        for composite in catalog.composites:
            self._resources[composite.key] = self._composite(composite)

    @property
    def arns(self) -> dict[str, str]:
        """Key of each alarm and composite -> its ARN."""
        return {key: resource.arn for key, resource in self._resources.items()}

    def _metric_alarm(self, alarm: Alarm) -> Any:
        metric = alarm.metric
        statistic: dict[str, Any] = {"statistic": metric.stat}
        if metric.stat.startswith("p"):
            # The API's default, said: at low traffic p99 is the slowest call, which M of N makes bearable;
            # `ignore` would keep the alarm in its last state for as long as traffic is low.
            statistic = {
                "extended_statistic": metric.stat,
                "evaluate_low_sample_count_percentiles": "evaluate",
            }
        return self._stack.add(
            aws.CloudwatchMetricAlarm,
            alarm.key,
            alarm_name=alarm.name,
            alarm_description=alarm.description,
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=metric.dimensions or None,
            period=metric.period_s,
            evaluation_periods=alarm.evaluation_periods,
            datapoints_to_alarm=alarm.datapoints_to_alarm,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            treat_missing_data=alarm.treat_missing_data,
            alarm_actions=[self._topics[alarm.severity]],
            ok_actions=[self._topics[alarm.severity]],
            tags={"Service": alarm.service, "Severity": alarm.severity},
            lifecycle={"create_before_destroy": True},
            **statistic,
        )

    def _composite(self, composite: Composite) -> Any:
        service = {"Service": composite.service} if composite.service else {}
        return self._stack.add(
            aws.CloudwatchCompositeAlarm,
            composite.key,
            alarm_name=composite.name,
            alarm_description=composite.description,
            alarm_rule=self._rule(composite.rule),
            alarm_actions=[self._topics[composite.severity]],
            ok_actions=[self._topics[composite.severity]],
            tags={**service, "Severity": composite.severity},
            lifecycle={"create_before_destroy": True},
        )

    def _rule(self, rule: Rule) -> str:
        """Return `rule` in CloudWatch's words; in parentheses, since precedence is not published."""
        if isinstance(rule, InAlarm):
            return f'ALARM("{self._resources[rule.alarm].alarm_name}")'
        if isinstance(rule, AnyOf):
            parts, word = rule.any_of, " OR "
        else:
            parts, word = rule.all_of, " AND "
        inner = word.join(self._rule(part) for part in parts)
        return f"({inner})" if len(parts) > 1 else inner
