"""The notifier: a function that formats notifications and delivers them."""

from __future__ import annotations

import json
from typing import Any

from cdktf import Fn

from catalog.kinds.platform import NOTIFIER
from catalog.specs import Routes
from catalog.texts import runbook_link
from config.notifications import Severity
from stacks import aws, policies
from stacks.base import Stack
from stacks.compute.permissions import send_traces, write_logs
from stacks.monitoring.notifications import Notifications

_PAGERDUTY = {
    "us": "https://events.pagerduty.com/v2/enqueue",
    "eu": "https://events.eu.pagerduty.com/v2/enqueue",
}
"""Events API v2 by service region (PagerDuty, "Service Regions")."""


class Notifier:
    """The function, its role, its dead-letter queue, and its subscriptions to the topics of severities."""

    def __init__(  # noqa: PLR0913 - its dependencies
        self,
        stack: Stack,
        routes: Routes,
        notifications: Notifications,
        *,
        log_group: str,
        key_arn: str,
        zip_path: str,
    ) -> None:
        """Add the notifier of `stack`'s environment.

        Args:
            stack: the stack.
            routes: the routes.
            notifications: the topics.
            log_group: name of its log group.
            key_arn: ARN of the key.
            zip_path: path of its zip.
        """
        self._stack = stack
        self._routes = routes
        self._key_arn = key_arn
        self._notifications = notifications
        self._log_group = log_group
        self._dead_letters = self._queue()
        function = self._function(zip_path)
        for severity in self._routes.deliveries:
            self._subscribe(severity, function)

    @property
    def dead_letter_queue_url(self) -> str:
        """URL of the queue of notifications that it could not deliver."""
        return str(self._dead_letters.url)

    def _queue(self) -> Any:
        queue = next(queue for queue in self._routes.queues if queue.key == "notifier")
        return self._stack.add(
            aws.SqsQueue,
            "notifier",
            name=queue.name,
            message_retention_seconds=queue.retention_s,
            kms_master_key_id=self._key_arn,
        )

    def _function(self, zip_path: str) -> Any:
        stack, names = self._stack, self._stack.names
        role = stack.add(
            aws.IamRole,
            "notifier",
            name=names.notifier,
            description=NOTIFIER.description,
            assume_role_policy=policies.trust("lambda.amazonaws.com"),
        )
        policy = stack.add(
            aws.IamRolePolicy,
            "notifier",
            name="run",
            role=role.id,
            policy=policies.document(*self._statements()),
        )
        function = stack.add(
            aws.LambdaFunction,
            "notifier",
            function_name=names.notifier,
            description=NOTIFIER.description,
            role=role.arn,
            runtime=NOTIFIER.runtime,
            architectures=[NOTIFIER.architecture],
            handler=f"{NOTIFIER.source.replace('/', '.')}.{NOTIFIER.handler}",
            filename=zip_path,
            source_code_hash=Fn.filebase64sha256(zip_path),
            timeout=NOTIFIER.timeout_s,
            memory_size=NOTIFIER.memory_mib,
            kms_key_arn=self._key_arn,
            environment=aws.LambdaFunctionEnvironment(variables=self._variables()),
            tracing_config=aws.LambdaFunctionTracingConfig(mode="Active"),
            logging_config=aws.LambdaFunctionLoggingConfig(log_group=self._log_group, log_format="JSON"),
            tags={"Owner": stack.env.owner},
            depends_on=[policy],
        )
        # SNS invokes asynchronously: Lambda retries twice, then sends the notification to the destination.
        stack.add(
            aws.LambdaFunctionEventInvokeConfig,
            "notifier",
            function_name=function.function_name,
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=3600,
            destination_config=aws.LambdaFunctionEventInvokeConfigDestinationConfig(
                on_failure=aws.LambdaFunctionEventInvokeConfigDestinationConfigOnFailure(
                    destination=self._dead_letters.arn
                )
            ),
        )
        return function

    def _variables(self) -> dict[str, str]:
        env, names = self._stack.env, self._stack.names
        config = env.notifications
        topics = self._notifications.topic_arns
        recipients = {
            severity: {
                "mail_topic_arn": self._notifications.mail_topic_arn(severity),
                **delivery.references,
            }
            for severity, delivery in self._routes.deliveries.items()
        }
        return {
            "ENVIRONMENT": names.environment,
            "PROJECT": names.project,
            "TOPICS": json.dumps({topics[severity]: severity for severity in self._routes.deliveries}),
            "RECIPIENTS": json.dumps(recipients),
            "PAGERDUTY_EVENTS_URL": _PAGERDUTY[config.pagerduty_region],
            "RUNBOOKS": runbook_link(env, "").rstrip("/"),
            "POWERTOOLS_SERVICE_NAME": "notifier",
            "POWERTOOLS_METRICS_NAMESPACE": names.metrics_namespace,
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "POWERTOOLS_LOGGER_LOG_EVENT": "false",
            "POWERTOOLS_TRACER_CAPTURE_RESPONSE": "false",
        }

    def _statements(self) -> list[policies.Statement]:
        names = self._stack.names
        here = f"{names.region}:{names.account_id}"
        own_arn = f"arn:aws:lambda:{here}:function:{names.notifier}"
        topic_arns = map(self._notifications.mail_topic_arn, self._routes.deliveries)
        mail = [arn for arn in topic_arns if arn]
        via = [f"{service}.{names.region}.amazonaws.com" for service in ("sns", "sqs")]
        statements = [
            write_logs([f"arn:aws:logs:{here}:log-group:{self._log_group}"]),
            send_traces(),
            policies.allow(
                "DecryptOwnEnvironment",
                ["kms:Decrypt"],
                [self._key_arn],
                conditions={"StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": own_arn}},
            ),
            # `*`: DescribeAlarms has no resources. The message of a composite lacks the values of its parts.
            policies.allow("ReadAlarms", ["cloudwatch:DescribeAlarms"], ["*"]),
            policies.allow("RepeatDeliveries", ["lambda:InvokeFunction"], [own_arn]),
            policies.allow("KeepWhatFailed", ["sqs:SendMessage"], [self._dead_letters.arn]),
            # Topics and the queue are encrypted (SNS Developer Guide, SQS Developer Guide, "Key management").
            policies.allow(
                "EncryptMessages",
                ["kms:Decrypt", "kms:GenerateDataKey"],
                [self._key_arn],
                conditions={"StringEquals": {"kms:ViaService": via}},
            ),
        ]
        if mail:
            statements.append(policies.allow("SendMail", ["sns:Publish"], mail))
        return [*statements, *self._may_read_secrets(here)]

    def _may_read_secrets(self, here: str) -> list[policies.Statement]:
        references = [reference.partition(":")[::2] for reference in self._routes.secrets]
        parameters = [f"arn:aws:ssm:{here}:parameter{name}" for store, name in references if store == "ssm"]
        # Secrets Manager adds a hyphen and six characters to a name (User Guide, "IAM policy examples").
        secrets = [
            f"arn:aws:secretsmanager:{here}:secret:{name}-??????"
            for store, name in references
            if store == "secretsmanager"
        ]
        return [
            *([policies.allow("ReadParameters", ["ssm:GetParameter"], parameters)] if parameters else []),
            *([policies.allow("ReadSecrets", ["secretsmanager:GetSecretValue"], secrets)] if secrets else []),
            *([self._may_decrypt_secrets()] if references else []),
        ]

    def _may_decrypt_secrets(self) -> policies.Statement:
        """Return the statement to decrypt secrets under our key; AWS managed keys do not require one."""
        via = [f"{service}.{self._stack.env.region}.amazonaws.com" for service in ("ssm", "secretsmanager")]
        return policies.allow(
            "DecryptSecrets",
            ["kms:Decrypt"],
            [self._key_arn],
            conditions={"StringEquals": {"kms:ViaService": via}},
        )

    def _subscribe(self, severity: Severity, function: Any) -> None:
        topic_arn = self._notifications.topic_arns[severity]
        allowed = self._stack.add(
            aws.LambdaPermission,
            f"notifier_{severity}",
            action="lambda:InvokeFunction",
            function_name=function.function_name,
            principal="sns.amazonaws.com",
            source_arn=topic_arn,
            statement_id=f"Topic{severity.capitalize()}",
        )
        self._notifications.subscribe_notifier(severity, function.arn, depends_on=[allowed])
