"""Statements that roles of services are made of."""

from __future__ import annotations

from collections.abc import Sequence

from config.models import Grant
from stacks import policies


def write_logs(group_arns: Sequence[str], *, sid: str = "WriteLogs") -> policies.Statement:
    """Return the right to write to log groups that exist; creating groups is Terraform's alone."""
    streams = [f"{arn}:log-stream:*" for arn in group_arns]
    return policies.allow(sid, ["logs:CreateLogStream", "logs:PutLogEvents"], streams)


def send_traces() -> policies.Statement:
    """Return the right to send traces.

    The resource is `*` because X-Ray has no resources for these actions (Service Authorization Reference,
    "Actions, resources, and condition keys for AWS X-Ray").
    """
    return policies.allow("SendTraces", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"])


def ask_for_sampling() -> policies.Statement:
    """Return the right to ask X-Ray which requests to trace; `*` for the reason in `send_traces`."""
    return policies.allow("AskForSampling", ["xray:GetSamplingRules", "xray:GetSamplingTargets"], ["*"])


def grants(granted: Sequence[Grant]) -> list[policies.Statement]:
    """Return what a service's config grants."""
    return [
        policies.allow(f"Granted{number}", grant.actions, grant.resources)
        for number, grant in enumerate(granted, start=1)
    ]
