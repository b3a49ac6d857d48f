"""Metric filters, which extract metrics from logs, and saved queries over all logs."""

from __future__ import annotations

from catalog import Catalog
from catalog.specs import LogGroup
from cloudwatch import quotas
from stacks import aws
from stacks.base import Stack
from stacks.contracts import Compute


def add_filters(stack: Stack, catalog: Catalog, compute: Compute) -> None:
    """Add every metric filter of `catalog` to the log groups of `compute`, and to existing ones."""
    names = {group.key: _name(group, compute) for group in catalog.log_groups}
    for log_filter in catalog.filters:
        default = None if log_filter.default_value is None else f"{log_filter.default_value:g}"
        stack.add(
            aws.CloudwatchLogMetricFilter,
            log_filter.key,
            name=log_filter.name,
            log_group_name=names[log_filter.log_group_key],
            pattern=log_filter.pattern,
            metric_transformation=aws.CloudwatchLogMetricFilterMetricTransformation(
                namespace=log_filter.namespace,
                name=log_filter.metric,
                value=log_filter.value,
                default_value=default,
                unit=log_filter.unit,
                dimensions=log_filter.dimensions or None,
            ),
        )


def _name(group: LogGroup, compute: Compute) -> str:
    """Return the name of a log group: a reference to a created one, the text of an existing one."""
    return compute.log_group_names[group.key] if group.owned else group.name


def add_queries(stack: Stack, catalog: Catalog, compute: Compute) -> None:
    """Add every saved query of `catalog`, over the log groups of all services."""
    most = quotas.QUERY_LOG_GROUPS
    names = [_name(group, compute) for group in catalog.log_groups if group.writer == "service"]
    parts = [names[begin : begin + most] for begin in range(0, len(names), most)]
    for query in catalog.queries:
        for number, part in enumerate(parts, start=1):
            stack.add(
                aws.CloudwatchQueryDefinition,
                query.key if number == 1 else f"{query.key}_{number}",
                name=query.name if len(parts) == 1 else f"{query.name} ({number} of {len(parts)})",
                query_string=query.text,
                log_group_names=part,
            )
