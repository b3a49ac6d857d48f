"""Members that MiniStack omits or adds: ECS, Firehose, Lambda, S3."""

from __future__ import annotations

import io
import json
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_aws.support import REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROLE = "arn:aws:iam::111122223333:role/r"
_CODE = """
import os, time
def handler(event, context):
    print("event", event["n"], os.environ["POWERTOOLS_SERVICE_NAME"])
    time.sleep(event.get("sleep_s", 0))
    if event["n"] == "bad":
        raise ValueError("bad event")
    return {
        "n": event["n"],
        "endpoint": os.environ["AWS_ENDPOINT_URL"],
        "of the developer": [name for name, value in os.environ.items() if value == "the developer's"],
    }
"""


@pytest.fixture
def cluster(client: Callable[[str], Any]) -> Iterator[str]:
    """Yield a cluster with a task definition `t`; delete it after the test."""
    ecs = client("ecs")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(family="t", containerDefinitions=[{"name": "a", "image": "a", "memory": 64}])
    yield "c"
    ecs.delete_cluster(cluster="c")


@pytest.mark.parametrize(
    ("parameters", "expected"), [({}, "ENABLED"), ({"availabilityZoneRebalancing": "DISABLED"}, "DISABLED")]
)
def test_rebalancing_is_kept_through_updates(
    client: Callable[[str], Any], cluster: str, parameters: dict[str, str], expected: str
) -> None:
    """It is enabled by default; an update without it does not change it."""
    ecs = client("ecs")
    answer = ecs.create_service(
        cluster=cluster, serviceName="s", taskDefinition="t", desiredCount=0, **parameters
    )
    assert answer["service"]["availabilityZoneRebalancing"] == expected

    def described() -> str:
        return str(
            ecs.describe_services(cluster=cluster, services=["s"])["services"][0][
                "availabilityZoneRebalancing"
            ]
        )

    ecs.update_service(cluster=cluster, service="s", desiredCount=0)
    assert described() == expected
    other = {"ENABLED": "DISABLED", "DISABLED": "ENABLED"}[expected]
    ecs.update_service(cluster=cluster, service="s", availabilityZoneRebalancing=other)
    assert described() == other
    ecs.delete_service(cluster=cluster, service="s", force=True)


def test_a_deployment_configuration_is_described_whole(client: Callable[[str], Any], cluster: str) -> None:
    """With circuit breaker and deployment alarms."""
    ecs = client("ecs")
    config = {
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "maximumPercent": 150,
        "minimumHealthyPercent": 50,
        "alarms": {"alarmNames": ["a"], "enable": True, "rollback": True},
    }
    ecs.create_service(
        cluster=cluster, serviceName="s", taskDefinition="t", desiredCount=0, deploymentConfiguration=config
    )
    (row,) = ecs.describe_services(cluster=cluster, services=["s"])["services"]
    ecs.delete_service(cluster=cluster, service="s", force=True)
    assert {name: row["deploymentConfiguration"].get(name) for name in config} == config


def _destination(firehose: Any) -> dict[str, Any]:
    described = firehose.describe_delivery_stream(DeliveryStreamName="f")["DeliveryStreamDescription"]
    destination: dict[str, Any] = described["Destinations"][0]["ExtendedS3DestinationDescription"]
    return destination


def test_an_s3_destination_is_described_whole(client: Callable[[str], Any]) -> None:
    """With time zone, file extension, key and logging; an update keeps other members."""
    firehose = client("firehose")
    config = {
        "RoleARN": _ROLE,
        "BucketARN": "arn:aws:s3:::archive",
        "Prefix": "logs/!{timestamp:yyyy}/",
        "ErrorOutputPrefix": "errors/",
        "CompressionFormat": "GZIP",
        "CustomTimeZone": "Europe/Berlin",
        "FileExtension": ".log.gz",
        "EncryptionConfiguration": {"KMSEncryptionConfig": {"AWSKMSKeyARN": "arn:aws:kms:eu-west-1:1:key/k"}},
        "CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "/f", "LogStreamName": "s"},
        "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
    }
    firehose.create_delivery_stream(DeliveryStreamName="f", ExtendedS3DestinationConfiguration=config)
    destination = _destination(firehose)
    assert {name: destination.get(name) for name in config} == config
    description = firehose.describe_delivery_stream(DeliveryStreamName="f")["DeliveryStreamDescription"]
    firehose.update_destination(
        DeliveryStreamName="f",
        CurrentDeliveryStreamVersionId=description["VersionId"],
        DestinationId=description["Destinations"][0]["DestinationId"],
        ExtendedS3DestinationUpdate={"CustomTimeZone": "Asia/Tokyo"},
    )
    changed = _destination(firehose)
    assert {name: changed.get(name) for name in config} == {**config, "CustomTimeZone": "Asia/Tokyo"}
    firehose.delete_delivery_stream(DeliveryStreamName="f")


