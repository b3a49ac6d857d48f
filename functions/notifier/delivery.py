"""One message to one receiver, and all receivers of a message at once."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
from functions.shared.errors import SafeError
from functions.shared.telemetry import publishable

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

_REFUSED_SECRETS = frozenset({401, 403, 404})
"""What receivers answer to a secret that was replaced: no such token, no such webhook."""


class UndeliveredError(SafeError):
    """A receiver did not take a message."""


@dataclass(frozen=True)
class Receiver:
    """Somebody to tell.

    Attributes:
        channel: How.
        address: Topic ARN, or reference to a secret; no secret itself.
    """

    channel: str
    address: str

    def __str__(self) -> str:
        return f"{self.channel} {self.address}"


@dataclass(frozen=True)
class Failure:
    """A message that a receiver did not get, and why."""

    receiver: Receiver
    error: Exception

    def __str__(self) -> str:
        return f"{self.receiver}: {publishable(self.error)}"


def receivers_of(notice: Notice, recipients: Recipients) -> tuple[Receiver, ...]:
    """Return whom a notice goes to."""
    if notice.is_first_look:
        return ()
    found = [Receiver("mail", recipients.mail_topic_arn)] if recipients.mail_topic_arn else []
    for channel, references in recipients.references.items():
        if CHANNELS[channel].accepts(notice):
            found += [Receiver(channel, reference) for reference in references]
    return tuple(found)


def deliver_all(
    notice: Notice, receivers: Sequence[Receiver], settings: Settings, *, deadline_s: float
) -> list[Failure]:
    """Tell everybody at the same time: one receiver that hangs must not take the others' time.

    Args:
        notice: What to tell.
        receivers: Whom.
        settings: For PagerDuty's URL.
        deadline_s: `time.monotonic()` at which the last attempt must be over.

    Returns:
        Who was not reached.
    """
    if not receivers:
        return []

    def attempt(receiver: Receiver) -> Failure | None:
        try:
            if receiver.channel == "mail":
                _send_mail(notice, receiver)
            else:
                _post(notice, receiver, settings, deadline_s)
        except Exception as error:  # noqa: BLE001 (whatever keeps one from hearing, the others must)
            return Failure(receiver, error)
        return None

    with ThreadPoolExecutor(max_workers=len(receivers)) as pool:
        return [failure for failure in pool.map(attempt, receivers) if failure]


def _send_mail(notice: Notice, receiver: Receiver) -> None:
    try:
        _sns().publish(TopicArn=receiver.address, Subject=mail.subject(notice), Message=mail.body(notice))
    except ClientError as error:
        raise UndeliveredError(error.response["Error"]["Code"]) from None
    except BotoCoreError as error:
        raise UndeliveredError(type(error).__name__) from None


def _post(notice: Notice, receiver: Receiver, settings: Settings, deadline_s: float) -> None:
    """Post what the channel makes of a notice; once more with the secret read again when it was refused."""
    status = None
    for again in (False, True):
        secret = read_secret(receiver.address, again=again)
        url, content = CHANNELS[receiver.channel].request(notice, secret, settings)
        if not is_safe_url(url):
            message = "the secret is not an https URL"
            raise UndeliveredError(message)
        status = post_json(url, content, deadline_s=deadline_s)
        if status not in _REFUSED_SECRETS:
            break
    if status is None:
        message = "no answer in time"
        raise UndeliveredError(message)
    if not 200 <= status < 300:  # noqa: PLR2004 (RFC 9110, section 15.3: successful)
        message = f"HTTP {status}"
        raise UndeliveredError(message)


@functools.cache
def _sns() -> SNSClient:
    """Return the client of SNS, made on first use."""
    return boto3.client("sns", config=AWS_CALLS)
