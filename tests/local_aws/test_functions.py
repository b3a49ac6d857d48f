"""Functions call only the local AWS, and failed events are kept."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.support import ACCOUNT, REGION, Inbox, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SOURCE = """
import json
import os
import boto3

def handler(event, context):
    if event.get("fail") or "fail" in str(event.get("Records")):
        raise RuntimeError("as told")
    if "Records" in event:
        print("received", json.dumps(event))
        return None
    name = event["name"]
    client = boto3.client
    secrets = {
        "parameter": client("ssm").get_parameter(Name="/" + name, WithDecryption=True)["Parameter"]["Value"],
        "secret": client("secretsmanager").get_secret_value(SecretId=name)["SecretString"],
    }
    client("sns").publish(TopicArn=event["topic"], Message=json.dumps(secrets))
    variables = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID")
    return {
        "account": client("sts").get_caller_identity()["Account"],
        "endpoints": sorted({client(name).meta.endpoint_url for name in ("sns", "ssm", "secretsmanager")}),
        "variables": {name: os.environ[name] for name in variables},
        "own": os.environ["OWN"],
    }
"""


@pytest.fixture
def dead_letters(client: Callable[[str], Any]) -> Iterator[Inbox]:
    """Yield a dead-letter queue."""
    inbox = Inbox(client, f"dead-{uuid.uuid4().hex[:8]}")
    yield inbox
    inbox.close()


@pytest.fixture
def function(client: Callable[[str], Any], dead_letters: Inbox) -> Iterator[str]:
    """Yield the name of a function with the dead-letter queue."""
    functions, name = client("lambda"), f"calls-{uuid.uuid4().hex[:8]}"
    functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=f"arn:aws:iam::{ACCOUNT}:role/r",
        Handler="main.handler",
        Timeout=30,
        Code={"ZipFile": packed(_SOURCE)},
        Environment={"Variables": {"OWN": "kept"}},
        DeadLetterConfig={"TargetArn": dead_letters.arn},
    )
    yield name
    functions.delete_function(FunctionName=name)


def test_a_function_reads_secrets_and_publishes_here(
    client: Callable[[str], Any], endpoint: str, function: str, topic: str
) -> None:
    """It needs no endpoint, region or credentials, in any environment of the developer.

    The local AWS was started with another endpoint for SSM, with endpoints disabled and with a proxy.
    """
    inbox = Inbox(client, function, topic)
    client("ssm").put_parameter(Name=f"/{function}", Type="SecureString", Value="parameter's")
    client("secretsmanager").create_secret(Name=function, SecretString="secret's")
    event = json.dumps({"name": function, "topic": topic})
    answer = client("lambda").invoke(FunctionName=function, Payload=event)
    assert json.loads(answer["Payload"].read()) == {
        "account": ACCOUNT,
        "endpoints": [endpoint],
        "variables": {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": ACCOUNT},
        "own": "kept",
    }
    (notice,) = inbox.take(1)
    assert json.loads(notice["Message"]) == {"parameter": "parameter's", "secret": "secret's"}
    client("ssm").delete_parameter(Name=f"/{function}")
    client("secretsmanager").delete_secret(SecretId=function, ForceDeleteWithoutRecovery=True)
    inbox.close()


@pytest.mark.parametrize("by", ["dead-letter queue", "destination"])
def test_what_a_function_fails_at_asynchronously_is_kept(
    client: Callable[[str], Any], function: str, dead_letters: Inbox, by: str
) -> None:
    """After its retries, in the function's dead-letter queue or at its destination."""
    functions = client("lambda")
    settings: dict[str, Any] = {"MaximumRetryAttempts": 0}
    expected = dead_letters
    if by == "destination":
        expected = Inbox(client, f"{function}-failed")
        settings["DestinationConfig"] = {"OnFailure": {"Destination": expected.arn}}
    functions.put_function_event_invoke_config(FunctionName=function, **settings)
    functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps({"fail": True}))
    (record,) = expected.take(1)
    assert record["requestPayload"] == {"fail": True}
    assert record["responsePayload"]["errorMessage"] == "as told"
    if by == "destination":
        assert dead_letters.waiting() == 0
        expected.close()


