"""Each state change performs the alarm's actions once, with AWS's messages, unless it is suppressed."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.support import ACCOUNT, REGION, Inbox, confirming_webhook, packed
from tests.local_aws.test_cloudwatch import BAND, MATH, PERCENTILE, PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SETTLED_S = 1.5
"""How long nothing has to arrive until it is believed that nothing does: deliveries take milliseconds."""

# MiniStack has its own data in AWS's namespaces and would change the state of an alarm on it.
_NAMESPACE = {"Namespace": "Shop"}

_HEAD = (
    "AlarmName", "AlarmDescription", "AWSAccountId", "NewStateValue", "NewStateReason", "StateChangeTime",
    "Region", "AlarmArn", "OldStateValue", "OKActions", "AlarmActions", "InsufficientDataActions",
)  # fmt: skip
_TRIGGER = ("EvaluationPeriods", "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile")
_ONE_METRIC = (
    *_TRIGGER, "MetricName", "Namespace", "StatisticType", "Unit", "Dimensions", "Period", "Threshold"
)  # fmt: skip


def _arn(name: str) -> str:
    return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"


class World:
    """CloudWatch with a topic per severity and a queue per topic.

    Args:
        client: creates clients of the local AWS.
    """

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.cloudwatch = client("cloudwatch")
        self._sns = client("sns")
        self._id = uuid.uuid4().hex[:8]
        self.topics = {
            name: self._sns.create_topic(Name=f"{name}-{self._id}")["TopicArn"] for name in ("page", "ticket")
        }
        self.inbox = {name: Inbox(client, f"{name}-{self._id}", topic) for name, topic in self.topics.items()}

    def metric(self, name: str, **changes: Any) -> None:
        """Create a metric alarm with the ticket topic as its action."""
        alarm = {**PLAIN, "ActionsEnabled": True, "AlarmActions": [self.topics["ticket"]], "OKActions": []}
        self.cloudwatch.put_metric_alarm(**{
            **alarm, **_NAMESPACE, "InsufficientDataActions": [], "AlarmName": name, **changes
        })  # fmt: skip

    def composite(self, name: str, rule: str, **changes: Any) -> None:
        """Create a composite alarm with the page topic as its action."""
        alarm = {"AlarmName": name, "AlarmRule": rule, "AlarmActions": [self.topics["page"]]}
        self.cloudwatch.put_composite_alarm(**{**alarm, **changes})

    def set(self, name: str, state: str, reason: str = "a test") -> None:
        """Set an alarm's state by hand."""
        self.cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)

    def states(self) -> dict[str, str]:
        """Return the state of every alarm."""
        answer = self.cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        rows = [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
        return {row["AlarmName"]: row["StateValue"] for row in rows}

    def suppressed_by(self, name: str) -> str | None:
        """Return `ActionsSuppressedBy` of an alarm."""
        (row,) = self.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])[
            "CompositeAlarms"
        ]
        suppressor: str | None = row.get("ActionsSuppressedBy")
        return suppressor

    def paged(self) -> list[tuple[str, str, str]]:
        """Return alarm, old and new state of each page received within a short wait."""
        time.sleep(_SETTLED_S)
        return [_summary(message) for message in self.inbox["page"].alarms(self.inbox["page"].waiting())]

    def close(self) -> None:
        """Delete everything, parent composites first."""
        composites = self.cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        for row in composites:
            self.cloudwatch.put_composite_alarm(AlarmName=row["AlarmName"], AlarmRule="FALSE")
        for row in composites:
            self.cloudwatch.delete_alarms(AlarmNames=[row["AlarmName"]])
        rows = self.cloudwatch.describe_alarms()["MetricAlarms"]
        self.cloudwatch.delete_alarms(AlarmNames=[row["AlarmName"] for row in rows])
        for name, topic in self.topics.items():
            self._sns.delete_topic(TopicArn=topic)
            self.inbox[name].close()


def _summary(message: dict[str, Any]) -> tuple[str, str, str]:
    return message["AlarmName"], message["OldStateValue"], message["NewStateValue"]


@pytest.fixture
def world(client: Callable[[str], Any]) -> Iterator[World]:
    """Yield CloudWatch with topics and queues; delete them after the test."""
    new_world = World(client)
    yield new_world
    new_world.close()


