"""Policy statements of the roles of services."""

from __future__ import annotations

from collections.abc import Sequence

from config.services import Grant
from stacks import policies


def write_logs(group_arns: Sequence[str], *, sid: str = "WriteLogs") -> policies.Statement:
    """Return the permission to write to existing log groups; only Terraform creates log groups."""
    streams = [f"{arn}:log-stream:*" for arn in group_arns]
    return policies.allow(sid, ["logs:CreateLogStream", "logs:PutLogEvents"], streams)


def send_traces() -> policies.Statement:
    """Return the permission to send traces.

    The resource is `*` because X-Ray has no resources for these actions (Service Authorization Reference,
    "Actions, resources, and condition keys for AWS X-Ray").
    """
    return policies.allow("SendTraces", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"])


def ask_for_sampling() -> policies.Statement:
    """Return the permission to read sampling rules of X-Ray; `*` as in `send_traces`."""
    return policies.allow("AskForSampling", ["xray:GetSamplingRules", "xray:GetSamplingTargets"], ["*"])


def grants(granted: Sequence[Grant]) -> list[policies.Statement]:
    """Return the configured grants of a service."""
    return [
        policies.allow(f"Granted{number}", grant.actions, grant.resources)
        for number, grant in enumerate(granted, start=1)
    ]
