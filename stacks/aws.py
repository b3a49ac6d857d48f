"""The AWS bindings, one service at a time: the only module that imports `cdktf_cdktf_provider_aws`.

    from stacks import aws

    aws.KmsKey(self, "key", enable_key_rotation=True)

The `__init__` of the bindings imports all 2,100 services, which takes many seconds and over half a gigabyte.
This module replaces the package by an empty one, so that `__init__` does not run, and imports the module of a
service on first use of one of its classes. `SERVICES` lists the services in use; add others to it.
`benchmarks/README.md` has the figures.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.metadata
import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stacks.kernel import ASSEMBLY, PACKAGE, slim_assembly

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICES = (
    "cloudwatch_composite_alarm",
    "cloudwatch_dashboard",
    "cloudwatch_event_rule",
    "cloudwatch_event_target",
    "cloudwatch_log_group",
    "cloudwatch_log_metric_filter",
    "cloudwatch_log_resource_policy",
    "cloudwatch_log_stream",
    "cloudwatch_log_subscription_filter",
    "cloudwatch_metric_alarm",
    "cloudwatch_query_definition",
    "data_aws_availability_zones",
    "ecs_cluster",
    "ecs_service",
    "ecs_task_definition",
    "eip",
    "iam_role",
    "iam_role_policy",
    "internet_gateway",
    "kinesis_firehose_delivery_stream",
    "kms_alias",
    "kms_key",
    "lambda_event_source_mapping",
    "lambda_function",
    "lambda_function_event_invoke_config",
    "lambda_permission",
    "nat_gateway",
    "provider",
    "route",
    "route_table",
    "route_table_association",
    "s3_bucket",
    "s3_bucket_lifecycle_configuration",
    "s3_bucket_ownership_controls",
    "s3_bucket_policy",
    "s3_bucket_public_access_block",
    "s3_bucket_server_side_encryption_configuration",
    "s3_bucket_versioning",
    "scheduler_schedule",
    "security_group",
    "sns_topic",
    "sns_topic_policy",
    "sns_topic_subscription",
    "sqs_queue",
    "subnet",
    "vpc",
    "vpc_security_group_egress_rule",
    "vpc_security_group_ingress_rule",
    "xray_encryption_config",
    "xray_group",
    "xray_sampling_rule",
)
"""Submodules of the bindings in use. `aws.X` finds classes of these only."""


def __getattr__(name: str) -> Any:
    """Return the bindings' class `name`, importing its service on first use (PEP 562).

    Raises:
        AttributeError: no service in `SERVICES` has this class; the message contains the fix.
    """
    # The import system, copy and doctest look up dunder names, which are never AWS classes.
    if not name.startswith("_"):
        for service in services_for(name):
            class_ = getattr(service_module(service), name, None)
            if class_ is not None:
                globals()[name] = class_  # so that this function is called once per class
                return class_
    raise AttributeError(unknown(name), name=name)


def services_for(name: str) -> Iterator[str]:
    """Yield the services that may define class `name`, the most specific first.

    A class belongs to the service whose name begins its own, in snake case. Several can: the struct
    `S3BucketVersioning` lives in `s3_bucket`, although there is an `s3_bucket_versioning` too.
    """
    snake = snake_case(name)
    for service in sorted(SERVICES, key=len, reverse=True):
        prefix = "aws_provider" if service == "provider" else service
        if snake == prefix or snake.startswith(f"{prefix}_"):
            yield service


def service_module(service: str) -> Any:
    """Import and return one service's module without running the package's `__init__`."""
    load_package()
    return importlib.import_module(f"{PACKAGE}.{service}")


@functools.cache
def load_package() -> None:
    """Put an empty package into `sys.modules` and load the bindings' assembly into the jsii kernel.

    Raises:
        ModuleNotFoundError: the bindings are not installed.
    """
    if PACKAGE not in sys.modules:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None:
            message = f"{PACKAGE} is not installed: run `make setup`"
            raise ModuleNotFoundError(message, name=PACKAGE)
        # The module is made from its spec (name, path, loader) but never executed.
        sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
        load_slim_assembly()
    importlib.import_module(f"{PACKAGE}._jsii")


def load_slim_assembly() -> None:
    """Load the slim assembly into the kernel, if there is one, under the name and version of the full one.

    The kernel loads a package once: asked by the bindings' own `_jsii` to load the full one afterwards, it
    finds that package loaded and leaves it.
    """
    path = slim_assembly(SERVICES)
    if path is None:
        return
    # Imported late: it starts Node. cdktf's own assembly comes first, as the bindings' code requires it.
    jsii = importlib.import_module("jsii")
    importlib.import_module("cdktf")
    jsii.kernel.load(ASSEMBLY, importlib.metadata.version(PACKAGE), str(path))


def unknown(name: str) -> str:
    """Return why `aws.<name>` does not exist, and how to add it."""
    snake = snake_case(name)
    spec = importlib.util.find_spec(PACKAGE)
    folders = [Path(folder) for folder in (spec and spec.submodule_search_locations) or ()]
    words = snake.split("_")
    for length in range(len(words), 0, -1):
        service = "_".join(words[:length])
        if service and service not in SERVICES and any((folder / service).is_dir() for folder in folders):
            return f"{name!r} is not among the services in use: add {service!r} to SERVICES in stacks/aws.py"
    near = difflib.get_close_matches(snake, SERVICES, n=1)
    hint = f"; did you mean aws.{''.join(map(str.capitalize, near[0].split('_')))}?" if near else ""
    return (
        f"the AWS bindings have no {name!r}{hint} (a service's submodule of {PACKAGE} must be listed "
        "in SERVICES in stacks/aws.py)"
    )


def snake_case(name: str) -> str:
    """Return a class name as the bindings spell their submodules: `S3BucketPolicy` as `s3_bucket_policy`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
