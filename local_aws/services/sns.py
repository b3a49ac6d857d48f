"""SNS subscriptions: confirmation as on AWS, and subscriptions of functions.

MiniStack ignores `ReturnSubscriptionArn`, lists a pending subscription with its ARN and treats an e-mail
subscription as confirmed. Here an e-mail or http(s) subscription is pending until it is confirmed. The
subscription of a function is stored in MiniStack as a webhook (`local_aws.relay`) and listed as `lambda`.

Sources: Amazon SNS API Reference, Subscribe, Unsubscribe, ConfirmSubscription, ListSubscriptionsByTopic.
"""

from __future__ import annotations

import logging
import re
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from local_aws.calls import Answer, Call, Service
from local_aws.errors import AwsError, read_error
from local_aws.protocols import Value, read_output
from local_aws.relay import FUNCTION, Relay, relays

if TYPE_CHECKING:
    from local_aws.http import Request, Response

_EMAIL = frozenset({"email", "email-json"})
_HTTP = frozenset({"http", "https"})

_TOPIC = re.compile(r"arn:aws:sns:(?P<region>[^:]+):(?P<account>\d{12}):[^:]+")

log = logging.getLogger("local_aws.sns")


async def _ask(call: Call, action: str, **parameters: str) -> Value:
    """Call an action of MiniStack's SNS and return its output.

    Raises:
        AwsError: MiniStack's error.
    """
    request = call.request.with_content(
        urlencode({"Action": action, **parameters}).encode(), content_type="application/x-www-form-urlencoded"
    )
    response = await call.upstream(request)
    if not response.ok:
        raise read_error(response)
    return read_output(response, call.operation.service_model.operation_model(action))


async def _attributes(call: Call, arn: str) -> dict[str, str]:
    """Return the attributes of a subscription; an unconfirmed e-mail subscription is pending."""
    answer = await _ask(call, "GetSubscriptionAttributes", SubscriptionArn=arn)
    attributes: dict[str, str] = answer["Attributes"]
    if relay := _relay(call, attributes["Endpoint"]):
        attributes |= {"Protocol": "lambda", "Endpoint": relay.function}
    if arn in call.table("unconfirmed"):
        attributes |= {"PendingConfirmation": "true", "ConfirmationWasAuthenticated": "false"}
    return attributes


async def _is_pending(call: Call, row: Value) -> bool:
    """Return whether a listed subscription is pending. MiniStack knows it for http(s) only."""
    if row["Protocol"] in _HTTP:
        return (await _attributes(call, row["SubscriptionArn"]))["PendingConfirmation"] == "true"
    return row["SubscriptionArn"] in call.table("unconfirmed")


async def _subscriptions(call: Call, topic: str) -> list[Value]:
    answer = await _ask(call, "ListSubscriptionsByTopic", TopicArn=topic)
    return [_listed(call, row) for row in answer["Subscriptions"]]


def _relay(call: Call, address: str) -> Relay | None:
    """Return the relay with this URL, or None."""
    return next((relay for relay in relays(call.store).values() if relay.url == address), None)


def _listed(call: Call, row: Value) -> Value:
    """Return a listed subscription; the webhook of a function as a subscription of the function."""
    relay = _relay(call, row["Endpoint"])
    return {**row, "Protocol": "lambda", "Endpoint": relay.function} if relay else row


async def subscribe(call: Call) -> Value:
    """Subscribe, and return the ARN if the caller requests it or the subscription is not pending."""
    topic, protocol, address = (call.input.get(name) for name in ("TopicArn", "Protocol", "Endpoint"))
    existing = {_identity(row): row for row in await _subscriptions(call, str(topic))}
    if protocol == "lambda" and ("lambda", address) not in existing:
        await _subscribe_function(call, str(topic), str(address))
    elif protocol != "lambda":
        await call.forward()
    rows = {_identity(row): row for row in await _subscriptions(call, str(topic))}
    row = rows[str(protocol), str(address)]
    arn = row["SubscriptionArn"]
    if protocol in _EMAIL and _identity(row) not in existing:
        token = uuid.uuid4().hex
        call.table("unconfirmed")[arn] = {"topic": topic, "token": token}
        log.info("e-mail to %s: confirm the subscription to %s with the token %s", address, topic, token)
    returns_arn = call.input.get("ReturnSubscriptionArn", False) or not await _is_pending(call, row)
    return {"SubscriptionArn": arn if returns_arn else "pending confirmation"}


def _identity(row: Value) -> tuple[str, str]:
    """Return protocol and endpoint, which are unique in a topic."""
    return row["Protocol"], row["Endpoint"]


