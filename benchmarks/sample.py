"""A small stack, synthesized with one of several imports of the AWS bindings.

    python -m benchmarks.sample <variant> <output folder>

`benchmarks.synth` starts one process per measurement. Imports are inside the functions because they are
measured.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MODULES = {
    "AwsProvider": "provider",
    "CloudwatchDashboard": "cloudwatch_dashboard",
    "CloudwatchLogGroup": "cloudwatch_log_group",
    "CloudwatchMetricAlarm": "cloudwatch_metric_alarm",
    "KmsKey": "kms_key",
    "LambdaFunction": "lambda_function",
}


class Generic:
    """cdktf's untyped resources under the class names of the bindings, without the bindings."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return a replacement for the constructor of class `name`."""
        cdktf = importlib.import_module("cdktf")
        type_ = "aws_" + MODULES[name]
        if name == "AwsProvider":
            return lambda scope, id_, **_: cdktf.TerraformProvider(scope, id_, terraform_resource_type="aws")

        def create(scope: object, id_: str, *, depends_on: object = None, **attributes: object) -> object:
            resource = cdktf.TerraformResource(
                scope, id_, terraform_resource_type=type_, depends_on=depends_on
            )
            for key, value in attributes.items():
                resource.add_override(key, value)
            return resource

        return create


class Ordinary:
    """The bindings, imported as in their documentation: `from cdktf_cdktf_provider_aws.x import X`."""

    def __getattr__(self, name: str) -> object:
        """Import the class `name`. The package's `__init__` imports all classes."""
        return getattr(importlib.import_module(f"cdktf_cdktf_provider_aws.{MODULES[name]}"), name)


def lazy() -> object:
    """Return `stacks.aws`: lazy modules, and the slim assembly unless `SYNTH_FULL_ASSEMBLY=1` is set."""
    return importlib.import_module("stacks.aws")


VARIANTS: dict[str, Callable[[], Any]] = {"generic": Generic, "ordinary": Ordinary, "lazy": lazy}


def main(variant: str, outdir: str) -> None:
    """Synthesize the sample stack into `outdir` with the classes of `variant`."""
    # Every variant uses the same Node.
    importlib.import_module("stacks.kernel").prepare_node()
    aws = VARIANTS[variant]()
    cdktf = importlib.import_module("cdktf")

    app = cdktf.App(outdir=outdir)
    stack = cdktf.TerraformStack(app, "sample")
    aws.AwsProvider(stack, "aws", region="eu-west-1")
    key = aws.KmsKey(stack, "key", enable_key_rotation=True, deletion_window_in_days=30)
    group = aws.CloudwatchLogGroup(
        stack,
        "logs",
        name="/aws/lambda/sample",
        retention_in_days=30,
        kms_key_id=key.get_string_attribute("arn"),
    )
    function = aws.LambdaFunction(
        stack,
        "function",
        function_name="sample",
        role="arn:aws:iam::111122223333:role/sample",
        handler="handler.handle",
        runtime="python3.13",
        timeout=30,
        depends_on=[group],
    )
    for name, threshold in (("errors", 5), ("throttles", 1), ("duration", 3000)):
        aws.CloudwatchMetricAlarm(
            stack,
            f"alarm-{name}",
            alarm_name=f"sample-{name}",
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=2,
            metric_name=name.capitalize(),
            namespace="AWS/Lambda",
            period=300,
            statistic="Sum",
            threshold=threshold,
            dimensions={"FunctionName": function.get_string_attribute("function_name")},
        )
    body = {"widgets": [{"type": "text", "properties": {"markdown": "sample"}}]}
    aws.CloudwatchDashboard(stack, "page", dashboard_name="sample", dashboard_body=json.dumps(body))
    app.synth()


if __name__ == "__main__":
    main(*sys.argv[1:])
