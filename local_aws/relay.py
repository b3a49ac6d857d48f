"""SNS to functions: each notification is an asynchronous invocation, with its retries and its destination.

MiniStack invokes a subscribed function once and drops the notification if the invocation fails. Therefore the
subscription of a function is stored in MiniStack as a webhook of the gateway, which invokes the function as
AWS does. If the function cannot be invoked, the notification is sent to the subscription's dead-letter queue.

Sources: AWS Lambda Developer Guide, "Invoking Lambda functions with Amazon SNS notifications" (the invocation
is asynchronous; the members of the event); Amazon SNS Developer Guide, "Amazon SNS dead-letter queues" (no
retry if the endpoint does not exist).
"""

from __future__ import annotations

import asyncio
import html
import json
import logging
import os
import re
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from local_aws.calls import signed_by, signed_for
from local_aws.errors import read_error
from local_aws.http import Response
from local_aws.identity import HOST

if TYPE_CHECKING:
    from local_aws.calls import Store
    from local_aws.http import Request, Upstream

PATH = "/_local_aws/functions/"
FUNCTION = re.compile(r"arn:aws:lambda:[^:]+:\d{12}:function:[^:]+(:[^:]+)?")

_REDRIVE = re.compile(r'"deadLetterTargetArn"\s*:\s*"arn:aws:sqs:[^:]+:(\d{12}):([\w.-]+)"')

_FORM, _JSON = "application/x-www-form-urlencoded", "application/x-amz-json-1.0"
_CONFIRMED_S = 25.0
"""Timeout for the confirmation of a subscription by this process; it usually takes milliseconds."""

log = logging.getLogger("local_aws.sns")


@dataclass
class Relay:
    """The webhook of a subscribed function.

    Args:
        topic: the topic's ARN.
        function: the function's ARN.
        identity: the last part of its URL, unique per relay.
        subscription: the subscription's ARN; empty until the subscription exists.
        confirmed: set when the subscription is confirmed.
    """

    topic: str
    function: str
    identity: str = field(default_factory=lambda: uuid.uuid4().hex)
    subscription: str = ""
    confirmed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """The URL to which MiniStack sends notifications."""
        return f"http://{HOST}:{os.environ['GATEWAY_PORT']}{PATH}{self.identity}"

    async def wait(self) -> None:
        """Wait until the subscription is confirmed."""
        await asyncio.wait_for(self.confirmed.wait(), _CONFIRMED_S)


def relays(store: Store) -> dict[str, Relay]:
    """Return identity -> relay."""
    return store.table("sns-functions")


async def receive(request: Request, store: Store, upstream: Upstream) -> Response:
    """Process a message of MiniStack to a relay: confirm its subscription, or invoke its function."""
    relay = relays(store).get(request.path.removeprefix(PATH))
    if relay is None:
        return Response(404, (), b"")
    message = json.loads(request.body)
    sns = signed_by(request, relay.topic)
    if message["Type"] == "SubscriptionConfirmation":
        form = {"Action": "ConfirmSubscription", "TopicArn": relay.topic, "Token": message["Token"]}
        await upstream(sns.with_content(urlencode(form).encode(), content_type=_FORM))
        relay.confirmed.set()
        return Response(200, (), b"")
    answer = await upstream(_invocation(request, relay, message))
    if not answer.ok:
        log.warning("invoking %s failed: %s", relay.function, read_error(answer))
        await _redrive(sns, relay, request.body, upstream)
    return Response(200, (), b"")


def _invocation(request: Request, relay: Relay, message: dict[str, Any]) -> Request:
    """Return the asynchronous invocation of a function with a notification."""
    # In Lambda events two members have another spelling, and `Subject` and `MessageAttributes` always exist.
    names = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
    notification = {"Subject": None, "MessageAttributes": {}, **message}
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": relay.subscription,
        "Sns": {names.get(name, name): value for name, value in notification.items()},
    }
    body = json.dumps({"Records": [record]}).encode()
    path = f"/2015-03-31/functions/{relay.function}/invocations"
    content = signed_by(request, relay.function).with_content(body, content_type="application/json")
    return replace(content, path=path).with_header("x-amz-invocation-type", "Event")


async def _redrive(sns: Request, relay: Relay, body: bytes, upstream: Upstream) -> None:
    """Send a notification to the subscription's dead-letter queue, if it has one."""
    form = {"Action": "GetSubscriptionAttributes", "SubscriptionArn": relay.subscription}
    answer = await upstream(sns.with_content(urlencode(form).encode(), content_type=_FORM))
    match = _REDRIVE.search(html.unescape(answer.body.decode()))
    if match is None:
        return
    account, name = match.groups()
    message = {"QueueUrl": f"http://{HOST}/{account}/{name}", "MessageBody": body.decode()}
    send = signed_for(sns, "sqs").with_content(
        json.dumps(message).encode(), content_type=_JSON, x_amz_target="AmazonSQS.SendMessage"
    )
    answer = await upstream(send)
    if not answer.ok:
        log.warning("sending to the dead-letter queue %s failed: %s", name, read_error(answer))
