"""The CloudWatch metrics that exist: those that AWS documents, and those of our metric filters.

CloudWatch accepts alarms and graphs on any metric name. With a wrong name, they never have data, and there is
no error. So names are compared with `aws_metrics.json`, where each namespace names its source.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from catalog.specs import LogFilter

AWS_METRICS: Final[Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("aws_metrics.json").read_text(encoding="utf-8")
)
"""Namespace -> its source and metrics; metric -> its unit and its sets of dimensions.

Of a metric that counts events also `sample`: `1` if AWS documents a sample of 1 for each event, as the Lambda
Developer Guide ("binary indicators of the outcome") and the guide of load balancers do ("Minimum, Maximum,
and Average all return 1"). `0 or 1` if there are samples of 0 too, one for each other event: of those of the
metric `of`, which counts all of them, or of the metric `besides`, which counts the others. `statistics`: the
only valid ones, as the source states.
"""

NAMESPACES: Final = frozenset(AWS_METRICS) | {
    f"AWS/{name}"
    for name in (
        "AmplifyHosting", "ApiGateway", "AppRunner", "AppStream", "AppSync", "Athena", "AutoScaling",
        "Backup", "Bedrock", "Billing", "Cassandra", "CertificateManager", "CloudFront", "CloudHSM",
        "CloudSearch", "CodeBuild", "Cognito", "Connect", "DAX", "DDoSProtection", "DMS", "DX",
        "DynamoDB", "EBS", "EC2", "EC2Spot", "ECR", "EFS", "ElastiCache", "ElasticBeanstalk",
        "ElasticMapReduce", "ELB", "ES", "FSx", "GameLift", "GatewayELB", "GlobalAccelerator", "IoT",
        "Kafka", "Kinesis", "KinesisAnalytics", "KinesisVideo", "KMS", "Lex", "Location", "MemoryDB",
        "MediaConvert", "MWAA", "NATGateway", "Neptune", "NetworkELB", "NetworkFirewall", "OpsWorks",
        "Pipes", "Polly", "PrivateLinkEndpoints", "PrivateLinkServices", "RDS", "Redshift",
        "Rekognition", "Route53", "S3", "SageMaker", "SecretsManager", "SES", "StorageGateway",
        "Synthetics", "Textract", "Timestream", "TransitGateway", "Translate", "TrustedAdvisor",
        "Usage", "VPN", "WAFV2", "WorkSpaces", "X-Ray",
    )
}  # fmt: skip
"""Namespaces of AWS, for suggestions only (CloudWatch User Guide, "AWS services that publish CloudWatch
metrics"). Metrics are compared only in those of `AWS_METRICS`."""

_SHOWN: Final = 3
"""Namespaces that a message lists."""


def documented(namespace: str, name: str) -> Mapping[str, Any]:
    """Return what AWS documents of a metric, as in `AWS_METRICS`; empty for one that is not known."""
    found: Mapping[str, Any] = AWS_METRICS.get(namespace, {}).get("metrics", {}).get(name, {})
    return found


class Published(Protocol):
    """A metric that the platform or a service publishes."""

    @property
    def namespace(self) -> str:
        """Its namespace."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def dimensions(self) -> Mapping[str, str]:
        """The names and values of its dimensions."""

    @property
    def is_declared(self) -> bool:
        """Whether only the configuration states that it exists."""


Known = dict[str, dict[str, list[list[str]]]]
"""Namespace -> metric -> its sets of dimensions, each sorted."""


def known(published: Iterable[Published] = ()) -> Known:
    """Return the metrics that AWS documents, and those in `published`."""
    metrics: Known = {
        namespace: {name: list(documented["dimensions"]) for name, documented in its["metrics"].items()}
        for namespace, its in AWS_METRICS.items()
    }
    for metric in published:
        metrics.setdefault(metric.namespace, {}).setdefault(metric.name, []).append(sorted(metric.dimensions))
    return metrics


def why_unknown(
    namespace: str, name: str, dimensions: Iterable[str], *, filters: Iterable[LogFilter] = ()
) -> str | None:
    """Return why a metric does not exist, in one sentence, or None if it exists.

    Args:
        namespace: the metric's namespace.
        name: its name.
        dimensions: the names of its dimensions.
        filters: metric filters, whose metrics exist as well.
    """
    metrics = known()
    for log_filter in filters:
        sets = metrics.setdefault(log_filter.namespace, {}).setdefault(log_filter.metric, [])
        sets.append(sorted(log_filter.dimensions))
    return why_not_in(metrics, namespace, name, dimensions)


def why_not_in(metrics: Known, namespace: str, name: str, dimensions: Iterable[str]) -> str | None:
    """Return why a metric is not in `metrics`, in one sentence, or None if it is."""
    if namespace not in metrics:
        return f"no namespace {namespace}{_near(namespace, metrics)}"
    names = metrics[namespace]
    if name not in names:
        elsewhere = sorted(other for other, its in metrics.items() if name in its)
        hint = f"; it is in {' and '.join(elsewhere[:_SHOWN])}" if elsewhere else _near(name, names)
        return f"no metric {name} in {namespace}{hint}"
    dimension_names = sorted(dimensions)
    if dimension_names not in names[name]:
        sets = " or ".join(_set(group) for group in names[name])
        single = {dimension for group in names[name] for dimension in group}
        hints = dict.fromkeys(_near(text, single) for text in dimension_names if text not in single)
        return f"{namespace} {name} is reported by {sets}, not by {_set(dimension_names)}{''.join(hints)}"
    return None


def _near(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _set(dimensions: list[str]) -> str:
    return f"{{{', '.join(dimensions)}}}" if dimensions else "no dimensions"
