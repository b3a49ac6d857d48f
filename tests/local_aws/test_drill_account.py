"""A live account's alarms are read as they are there, through boto3, from the local AWS."""

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
from drill.model import System, Topic
from drill.sources import account, catalog
from drill.sources.errors import SourceError
from tests.local_aws.putting import put, take_away, with_webhook
from tests.local_aws.support import ACCOUNT, REGION, confirming_webhook
from tests.unit.catalog.catalogs import EVERY, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@functools.cache
def planned() -> System:
    """Return an environment with everything switched on, as it would be in the tests' account."""
    env = Environment.model_validate(
        {**plain(EVERY["everything"][0]), "account_id": ACCOUNT, "region": REGION}
    )
    return catalog.system(env, catalogs.build(env))


@pytest.fixture(scope="module")
def deployed(client: Callable[[str], Any]) -> Iterator[System]:
    """Put an environment's alarms, filters, topics and queues into the local AWS; give what they are."""
    env = EVERY["everything"][0]
    with confirming_webhook() as hook:
        system = with_webhook(planned(), hook)
        urls = put(client, system, {"Project": env.project, "Environment": env.environment})
        yield system
    take_away(client, system, urls)


def by_name(values: Any) -> dict[str, Any]:
    """Return values by their names."""
    return {value.name: value for value in values}


def test_a_deployed_environment_is_the_catalogs(client: Callable[[str], Any], deployed: System) -> None:
    """Alarm by alarm, with its services and short names, if it is said which environment it is."""
    said: list[str] = []
    found = account.system(client, known=deployed, progress=said.append)
    assert by_name(found.alarms) == by_name(deployed.alarms)
    assert by_name(found.composites) == by_name(deployed.composites)
    assert by_name(found.filters) == by_name(deployed.filters)
    actions = [
        *(alarm.actions for alarm in deployed.alarms),
        *(composite.actions for composite in deployed.composites),
    ]
    named = {arn for action in actions for arn in action.alarm}
    assert by_name(found.topics) == {topic.name: topic for topic in deployed.topics if topic.arn in named}
    assert found.queues == deployed.queues
    assert found.short_names == deployed.short_names
    assert found.log_groups == deployed.log_groups
    assert found.title == f"{REGION} of {ACCOUNT}"
    counts = (len(deployed.alarms), len(deployed.composites), len(deployed.filters), len(named))
    assert said == [
        f"{counts[0]} metric alarms, {counts[1]} composite alarms",
        f"{counts[2]} metric filters",
        f"{counts[3]} topics, 2 queues",
    ]


def test_without_an_environment_names_are_by_tags(client: Callable[[str], Any], deployed: System) -> None:
    """The same alarms; what AWS does not know, services and units, is empty."""
    found = account.system(client)
    assert by_name(found.alarms) == {
        alarm.name: dataclasses.replace(alarm, service=None, unit="") for alarm in deployed.alarms
    }
    assert {topic.name: topic.severity for topic in found.topics} == {
        "critical": "page", "warning": "ticket", "fallback": "page",
    }  # fmt: skip
    assert [queue.name for queue in found.queues] == ["alarms", "alarms-dead-letters"]
    hears = {each.name for topic in found.topics for each in topic.subscriptions if each.protocol == "lambda"}
    assert hears == {"notifier"}
    assert found.short_names["payment-handler-errors"] == deployed.short_names["payment-handler-errors"]
    assert set(found.log_groups.items()) >= set(deployed.log_groups.items())


def test_a_prefix_selects(client: Callable[[str], Any], deployed: System) -> None:
    """Among metric alarms and composites alike."""
    prefix = f"{EVERY['everything'][0].project}-payment-handler-e"
    found = account.system(client, prefix=prefix)
    names, expected = ({*by_name(system.alarms), *by_name(system.composites)} for system in (found, deployed))
    assert names == {text for text in expected if text.startswith(prefix)}
    assert 0 < len(names) < len(expected)


