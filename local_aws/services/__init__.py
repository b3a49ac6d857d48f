"""The operations that the gateway implements, one module per AWS service.

To add a service, add a module with a `SERVICE` to `_MODULES`.
"""

from __future__ import annotations

from types import MappingProxyType

from local_aws.services import (
    application_autoscaling,
    cloudwatch,
    ec2,
    ecs,
    events,
    firehose,
    iam,
    lambda_,
    logs,
    s3,
    sns,
    xray,
)

_MODULES = (
    application_autoscaling,
    cloudwatch,
    ec2,
    ecs,
    events,
    firehose,
    iam,
    lambda_,
    logs,
    s3,
    sns,
    xray,
)

SERVICES = MappingProxyType({module.SERVICE.model.signing_name: module.SERVICE for module in _MODULES})
"""Signing name -> service. The credential scope of a request has the signing name."""