def _subscribe(
    client: Callable[[str], Any], topic: str, function: str, dead_letters: Inbox
) -> tuple[str, str]:
    """Subscribe a function with a dead-letter queue; return the ARNs of function and subscription."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
    policy = json.dumps({"deadLetterTargetArn": dead_letters.arn})
    answer = client("sns").subscribe(
        TopicArn=topic, Protocol="lambda", Endpoint=arn, Attributes={"RedrivePolicy": policy}
    )
    return arn, answer["SubscriptionArn"]


def test_a_function_is_subscribed_once_and_shown_as_what_it_is(
    client: Callable[[str], Any], function: str, topic: str, dead_letters: Inbox
) -> None:
    """Without confirmation; its redrive policy is returned; it can be unsubscribed."""
    sns = client("sns")
    arn, subscription = _subscribe(client, topic, function, dead_letters)
    assert subscription.startswith(f"{topic}:")
    assert _subscribe(client, topic, function, dead_letters)[1] == subscription
    (row,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (row["Protocol"], row["Endpoint"], row["SubscriptionArn"]) == ("lambda", arn, subscription)
    assert row in sns.list_subscriptions()["Subscriptions"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert (attributes["Protocol"], attributes["Endpoint"], attributes["PendingConfirmation"]) == (
        "lambda",
        arn,
        "false",
    )
    assert json.loads(attributes["RedrivePolicy"]) == {"deadLetterTargetArn": dead_letters.arn}
    sns.unsubscribe(SubscriptionArn=subscription)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    assert _subscribe(client, topic, function, dead_letters)[1] != subscription


def test_a_function_gets_the_event_of_aws(
    client: Callable[[str], Any], function: str, topic: str, dead_letters: Inbox
) -> None:
    """The notification is a record in Lambda's format."""
    _, subscription = _subscribe(client, topic, function, dead_letters)
    client("sns").publish(TopicArn=topic, Message="hello")
    logs, deadline = client("logs"), time.monotonic() + 10
    lines: list[str] = []
    while not lines and time.monotonic() < deadline:
        time.sleep(0.1)
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{function}")["logGroups"]
        for group in groups:
            events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
            lines = [event["message"] for event in events if event["message"].startswith("received ")]
    (record,) = json.loads(lines[0].removeprefix("received "))["Records"]
    notice = record.pop("Sns")
    assert record == {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
    }
    assert set(notice) == {
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
        "SigningCertUrl", "UnsubscribeUrl", "MessageAttributes",
    }  # fmt: skip
    assert (notice["TopicArn"], notice["Subject"], notice["Message"]) == (topic, None, "hello")


def test_a_notification_that_a_function_fails_at_is_kept(
    client: Callable[[str], Any], function: str, topic: str, dead_letters: Inbox
) -> None:
    """The invocation is asynchronous, so the function's own queue gets the event."""
    _subscribe(client, topic, function, Inbox(client, f"{function}-unused"))
    client("lambda").put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=0)
    client("sns").publish(TopicArn=topic, Message="fail")
    (record,) = dead_letters.take(1)
    assert record["requestPayload"]["Records"][0]["Sns"]["Message"] == "fail"


def test_a_notification_to_a_function_that_is_gone_is_redriven(
    client: Callable[[str], Any], topic: str, dead_letters: Inbox
) -> None:
    """The dead-letter queue of the subscription gets the notification."""
    _subscribe(client, topic, "gone", dead_letters)
    client("sns").publish(TopicArn=topic, Message="hello")
    (notification,) = dead_letters.take(1)
    assert (notification["TopicArn"], notification["Message"]) == (topic, "hello")


def test_what_is_no_function_cannot_be_subscribed_as_one(client: Callable[[str], Any], topic: str) -> None:
    """AWS requires the ARN of a function."""
    with pytest.raises(ClientError, match="Lambda endpoint ARN") as caught:
        client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint="https://example.com")
    assert caught.value.response["Error"]["Code"] == "InvalidParameter"
    assert client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
