"""The drill reads the alarms of a live account through boto3, here from the local AWS."""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber

import catalog as catalogs
from config.models import Environment
from drill.errors import DrillError
from drill.model import System, Topic
from drill.sources import account, catalog
from drill.sources.errors import SourceError
from tests.local_aws.putting import delete_all, put, with_webhook
from tests.local_aws.support import ACCOUNT, REGION, confirming_webhook
from tests.unit.catalog.catalogs import EVERY, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@functools.cache
def full_environment() -> System:
    """Return an environment with every feature enabled, in the account of the tests."""
    env = Environment.model_validate(
        {**plain(EVERY["everything"][0]), "account_id": ACCOUNT, "region": REGION}
    )
    return catalog.system(env, catalogs.build(env))


@pytest.fixture(scope="module")
def deployed(client: Callable[[str], Any]) -> Iterator[System]:
    """Create an environment's alarms, filters, topics and queues in the local AWS; return the system."""
    env = EVERY["everything"][0]
    with confirming_webhook() as hook:
        system = with_webhook(full_environment(), hook)
        urls = put(client, system, {"Project": env.project, "Environment": env.environment})
        yield system
    delete_all(client, system, urls)


def by_name(values: Any) -> dict[str, Any]:
    """Return name -> value."""
    return {value.name: value for value in values}


def test_a_deployed_environment_is_the_catalogs(client: Callable[[str], Any], deployed: System) -> None:
    """Every alarm is equal, with service and short name, if the environment is given."""
    progress: list[str] = []
    system = account.system(client, known=deployed, progress=progress.append)
    assert by_name(system.alarms) == by_name(deployed.alarms)
    assert by_name(system.composites) == by_name(deployed.composites)
    assert by_name(system.filters) == by_name(deployed.filters)
    actions = [
        *(alarm.actions for alarm in deployed.alarms),
        *(composite.actions for composite in deployed.composites),
    ]
    topic_arns = {arn for action in actions for arn in action.alarm}
    assert by_name(system.topics) == {
        topic.name: topic for topic in deployed.topics if topic.arn in topic_arns
    }
    assert system.queues == deployed.queues
    assert system.short_names == deployed.short_names
    assert system.log_groups == deployed.log_groups
    assert system.title == f"{REGION} of {ACCOUNT}"
    counts = (len(deployed.alarms), len(deployed.composites), len(deployed.filters), len(topic_arns))
    assert progress == [
        f"{counts[0]} metric alarms, {counts[1]} composite alarms",
        f"{counts[2]} metric filters",
        f"{counts[3]} topics, 2 queues",
    ]


def test_without_an_environment_names_are_by_tags(client: Callable[[str], Any], deployed: System) -> None:
    """The same alarms; services and units, which AWS does not store, are empty."""
    system = account.system(client)
    assert by_name(system.alarms) == {
        alarm.name: dataclasses.replace(alarm, service=None, unit="") for alarm in deployed.alarms
    }
    assert {topic.name: topic.severity for topic in system.topics} == {
        "critical": "page", "warning": "ticket", "fallback": "page",
    }  # fmt: skip
    assert [queue.name for queue in system.queues] == ["alarms", "alarms-dead-letters"]
    recipients = {
        subscription.name
        for topic in system.topics
        for subscription in topic.subscriptions
        if subscription.protocol == "lambda"
    }
    assert recipients == {"notifier"}
    assert system.short_names["payment-handler-errors"] == deployed.short_names["payment-handler-errors"]
    assert set(system.log_groups.items()) >= set(deployed.log_groups.items())


def test_a_prefix_selects(client: Callable[[str], Any], deployed: System) -> None:
    """Metric alarms and composites."""
    prefix = f"{EVERY['everything'][0].project}-payment-handler-e"
    selected = account.system(client, prefix=prefix)
    names, expected = (
        {*by_name(system.alarms), *by_name(system.composites)} for system in (selected, deployed)
    )
    assert names == {name for name in expected if name.startswith(prefix)}
    assert 0 < len(names) < len(expected)


