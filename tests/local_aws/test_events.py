"""Events reach the targets of the rules they match: topic and log group."""

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
    """A rule whose events go to a topic, with a queue behind it, and to a log group.

    Args:
        client: makes clients of the local AWS.
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
                "Detail": text if isinstance(text, str) else json.dumps(text),
            }
            for text in details
        ]
        answer = self.events.put_events(Entries=entries)
        found: list[dict[str, Any]] = answer["Entries"]
        assert answer["FailedEntryCount"] == sum("ErrorCode" in row for row in found)
        return found

    def logged(self) -> list[dict[str, Any]]:
        """Return the events in the log group."""
        events = self._logs.filter_log_events(logGroupName=self.group)["events"]
        return [json.loads(event["message"]) for event in events]

    def sent(self) -> list[dict[str, Any]]:
        """Return the events that arrived in the queue; wait a little for what may still come."""
        time.sleep(_SETTLED_S)
        return [json.loads(entry["Message"]) for entry in self.inbox.take(self.inbox.waiting())]

    def close(self) -> None:
        """Delete everything."""
        self.events.remove_targets(Rule=self.name, Ids=["topic", "log"])
        self.events.delete_rule(Name=self.name)
        self._logs.delete_log_group(logGroupName=self.group)
        self.inbox.close()


@pytest.fixture
def bus(client: Callable[[str], Any], topic: str) -> Iterator[Bus]:
    """Give a rule that is there for one test."""
    made = Bus(client, topic)
    yield made
    made.close()


def test_an_event_arrives_whole_in_topic_and_log_group(bus: Bus) -> None:
    """Both have the event that PutEvents named, with AWS's members."""
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
    """Prefixes, lists, nested members and lists of objects decide, for both targets alike."""
    bus.put({**_STOPPED, **change})
    assert (len(bus.sent()), len(bus.logged())) == (int(matches), int(matches))


def test_source_and_kind_have_to_match_too(bus: Bus) -> None:
    """An event of another source or kind goes nowhere."""
    bus.put(_STOPPED, source="test.ec2")
    bus.put(_STOPPED, kind="ECS Deployment State Change")
    assert (bus.sent(), bus.logged()) == ([], [])


def test_an_event_stays_on_its_bus(bus: Bus) -> None:
    """Of two events of one call, each meets the rules of its own bus."""
    other = f"bus-{uuid.uuid4().hex[:8]}"
    bus.events.create_event_bus(Name=other)
    event = {"Source": "test.ecs", "DetailType": _KIND, "Detail": json.dumps(_STOPPED)}
    first, _ = bus.events.put_events(Entries=[event, {**event, "EventBusName": other}])["Entries"]
    assert [entry["id"] for entry in bus.logged()] == [first["EventId"]]
    assert len(bus.sent()) == 1
    bus.events.delete_event_bus(Name=other)


def test_no_rule_is_too_many(bus: Bus) -> None:
    """A rule beyond the first page of them is met as well."""
    names = [f"first-{number}" for number in range(100)]
    for name in names:
        bus.events.put_rule(Name=name, EventPattern='{"source": ["nobody"]}')
    bus.put(_STOPPED)
    for name in names:
        bus.events.delete_rule(Name=name)
    assert len(bus.logged()) == 1


def test_a_rule_that_is_off_sends_nothing(bus: Bus) -> None:
    """DisableRule stops it, EnableRule starts it again."""
    bus.events.disable_rule(Name=bus.name)
    bus.put(_STOPPED)
    assert (bus.sent(), bus.logged()) == ([], [])
    bus.events.enable_rule(Name=bus.name)
    bus.put(_STOPPED)
    assert (len(bus.sent()), len(bus.logged())) == (1, 1)


def test_a_target_without_its_log_group_stops_nothing(bus: Bus) -> None:
    """As on AWS, the other targets get the event; and a group with an input of its own gets nothing."""
    bus.targets(Id="log", Arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/nowhere")
    bus.put(_STOPPED)
    assert len(bus.sent()) == 1
    bus.targets(Id="log", Arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{bus.group}", Input='"x"')
    bus.put(_STOPPED)
    assert (len(bus.sent()), bus.logged()) == (1, [])


def test_events_that_aws_refuses_are_refused_one_by_one(bus: Bus) -> None:
    """AWS's own sources are its own, a detail is a JSON object; the others of the same call are taken."""
    first, second, third, last = bus.put(_STOPPED, "{", '"text"', _STOPPED)
    assert {"EventId"} == set(first) == set(last)
    assert second["ErrorCode"] == third["ErrorCode"] == "MalformedDetail"
    (own,) = bus.put(_STOPPED, source="aws.ecs")
    assert own["ErrorCode"] == "NotAuthorizedForSourceException"
    assert sorted(event["id"] for event in bus.logged()) == sorted([first["EventId"], last["EventId"]])
    assert len(bus.sent()) == 2
    (bad,) = bus.put("[")
    assert bad["ErrorCode"] == "MalformedDetail"
