"""The callers in the delivery of a notification, and the request context that AWS sends for each.

Condition keys: SNS Developer Guide, "Managing Amazon SNS encryption keys and costs", "Enable compatibility
between event sources from AWS services and encrypted topics"; SQS Developer Guide, "Key management";
EventBridge User Guide, "Using resource-based policies"; Lambda Developer Guide, "AddPermission".
"""

from __future__ import annotations

from typing import Final, NamedTuple

from verify.policies import Request

KEY_ACTIONS: Final = ("kms:Decrypt", "kms:GenerateDataKey")
"""Permissions of a producer on a topic's or queue's key; Decrypt, since data keys are reused for minutes."""

_ALWAYS: Final = {"aws:securetransport": "true"}
"""AWS's services and SDKs call over TLS."""


class Service(NamedTuple):
    """An AWS service that calls on behalf of a resource of these stacks."""

    name: str
    """Its principal, such as `cloudwatch.amazonaws.com`."""
    source_arn: str
    """The alarm, topic or rule on whose behalf it calls."""
    account_id: str
    sends_source: bool = True
    """Whether it sends `aws:SourceArn` and `aws:SourceAccount`."""

    @property
    def needs(self) -> str:
        """The principal and the conditions that a policy statement needs, for messages."""
        if self.sends_source:
            return f"{self.name}, with conditions that match its request"
        return f"{self.name}, without conditions (it sends no aws:SourceArn or aws:SourceAccount here)"

    @property
    def sends_source_to_keys(self) -> bool:
        """Whether it sends its source to KMS as well.

        SNS Developer Guide, the section above: EventBridge sends none to a topic's key, so a statement with
        such a condition never matches. For queues it is not documented, and so not assumed either.
        """
        return self.sends_source and self.name != "events.amazonaws.com"

    def request(self, action: str, resource: str, *, key_context: tuple[str, str] | None = None) -> Request:
        """Return its request for an action on a resource.

        Args:
            action: the action.
            resource: the resource's ARN.
            key_context: of a request to KMS, the name and the value of its encryption context.
        """
        context = dict(_ALWAYS) | {"aws:principalisawsservice": "true"}
        if self.sends_source_to_keys if key_context else self.sends_source:
            context |= {"aws:sourcearn": self.source_arn, "aws:sourceaccount": self.account_id}
        if key_context:
            context[f"kms:encryptioncontext:{key_context[0]}".lower()] = key_context[1]
        return Request({"Service": frozenset({self.name})}, action, resource, context, self.name)


class Role(NamedTuple):
    """The role of a function, which calls SNS and SQS, and through them KMS."""

    arn: str
    name: str
    account_id: str
    region: str

    def request(self, action: str, resource: str, *, through: str = "") -> Request:
        """Return its request for an action on a resource.

        Args:
            action: the action.
            resource: the resource's ARN.
            through: of a request to KMS, the service that makes it for the role, such as `sns`.
        """
        context = dict(_ALWAYS)
        if through:
            # KMS Developer Guide, "AWS KMS condition keys".
            context |= {
                "kms:viaservice": f"{through}.{self.region}.amazonaws.com",
                "kms:calleraccount": self.account_id,
            }
        names = frozenset({self.arn, f"arn:aws:iam::{self.account_id}:root", self.account_id})
        return Request({"AWS": names}, action, resource, context, f"role {self.name}")
