"""Deliver a message to its recipients, in parallel."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from functions.notifier import mail
from functions.notifier.channels import CHANNELS
from functions.notifier.notice import Notice
from functions.notifier.posting import post_json
from functions.notifier.settings import Recipients, Settings, is_safe_url
from functions.notifier.stored_secrets import AWS_CALLS, read_secret
from functions.notifier.timely import Call, LateError
from functions.shared.errors import SafeError
from functions.shared.telemetry import publishable

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

_REJECTED_SECRETS = frozenset({401, 403, 404})
"""Status codes for a secret that was replaced: the token or the webhook does not exist."""


_LATE = "no response in time"


class UndeliveredError(SafeError):
    """A recipient did not accept a message."""


@dataclass(frozen=True)
class Recipient:
    """A recipient of messages.

    Attributes:
        channel: `mail`, or a key of `CHANNELS`.
        address: Topic ARN, or reference to a secret; never the secret itself.
    """

    channel: str
    address: str

    def __str__(self) -> str:
        return f"{self.channel} {self.address}"


@dataclass(frozen=True)
class Failure:
    """A delivery that failed, and the reason."""

    recipient: Recipient
    error: Exception

    def __str__(self) -> str:
        return f"{self.recipient}: {publishable(self.error)}"


def recipients_of(notice: Notice, recipients: Recipients) -> tuple[Recipient, ...]:
    """Return the recipients of a notice."""
    if notice.is_first_evaluation:
        return ()
    selected = [Recipient("mail", recipients.mail_topic_arn)] if recipients.mail_topic_arn else []
    for channel, references in recipients.references.items():
        if CHANNELS[channel].accepts(notice):
            selected += [Recipient(channel, reference) for reference in references]
    return tuple(selected)


def deliver_all(
    notice: Notice, recipients: Sequence[Recipient], settings: Settings, *, deadline_s: float
) -> list[Failure]:
    """Deliver a notice to all recipients in parallel, so that a slow recipient does not delay the others.

    Args:
        notice: The notice.
        recipients: Its recipients.
        settings: The URL of PagerDuty.
        deadline_s: `time.monotonic()` at which the last attempt must end. A delivery that has not ended then
            has failed.

    Returns:
        The deliveries that failed.
    """
    if time.monotonic() >= deadline_s:
        message = "no time left"
        return [Failure(recipient, UndeliveredError(message)) for recipient in recipients]
    calls = [
        (recipient, Call(functools.partial(_deliver, notice, recipient, settings, deadline_s)))
        for recipient in recipients
    ]
    results = [_failure(recipient, call, deadline_s) for recipient, call in calls]
    return [failure for failure in results if failure]


def _failure(recipient: Recipient, call: Call[None], deadline_s: float) -> Failure | None:
    try:
        call.result(deadline_s - time.monotonic())
    except LateError:
        return Failure(recipient, UndeliveredError(_LATE))
    except Exception as error:  # noqa: BLE001 (an error must not prevent the other deliveries)
        return Failure(recipient, error)
    return None


def _deliver(notice: Notice, recipient: Recipient, settings: Settings, deadline_s: float) -> None:
    if recipient.channel == "mail":
        _send_mail(notice, recipient)
    else:
        _post(notice, recipient, settings, deadline_s)


def _send_mail(notice: Notice, recipient: Recipient) -> None:
    try:
        _sns().publish(TopicArn=recipient.address, Subject=mail.subject(notice), Message=mail.body(notice))
    except ClientError as error:
        raise UndeliveredError(error.response["Error"]["Code"]) from None
    except BotoCoreError as error:
        raise UndeliveredError(type(error).__name__) from None


def _post(notice: Notice, recipient: Recipient, settings: Settings, deadline_s: float) -> None:
    """Post a notice through its channel; if the secret is rejected, read it again and retry once."""
    status = None
    for again in (False, True):
        secret = read_secret(recipient.address, again=again)
        url, content = CHANNELS[recipient.channel].request(notice, secret, settings)
        if not is_safe_url(url):
            message = "the secret is not an https URL"
            raise UndeliveredError(message)
        status = post_json(url, content, deadline_s=deadline_s)
        if status not in _REJECTED_SECRETS:
            break
    if status is None:
        raise UndeliveredError(_LATE)
    if not 200 <= status < 300:  # noqa: PLR2004 (RFC 9110, section 15.3: successful)
        message = f"HTTP {status}"
        raise UndeliveredError(message)


@functools.cache
def _sns() -> SNSClient:
    """Return the client of SNS, created on first use."""
    return boto3.client("sns", config=AWS_CALLS)
