"""Events are delivered to the targets of matching rules: topics and log groups."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_aws.support import ACCOUNT, REGION, Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KIND = "ECS Task State Change"
_PATTERN = {
    "source": ["aws.ecs", "test.ecs"],
    "detail-type": [_KIND],
    "detail": {
        "group": [{"prefix": "service:"}],
        "stopCode": ["EssentialContainerExited", "TaskFailedToStart"],
        "containers": {"exitCode": [{"anything-but": 0}]},
    },
}
_STOPPED: dict[str, Any] = {
    "group": "service:web",
    "stopCode": "EssentialContainerExited",
    "containers": [{"name": "web", "exitCode": 137}],
}
_SETTLED_S = 1.0
"""How long nothing has to arrive until it is believed that nothing does."""


class Bus:
    """A rule with a topic, to which a queue is subscribed, and a log group as targets.

    Args:
        client: creates clients of the local AWS.
        topic: the topic's ARN.
    """

    def __init__(self, client: Callable[[str], Any], topic: str) -> None:
        self.events, self._logs = client("events"), client("logs")
        self.name = f"tasks-{uuid.uuid4().hex[:8]}"
        self.group = f"/aws/events/{self.name}"
        self.inbox = Inbox(client, self.name, topic)
        self._logs.create_log_group(logGroupName=self.group)
        self.events.put_rule(Name=self.name, EventPattern=json.dumps(_PATTERN))
        self.targets(Id="topic", Arn=topic)
        self.targets(Id="log", Arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{self.group}:*")

    def targets(self, **target: Any) -> None:
        """Add or replace a target."""
        answer = self.events.put_targets(Rule=self.name, Targets=[target])
        assert answer["FailedEntryCount"] == 0

    def put(self, *details: Any, source: str = "test.ecs", kind: str = _KIND) -> list[dict[str, Any]]:
        """Put events; return the entries of the answer."""
        entries = [
            {
                "Source": source,
                "DetailType": kind,
                "Detail": detail if isinstance(detail, str) else json.dumps(detail),
            }
            for detail in details
        ]
        answer = self.events.put_events(Entries=entries)
        results: list[dict[str, Any]] = answer["Entries"]
        assert answer["FailedEntryCount"] == sum("ErrorCode" in result for result in results)
        return results

    def logged(self) -> list[dict[str, Any]]:
        """Return the events in the log group."""
        return [json.loads(line) for line in self.lines()]

    def lines(self) -> list[str]:
        """Return the lines in the log group."""
        events = self._logs.filter_log_events(logGroupName=self.group)["events"]
        return [event["message"] for event in events]

    def sent(self) -> list[dict[str, Any]]:
        """Return the events in the queue, received within a short wait."""
        time.sleep(_SETTLED_S)
        return [json.loads(message["Message"]) for message in self.inbox.take(self.inbox.waiting())]

    def close(self) -> None:
        """Delete everything."""
        self.events.remove_targets(Rule=self.name, Ids=["topic", "log"])
        self.events.delete_rule(Name=self.name)
        self._logs.delete_log_group(logGroupName=self.group)
        self.inbox.close()


@pytest.fixture
def bus(client: Callable[[str], Any], topic: str) -> Iterator[Bus]:
    """Yield a rule; delete it after the test."""
    new_bus = Bus(client, topic)
    yield new_bus
    new_bus.close()


def test_an_event_arrives_whole_in_topic_and_log_group(bus: Bus) -> None:
    """Both get the event of PutEvents, with AWS's members."""
    (answer,) = bus.put(_STOPPED)
    (sent,), (logged,) = bus.sent(), bus.logged()
    for event in (sent, logged):
        when = event.pop("time")
        assert time.strptime(when, "%Y-%m-%dT%H:%M:%SZ")
    assert sent == logged
    assert logged == {
        "version": "0",
        "id": answer["EventId"],
        "detail-type": _KIND,
        "source": "test.ecs",
        "account": ACCOUNT,
        "region": REGION,
        "resources": [],
        "detail": _STOPPED,
    }


@pytest.mark.parametrize(
    ("change", "matches"),
    [
        ({}, True),
        ({"stopCode": "TaskFailedToStart"}, True),
        ({"stopCode": "UserInitiated"}, False),
        ({"group": "family:job"}, False),
        ({"containers": [{"exitCode": 0}]}, False),
        ({"containers": [{"exitCode": 0}, {"exitCode": 1}]}, True),
        ({"containers": []}, False),
    ],
)
def test_an_event_goes_where_its_pattern_matches(bus: Bus, change: dict[str, Any], matches: bool) -> None:  # noqa: FBT001 - the claim
    """Prefixes, lists, nested members and lists of objects, for both targets."""
    bus.put({**_STOPPED, **change})
    assert (len(bus.sent()), len(bus.logged())) == (int(matches), int(matches))


