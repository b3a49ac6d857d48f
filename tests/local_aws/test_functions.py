"""Functions reach the local AWS and nothing else, and what they fail at is not lost."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_aws.support import ACCOUNT, REGION, Inbox, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SOURCE = """
import json
import os
import boto3

def handler(event, context):
    if event.get("fail"):
        raise RuntimeError("as told")
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
        "endpoints": sorted({client(one).meta.endpoint_url for one in ("sns", "ssm", "secretsmanager")}),
        "variables": {name: os.environ[name] for name in variables},
        "own": os.environ["OWN"],
    }
"""


@pytest.fixture
def dead_letters(client: Callable[[str], Any]) -> Iterator[Inbox]:
    """Give a queue for what cannot be delivered."""
    made = Inbox(client, f"dead-{uuid.uuid4().hex[:8]}")
    yield made
    made.close()


@pytest.fixture
def function(client: Callable[[str], Any], dead_letters: Inbox) -> Iterator[str]:
    """Give the name of a function that hands its failures to the queue."""
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
    """It needs no endpoint, region or credentials of its own, whatever the developer has in the shell.

    The local AWS was started with another endpoint for SSM, with endpoints switched off and with a proxy.
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
    """After its retries, in the function's queue or, when there is one, at its destination."""
    functions = client("lambda")
    settings: dict[str, Any] = {"MaximumRetryAttempts": 0}
    expected = dead_letters
    if by == "destination":
        expected = Inbox(client, f"{function}-failed")
        settings["DestinationConfig"] = {"OnFailure": {"Destination": expected.arn}}
    functions.put_function_event_invoke_config(FunctionName=function, **settings)
    functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps({"fail": True}))
    (kept,) = expected.take(1)
    assert kept["requestPayload"] == {"fail": True}
    assert kept["responsePayload"]["errorMessage"] == "as told"
    if by == "destination":
        assert dead_letters.waiting() == 0
        expected.close()
