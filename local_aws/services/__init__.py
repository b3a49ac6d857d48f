"""The answers of the front, one module per AWS service.

Adding a service is a module with a `SERVICE` and its place in `SERVICES`.
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
"""By signing name, which is what a signed request carries."""