@pytest.mark.parametrize("alarm", [PLAIN, PERCENTILE, MATH, BAND], ids=lambda alarm: alarm["AlarmName"])
def test_the_message_of_a_metric_alarm_has_its_metric(world: World, alarm: dict[str, Any]) -> None:
    """The message has exactly AWS's members, with the alarm's values in `Trigger`."""
    parameters = {**alarm, "ActionsEnabled": True, "OKActions": [], "InsufficientDataActions": []}
    parameters |= {name: value for name, value in _NAMESPACE.items() if name in alarm}
    world.cloudwatch.put_metric_alarm(**{**parameters, "AlarmActions": [world.topics["ticket"]]})
    world.set(alarm["AlarmName"], "ALARM", reason='why: "€" & <b>')
    (notice,) = world.inbox["ticket"].take(1)
    assert notice["Subject"] == f'ALARM: "{alarm["AlarmName"]}" in EU (Ireland)'
    message = json.loads(notice["Message"])
    assert set(message) == {*_HEAD, "AlarmConfigurationUpdatedTimestamp", "Trigger"}
    assert message["AlarmDescription"] == alarm.get("AlarmDescription")
    assert (message["AWSAccountId"], message["Region"]) == (ACCOUNT, "EU (Ireland)")
    assert _summary(message) == (alarm["AlarmName"], "INSUFFICIENT_DATA", "ALARM")
    assert message["NewStateReason"] == 'why: "€" & <b>'
    assert message["AlarmArn"] == _arn(alarm["AlarmName"])
    assert message["AlarmActions"] == [world.topics["ticket"]]
    (row,) = world.cloudwatch.describe_alarms(AlarmNames=[alarm["AlarmName"]])["MetricAlarms"]
    assert message["StateChangeTime"] == row["StateUpdatedTimestamp"].strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    assert message["Trigger"] == TRIGGERS[alarm["AlarmName"]]


TRIGGERS: dict[str, dict[str, Any]] = {
    "plain": {
        "MetricName": "Errors",
        "Namespace": "Shop",
        "StatisticType": "Statistic",
        "Statistic": "SUM",
        "Unit": "Count",
        "Dimensions": [{"value": "f", "name": "FunctionName"}, {"value": "f:live", "name": "Resource"}],
        "Period": 60,
        "EvaluationPeriods": 10,
        "DatapointsToAlarm": 3,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5.5,
        "TreatMissingData": "notBreaching",
        "EvaluateLowSampleCountPercentile": "",
    },
    "percentile": {
        "MetricName": "Duration",
        "Namespace": "Shop",
        "StatisticType": "ExtendedStatistic",
        "ExtendedStatistic": "p99",
        "Unit": None,
        "Dimensions": [],
        "Period": 300,
        "EvaluationPeriods": 3,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 0.0001,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "ignore",
    },
    "math": {
        "EvaluationPeriods": 2,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 1e9,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
        "Metrics": [
            {"Id": "rate", "Expression": "100 * e / i", "Label": "rate <%>", "ReturnData": True},
            {
                "Id": "e",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "N",
                        "MetricName": "E",
                        "Dimensions": [{"value": "b", "name": "a"}],
                    },
                    "Period": 60,
                    "Stat": "Sum",
                    "Unit": "Count",
                },
                "ReturnData": False,
            },
            {
                "Id": "i",
                "AccountId": "111122223333",
                "MetricStat": {
                    "Metric": {"Namespace": "N", "MetricName": "I", "Dimensions": []},
                    "Period": 60,
                    "Stat": "Sum",
                },
                "ReturnData": False,
            },
        ],
    },
    "band": {
        "EvaluationPeriods": 2,
        "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
        "ThresholdMetricId": "band",
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
        "Metrics": [
            {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)", "ReturnData": True},
            {
                "Id": "m",
                "MetricStat": {
                    "Metric": {"Namespace": "N", "MetricName": "E", "Dimensions": []},
                    "Period": 60,
                    "Stat": "Sum",
                },
                "ReturnData": True,
            },
        ],
    },
}


def test_the_message_of_a_composite_alarm_has_its_rule_and_triggering_children(world: World) -> None:
    """It has no `Trigger`; a description that was not set is null."""
    world.metric("errors")
    world.metric("latency")
    rule = 'ALARM("errors") AND NOT ALARM(latency)'
    world.composite("impact", rule)
    world.set("errors", "ALARM")
    (message,) = world.inbox["page"].alarms(1)
    assert set(message) == {*_HEAD, "AlarmRule", "TriggeringChildren"}
    assert message["AlarmDescription"] is None
    assert message["AlarmRule"] == rule
    assert _summary(message) == ("impact", "OK", "ALARM")
    assert message["NewStateReason"].startswith(f"{_arn('errors')} transitioned to ALARM at ")
    (child,) = message["TriggeringChildren"]
    assert (child["Arn"], child["State"]["Value"]) == (_arn("errors"), "ALARM")
    assert child["State"]["Timestamp"] == message["StateChangeTime"]
    world.set("impact", "OK")
    world.set("impact", "ALARM")
    (message,) = world.inbox["page"].alarms(1)
    assert message["TriggeringChildren"] == []