async def _subscribe_function(call: Call, topic: str, function: str) -> None:
    """Subscribe a function with its own relay.

    Raises:
        AwsError: InvalidParameter, if `function` is not the ARN of a function; MiniStack's error.
    """
    if not FUNCTION.fullmatch(function):
        code = "InvalidParameter"
        raise AwsError(code, "Invalid parameter: Lambda endpoint ARN")
    relay = Relay(topic, function)
    relays(call.store)[relay.identity] = relay
    try:
        attributes = {name: value for name, value in call.request.fields().items() if "Attributes" in name}
        await _ask(call, "Subscribe", TopicArn=topic, Protocol="http", Endpoint=relay.url, **attributes)
        await relay.wait()
        for row in (await _ask(call, "ListSubscriptionsByTopic", TopicArn=topic))["Subscriptions"]:
            if row["Endpoint"] == relay.url:
                relay.subscription = row["SubscriptionArn"]
    except BaseException:
        del relays(call.store)[relay.identity]
        raise


async def confirm(call: Call) -> Value | Response:
    """Confirm an e-mail subscription with the token from the log; MiniStack confirms other subscriptions."""
    for arn, row in call.table("unconfirmed").items():
        if row["token"] == call.input.get("Token"):
            del call.table("unconfirmed")[arn]
            return {"SubscriptionArn": arn}
    return await call.forward()


def signed_confirmation(request: Request) -> Request:
    """Return the request, signed for its topic's account and region if it confirms a subscription.

    A webhook confirms with a URL that has no signature, but MiniStack looks up a topic in the account and
    region of the signature.
    """
    fields = request.fields() if request.query.startswith("Action=ConfirmSubscription") else {}
    match = _TOPIC.fullmatch(fields.get("TopicArn", ""))
    if match is None:
        return request
    scope = f"{match['account']}/20000101/{match['region']}/sns/aws4_request"
    return request.with_header("authorization", f"AWS4-HMAC-SHA256 Credential={scope}")


async def unsubscribe(call: Call) -> Response:
    """Unsubscribe. A pending subscription cannot be unsubscribed; it is deleted with its topic."""
    arn = call.input["SubscriptionArn"]
    try:
        pending = (await _attributes(call, arn))["PendingConfirmation"] == "true"
    except AwsError:
        pending = False
    if pending:
        code = "InvalidParameter"
        reason = "Cannot unsubscribe a subscription that is pending confirmation"
        raise AwsError(code, f"Invalid parameter: SubscriptionArn Reason: {reason}")
    return await call.forward()


async def get_subscription_attributes(call: Call) -> Value:
    """Return a subscription's attributes."""
    return {"Attributes": await _attributes(call, call.input["SubscriptionArn"])}


async def list_subscriptions(call: Call) -> Value:
    """List subscriptions; pending subscriptions have no ARN."""
    answer = read_output(await call.forward(), call.operation)
    rows = [
        {**row, "SubscriptionArn": "PendingConfirmation"} if await _is_pending(call, row) else row
        for row in [_listed(call, row) for row in answer["Subscriptions"]]
    ]
    return {**answer, "Subscriptions": rows}


async def get_topic_attributes(call: Call) -> Value:
    """Return the attributes of a topic; unconfirmed e-mail subscriptions are counted as pending."""
    answer = read_output(await call.forward(), call.operation)
    topic = call.input["TopicArn"]
    pending = sum(row["topic"] == topic for row in call.table("unconfirmed").values())
    attributes = answer["Attributes"]
    for name, change in (("SubscriptionsConfirmed", -pending), ("SubscriptionsPending", pending)):
        attributes[name] = str(int(attributes.get(name, "0")) + change)
    return {"Attributes": attributes}


async def delete_topic(call: Call) -> Response:
    """Delete a topic with its pending subscriptions."""
    response = await call.forward()
    unconfirmed = call.table("unconfirmed")
    for arn in [arn for arn, row in unconfirmed.items() if row["topic"] == call.input["TopicArn"]]:
        del unconfirmed[arn]
    return response


_ANSWERS: dict[str, Answer] = {
    "Subscribe": subscribe,
    "ConfirmSubscription": confirm,
    "Unsubscribe": unsubscribe,
    "GetSubscriptionAttributes": get_subscription_attributes,
    "ListSubscriptions": list_subscriptions,
    "ListSubscriptionsByTopic": list_subscriptions,
    "GetTopicAttributes": get_topic_attributes,
    "DeleteTopic": delete_topic,
}

SERVICE = Service("sns", _ANSWERS)
