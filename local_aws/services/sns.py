"""SNS subscriptions: confirmation as AWS has it, and functions that are invoked as AWS does.

MiniStack ignores `ReturnSubscriptionArn`, lists a pending subscription by its ARN and takes an e-mail address
for confirmed. Here an e-mail or http(s) subscription is pending until it is confirmed. A function's
subscription is a webhook to MiniStack (`local_aws.relay`) and shown as what it is.

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
    from local_aws.wire import Request, Response

_EMAIL = frozenset({"email", "email-json"})
_HTTP = frozenset({"http", "https"})

_TOPIC = re.compile(r"arn:aws:sns:(?P<region>[^:]+):(?P<account>\d{12}):[^:]+")

log = logging.getLogger("local_aws.sns")


async def _ask(call: Call, action: str, **given: str) -> Value:
    """Return MiniStack's answer to an action.

    Raises:
        AwsError: MiniStack's error.
    """
    request = call.request.with_content(
        urlencode({"Action": action, **given}).encode(), content_type="application/x-www-form-urlencoded"
    )
    response = await call.upstream(request)
    if not response.ok:
        raise read_error(response)
    return read_output(response, call.operation.service_model.operation_model(action))


async def _attributes(call: Call, arn: str) -> dict[str, str]:
    """Return a subscription's attributes, pending when its e-mail address has not confirmed."""
    answer = await _ask(call, "GetSubscriptionAttributes", SubscriptionArn=arn)
    found: dict[str, str] = answer["Attributes"]
    if relay := _relay(call, found["Endpoint"]):
        found |= {"Protocol": "lambda", "Endpoint": relay.function}
    if arn in call.table("unconfirmed"):
        found |= {"PendingConfirmation": "true", "ConfirmationWasAuthenticated": "false"}
    return found


async def _is_pending(call: Call, row: Value) -> bool:
    """Tell whether a listed subscription waits for confirmation; only http(s) needs to be asked for."""
    if row["Protocol"] in _HTTP:
        return (await _attributes(call, row["SubscriptionArn"]))["PendingConfirmation"] == "true"
    return row["SubscriptionArn"] in call.table("unconfirmed")


async def _subscriptions(call: Call, topic: str) -> list[Value]:
    answer = await _ask(call, "ListSubscriptionsByTopic", TopicArn=topic)
    return [_shown(call, row) for row in answer["Subscriptions"]]


def _relay(call: Call, address: str) -> Relay | None:
    """Return the relay that an endpoint is the address of, if it is one."""
    return next((relay for relay in relays(call.store).values() if relay.url == address), None)


def _shown(call: Call, row: Value) -> Value:
    """Return a listed subscription as what it is."""
    relay = _relay(call, row["Endpoint"])
    return {**row, "Protocol": "lambda", "Endpoint": relay.function} if relay else row


async def subscribe(call: Call) -> Value:
    """Subscribe, and return the ARN when it is asked for or when nothing has to be confirmed."""
    topic, protocol, address = (call.input.get(name) for name in ("TopicArn", "Protocol", "Endpoint"))
    before = {_identity(row): row for row in await _subscriptions(call, str(topic))}
    if protocol == "lambda" and ("lambda", address) not in before:
        await _subscribe_function(call, str(topic), str(address))
    elif protocol != "lambda":
        await call.forward()
    rows = {_identity(row): row for row in await _subscriptions(call, str(topic))}
    row = rows[str(protocol), str(address)]
    arn = row["SubscriptionArn"]
    if protocol in _EMAIL and _identity(row) not in before:
        token = uuid.uuid4().hex
        call.table("unconfirmed")[arn] = {"topic": topic, "token": token}
        log.info("mail to %s: confirm the subscription to %s with token %s", address, topic, token)
    shown = call.input.get("ReturnSubscriptionArn", False) or not await _is_pending(call, row)
    return {"SubscriptionArn": arn if shown else "pending confirmation"}


def _identity(row: Value) -> tuple[str, str]:
    """Return what there is once in a topic: a protocol with an endpoint."""
    return row["Protocol"], row["Endpoint"]


async def _subscribe_function(call: Call, topic: str, function: str) -> None:
    """Subscribe a function by a relay of its own.

    Raises:
        AwsError: InvalidParameter, when that is no function's ARN; MiniStack's error.
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
    """Confirm an e-mail subscription by the token in the log; MiniStack confirms the others."""
    for arn, row in call.table("unconfirmed").items():
        if row["token"] == call.input.get("Token"):
            del call.table("unconfirmed")[arn]
            return {"SubscriptionArn": arn}
    return await call.forward()


def signed_confirmation(request: Request) -> Request:
    """Return the request, signed for its topic's account and region if it confirms a subscription.

    A webhook confirms by an URL that carries no signature, and MiniStack looks a topic up where the
    signature says.
    """
    fields = request.fields() if request.query.startswith("Action=ConfirmSubscription") else {}
    match = _TOPIC.fullmatch(fields.get("TopicArn", ""))
    if match is None:
        return request
    scope = f"{match['account']}/20000101/{match['region']}/sns/aws4_request"
    return request.with_header("authorization", f"AWS4-HMAC-SHA256 Credential={scope}")


async def unsubscribe(call: Call) -> Response:
    """Unsubscribe, unless the subscription is pending: that one ends with its topic."""
    arn = call.input["SubscriptionArn"]
    try:
        pending = (await _attributes(call, arn))["PendingConfirmation"] == "true"
    except AwsError:
        pending = False
    if pending:
        code = "InvalidParameter"
        text = "Cannot unsubscribe a subscription that is pending confirmation"
        raise AwsError(code, f"Invalid parameter: SubscriptionArn Reason: {text}")
    return await call.forward()


async def get_subscription_attributes(call: Call) -> Value:
    """Return a subscription's attributes."""
    return {"Attributes": await _attributes(call, call.input["SubscriptionArn"])}


async def list_subscriptions(call: Call) -> Value:
    """List subscriptions, pending ones without their ARN."""
    answer = read_output(await call.forward(), call.operation)
    rows = [
        {**row, "SubscriptionArn": "PendingConfirmation"} if await _is_pending(call, row) else row
        for row in [_shown(call, row) for row in answer["Subscriptions"]]
    ]
    return {**answer, "Subscriptions": rows}


async def get_topic_attributes(call: Call) -> Value:
    """Return a topic's attributes, pending e-mail subscriptions counted as such."""
    answer = read_output(await call.forward(), call.operation)
    topic = call.input["TopicArn"]
    pending = sum(row["topic"] == topic for row in call.table("unconfirmed").values())
    found = answer["Attributes"]
    for name, change in (("SubscriptionsConfirmed", -pending), ("SubscriptionsPending", pending)):
        found[name] = str(int(found.get(name, "0")) + change)
    return {"Attributes": found}


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
