"""The gateway answers, forwards or rejects every request."""

from __future__ import annotations

import asyncio
import json
import os
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_aws.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_aws.http import Message, Receive, Scope, Send

PORT = 4566
HOST = f"127.0.0.1:{PORT}"
"""The Host header of requests to a gateway without a server."""


def test_the_health_endpoint_says_which_process_answers(endpoint: str) -> None:
    """`process` identifies a server by process id and token."""
    with urllib.request.urlopen(f"{endpoint}/_reveille/health", timeout=5) as answer:  # noqa: S310 - 127.0.0.1
        health = json.loads(answer.read())
    assert health["name"] == "reveille-local-aws"
    assert len(health["token"]) == 32
    os.kill(health["pid"], 0)


def test_objects_pass_through_unchanged(client: Callable[[str], Any]) -> None:
    """A body larger than any buffer is unchanged, and a second conditional write is rejected.

    Terraform's S3 backend locks with such a write (`use_lockfile`).
    """
    s3 = client("s3")
    s3.create_bucket(Bucket="objects", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    body = os.urandom(5_000_000)
    s3.put_object(Bucket="objects", Key="big", Body=body)
    assert s3.get_object(Bucket="objects", Key="big")["Body"].read() == body
    s3.put_object(Bucket="objects", Key="x.tflock", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket="objects", Key="x.tflock", Body=b"2", IfNoneMatch="*")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    for key in ("big", "x.tflock"):
        s3.delete_object(Bucket="objects", Key=key)
    s3.delete_bucket(Bucket="objects")


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "action"),
    [
        ("xray", "get_insight", {"InsightId": "1" * 36}, "xray:GetInsight"),
        ("application-autoscaling", "get_predictive_scaling_forecast", None, "GetPredictiveScalingForecast"),
        ("glacier", "list_vaults", {}, "glacier:GET /-/vaults"),
        ("comprehend", "list_endpoints", {}, "comprehend:ListEndpoints"),
        ("logs", "create_log_anomaly_detector", {"logGroupArnList": ["a"]}, "CreateLogAnomalyDetector"),
        ("cloudwatch", "put_anomaly_detector", {"Namespace": "a"}, "PutAnomalyDetector"),
    ],
)
def test_an_unsupported_operation_is_rejected_once(
    client: Callable[[str], Any], service: str, operation: str, parameters: dict[str, Any] | None, action: str
) -> None:
    """A 4xx with the action: clients retry a 5xx, the provider for ten minutes."""
    if parameters is None:
        parameters = {
            "ServiceNamespace": "ecs",
            "ResourceId": "r",
            "ScalableDimension": "ecs:service:DesiredCount",
            "PolicyName": "p",
            "StartTime": 0,
            "EndTime": 1,
        }
    with pytest.raises(ClientError, match=action) as caught:
        getattr(client(service), operation)(**parameters)
    metadata = caught.value.response["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == 400
    assert metadata["RetryAttempts"] == 0


def _answer(
    app: Callable[..., Any], headers: dict[str, str], chunks: tuple[bytes, ...] = (b"",), path: str = "/"
) -> tuple[int, bytes, list[Message]]:
    """Return status, body and ASGI messages of the gateway's answer to a request."""
    sent: list[Message] = []
    waiting: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    ]

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in {"host": HOST, **headers}.items()],
    }
    asyncio.run(Gateway(app, port=PORT)(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]), sent


def _signed(service: str, **headers: str) -> dict[str, str]:
    scope = f"111122223333/20300101/eu-west-1/{service}/aws4_request"
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=x", **extra}


@pytest.mark.parametrize("headers", [{}, _signed("s3"), _signed("ecs", x_amz_target="A.ListClusters")])
def test_what_is_passed_on_is_streamed(headers: dict[str, str]) -> None:
    """Request and answer are forwarded in their original chunks."""
    received: list[Message] = []

    async def upstream(_scope: Scope, receive: Receive, send: Send) -> None:
        received.extend([await receive(), await receive()])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"1", "more_body": True})
        await send({"type": "http.response.body", "body": b"2"})

    status, _, sent = _answer(upstream, headers, (b"a", b"b"))
    assert [message["body"] for message in received] == [b"a", b"b"]
    assert status == 200
    assert [message.get("body") for message in sent[1:]] == [b"1", b"2"]


def _failing(status: int, body: bytes) -> Callable[..., Any]:
    async def upstream(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"x-amzn-requestid", b"1")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return upstream


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (_signed("ecs", x_amz_target="A.RunTask", content_type="application/x-amz-json-1.1"), b"ecs:RunTask"),
        (_signed("iam", content_type="application/x-www-form-urlencoded"), b"<Code>InternalError</Code>"),
        (_signed("s3"), b"<Error><Code>InternalError</Code>"),
    ],
)
def test_a_failure_of_ministack_is_a_rejection(headers: dict[str, str], expected: bytes) -> None:
    """In the protocol of the request, with MiniStack's message."""
    upstream = _failing(500, b'{"__type": "InternalError", "message": "KeyError: x"}')
    status, body, _ = _answer(upstream, headers)
    assert status == 400
    assert expected in body
    assert b"KeyError: x" in body


def test_a_function_may_fail() -> None:
    """A 5xx of an invocation comes from the function, not from MiniStack."""
    path = "/2015-03-31/functions/f/invocations"
    status, body, _ = _answer(_failing(502, b"down"), _signed("lambda"), path=path)
    assert (status, body) == (502, b"down")


def test_lifespan_and_websockets_reach_ministack() -> None:
    """Other connections than HTTP are forwarded once they are admitted."""
    seen = []
    headers = [(b"host", HOST.encode())]

    async def upstream(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: object) -> Any:
        return {}

    for kind in ("lifespan", "websocket"):
        scope: Scope = {"type": kind, "path": "/", "headers": headers}
        asyncio.run(Gateway(upstream, port=PORT)(scope, nothing, nothing))
    assert seen == ["lifespan", "websocket"]


def test_a_body_that_is_no_json_is_a_serialization_error() -> None:
    """A client error, in the protocol of the request."""
    headers = _signed("logs", x_amz_target="Logs_20140328.PutQueryDefinition")
    status, body, _ = _answer(_failing(500, b""), headers, (b"{",))
    assert status == 400
    assert b"SerializationException" in body


def test_accounts_and_regions_see_only_what_is_theirs(client: Callable[[str], Any], endpoint: str) -> None:
    """A group in one account and region does not exist in another."""
    client("xray").create_group(GroupName="mine")
    for account, region in (("444455556666", "eu-west-1"), ("111122223333", "us-east-1")):
        other = boto3.client(
            "xray",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="local",  # noqa: S106 - the local AWS checks no signature
        )
        assert other.get_groups()["Groups"] == []
    client("xray").delete_group(GroupName="mine")


def test_the_key_of_an_assumed_role_belongs_to_the_account_of_the_role(
    client: Callable[[str], Any], endpoint: str
) -> None:
    """A provider that assumes a role uses the account of the role."""
    client("iam").create_role(RoleName="deployer", AssumeRolePolicyDocument="{}")
    role = "arn:aws:iam::111122223333:role/deployer"
    session = client("sts").assume_role(RoleArn=role, RoleSessionName="deploy")["Credentials"]
    client("xray").create_group(GroupName="mine")
    assumed = boto3.client(
        "xray",
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    assert [group["GroupName"] for group in assumed.get_groups()["Groups"]] == ["mine"]
    client("xray").delete_group(GroupName="mine")
    client("iam").delete_role(RoleName="deployer")
