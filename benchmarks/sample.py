"""One small stack, synthesized with the AWS bindings imported in one of several ways.

    python -m benchmarks.sample <variant> <folder to synthesize into>

Started by `benchmarks.synth`, one process per measurement. Imports are inside the functions because they
are what is measured.
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
    """cdktf's own untyped resources under the names of the bindings' classes: no bindings at all."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return a stand-in for the constructor of class `name`."""
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
    """The bindings as their documentation imports them: `from cdktf_cdktf_provider_aws.x import X`."""

    def __getattr__(self, name: str) -> object:
        """Import the class `name`, and with it, because of the package's `__init__`, all of them."""
        return getattr(importlib.import_module(f"cdktf_cdktf_provider_aws.{MODULES[name]}"), name)


def lazy() -> object:
    """Return `stacks.aws`: lazy modules, and the slim assembly unless the environment forbids it."""
    return importlib.import_module("stacks.aws")


VARIANTS: dict[str, Callable[[], Any]] = {"generic": Generic, "ordinary": Ordinary, "lazy": lazy}


def main(variant: str, outdir: str) -> None:
    """Synthesize the sample stack into `outdir` with the classes of `variant`."""
    # Every variant runs on the same Node.
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