def test_an_alarm_that_cannot_be_rehearsed_is_named(client: Callable[[str], Any], topic: str) -> None:
    """With the reason; the others are rehearsed. It is an error if there are no others."""
    cloudwatch = client("cloudwatch")
    common = {"EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    query = [{"Id": "q", "Expression": 'SELECT MAX(x) FROM "N"', "Period": 60, "ReturnData": True}]
    client("sns").tag_resource(ResourceArn=topic, Tags=[{"Key": "Severity", "Value": "warning"}])
    cloudwatch.put_metric_alarm(AlarmName="one-insights", Metrics=query, **common)
    cloudwatch.put_metric_alarm(
        AlarmName="one-plain",
        Namespace="N",
        MetricName="M",
        Period=60,
        Statistic="Sum",
        AlarmActions=[topic],
        **common,
    )
    try:
        with pytest.raises(
            DrillError, match=r"no alarm can be rehearsed:\n  one-insights: alarm one-insights: expr"
        ):
            account.system(client, prefix="one-i")
        system = account.system(client, prefix="one-")
    finally:
        cloudwatch.delete_alarms(AlarmNames=["one-insights", "one-plain"])
    (entry,) = system.left_out
    assert entry.name == "one-insights"
    assert "expression: q: character 1: Metrics Insights queries are not supported" in entry.reason
    (alarm,) = system.alarms
    assert alarm.actions.alarm == (topic,)
    (route,) = system.topics
    assert (route.name, route.severity, route.subscriptions) == ("test", "ticket", ())


def test_names_are_whole_where_environments_share_an_account(client: Callable[[str], Any]) -> None:
    """Short names would be ambiguous; names known from an environment are still short."""
    cloudwatch, sns = client("cloudwatch"), client("sns")
    arns = {}
    for name in ("prod", "dev"):
        tags = [{"Key": "Project", "Value": "x"}, {"Key": "Environment", "Value": name}]
        arns[name] = sns.create_topic(Name=f"x-page-{name}", Tags=tags)["TopicArn"]
        cloudwatch.put_metric_alarm(
            AlarmName=f"x-errors-{name}", Namespace="N", MetricName="M", Period=60, Statistic="Sum",
            Threshold=1, EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[arns[name]],
        )  # fmt: skip
    known = System("dev", (), topics=(Topic(arns["dev"], "pager", None),))
    try:
        both = account.system(client, known=known, prefix="x-errors-")
        system = account.system(client, prefix="x-errors-prod")
    finally:
        cloudwatch.delete_alarms(AlarmNames=["x-errors-prod", "x-errors-dev"])
        for arn in arns.values():
            sns.delete_topic(TopicArn=arn)
    assert {topic.name for topic in both.topics} == {"x-page-prod", "pager"}
    assert both.short_names == {}
    assert both.baseline is known.baseline
    assert [topic.name for topic in system.topics] == ["page"]
    assert system.short_names == {"errors": "x-errors-prod"}


def test_an_empty_account_is_a_system_without_alarms(client: Callable[[str], Any]) -> None:
    """It is not an error."""
    system = account.system(client, prefix="no alarm has this prefix")
    assert (system.alarms, system.composites, system.topics, system.queues) == ((), (), (), ())
    assert system.title == REGION


def stubbed(code: str, message: str = "said") -> Callable[[str], Any]:
    """Return a function that creates clients whose every call fails with an error."""

    def make(service: str) -> Any:
        failing = boto3.client(  # type: ignore[call-overload]
            service,
            region_name=REGION,
            aws_access_key_id="a",
            aws_secret_access_key="b",  # noqa: S106
        )
        stub = Stubber(failing)
        stub.add_client_error("describe_alarms", code, message)
        stub.activate()
        return failing

    return make


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("AccessDenied", r"cloudwatch:DescribeAlarms is not allowed: add it to the policy of the role"),
        ("AccessDeniedException", r"cloudwatch:DescribeAlarms is not allowed"),
        ("ExpiredToken", r"credentials are no longer valid \(ExpiredToken\): sign in"),
        ("InternalFailure", r"cloudwatch:DescribeAlarms failed\. .*InternalFailure"),
    ],
)
def test_what_aws_rejects_says_what_to_do(code: str, says: str) -> None:
    """The action that must be allowed, or the command to sign in."""
    with pytest.raises(SourceError, match=says):
        account.system(stubbed(code))


def test_every_call_is_in_the_policy_that_the_documentation_lists(
    client: Callable[[str], Any], deployed: System
) -> None:
    """The policy has exactly the calls that `deployed` makes."""
    called: set[str] = set()

    def counting(service: str) -> Any:
        new_client = client(service)
        new_client.meta.events.register(
            f"before-call.{service}", lambda model, **_: called.add(f"{service}:{model.name}")
        )
        return new_client

    account.system(counting, known=deployed)
    listed = set(re.findall(r'"(\w+:[A-Z]\w+)"', str(account.__doc__)))
    assert called == listed


def refusing(client: Callable[[str], Any], call: str, code: str) -> Callable[[str], Any]:
    """Return a function that creates clients of which one call fails with an error."""
    service, _, name = call.partition(":")

    def make(requested: str) -> Any:
        new_client = client(requested)

        def refuse(**_: object) -> None:
            raise ClientError({"Error": {"Code": code, "Message": "said"}}, name)

        if requested == service:
            new_client.meta.events.register(f"before-call.{service}.{name}", refuse)
        return new_client

    return make


@pytest.mark.parametrize(
    "call",
    [
        "cloudwatch:DescribeAlarms",
        "logs:DescribeMetricFilters",
        "sns:ListSubscriptionsByTopic",
        "sns:ListTagsForResource",
        "sqs:GetQueueUrl",
        "sqs:GetQueueAttributes",
    ],
)
def test_every_action_that_is_missing_is_named(
    client: Callable[[str], Any], deployed: System, call: str
) -> None:
    """With its name in IAM policies."""
    assert deployed.alarms
    with pytest.raises(SourceError, match=f"{call} is not allowed"):
        account.system(refusing(client, call, "AccessDenied"))