def test_an_alarm_that_cannot_be_rehearsed_is_named(client: Callable[[str], Any], topic: str) -> None:
    """With why, and how to rehearse the others."""
    cloudwatch = client("cloudwatch")
    common = {"EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    query = [{"Id": "q", "Expression": 'SELECT MAX(x) FROM "N"', "Period": 60, "ReturnData": True}]
    client("sns").tag_resource(ResourceArn=topic, Tags=[{"Key": "Severity", "Value": "warning"}])
    cloudwatch.put_metric_alarm(AlarmName="insights", Metrics=query, **common)
    cloudwatch.put_metric_alarm(
        AlarmName="plain",
        Namespace="N",
        MetricName="M",
        Period=60,
        Statistic="Sum",
        AlarmActions=[topic],
        **common,
    )
    try:
        with pytest.raises(
            SourceError,
            match=r"prefix.*\n  alarm insights: expression: q: character 1: this is a Metrics Insights",
        ):
            account.system(client)
        found = account.system(client, prefix="pl")
    finally:
        cloudwatch.delete_alarms(AlarmNames=["insights", "plain"])
    (alarm,) = found.alarms
    assert alarm.actions.alarm == (topic,)
    (told,) = found.topics
    assert (told.name, told.severity, told.subscriptions) == ("test", "ticket", ())


def test_names_are_whole_where_environments_share_an_account(client: Callable[[str], Any]) -> None:
    """Their short ones would be the same; but what is known to be called so is."""
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
        one = account.system(client, prefix="x-errors-prod")
    finally:
        cloudwatch.delete_alarms(AlarmNames=["x-errors-prod", "x-errors-dev"])
        for arn in arns.values():
            sns.delete_topic(TopicArn=arn)
    assert {topic.name for topic in both.topics} == {"x-page-prod", "pager"}
    assert both.short_names == {}
    assert [topic.name for topic in one.topics] == ["page"]
    assert one.short_names == {"errors": "x-errors-prod"}


def test_an_empty_account_is_a_system_without_alarms(client: Callable[[str], Any]) -> None:
    """And no error."""
    found = account.system(client, prefix="no alarm has this prefix")
    assert (found.alarms, found.composites, found.topics, found.queues) == ((), (), (), ())
    assert found.title == REGION


def stubbed(code: str, message: str = "said") -> Callable[[str], Any]:
    """Return what makes clients whose every call answers with an error."""

    def make(service: str) -> Any:
        made = boto3.client(service, region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b")  # type: ignore[call-overload] # noqa: S106
        stub = Stubber(made)
        stub.add_client_error("describe_alarms", code, message)
        stub.activate()
        return made

    return make


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("AccessDenied", r"cloudwatch:DescribeAlarms is not allowed: add it to the role's policy"),
        ("AccessDeniedException", r"cloudwatch:DescribeAlarms is not allowed"),
        ("ExpiredToken", r"credentials are not valid any more \(ExpiredToken\): sign in"),
        ("InternalFailure", r"cloudwatch:DescribeAlarms failed\. .*InternalFailure"),
    ],
)
def test_what_aws_refuses_says_what_to_do(code: str, says: str) -> None:
    """Which action has to be allowed, or that it is time to sign in."""
    with pytest.raises(SourceError, match=says):
        account.system(stubbed(code))


def test_every_call_is_in_the_policy_that_the_documentation_lists(
    client: Callable[[str], Any], deployed: System
) -> None:
    """No more and no fewer than what is called; `deployed` needs them all."""
    called: set[str] = set()

    def counting(service: str) -> Any:
        made = client(service)
        made.meta.events.register(
            f"before-call.{service}", lambda model, **_: called.add(f"{service}:{model.name}")
        )
        return made

    account.system(counting, known=deployed)
    listed = set(re.findall(r'"(\w+:[A-Z]\w+)"', str(account.__doc__)))
    assert called == listed


def refusing(client: Callable[[str], Any], call: str, code: str) -> Callable[[str], Any]:
    """Return what makes clients of which one call is answered with an error."""
    service, _, name = call.partition(":")

    def make(wanted: str) -> Any:
        made = client(wanted)

        def refuse(**_: object) -> None:
            raise ClientError({"Error": {"Code": code, "Message": "said"}}, name)

        if wanted == service:
            made.meta.events.register(f"before-call.{service}.{name}", refuse)
        return made

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
    """As IAM calls it."""
    assert deployed.alarms
    with pytest.raises(SourceError, match=f"{call} is not allowed"):
        account.system(refusing(client, call, "AccessDenied"))