def test_source_and_kind_have_to_match_too(bus: Bus) -> None:
    """An event with another source or detail type is not delivered."""
    bus.put(_STOPPED, source="test.ec2")
    bus.put(_STOPPED, kind="ECS Deployment State Change")
    assert (bus.sent(), bus.logged()) == ([], [])


def test_an_event_stays_on_its_bus(bus: Bus) -> None:
    """Each event of one call is matched only with the rules of its own bus."""
    other = f"bus-{uuid.uuid4().hex[:8]}"
    bus.events.create_event_bus(Name=other)
    event = {"Source": "test.ecs", "DetailType": _KIND, "Detail": json.dumps(_STOPPED)}
    first, _ = bus.events.put_events(Entries=[event, {**event, "EventBusName": other}])["Entries"]
    assert [logged["id"] for logged in bus.logged()] == [first["EventId"]]
    assert len(bus.sent()) == 1
    bus.events.delete_event_bus(Name=other)


def test_no_rule_is_too_many(bus: Bus) -> None:
    """A rule beyond the first page is matched."""
    names = [f"first-{number}" for number in range(100)]
    for name in names:
        bus.events.put_rule(Name=name, EventPattern='{"source": ["nobody"]}')
    bus.put(_STOPPED)
    for name in names:
        bus.events.delete_rule(Name=name)
    assert len(bus.logged()) == 1


def test_a_rule_that_is_off_sends_nothing(bus: Bus) -> None:
    """DisableRule stops deliveries, EnableRule resumes them."""
    bus.events.disable_rule(Name=bus.name)
    bus.put(_STOPPED)
    assert (bus.sent(), bus.logged()) == ([], [])
    bus.events.enable_rule(Name=bus.name)
    bus.put(_STOPPED)
    assert (len(bus.sent()), len(bus.logged())) == (1, 1)


def test_a_target_without_its_log_group_stops_nothing(bus: Bus) -> None:
    """As on AWS, other targets get the event; a log group with its own input gets nothing."""
    bus.targets(Id="log", Arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/nowhere")
    bus.put(_STOPPED)
    assert len(bus.sent()) == 1
    bus.targets(Id="log", Arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{bus.group}", Input='"x"')
    bus.put(_STOPPED)
    assert (len(bus.sent()), bus.logged()) == (1, [])


@pytest.mark.parametrize(
    ("template", "logged"),
    [
        ('{"timestamp": <time>, "message": <resource>}', ["arn:one", "no array"]),
        ('{"message": <resource>, "timestamp": <time>}', ["arn:one", "no array"]),
        ('{"timestamp": <time>, "message": {"resource": <resource>}}', []),
        ('{"timestamp": <time>}', []),
        ('{"timestamp": 1, "message": <resource>}', []),
        ('{"timestamp": <time>, "message": <resource>, "more": 1}', []),
        ("<resource>", []),
        ("{", []),
    ],
)
def test_an_input_transformer_writes_a_line(bus: Bus, template: str, logged: list[str]) -> None:
    """Of time and text, and no line in another form; an element of an array by its index."""
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{bus.group}"
    transformer = {
        "InputPathsMap": {"time": "$.time", "resource": "$.resources[0]"},
        "InputTemplate": template,
    }
    bus.targets(Id="log", Arn=group, InputTransformer=transformer)
    event = {"Source": "test.ecs", "DetailType": _KIND, "Detail": json.dumps(_STOPPED)}
    bus.events.put_events(
        Entries=[
            {**event, "Resources": ["arn:one", "arn:two"]},
            {**event, "Resources": []},
            {**event, "Resources": ["no array"]},
        ]
    )
    assert sorted(bus.lines()) == logged


def test_events_that_aws_rejects_are_rejected_one_by_one(bus: Bus) -> None:
    """Sources of AWS and details that are not objects are rejected; other events of the call are accepted."""
    first, second, third, last = bus.put(_STOPPED, "{", '"text"', _STOPPED)
    assert {"EventId"} == set(first) == set(last)
    assert second["ErrorCode"] == third["ErrorCode"] == "MalformedDetail"
    (own,) = bus.put(_STOPPED, source="aws.ecs")
    assert own["ErrorCode"] == "NotAuthorizedForSourceException"
    assert sorted(event["id"] for event in bus.logged()) == sorted([first["EventId"], last["EventId"]])
    assert len(bus.sent()) == 2
    (bad,) = bus.put("[")
    assert bad["ErrorCode"] == "MalformedDetail"
