"""Lambda functions, each with its own role, which has only the configured grants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdktf import Fn

from config.limits import SQS_LONGEST_RETENTION_S
from config.services import LambdaService, SqsTrigger
from stacks import aws, policies
from stacks.base import Stack
from stacks.compute.log_groups import LogGroups
from stacks.compute.permissions import grants, send_traces, write_logs

_VISIBILITY_TIMEOUTS = 6
"""Queue visibility per function timeout (Lambda Developer Guide, "Using Lambda with Amazon SQS")."""


class Functions:
    """The Lambda functions of the environment and their queues."""

    def __init__(self, stack: Stack, logs: LogGroups, key_arn: str, zips: Mapping[str, str]) -> None:
        """Add the functions of `stack`'s environment; `zips` has the path of each zip."""
        self._stack = stack
        self._logs = logs
        self._key_arn = key_arn
        self.names: dict[str, str] = {}
        self.queue_urls: dict[str, str] = {}
        for name, function in stack.env.functions.items():
            self._function(name, function, zips[name])

    def _function(self, name: str, function: LambdaService, zip_path: str) -> None:
        stack, env = self._stack, self._stack.env
        group = self._logs[name]
        queue = self._queue(name, function.sqs_trigger, function.timeout_s) if function.sqs_trigger else None
        role = stack.add(
            aws.IamRole,
            name,
            name=stack.names.of_service(name),
            description=function.description,
            assume_role_policy=policies.trust("lambda.amazonaws.com"),
        )
        policy = stack.add(
            aws.IamRolePolicy,
            name,
            name="run",
            role=role.id,
            policy=policies.document(*self._statements(name, function, queue)),
        )
        log = env.logs.format_of(function.kind, function.logs)
        resource = stack.add(
            aws.LambdaFunction,
            name,
            function_name=stack.names.of_service(name),
            description=function.description,
            role=role.arn,
            runtime=function.runtime,
            architectures=[function.architecture],
            handler=f"{function.source.replace('/', '.')}.{function.handler}",
            filename=zip_path,
            source_code_hash=Fn.filebase64sha256(zip_path),
            timeout=function.timeout_s,
            memory_size=function.memory_mib,
            # -1: no reserved concurrency.
            reserved_concurrent_executions=function.reserved_concurrency or -1,
            layers=[env.insights_layer_arn(function.architecture)] if env.insights.functions else [],
            kms_key_arn=self._key_arn,
            environment=aws.LambdaFunctionEnvironment(variables=self._variables(name, function)),
            tracing_config=aws.LambdaFunctionTracingConfig(mode="Active"),
            logging_config=aws.LambdaFunctionLoggingConfig(
                log_group=group.name,
                log_format="JSON" if log.preset.json_lines else "Text",
            ),
            tags={"Service": name, "Owner": function.owner},
            depends_on=[policy, group, *self._logs.get("lambda-insights")],
        )
        self.names[name] = resource.function_name
        if queue is not None and function.sqs_trigger:
            self.queue_urls[name] = queue.url
            self._mapping(name, function.sqs_trigger, queue, resource, policy)

    def _variables(self, name: str, function: LambdaService) -> dict[str, str]:
        """Return the environment variables of the function, with those of Powertools for AWS Lambda."""
        return {
            "POWERTOOLS_SERVICE_NAME": name,
            "POWERTOOLS_METRICS_NAMESPACE": self._stack.names.metrics_namespace,
            "POWERTOOLS_LOG_LEVEL": "INFO",
            # Events and results are not logged or traced: they contain customer data.
            "POWERTOOLS_LOGGER_LOG_EVENT": "false",
            "POWERTOOLS_TRACER_CAPTURE_RESPONSE": "false",
            **function.environment,
            # Not set unless allowed: functions fail on request only with this variable.
            **({"DRILLS": "allowed"} if self._stack.env.drills.allowed else {}),
        }

    def _statements(self, name: str, function: LambdaService, queue: Any) -> list[policies.Statement]:
        stack, names = self._stack, self._stack.names
        here = f"{names.region}:{names.account_id}"
        arn = f"arn:aws:lambda:{here}:function:{names.of_service(name)}"
        statements = [
            write_logs([self._logs[name].arn]),
            send_traces(),
            # Lambda Developer Guide, "Securing Lambda environment variables".
            policies.allow(
                "DecryptOwnEnvironment",
                ["kms:Decrypt"],
                [self._key_arn],
                conditions={"StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": arn}},
            ),
        ]
        if stack.env.insights.functions:
            group = f"arn:aws:logs:{here}:log-group:{names.lambda_insights_log_group}"
            statements.append(write_logs([group], sid="WriteInsights"))
        if queue is not None:
            statements += [
                # Lambda Developer Guide, "Using Lambda with Amazon SQS", execution role permissions.
                policies.allow(
                    "ConsumeQueue",
                    ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                    [queue.arn],
                ),
                policies.allow(
                    "DecryptMessages",
                    ["kms:Decrypt"],
                    [self._key_arn],
                    conditions={"StringEquals": {"kms:ViaService": f"sqs.{names.region}.amazonaws.com"}},
                ),
            ]
        return [*statements, *grants(function.grants)]

    def _queue(self, name: str, trigger: SqsTrigger, timeout_s: int) -> Any:
        stack = self._stack
        tags = {"Service": name}
        dead_letters = stack.add(
            aws.SqsQueue,
            f"{name}_dead-letters",
            name=stack.names.dead_letters(name),
            message_retention_seconds=SQS_LONGEST_RETENTION_S,
            kms_master_key_id=self._key_arn,
            tags=tags,
        )
        return stack.add(
            aws.SqsQueue,
            name,
            name=stack.names.of_service(name),
            visibility_timeout_seconds=timeout_s * _VISIBILITY_TIMEOUTS + trigger.batching_window_s,
            kms_master_key_id=self._key_arn,
            redrive_policy=Fn.jsonencode(
                {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": trigger.max_receives}
            ),
            tags=tags,
        )

    def _mapping(self, name: str, trigger: SqsTrigger, queue: Any, function: Any, policy: Any) -> None:
        scaling = trigger.max_concurrency
        self._stack.add(
            aws.LambdaEventSourceMapping,
            name,
            event_source_arn=queue.arn,
            function_name=function.arn,
            batch_size=trigger.batch_size,
            maximum_batching_window_in_seconds=trigger.batching_window_s,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=aws.LambdaEventSourceMappingScalingConfig(maximum_concurrency=scaling)
            if scaling
            else None,
            depends_on=[policy],
        )
