"""Stack `security`: the customer-managed key that encrypts all other resources.

One statement per caller, as narrow as the AWS documentation of the caller allows. In a key policy, the
resource `*` is the key itself (KMS Developer Guide, "Key policies").
"""

from __future__ import annotations

from constructs import Construct

from catalog.naming import Names
from config.models import Environment
from stacks import aws, policies
from stacks.base import Stack
from stacks.contracts import Security

_USE = ["kms:Decrypt", "kms:GenerateDataKey*"]


class SecurityStack(Stack):
    """The key, its alias and its policy."""

    def __init__(self, scope: Construct, env: Environment) -> None:
        """Add the stack for `env` to `scope`."""
        super().__init__(scope, Security.STACK, env)
        key = self.add(
            aws.KmsKey,
            "main",
            description=f"{self.names.whole}: logs, notifications, queues, log archive, traces",
            enable_key_rotation=True,
            rotation_period_in_days=env.kms.rotation_period_days,
            deletion_window_in_days=env.kms.deletion_window_days,
            policy=key_policy(self.names),
            lifecycle={"prevent_destroy": True} if env.deletion_protection else None,
        )
        self.add(aws.KmsAlias, "main", name=self.names.key_alias, target_key_id=key.key_id)
        self.publish(Security(kms_key_id=key.key_id, kms_key_arn=key.arn))


def key_policy(names: Names) -> str:
    """Return the key policy."""
    region, account = names.region, names.account_id
    account_only = {"StringEquals": {"aws:SourceAccount": account}}
    groups = [f"arn:aws:logs:{region}:{account}:log-group:{name}" for name in names.log_group_patterns]
    ours = f"{names.project}-*-{names.environment}"
    return policies.document(
        # Without this statement the key could not be administered, and IAM policies could not grant its use
        # (KMS Developer Guide, "Allows access to the AWS account and enables IAM policies").
        policies.allow(
            "AccountAdministersTheKey",
            ["kms:*"],
            ["*"],
            principal={"AWS": [f"arn:aws:iam::{account}:root"]},
        ),
        # CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
        policies.allow(
            "LogGroupsOfThisEnvironment",
            ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            ["*"],
            principal=policies.service(f"logs.{region}.amazonaws.com"),
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        ),
        # SNS Developer Guide, "Key management": an alarm cannot publish to a topic under aws/sns.
        policies.allow(
            "AlarmsPublishToEncryptedTopics",
            _USE,
            ["*"],
            principal=policies.service("cloudwatch.amazonaws.com"),
            conditions={
                **account_only,
                "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{region}:{account}:alarm:{ours}"},
            },
        ),
        # SNS Developer Guide, "Key management": conditions on the rule or its account are not supported for
        # EventBridge, which would then not deliver. What SNS encrypts for is in every request to the key.
        policies.allow(
            "EventsPublishToEncryptedTopics",
            _USE,
            ["*"],
            principal=policies.service("events.amazonaws.com"),
            conditions={
                "ArnLike": {
                    "kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:{region}:{account}:{ours}"
                }
            },
        ),
        # SQS Developer Guide, "Key management". As for topics, the condition is on the encryption context.
        policies.allow(
            "EventsSendToEncryptedQueues",
            _USE,
            ["*"],
            principal=policies.service("events.amazonaws.com"),
            conditions={
                "ArnLike": {"kms:EncryptionContext:aws:sqs:arn": f"arn:aws:sqs:{region}:{account}:{ours}"}
            },
        ),
        # SNS Developer Guide, "Configuring Amazon SNS encryption for a topic with an encrypted SQS queue".
        policies.allow(
            "TopicsDeliverToEncryptedQueues",
            _USE,
            ["*"],
            principal=policies.service("sns.amazonaws.com"),
            conditions={"ArnLike": {"aws:SourceArn": f"arn:aws:sns:{region}:{account}:{ours}"}},
        ),
    )