def test_a_change_notifies_at_every_level_once(world: World, client: Callable[[str], Any]) -> None:
    """Child, composite and parent composite each notify their topic: queue, function and webhook."""
    functions, logs, sns = client("lambda"), client("logs"), client("sns")
    arn = functions.create_function(
        FunctionName="notifier",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{ACCOUNT}:role/r",
        Handler="main.handler",
        Code={"ZipFile": packed(_NOTIFIER)},
    )["FunctionArn"]
    sns.subscribe(TopicArn=world.topics["page"], Protocol="lambda", Endpoint=arn)
    received: list[dict[str, Any]] = []
    with confirming_webhook(received) as url:
        sns.subscribe(TopicArn=world.topics["page"], Protocol="http", Endpoint=url)
        # Messages that are published before the webhook has confirmed are not delivered to it.
        deadline = time.monotonic() + 10
        while _pending(sns, world.topics["page"]) and time.monotonic() < deadline:
            time.sleep(0.1)
        world.metric("errors")
        world.metric("latency")
        world.composite("impact", "ALARM(errors) OR ALARM(latency)")
        world.composite("system", "ALARM(impact)", OKActions=[world.topics["page"]])
        # A composite is evaluated when it is created, and performs the actions of its state.
        assert world.paged() == [("system", "INSUFFICIENT_DATA", "OK")]
        for _ in range(2):
            world.set("errors", "ALARM")
        world.set("latency", "ALARM")
        assert world.paged() == [("impact", "OK", "ALARM"), ("system", "OK", "ALARM")]
        tickets = world.inbox["ticket"].alarms(2)
        deadline = time.monotonic() + 10
        while (len(received) < 3 or len(_ran(logs)) < 3) and time.monotonic() < deadline:
            time.sleep(0.1)
    assert [_summary(message)[0] for message in tickets] == ["errors", "latency"]
    expected = ["impact", "system", "system"]
    assert sorted(json.loads(entry["Message"])["AlarmName"] for entry in received) == expected
    assert sorted(_ran(logs)) == expected
    functions.delete_function(FunctionName="notifier")


def _pending(sns: Any, topic: str) -> bool:
    """Return whether a subscription of a topic is pending."""
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return any(subscription["SubscriptionArn"] == "PendingConfirmation" for subscription in subscriptions)


_NOTIFIER = """
import json

def handler(event, context):
    for record in event["Records"]:
        print("received", json.loads(record["Sns"]["Message"])["AlarmName"])
"""


def _ran(logs: Any) -> list[str]:
    """Return the notifications that the function logged."""
    try:
        events = logs.filter_log_events(logGroupName="/aws/lambda/notifier")["events"]
    except ClientError:
        return []
    return [event["message"].split()[1] for event in events if event["message"].startswith("received ")]


def test_a_subject_is_no_longer_than_sns_takes_it(world: World) -> None:
    """The longest alarm name is truncated in the subject and complete in the body."""
    name = "n" * 255
    world.metric(name)
    world.set(name, "ALARM")
    (notice,) = world.inbox["ticket"].take(1)
    assert notice["Subject"] == f'ALARM: "{name}'[:100]
    assert json.loads(notice["Message"])["AlarmName"] == name


