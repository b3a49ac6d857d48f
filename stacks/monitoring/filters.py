"""Metric filters, by which log lines become metrics, and saved queries over all logs."""

from __future__ import annotations

from catalog import Catalog
from stacks import aws
from stacks.base import Stack
from stacks.contracts import Compute


def add_filters(stack: Stack, catalog: Catalog, compute: Compute) -> None:
    """Add every metric filter of `catalog` to the log groups that `compute` made."""
    for one in catalog.filters:
        default = None if one.default_value is None else f"{one.default_value:g}"
        stack.add(
            aws.CloudwatchLogMetricFilter,
            one.key,
            name=one.name,
            log_group_name=compute.log_group_names[one.log_group_key],
            pattern=one.pattern,
            metric_transformation=aws.CloudwatchLogMetricFilterMetricTransformation(
                namespace=one.namespace,
                name=one.metric,
                value=one.value,
                default_value=default,
                unit=one.unit,
            ),
        )


def add_queries(stack: Stack, catalog: Catalog, compute: Compute) -> None:
    """Add every saved query of `catalog`, over the log groups of all services."""
    groups = [group for group in catalog.log_groups if group.writer == "service"]
    for query in catalog.queries:
        stack.add(
            aws.CloudwatchQueryDefinition,
            query.key,
            name=query.name,
            query_string=query.text,
            log_group_names=[compute.log_group_names[group.key] for group in groups],
        )