def test_a_destination_is_in_utc_unless_told_otherwise(client: Callable[[str], Any]) -> None:
    """A new stream with the same name has no members of the old one."""
    firehose = client("firehose")
    config = {"RoleARN": _ROLE, "BucketARN": "arn:aws:s3:::archive"}
    for extra in ({"CustomTimeZone": "Asia/Tokyo", "FileExtension": ".x"}, {}):
        firehose.create_delivery_stream(
            DeliveryStreamName="f", ExtendedS3DestinationConfiguration={**config, **extra}
        )
        destination = _destination(firehose)
        firehose.delete_delivery_stream(DeliveryStreamName="f")
    assert destination["CustomTimeZone"] == "UTC"
    assert "FileExtension" not in destination


@pytest.fixture
def function(client: Callable[[str], Any]) -> Iterator[str]:
    """Yield a traced function with its own log group; delete it after the test."""
    functions, logs = client("lambda"), client("logs")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", _CODE)
    logs.create_log_group(logGroupName="/functions/f")
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Architectures=["arm64"],
        Role=_ROLE,
        Handler="main.handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=20,
        TracingConfig={"Mode": "Active"},
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "/functions/f"},
        Environment={"Variables": {"POWERTOOLS_SERVICE_NAME": "svc", "POWERTOOLS_METRICS_NAMESPACE": "ns"}},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="f")
    yield "f"
    functions.delete_function(FunctionName="f")
    logs.delete_log_group(logGroupName="/functions/f")


def test_limits_of_asynchronous_calls_are_described_only_when_set(
    client: Callable[[str], Any], function: str
) -> None:
    """Otherwise a plan would remove a limit that is not set."""
    functions = client("lambda")

    def limits() -> dict[str, int]:
        config = functions.get_function_event_invoke_config(FunctionName=function)
        return {name: config[name] for name in config if name.startswith("Maximum")}

    functions.put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=1)
    assert limits() == {"MaximumRetryAttempts": 1}
    functions.update_function_event_invoke_config(FunctionName=function, MaximumEventAgeInSeconds=600)
    assert limits() == {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 600}
    functions.put_function_event_invoke_config(FunctionName=function, MaximumEventAgeInSeconds=700)
    assert limits() == {"MaximumEventAgeInSeconds": 700}
    functions.delete_function_event_invoke_config(FunctionName=function)
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        limits()


def _messages(logs: Any) -> list[str]:
    return [event["message"] for event in logs.filter_log_events(logGroupName="/functions/f")["events"]]


def test_functions_run_at_the_same_time_and_log(
    client: Callable[[str], Any], function: str, endpoint: str
) -> None:
    """Traced without a daemon, they return, call AWS at the gateway, and write to their log group."""
    functions, logs = client("lambda"), client("logs")

    def invoke(number: int) -> dict[str, Any]:
        answer = functions.invoke(FunctionName=function, Payload=json.dumps({"n": number, "sleep_s": 0.2}))
        payload: dict[str, Any] = json.loads(answer["Payload"].read())
        return payload

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(invoke, range(4)))
    assert answers == [{"n": number, "endpoint": endpoint, "of the developer": []} for number in range(4)]
    failed = functions.invoke(FunctionName=function, Payload=json.dumps({"n": "bad"}))
    assert failed["FunctionError"] == "Unhandled"
    deadline = time.monotonic() + 10
    while sum(line.startswith("REPORT") for line in _messages(logs)) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    lines = _messages(logs)
    for first in ("START RequestId:", "END RequestId:", "REPORT RequestId:"):
        assert sum(line.startswith(first) for line in lines) == 5
    assert {f"event {number} svc" for number in range(4)} <= {line.strip() for line in lines}


def test_a_lifecycle_keeps_the_least_size_it_moves(client: Callable[[str], Any]) -> None:
    """AWS's default if it is not set, else the value that was set."""
    s3 = client("s3")
    s3.create_bucket(Bucket="lifecycle", CreateBucketConfiguration={"LocationConstraint": REGION})
    rules = {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]}
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket="lifecycle")
    sizes = []
    for parameters in ({}, {"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}):
        s3.put_bucket_lifecycle_configuration(Bucket="lifecycle", LifecycleConfiguration=rules, **parameters)
        answer = s3.get_bucket_lifecycle_configuration(Bucket="lifecycle")
        assert answer["Rules"][0]["Expiration"] == {"Days": 1}
        sizes.append(answer["TransitionDefaultMinimumObjectSize"])
    assert sizes == ["all_storage_classes_128K", "varies_by_storage_class"]
    s3.delete_bucket_lifecycle(Bucket="lifecycle")
    s3.put_object(Bucket="lifecycle", Key="lifecycle?lifecycle", Body=b"x")
    assert s3.get_object(Bucket="lifecycle", Key="lifecycle?lifecycle")["Body"].read() == b"x"
    s3.delete_object(Bucket="lifecycle", Key="lifecycle?lifecycle")
    s3.delete_bucket(Bucket="lifecycle")