def test_an_alarm_of_a_template_notifies_once(world: World, client: Callable[[str], Any]) -> None:
    """MiniStack creates it and performs its actions; the gateway processes only its composite."""
    formation, name = client("cloudformation"), f"stack-{uuid.uuid4().hex[:8]}"
    properties = {
        **{key: PLAIN[key] for key in ("MetricName", "Period", "Threshold", "EvaluationPeriods")},
        **{key: PLAIN[key] for key in ("Statistic", "ComparisonOperator")},
        **_NAMESPACE,
        "AlarmName": "templated",
        "AlarmActions": [world.topics["ticket"]],
    }
    resource = {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
    formation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Alarm": resource}}))
    formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    world.composite("impact", "ALARM(templated)")
    world.set("templated", "ALARM")
    assert world.paged() == [("impact", "OK", "ALARM")]
    assert [_summary(alarm)[0] for alarm in world.inbox["ticket"].alarms(2, within_s=3)] == ["templated"]


def test_each_state_has_its_own_actions(world: World) -> None:
    """Exactly the topics of the new state get the message; a deleted topic affects no other."""
    deleted = f"{world.topics['ticket']}-gone"
    world.metric(
        "errors",
        AlarmActions=[deleted, world.topics["ticket"], world.topics["page"]],
        OKActions=[world.topics["ticket"]],
        InsufficientDataActions=[world.topics["page"]],
    )
    for state in ("ALARM", "OK", "INSUFFICIENT_DATA"):
        world.set("errors", state)
    assert [change[1:] for change in world.paged()] == [
        ("INSUFFICIENT_DATA", "ALARM"),
        ("OK", "INSUFFICIENT_DATA"),
    ]
    tickets = world.inbox["ticket"].alarms(2)
    assert [_summary(message)[2] for message in tickets] == ["ALARM", "OK"]


def test_actions_that_are_switched_off_are_not_performed(world: World) -> None:
    """By configuration or by DisableAlarmActions; the state still changes."""
    world.metric("errors", ActionsEnabled=False)
    world.metric("latency")
    world.composite("impact", "ALARM(errors)", ActionsEnabled=False)
    world.cloudwatch.disable_alarm_actions(AlarmNames=["latency"])
    for name in ("errors", "latency"):
        world.set(name, "ALARM")
    assert world.paged() == []
    assert world.inbox["ticket"].waiting() == 0
    assert world.states() == dict.fromkeys(("errors", "latency", "impact"), "ALARM")
    world.cloudwatch.enable_alarm_actions(AlarmNames=["latency"])
    world.set("latency", "OK")
    world.set("latency", "ALARM")
    assert len(world.inbox["ticket"].alarms(1)) == 1


def _suppressed(world: World, wait_s: int, extension_s: int, suppressor: str = "maintenance") -> None:
    world.composite(
        "impact",
        "ALARM(errors)",
        OKActions=[world.topics["page"]],
        ActionsSuppressor=suppressor,
        ActionsSuppressorWaitPeriod=wait_s,
        ActionsSuppressorExtensionPeriod=extension_s,
    )


@pytest.fixture
def suppressible(world: World) -> World:
    """Yield a composite alarm over `errors`, in OK, with the suppressor `maintenance`."""
    world.metric("errors")
    world.metric("maintenance", AlarmActions=[])
    world.composite("impact", "ALARM(errors)")
    _suppressed(world, wait_s=0, extension_s=0, suppressor=_arn("maintenance"))
    return world


def test_actions_are_suppressed_while_the_suppressor_is_in_alarm(suppressible: World) -> None:
    """The state still changes, also in parents; at the end only the newest change notifies."""
    suppressible.composite("system", "ALARM(impact)")
    suppressible.set("maintenance", "ALARM")
    suppressible.set("errors", "ALARM")
    assert suppressible.states()["impact"] == "ALARM"
    assert suppressible.suppressed_by("impact") == "Alarm"
    assert suppressible.paged() == [("system", "OK", "ALARM")]
    suppressible.set("errors", "OK")
    suppressible.set("errors", "ALARM")
    suppressible.set("maintenance", "OK")
    assert suppressible.paged() == [("system", "OK", "ALARM"), ("impact", "OK", "ALARM")]
    assert suppressible.suppressed_by("impact") is None


def test_the_suppressor_has_the_wait_period_to_go_into_alarm(suppressible: World) -> None:
    """If it does not, the actions are performed after the wait, with the time of the change."""
    _suppressed(suppressible, wait_s=3, extension_s=0)
    suppressible.set("errors", "ALARM")
    assert suppressible.suppressed_by("impact") == "WaitPeriod"
    assert suppressible.paged() == []
    (row,) = suppressible.cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    (message,) = suppressible.inbox["page"].alarms(1)
    changed = row["StateTransitionedTimestamp"]
    assert message["StateChangeTime"] == changed.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    assert suppressible.suppressed_by("impact") is None
    suppressible.set("errors", "OK")
    suppressible.set("maintenance", "ALARM")
    assert suppressible.suppressed_by("impact") == "Alarm"
    time.sleep(3)
    assert suppressible.paged() == []


def test_actions_wait_for_the_extension_period(suppressible: World) -> None:
    """They are performed once, at its end."""
    _suppressed(suppressible, wait_s=0, extension_s=3)
    suppressible.set("maintenance", "ALARM")
    suppressible.set("errors", "ALARM")
    suppressible.set("maintenance", "OK")
    assert suppressible.suppressed_by("impact") == "ExtensionPeriod"
    assert suppressible.paged() == []
    assert len(suppressible.inbox["page"].alarms(1)) == 1
    assert suppressible.paged() == []


@pytest.mark.parametrize("first", ["errors", "maintenance"])
def test_the_order_of_changes_within_the_wait_period_does_not_matter(suppressible: World, first: str) -> None:
    """A suppressor that changes within the wait period suppresses like one that changed before."""
    _suppressed(suppressible, wait_s=2, extension_s=0)
    second = {"errors": "maintenance", "maintenance": "errors"}[first]
    suppressible.set(first, "ALARM")
    suppressible.set(second, "ALARM")
    time.sleep(1)
    assert suppressible.paged() == []


def test_a_suppressor_that_is_removed_suppresses_no_longer(suppressible: World) -> None:
    """The suppressed change is processed."""
    suppressible.set("maintenance", "ALARM")
    suppressible.set("errors", "ALARM")
    assert suppressible.paged() == []
    suppressible.composite("impact", "ALARM(errors)")
    assert suppressible.paged() == [("impact", "OK", "ALARM")]


def test_the_suppressed_change_of_a_deleted_alarm_is_removed(suppressible: World) -> None:
    """A new alarm with the same name starts without it."""
    _suppressed(suppressible, wait_s=1, extension_s=0)
    suppressible.set("errors", "ALARM")
    suppressible.cloudwatch.delete_alarms(AlarmNames=["impact"])
    assert suppressible.paged() == []
    suppressible.composite("impact", "ALARM(errors)")
    assert suppressible.paged() == [("impact", "INSUFFICIENT_DATA", "ALARM")]


@pytest.mark.parametrize("name", ["errors", "maintenance"])
def test_an_alarm_that_a_composite_needs_cannot_be_deleted(suppressible: World, name: str) -> None:
    """Neither a child nor a suppressor; the request deletes nothing."""
    suppressible.metric("free")
    with pytest.raises(ClientError) as caught:
        suppressible.cloudwatch.delete_alarms(AlarmNames=["free", name])
    assert caught.value.response["Error"] == {
        "Code": "ValidationError",
        "Message": f"Cannot delete {name} as there are composite alarm(s) depending on it.",
    }
    assert {"free", name} <= set(suppressible.states())


def test_composites_that_need_each_other_are_freed_by_a_rule(world: World) -> None:
    """A cycle can be created, changes no state, and can be deleted once a rule is FALSE."""
    world.composite("a", "FALSE")
    world.composite("b", "ALARM(a)")
    world.composite("a", "ALARM(b)")
    for name in ("a", "b"):
        with pytest.raises(ClientError, match="depending on it"):
            world.cloudwatch.delete_alarms(AlarmNames=[name])
    world.set("a", "ALARM")
    assert sorted(world.paged()) == [("a", "OK", "ALARM"), ("b", "OK", "ALARM")]
    world.composite("a", "FALSE")
    world.cloudwatch.delete_alarms(AlarmNames=["b"])
    world.cloudwatch.delete_alarms(AlarmNames=["a"])
    assert world.states() == {}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"ActionsSuppressor": "nowhere"}, r"suppressor alarm \[nowhere\] does not exist"),
        ({"ActionsSuppressor": _arn("nowhere")}, "does not exist"),
        ({"ActionsSuppressorWaitPeriod": None}, "ActionsSuppressorWaitPeriod is missing"),
        ({"ActionsSuppressorExtensionPeriod": None}, "ActionsSuppressorExtensionPeriod is missing"),
    ],
)
def test_a_suppressor_has_to_be_there_with_both_periods(
    world: World, members: dict[str, Any], message: str
) -> None:
    """A composite alarm with an incomplete suppressor is rejected."""
    world.metric("errors")
    suppression = {
        "ActionsSuppressor": "errors",
        "ActionsSuppressorWaitPeriod": 1,
        "ActionsSuppressorExtensionPeriod": 1,
        **members,
    }
    parameters = {name: value for name, value in suppression.items() if value is not None}
    with pytest.raises(ClientError, match=message) as caught:
        world.composite("impact", "ALARM(errors)", **parameters)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert set(world.states()) == {"errors"}


def test_a_state_that_does_not_exist_is_rejected(world: World) -> None:
    """SetAlarmState accepts the three states of AWS."""
    world.metric("errors")
    with pytest.raises(ClientError, match=r"enum value set: \[ALARM, INSUFFICIENT_DATA, OK\]") as caught:
        world.set("errors", "FIRE")
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert world.states() == {"errors": "INSUFFICIENT_DATA"}
