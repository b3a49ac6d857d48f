"""An alarm that changes is heard of once, where its actions say, in the words of AWS, unless suppressed."""

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

# MiniStack has data of its own in AWS's namespaces, by which it would move an alarm.
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
    """CloudWatch with a topic per severity, whose messages arrive in one queue each.

    Args:
        client: makes clients of the local AWS.
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
        """Put a metric alarm that files a ticket when it goes into ALARM."""
        alarm = {**PLAIN, "ActionsEnabled": True, "AlarmActions": [self.topics["ticket"]], "OKActions": []}
        self.cloudwatch.put_metric_alarm(**{
            **alarm, **_NAMESPACE, "InsufficientDataActions": [], "AlarmName": name, **changes
        })  # fmt: skip

    def composite(self, name: str, rule: str, **changes: Any) -> None:
        """Put a composite alarm that pages when it goes into ALARM."""
        alarm = {"AlarmName": name, "AlarmRule": rule, "AlarmActions": [self.topics["page"]]}
        self.cloudwatch.put_composite_alarm(**{**alarm, **changes})

    def set(self, name: str, state: str, reason: str = "a test") -> None:
        """Set an alarm's state by hand."""
        self.cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)

    def states(self) -> dict[str, str]:
        """Return the state of every alarm."""
        found = self.cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        rows = [*found["MetricAlarms"], *found["CompositeAlarms"]]
        return {row["AlarmName"]: row["StateValue"] for row in rows}

    def suppressed_by(self, name: str) -> str | None:
        """Return what holds an alarm's actions back."""
        (row,) = self.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])[
            "CompositeAlarms"
        ]
        found: str | None = row.get("ActionsSuppressedBy")
        return found

    def paged(self) -> list[tuple[str, str, str]]:
        """Return alarm, old and new state of each page so far; wait a little for what may still come."""
        time.sleep(_SETTLED_S)
        return [_summary(message) for message in self.inbox["page"].alarms(self.inbox["page"].waiting())]

    def close(self) -> None:
        """Delete everything, composites from the top."""
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
    """Give CloudWatch with topics and queues that are there for one test."""
    made = World(client)
    yield made
    made.close()


@pytest.mark.parametrize("alarm", [PLAIN, PERCENTILE, MATH, BAND], ids=lambda alarm: alarm["AlarmName"])
def test_a_metric_alarm_says_what_it_watches(world: World, alarm: dict[str, Any]) -> None:
    """The message has AWS's members and no others, with the alarm's own values in `Trigger`."""
    given = {**alarm, "ActionsEnabled": True, "OKActions": [], "InsufficientDataActions": []}
    given |= {name: value for name, value in _NAMESPACE.items() if name in alarm}
    world.cloudwatch.put_metric_alarm(**{**given, "AlarmActions": [world.topics["ticket"]]})
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


def test_a_composite_alarm_says_its_rule_and_what_moved_it(world: World) -> None:
    """There is no `Trigger`; a description that was not put is null."""
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


def test_a_change_is_heard_of_at_every_level_once(world: World, client: Callable[[str], Any]) -> None:
    """Child, composite and the composite over it each reach their topic: queue, function and webhook."""
    functions, logs, sns = client("lambda"), client("logs"), client("sns")
    arn = functions.create_function(
        FunctionName="notifier",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{ACCOUNT}:role/r",
        Handler="main.handler",
        Code={"ZipFile": packed(_NOTIFIER)},
    )["FunctionArn"]
    sns.subscribe(TopicArn=world.topics["page"], Protocol="lambda", Endpoint=arn)
    hooked: list[dict[str, Any]] = []
    with confirming_webhook(hooked) as url:
        sns.subscribe(TopicArn=world.topics["page"], Protocol="http", Endpoint=url)
        # What is published before the webhook has confirmed does not reach it.
        deadline = time.monotonic() + 10
        while _pending(sns, world.topics["page"]) and time.monotonic() < deadline:
            time.sleep(0.1)
        world.metric("errors")
        world.metric("latency")
        world.composite("impact", "ALARM(errors) OR ALARM(latency)")
        world.composite("system", "ALARM(impact)", OKActions=[world.topics["page"]])
        # A composite is evaluated as soon as it is there, and acts on what comes of it.
        assert world.paged() == [("system", "INSUFFICIENT_DATA", "OK")]
        for _ in range(2):
            world.set("errors", "ALARM")
        world.set("latency", "ALARM")
        assert world.paged() == [("impact", "OK", "ALARM"), ("system", "OK", "ALARM")]
        tickets = world.inbox["ticket"].alarms(2)
        deadline = time.monotonic() + 10
        while (len(hooked) < 3 or len(_ran(logs)) < 3) and time.monotonic() < deadline:
            time.sleep(0.1)
    assert [_summary(message)[0] for message in tickets] == ["errors", "latency"]
    heard = ["impact", "system", "system"]
    assert sorted(json.loads(entry["Message"])["AlarmName"] for entry in hooked) == heard
    assert sorted(_ran(logs)) == heard
    functions.delete_function(FunctionName="notifier")