def test_a_topic_that_is_gone_or_anothers_reaches_nobody(client: Callable[[str], Any]) -> None:
    """It is in the system without subscriptions and is not an error: the alarm names it."""
    cloudwatch = client("cloudwatch")
    deleted, foreign = (f"arn:aws:sns:{REGION}:{owner}:away" for owner in (ACCOUNT, "999999999999"))
    lost: dict[str, Any] = {
        "AlarmName": "lost",
        "Namespace": "N",
        "MetricName": "M",
        "Period": 60,
        "Statistic": "Sum",
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "AlarmActions": [deleted],
        "OKActions": [foreign],
    }
    cloudwatch.put_metric_alarm(**lost)
    try:
        system = account.system(client, prefix="lost")
        refused_client = refusing(client, "sns:ListSubscriptionsByTopic", "AuthorizationError")
        with pytest.raises(SourceError, match="sns:ListSubscriptionsByTopic is not allowed"):
            account.system(refused_client, prefix="lost")
        cloudwatch.put_metric_alarm(**{**lost, "AlarmActions": []})
        denied = account.system(refused_client, prefix="lost")
        with pytest.raises(SourceError, match=r"sns:ListSubscriptionsByTopic failed\. .*InternalError"):
            account.system(refusing(client, "sns:ListSubscriptionsByTopic", "InternalError"), prefix="lost")
    finally:
        cloudwatch.delete_alarms(AlarmNames=["lost"])
    assert [(topic.arn, topic.name, topic.subscriptions) for topic in system.topics] == [
        (deleted, "away", ()), (foreign, "away", ()),
    ]  # fmt: skip
    assert [(topic.arn, topic.subscriptions) for topic in denied.topics] == [(foreign, ())]


def test_a_deleted_queue_and_a_pending_subscription_get_nothing(
    client: Callable[[str], Any], topic: str
) -> None:
    """The subscription of the queue still exists; a pending subscription is not read."""
    cloudwatch, away = client("cloudwatch"), f"arn:aws:sqs:{REGION}:{ACCOUNT}:away"
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=away)
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="nobody-confirmed@example.com")
    cloudwatch.put_metric_alarm(
        AlarmName="lost", Namespace="N", MetricName="M", Period=60, Statistic="Sum", EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic],
    )  # fmt: skip
    try:
        system = account.system(client, prefix="lost")
    finally:
        cloudwatch.delete_alarms(AlarmNames=["lost"])
    assert [subscription.name for subscription in system.topics[0].subscriptions] == ["away"]
    assert system.queues == ()


def transformed(client: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a function that creates clients in which every filter applies to transformed logs."""

    def make(service: str) -> Any:
        new_client = client(service)

        def mark(parsed: dict[str, Any], **_: object) -> None:
            for row in parsed.get("metricFilters", ()):
                row["applyOnTransformedLogs"] = True

        new_client.meta.events.register("after-call.logs.DescribeMetricFilters", mark)
        return new_client

    return make


def test_a_filter_that_cannot_be_rehearsed_matters_to_who_watches_its_metric(
    client: Callable[[str], Any], deployed: System
) -> None:
    """Alarms on other metrics can be rehearsed."""
    project = EVERY["everything"][0].project
    published = {(metric_filter.namespace, metric_filter.metric) for metric_filter in deployed.filters}
    watching = {
        alarm.name: {(statistic.metric.namespace, statistic.metric.name) for statistic in alarm.statistics}
        & published
        for alarm in deployed.alarms
    }
    assert watching[f"{project}-order-processor-log-errors-prod"]
    with pytest.raises(DrillError, match="applyOnTransformedLogs is not supported: it applies to"):
        account.system(transformed(client), prefix=f"{project}-order-processor-log-errors")
    assert not watching[f"{project}-order-processor-queue-throttles-prod"]
    system = account.system(transformed(client), prefix=f"{project}-order-processor-queue-throttles")
    assert len(system.alarms) == 1
    assert system.filters == ()


def test_without_credentials_it_says_how_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """As every command that uses AWS."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(SourceError, match=r"no usable AWS credentials .*: sign in"):
        account.system(functools.partial(boto3.Session().client, region_name=REGION))


def test_without_a_region_it_asks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no default region."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SourceError, match="no region: use --region"):
        account.system(cast("Any", boto3).client)


def test_a_profile_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(SourceError, match=r"AWS failed\. .*nobody"):
        account.system(functools.partial(boto3.client, region_name=REGION))


def test_an_endpoint_that_is_not_there_is_said(free_port: int) -> None:
    """With the action that failed."""

    def make(service: str) -> Any:
        return boto3.client(
            service, endpoint_url=f"http://127.0.0.1:{free_port}", region_name=REGION,  # type: ignore[call-overload]
            aws_access_key_id="a", aws_secret_access_key="b",  # noqa: S106
            config=Config(retries={"max_attempts": 0}),
        )  # fmt: skip

    with pytest.raises(
        SourceError, match=r"DescribeAlarms failed\. AWS cannot be reached: Could not connect"
    ):
        account.system(make)
