"""Values that AWS accepts, as data, each with its source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

RETENTION_DAYS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Days CloudWatch Logs can keep events (CloudWatch Logs API Reference, PutRetentionPolicy)."""

REGIONS: Final = (
    "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
    "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1",
    "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
    "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2",
    "us-west-1", "us-west-2",
)  # fmt: skip
"""Regions of the partition `aws` (botocore, endpoints.json). China and GovCloud have other ARNs."""

_GIB: Final = 1024

FARGATE_MEMORY_MIB: Final[dict[int, tuple[int, ...]]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1 * _GIB, 4 * _GIB + 1, _GIB)),
    1024: tuple(range(2 * _GIB, 8 * _GIB + 1, _GIB)),
    2048: tuple(range(4 * _GIB, 16 * _GIB + 1, _GIB)),
    4096: tuple(range(8 * _GIB, 30 * _GIB + 1, _GIB)),
    8192: tuple(range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB)),
    16384: tuple(range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB)),
}
"""Memory (MiB) that Fargate offers for each size of CPU (units of 1/1024 vCPU).
Source: Amazon ECS API Reference, RegisterTaskDefinition, `cpu`.
"""

LAMBDA_TIMEOUT_S: Final = 900
"""Longest a Lambda function may run, in seconds (AWS Lambda quotas, "Function timeout")."""

LAMBDA_MEMORY_MIB: Final = (128, 10_240)
"""Least and most memory of a Lambda function, in MiB (AWS Lambda quotas, "Function memory allocation")."""

MOST_SERVICES: Final = 5000
"""Services of an environment: each has a role, and an account at most 5,000 (IAM quotas, roles)."""

MOST_TAGS: Final = 50
"""Tags of a resource (AWS General Reference, "Tagging AWS resources")."""

LAMBDA_UNRESERVED_CONCURRENCY: Final = 100
"""Concurrent executions that reservations must leave (Lambda API Reference, PutFunctionConcurrency)."""

LAMBDA_INIT_MS: Final = 10_000
"""Longest initialization of a function, in milliseconds. One that takes longer is repeated within the first
invocation, which has the function's timeout (AWS Lambda Developer Guide, "Lambda execution environment
lifecycle")."""

LAMBDA_VARIABLES_BYTES: Final = 4096
"""Size of a function's environment variables (AWS Lambda quotas, "Environment variables")."""

TASK_DEFINITION_BYTES: Final = 65_536
"""Size of a task definition (Amazon ECS service quotas, "Task definition size")."""

SQS_RETENTION_S: Final = 345_600
"""Seconds that a queue keeps a message by default (Amazon SQS API Reference, CreateQueue,
`MessageRetentionPeriod`)."""

SQS_LONGEST_RETENTION_S: Final = 14 * 86_400
"""Most seconds that a queue can keep a message (the same)."""

KINESIS_LONGEST_RETENTION_MS: Final = 31_536_000_000
"""Most milliseconds that a stream can keep a record (Kinesis Data Streams Developer Guide, "Change the data
retention period"); DynamoDB and Kafka streams that invoke functions keep less."""

FIREHOSE_RETRY_S: Final = 86_400
"""Seconds for which Firehose keeps a record that it could not write (Amazon Data Firehose Developer Guide,
"Handle data delivery failures")."""

LOAD_BALANCER_IDLE_S: Final = 4000
"""Longest idle timeout of an Application Load Balancer, in seconds (Elastic Load Balancing, "Edit attributes
for your Application Load Balancer")."""

EXPRESSION_CHARACTERS: Final = 1024
"""Longest expression of metric math that the Terraform provider accepts for an alarm
(`aws_cloudwatch_metric_alarm`, `metric_query.expression`), and the check of dashboards for a graph. The limit
of CloudWatch is 2,048 characters."""

COLLECTOR_IMAGE: Final[str] = json.loads(
    Path(__file__).with_name("collector_image.json").read_text(encoding="utf-8")
)["image"]
"""Image of the collector beside each ECS service; the file names its release, its source and known CVEs."""

LAMBDA_INSIGHTS_LAYERS: Final[dict[str, dict[str, str]]] = json.loads(
    Path(__file__).with_name("lambda_insights_layers.json").read_text(encoding="utf-8")
)["layers"]
"""Lambda Insights layer ARN by architecture and region; the file names its source."""


def has_lambda_insights(region: str, architecture: str) -> bool:
    """Return whether AWS publishes the Lambda Insights layer for this region and architecture."""
    return region in LAMBDA_INSIGHTS_LAYERS[architecture]