def _pending(sns: Any, topic: str) -> bool:
    """Tell whether a subscription of a topic waits for its confirmation."""
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return any(subscription["SubscriptionArn"] == "PendingConfirmation" for subscription in subscriptions)


_NOTIFIER = """
import json

def handler(event, context):
    for record in event["Records"]:
        print("heard", json.loads(record["Sns"]["Message"])["AlarmName"])
"""


def _ran(logs: Any) -> list[str]:
    """Return what the function has heard, by its log."""
    try:
        events = logs.filter_log_events(logGroupName="/aws/lambda/notifier")["events"]
    except ClientError:
        return []
    return [event["message"].split()[1] for event in events if event["message"].startswith("heard ")]


def test_a_subject_is_no_longer_than_sns_takes_it(world: World) -> None:
    """The longest name of an alarm is cut in the subject, and whole in the text."""
    name = "n" * 255
    world.metric(name)
    world.set(name, "ALARM")
    (notice,) = world.inbox["ticket"].take(1)
    assert notice["Subject"] == f'ALARM: "{name}'[:100]
    assert json.loads(notice["Message"])["AlarmName"] == name


def test_an_alarm_of_a_template_is_heard_of_once(world: World, client: Callable[[str], Any]) -> None:
    """MiniStack makes it and acts on it itself; here it only moves the composite over it."""
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
    """Every topic of the new state's list gets the message, and no other; one that is gone stops nothing."""
    gone = f"{world.topics['ticket']}-gone"
    world.metric(
        "errors",
        AlarmActions=[gone, world.topics["ticket"], world.topics["page"]],
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
    """Neither by the configuration nor by DisableAlarmActions; the state changes all the same."""
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
def quiet(world: World) -> World:
    """Give a composite alarm over `errors`, in OK, which `maintenance` suppresses."""
    world.metric("errors")
    world.metric("maintenance", AlarmActions=[])
    world.composite("impact", "ALARM(errors)")
    _suppressed(world, wait_s=0, extension_s=0, suppressor=_arn("maintenance"))
    return world


def test_actions_are_held_back_while_the_suppressor_is_in_alarm(quiet: World) -> None:
    """The state changes and is told upwards; then only the newest change is acted on."""
    quiet.composite("system", "ALARM(impact)")
    quiet.set("maintenance", "ALARM")
    quiet.set("errors", "ALARM")
    assert quiet.states()["impact"] == "ALARM"
    assert quiet.suppressed_by("impact") == "Alarm"
    assert quiet.paged() == [("system", "OK", "ALARM")]
    quiet.set("errors", "OK")
    quiet.set("errors", "ALARM")
    quiet.set("maintenance", "OK")
    assert quiet.paged() == [("system", "OK", "ALARM"), ("impact", "OK", "ALARM")]
    assert quiet.suppressed_by("impact") is None


def test_the_suppressor_has_the_wait_period_to_go_into_alarm(quiet: World) -> None:
    """Without it the actions are performed after the wait, and say when the state had changed."""
    _suppressed(quiet, wait_s=3, extension_s=0)
    quiet.set("errors", "ALARM")
    assert quiet.suppressed_by("impact") == "WaitPeriod"
    assert quiet.paged() == []
    (row,) = quiet.cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    (message,) = quiet.inbox["page"].alarms(1)
    changed = row["StateTransitionedTimestamp"]
    assert message["StateChangeTime"] == changed.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    assert quiet.suppressed_by("impact") is None
    quiet.set("errors", "OK")
    quiet.set("maintenance", "ALARM")
    assert quiet.suppressed_by("impact") == "Alarm"
    time.sleep(3)
    assert quiet.paged() == []


def test_actions_wait_for_the_extension_period(quiet: World) -> None:
    """They are performed once, when it is over."""
    _suppressed(quiet, wait_s=0, extension_s=3)
    quiet.set("maintenance", "ALARM")
    quiet.set("errors", "ALARM")
    quiet.set("maintenance", "OK")
    assert quiet.suppressed_by("impact") == "ExtensionPeriod"
    assert quiet.paged() == []
    assert len(quiet.inbox["page"].alarms(1)) == 1
    assert quiet.paged() == []


@pytest.mark.parametrize("first", ["errors", "maintenance"])
def test_who_changes_first_decides_nothing_within_the_wait(quiet: World, first: str) -> None:
    """A suppressor that follows in time holds back what one that came first would."""
    _suppressed(quiet, wait_s=2, extension_s=0)
    second = {"errors": "maintenance", "maintenance": "errors"}[first]
    quiet.set(first, "ALARM")
    quiet.set(second, "ALARM")
    time.sleep(1)
    assert quiet.paged() == []


def test_a_suppressor_that_is_taken_away_suppresses_no_longer(quiet: World) -> None:
    """What it held back is acted on."""
    quiet.set("maintenance", "ALARM")
    quiet.set("errors", "ALARM")
    assert quiet.paged() == []
    quiet.composite("impact", "ALARM(errors)")
    assert quiet.paged() == [("impact", "OK", "ALARM")]


def test_what_a_deleted_alarm_held_back_is_forgotten(quiet: World) -> None:
    """An alarm that is made again under its name begins anew."""
    _suppressed(quiet, wait_s=1, extension_s=0)
    quiet.set("errors", "ALARM")
    quiet.cloudwatch.delete_alarms(AlarmNames=["impact"])
    assert quiet.paged() == []
    quiet.composite("impact", "ALARM(errors)")
    assert quiet.paged() == [("impact", "INSUFFICIENT_DATA", "ALARM")]


@pytest.mark.parametrize("name", ["errors", "maintenance"])
def test_an_alarm_that_a_composite_needs_cannot_be_deleted(quiet: World, name: str) -> None:
    """Neither what its rule names nor its suppressor; nothing of the request is deleted."""
    quiet.metric("free")
    with pytest.raises(ClientError) as caught:
        quiet.cloudwatch.delete_alarms(AlarmNames=["free", name])
    assert caught.value.response["Error"] == {
        "Code": "ValidationError",
        "Message": f"Cannot delete {name} as there are composite alarm(s) depending on it.",
    }
    assert {"free", name} <= set(quiet.states())


def test_composites_that_need_each_other_are_freed_by_a_rule(world: World) -> None:
    """A cycle can be put, moves nobody, and is deleted once one rule is FALSE (PutCompositeAlarm)."""
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
    ("given", "said"),
    [
        ({"ActionsSuppressor": "nowhere"}, r"suppressor alarm \[nowhere\] does not exist"),
        ({"ActionsSuppressor": _arn("nowhere")}, "does not exist"),
        ({"ActionsSuppressorWaitPeriod": None}, "ActionsSuppressorWaitPeriod is missing"),
        ({"ActionsSuppressorExtensionPeriod": None}, "ActionsSuppressorExtensionPeriod is missing"),
    ],
)
def test_a_suppressor_has_to_be_there_with_both_periods(
    world: World, given: dict[str, Any], said: str
) -> None:
    """A composite alarm whose suppressor is not whole is refused and not made."""
    world.metric("errors")
    suppression = {
        "ActionsSuppressor": "errors",
        "ActionsSuppressorWaitPeriod": 1,
        "ActionsSuppressorExtensionPeriod": 1,
        **given,
    }
    whole = {name: value for name, value in suppression.items() if value is not None}
    with pytest.raises(ClientError, match=said) as caught:
        world.composite("impact", "ALARM(errors)", **whole)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert set(world.states()) == {"errors"}


def test_a_state_that_does_not_exist_is_refused(world: World) -> None:
    """SetAlarmState takes the three states of AWS."""
    world.metric("errors")
    with pytest.raises(ClientError, match=r"enum value set: \[ALARM, INSUFFICIENT_DATA, OK\]") as caught:
        world.set("errors", "FIRE")
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert world.states() == {"errors": "INSUFFICIENT_DATA"}
