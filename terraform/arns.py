"""ARNs and ids of Terraform resources, computed from their names.

Source: Service Authorization Reference, "Resource types defined by ..." of each service; Terraform AWS
provider, attribute `id` of each resource.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

Read = Callable[[str], Any]
"""Returns the value of an attribute from its name."""


def _plain(service: str, resource: str) -> Callable[[Read, str, str], str]:
    """Return a function that builds an ARN from `resource`, in which `{x}` is the attribute x."""
    attributes = re.findall(r"\{(\w+)\}", resource)

    def make(read: Read, region: str, account_id: str) -> str:
        values = {attribute: read(attribute) for attribute in attributes}
        return f"arn:aws:{service}:{region}:{account_id}:{resource.format(**values)}"

    return make


def _iam(kind: str) -> Callable[[Read, str, str], str]:
    """Return a function that builds the ARN of a role or policy: no region, and an optional path."""

    def make(read: Read, region: str, account_id: str) -> str:
        del region
        path = str(read("path"))
        # Terraform's default for a missing argument.
        return f"arn:aws:iam::{account_id}:{kind}{'/' if path.startswith('<') else path}{read('name')}"

    return make


def _rule(read: Read, region: str, account_id: str) -> str:
    """Return the ARN of an EventBridge rule, which contains the event bus unless it is the default bus."""
    bus = str(read("event_bus_name"))
    folder = "" if bus.startswith("<") or bus == "default" else f"{bus.rpartition('/')[2]}/"
    return f"arn:aws:events:{region}:{account_id}:rule/{folder}{read('name')}"


ARNS: Final[Mapping[str, Callable[[Read, str, str], str]]] = {
    "aws_cloudwatch_composite_alarm": _plain("cloudwatch", "alarm:{alarm_name}"),
    "aws_cloudwatch_event_rule": _rule,
    "aws_cloudwatch_log_group": _plain("logs", "log-group:{name}"),
    "aws_cloudwatch_metric_alarm": _plain("cloudwatch", "alarm:{alarm_name}"),
    "aws_ecs_cluster": _plain("ecs", "cluster/{name}"),
    "aws_iam_policy": _iam("policy"),
    "aws_iam_role": _iam("role"),
    "aws_kinesis_firehose_delivery_stream": _plain("firehose", "deliverystream/{name}"),
    "aws_kms_alias": _plain("kms", "{name}"),
    "aws_kms_key": _plain("kms", "key/{key_id}"),
    "aws_lambda_function": _plain("lambda", "function:{function_name}"),
    "aws_sns_topic": _plain("sns", "{name}"),
    "aws_sqs_queue": _plain("sqs", "{name}"),
}
"""Type of a resource -> function that builds its ARN from its attributes, the region and the account."""

IDS: Final[Mapping[str, str]] = {
    "aws_cloudwatch_composite_alarm": "alarm_name",
    "aws_cloudwatch_event_rule": "name",
    "aws_cloudwatch_log_group": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_ecs_cluster": "arn",
    "aws_iam_policy": "arn",
    "aws_iam_role": "name",
    "aws_kms_alias": "name",
    "aws_kms_key": "key_id",
    "aws_lambda_function": "function_name",
    "aws_sns_topic": "arn",
    "aws_sqs_queue": "url",
}
"""Type of a resource -> the attribute that the provider uses as `id`."""
