"""Who calls whom on the way of a notification, and what AWS says about the caller while it does.

Condition keys: SNS Developer Guide, "Managing Amazon SNS encryption keys and costs", "Enable compatibility
between event sources from AWS services and encrypted topics"; SQS Developer Guide, "Key management";
EventBridge User Guide, "Using resource-based policies"; Lambda Developer Guide, "AddPermission".
"""

from __future__ import annotations

from typing import Final, NamedTuple

from verify.policies import Request

KEY_ACTIONS: Final = ("kms:Decrypt", "kms:GenerateDataKey")
"""What a producer needs of a topic's or queue's key; Decrypt, since a data key is used again for minutes."""

_ALWAYS: Final = {"aws:securetransport": "true"}
"""AWS's services and SDKs call over TLS."""


class Service(NamedTuple):
    """An AWS service that acts for something of ours."""

    name: str
    """Its principal, such as `cloudwatch.amazonaws.com`."""
    source_arn: str
    """The alarm, topic or rule for which it acts."""
    account_id: str
    says_source: bool = True
    """Whether it sends `aws:SourceArn` and `aws:SourceAccount`."""

    @property
    def needs(self) -> str:
        """To whom a policy has to allow an action, in words."""
        bound = "under conditions that it meets" if self.says_source else "without a condition: it meets none"
        return f"{self.name} {bound}"

    @property
    def says_source_to_keys(self) -> bool:
        """Whether it sends its source to KMS as well.

        SNS Developer Guide, the section above: EventBridge says none to a topic's key, so a statement with
        such a condition never lets it in. For queues it is not documented, and so not assumed either.
        """
        return self.says_source and self.name != "events.amazonaws.com"

    def asks(self, action: str, resource: str, *, key_context: tuple[str, str] | None = None) -> Request:
        """Return its request for an action on a resource.

        Args:
            action: the action.
            resource: the resource's ARN.
            key_context: of a request to KMS, the name and the value of its encryption context.
        """
        context = dict(_ALWAYS) | {"aws:principalisawsservice": "true"}
        if self.says_source_to_keys if key_context else self.says_source:
            context |= {"aws:sourcearn": self.source_arn, "aws:sourceaccount": self.account_id}
        if key_context:
            context[f"kms:encryptioncontext:{key_context[0]}".lower()] = key_context[1]
        return Request({"Service": frozenset({self.name})}, action, resource, context, self.name)


class Role(NamedTuple):
    """A function's role, which calls SNS and SQS, and through them KMS."""

    arn: str
    name: str
    account_id: str
    region: str

    def asks(self, action: str, resource: str, *, through: str = "") -> Request:
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
