"""The metric alarms and composites of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog import Catalog
from catalog.aws_alarms import BAND, OBSERVED, RESULT, anomaly_band, rule_text
from catalog.specs import Alarm, Composite, Math, Metric, Topic
from cloudwatch.statistic import SIMPLE
from stacks import aws
from stacks.base import Stack


class Alarms:
    """Every alarm and composite of the catalog.

    Composites reference the names of their children, and children have `create_before_destroy`: so Terraform
    updates a composite before it deletes an alarm in its rule, as CloudWatch requires (API Reference,
    DeleteAlarms).
    """

    def __init__(self, stack: Stack, catalog: Catalog, topic_arns: Mapping[Topic, str]) -> None:
        """Add the alarms of `catalog`, which notify the topics that they name."""
        self._stack = stack
        self._topics = topic_arns
        self._composites = {composite.key: composite for composite in catalog.composites}
        self._resources: dict[str, Any] = {alarm.key: self._metric_alarm(alarm) for alarm in catalog.alarms}
        for composite in catalog.composites:
            self._resource(composite.key)

    @property
    def arns(self) -> dict[str, str]:
        """Key of each alarm and composite -> its ARN."""
        return {key: resource.arn for key, resource in self._resources.items()}

    def _resource(self, key: str) -> Any:
        """Return the resource of an alarm; a composite is created on first use."""
        if key not in self._resources:
            self._resources[key] = self._composite(self._composites[key])
        return self._resources[key]

    def _metric_alarm(self, alarm: Alarm) -> Any:
        return self._stack.add(
            aws.CloudwatchMetricAlarm,
            alarm.key,
            evaluation_periods=alarm.evaluation_periods,
            datapoints_to_alarm=alarm.datapoints_to_alarm,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            treat_missing_data=alarm.treat_missing_data,
            **self._common(alarm),
            **_watched(alarm),
        )

    def _composite(self, composite: Composite) -> Any:
        suppressor = composite.suppressor
        return self._stack.add(
            aws.CloudwatchCompositeAlarm,
            composite.key,
            alarm_rule=rule_text(composite.rule, self._name),
            actions_suppressor=aws.CloudwatchCompositeAlarmActionsSuppressor(
                alarm=self._name(suppressor.alarm),
                wait_period=suppressor.wait_s,
                extension_period=suppressor.extension_s,
            )
            if suppressor
            else None,
            **self._common(composite),
        )

    def _common(self, alarm: Alarm | Composite) -> dict[str, Any]:
        """Return the arguments of both types of alarm: name, description, actions, tags."""
        topic = alarm.topic
        actions = [self._topics[topic]] if topic else None
        ok_actions = actions if topic and _has_ok_actions(self._stack, topic) else None
        service = {"Service": alarm.service} if alarm.service else {}
        return {
            "alarm_name": alarm.name,
            "alarm_description": alarm.description,
            "alarm_actions": actions,
            "ok_actions": ok_actions,
            "tags": {**service, "Severity": alarm.severity, "Owner": alarm.owner},
            "lifecycle": {"create_before_destroy": True},
        }

    def _name(self, key: str) -> str:
        """Return a reference to the name of an alarm, from which Terraform derives the order."""
        return str(self._resource(key).alarm_name)


def _has_ok_actions(stack: Stack, topic: Topic) -> bool:
    """Return whether alarms publish the state OK to a topic; to `fallback` they always do."""
    config = stack.env.notifications
    return True if topic == "fallback" else getattr(config, topic).ok_notifications


def _watched(alarm: Alarm) -> dict[str, Any]:
    """Return the arguments of the series of an alarm: a metric, metric math, or a metric with a band."""
    if alarm.anomaly_band is not None and isinstance(alarm.watches, Metric):
        return {
            "threshold_metric_id": BAND,
            "metric_query": [
                _query(OBSERVED, alarm.watches, returned=True),
                aws.CloudwatchMetricAlarmMetricQuery(
                    id=BAND,
                    expression=anomaly_band(alarm.anomaly_band),
                    label=f"{alarm.watches.label}, baseline",
                    return_data=True,
                ),
            ],
        }
    if isinstance(alarm.watches, Math):
        result = aws.CloudwatchMetricAlarmMetricQuery(
            id=RESULT, expression=alarm.watches.expression, label=alarm.watches.label, return_data=True
        )
        inputs = [_query(key, metric, returned=False) for key, metric in alarm.watches.metrics.items()]
        return {"metric_query": [*inputs, result]}
    metric = alarm.watches
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": metric.dimensions or None,
        "period": metric.period_s,
        **_statistic(metric.stat),
    }


def _query(key: str, metric: Metric, *, returned: bool) -> Any:
    return aws.CloudwatchMetricAlarmMetricQuery(
        id=key,
        return_data=returned,
        metric=aws.CloudwatchMetricAlarmMetricQueryMetric(
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=metric.dimensions or None,
            period=metric.period_s,
            stat=metric.stat,
        ),
    )


def _statistic(stat: str) -> dict[str, Any]:
    if stat in SIMPLE:
        return {"statistic": stat}
    if not stat.startswith("p"):
        return {"extended_statistic": stat}
    # The API default, set explicitly. At low traffic p99 is the slowest call, which M of N compensates;
    # `ignore` would keep the state of the alarm while traffic is low.
    return {"extended_statistic": stat, "evaluate_low_sample_count_percentiles": "evaluate"}