def test_a_topic_that_is_gone_or_anothers_reaches_nobody(client: Callable[[str], Any]) -> None:
    """It is there by its name, and no error: the alarm does name it."""
    cloudwatch = client("cloudwatch")
    gone, foreign = (f"arn:aws:sns:{REGION}:{text}:away" for text in (ACCOUNT, "999999999999"))
    lost: dict[str, Any] = {
        "AlarmName": "lost",
        "Namespace": "N",
        "MetricName": "M",
        "Period": 60,
        "Statistic": "Sum",
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "AlarmActions": [gone],
        "OKActions": [foreign],
    }
    cloudwatch.put_metric_alarm(**lost)
    try:
        found = account.system(client, prefix="lost")
        asked = refusing(client, "sns:ListSubscriptionsByTopic", "AuthorizationError")
        with pytest.raises(SourceError, match="sns:ListSubscriptionsByTopic is not allowed"):
            account.system(asked, prefix="lost")
        cloudwatch.put_metric_alarm(**{**lost, "AlarmActions": []})
        denied = account.system(asked, prefix="lost")
        with pytest.raises(SourceError, match=r"sns:ListSubscriptionsByTopic failed\. .*InternalError"):
            account.system(refusing(client, "sns:ListSubscriptionsByTopic", "InternalError"), prefix="lost")
    finally:
        cloudwatch.delete_alarms(AlarmNames=["lost"])
    assert [(topic.arn, topic.name, topic.subscriptions) for topic in found.topics] == [
        (gone, "away", ()), (foreign, "away", ()),
    ]  # fmt: skip
    assert [(topic.arn, topic.subscriptions) for topic in denied.topics] == [(foreign, ())]


def test_a_queue_that_is_gone_keeps_nothing_and_who_is_pending_hears_nothing(
    client: Callable[[str], Any], topic: str
) -> None:
    """Its subscription is still there; one that nobody has confirmed is none."""
    cloudwatch, away = client("cloudwatch"), f"arn:aws:sqs:{REGION}:{ACCOUNT}:away"
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=away)
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="nobody-confirmed@example.com")
    cloudwatch.put_metric_alarm(
        AlarmName="lost", Namespace="N", MetricName="M", Period=60, Statistic="Sum", EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic],
    )  # fmt: skip
    try:
        found = account.system(client, prefix="lost")
    finally:
        cloudwatch.delete_alarms(AlarmNames=["lost"])
    assert [subscription.name for subscription in found.topics[0].subscriptions] == ["away"]
    assert found.queues == ()


def transformed(client: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return what makes clients that say of every filter that it reads transformed lines."""

    def make(service: str) -> Any:
        made = client(service)

        def mark(parsed: dict[str, Any], **_: object) -> None:
            for entry in parsed.get("metricFilters", ()):
                entry["applyOnTransformedLogs"] = True

        made.meta.events.register("after-call.logs.DescribeMetricFilters", mark)
        return made

    return make


def test_a_filter_that_cannot_be_rehearsed_matters_to_who_watches_its_metric(
    client: Callable[[str], Any], deployed: System
) -> None:
    """Alarms on other metrics can be rehearsed without it."""
    project = EVERY["everything"][0].project
    published = {(metric_filter.namespace, metric_filter.metric) for metric_filter in deployed.filters}
    watching = {
        alarm.name: {(each.metric.namespace, each.metric.name) for each in alarm.statistics} & published
        for alarm in deployed.alarms
    }
    assert watching[f"{project}-order-processor-log-errors-prod"]
    with pytest.raises(SourceError, match="applyOnTransformedLogs is not supported: it reads what"):
        account.system(transformed(client), prefix=f"{project}-order-processor-log-errors")
    assert not watching[f"{project}-order-processor-queue-throttles-prod"]
    found = account.system(transformed(client), prefix=f"{project}-order-processor-queue-throttles")
    assert len(found.alarms) == 1
    assert found.filters == ()


def test_without_credentials_it_says_how_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with every command of AWS."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(SourceError, match=r"no usable AWS credentials .*: sign in"):
        account.system(functools.partial(boto3.Session().client, region_name=REGION))


def test_without_a_region_it_asks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is guessed."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SourceError, match="no region: say which"):
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
