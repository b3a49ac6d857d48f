"""The resources of a probe run: created with a prefix of their own, and removed in reverse order."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws import errors as aws_errors
from aws.clients import ServiceName, client
from catalog.naming import Names
from config.models import Environment
from drill.live.clock import Clock
from drill.live.states import States
from probe.verdicts import NotCheckedError

LIMIT_S = 1200
"""Maximum duration of a run, in the time of AWS: 20 minutes."""

_POLL_EVERY_S = 5
"""Seconds between two polls, in the time of AWS. An alarm keeps a state for at least a minute."""

_SHORTEST_S = 0.2
"""Minimum number of real seconds between two polls."""

_MINUTE_S = 60
_FROM_S, _TO_S = 2, 20
"""Second of a minute from and until which a sample is sent, so that it arrives within its minute."""

_DENIED = ("AccessDenied", "AuthorizationError")
"""Parts of the error codes for a missing permission."""

_GONE = ("NotFound", "NonExistent", "NoSuch")
"""Parts of the error codes for a resource that does not exist."""


@dataclass(frozen=True)
class Created:
    """A resource that a run creates."""

    kind: str
    name: str
    remove: Callable[[], object]


class Bench:
    """What the probes of a run share: clients, clock, names, and the list of created resources.

    Attributes:
        env: the environment.
        names: its names.
        clock: seconds since the start of the run, in the time of AWS.
        stop: set when the run ends early; waiting probes end then.
    """

    def __init__(self, env: Environment, clock: Clock, run: str) -> None:
        """Prepare a run.

        Args:
            env: the environment.
            clock: the clock, started.
            run: text that no other run has, such as 6 hexadecimal digits.
        """
        self.env = env
        self.names = Names.of(env)
        self.clock = clock
        self.stop = threading.Event()
        self._run = run
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._created: list[Created] = []

    @property
    def prefix(self) -> str:
        """Prefix of the names of all resources of the run."""
        return f"{self.names.project}-probe-{self._run}-"

    def name(self, *parts: str) -> str:
        """Return the name of a resource: it matches the patterns in the policies of the environment."""
        return self.names.resource("probe", self._run, *parts)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of the environment."""
        return f"arn:aws:{service}:{self.names.region}:{self.names.account_id}:{resource}"

    def client(self, service: ServiceName) -> Any:  # noqa: ANN401  # a boto3 client
        """Return the client of a service; probes share it."""
        with self._lock:  # boto3 does not create clients concurrently (boto3 guide, "Multithreading")
            if service not in self._clients:
                self._clients[service] = client(self.env, service)
            return self._clients[service]

    @contextlib.contextmanager
    def creating(self, kind: str, name: str, remove: Callable[[], object]) -> Iterator[None]:
        """Register a resource that the block creates, so that it is removed in any case.

        Without permission to create it, it does not exist: it is not removed. After any other error it may.

        Raises:
            NotCheckedError: the run has ended.
        """
        created = Created(kind, name, remove)
        with self._lock:
            if self.stop.is_set():
                message = "the run was stopped"
                raise NotCheckedError(message)
            self._created.append(created)
        try:
            yield
        except ClientError as error:
            if any(part in str(error.response["Error"]["Code"]) for part in _DENIED):
                with self._lock:
                    self._created.remove(created)
            raise

    def remove_all(self) -> list[str]:
        """Remove every resource of the run, the newest first; return those that could not be removed."""
        left = []
        while self._created:
            created = self._created[-1]
            try:
                created.remove()
            except ClientError as error:
                if not any(part in str(error.response["Error"]["Code"]) for part in _GONE):
                    left.append(f"{created.kind} {created.name}: {aws_errors.explain(error)}")
            except BotoCoreError as error:
                left.append(f"{created.kind} {created.name}: {aws_errors.explain(error)}")
            self._created.pop()
        return left

    def sleep(self, seconds: float) -> None:
        """Wait, in the time of AWS.

        Raises:
            NotCheckedError: the run was stopped, or its maximum duration is over.
        """
        if self.clock.now_s() + seconds > LIMIT_S:
            message = f"no result within {LIMIT_S // _MINUTE_S} minutes"
            raise NotCheckedError(message)
        if self.stop.wait(max(_SHORTEST_S, self.clock.real_s(seconds))):
            message = "the run was stopped"
            raise NotCheckedError(message)

    def until(self, condition: Callable[[], object], within_s: float) -> bool:
        """Poll until a condition is true; return whether it was within `within_s`, in the time of AWS."""
        ends_s = self.clock.now_s() + within_s
        while not condition():
            if self.clock.now_s() > ends_s:
                return False
            self.sleep(_POLL_EVERY_S)
        return True

    def early_in_a_minute(self) -> None:
        """Wait until a sample that is sent now arrives within its minute."""
        if self.env.is_local:
            return  # a sample is available immediately
        while not _FROM_S <= time.time() % _MINUTE_S <= _TO_S:
            self.sleep(1)

    def alarm(self, key: str, *, actions: Sequence[str] = (), **settings: Any) -> str:  # noqa: ANN401  # of PutMetricAlarm
        """Create a metric alarm and return its name.

        The defaults are N = 1, M = 1, a period of a minute, and ALARM if the sum of the samples is positive.
        """
        name, cloudwatch = self.name(key), self.client("cloudwatch")
        watched = {} if "Metrics" in settings else {**self.metric(key), "Statistic": "Sum", "Period": 60}
        with self.creating("alarm", name, lambda: cloudwatch.delete_alarms(AlarmNames=[name])):
            cloudwatch.put_metric_alarm(
                **{
                    "AlarmName": name,
                    "AlarmDescription": "Throwaway alarm of `make probe`",
                    "AlarmActions": list(actions),
                    "EvaluationPeriods": 1,
                    "Threshold": 0,
                    "ComparisonOperator": "GreaterThanThreshold",
                    **watched,
                    **settings,
                }
            )
        return name

    def composite(self, key: str, rule: str, *, actions: Sequence[str] = (), **settings: Any) -> str:  # noqa: ANN401  # of PutCompositeAlarm
        """Create a composite alarm and return its name."""
        name, cloudwatch = self.name(key), self.client("cloudwatch")
        with self.creating("alarm", name, lambda: cloudwatch.delete_alarms(AlarmNames=[name])):
            cloudwatch.put_composite_alarm(
                AlarmName=name, AlarmRule=rule, AlarmActions=list(actions), **settings
            )
        return name

    def metric(self, key: str) -> dict[str, str]:
        """Return namespace and name of a metric of the run."""
        return {"Namespace": f"{self.names.metrics_namespace}/probe", "MetricName": self.name(key)}

    def sample(self, key: str, value: float) -> None:
        """Put a sample to a metric of the run."""
        metric = self.metric(key)
        self.client("cloudwatch").put_metric_data(
            Namespace=metric["Namespace"], MetricData=[{"MetricName": metric["MetricName"], "Value": value}]
        )

    def set_state(self, alarm: str, state: str) -> None:
        """Set the state of an alarm until its next evaluation."""
        self.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="make probe")

    def states(self, *alarms: str) -> Observed:
        """Observe the states of alarms."""
        return Observed(self.clock, States(self.client("cloudwatch"), alarms))

    def queue(self, key: str, *, encrypted: bool = False, events: bool = False) -> Inbox:
        """Create a topic and a queue that receives its messages, with the policies of the environment.

        Args:
            key: part of their names.
            encrypted: whether both are encrypted with the key of the environment.
            events: whether EventBridge must be allowed to publish.

        Raises:
            NotCheckedError: the environment is not deployed.
        """
        sns, sqs = self.client("sns"), self.client("sqs")
        name = self.name(key)
        topic, queue = self.arn("sns", name), self.arn("sqs", name)
        own = {
            self.arn("sns", self.names.topic("critical")): topic,
            self.arn("sqs", self.names.alarm_queue): queue,
        }
        of_topic, of_queue = (_renamed(policy, own) for policy in self._policies())
        if events and "events.amazonaws.com" not in of_topic:
            message = f"no event notifies in {self.env.environment}"
            raise NotCheckedError(message)
        key_arn = {"KmsMasterKeyId": self.key_arn()} if encrypted else {}
        with self.creating("topic", topic, lambda: sns.delete_topic(TopicArn=topic)):
            sns.create_topic(Name=name, Attributes={"Policy": of_topic, **key_arn})
        with self.creating("queue", name, lambda: sqs.delete_queue(QueueUrl=_url(sqs, name))):
            url = sqs.create_queue(QueueName=name, Attributes={"Policy": of_queue, **key_arn})["QueueUrl"]
        # Subscriptions to queues are deleted with the topic later; unsubscribing removes them immediately.
        arn: list[str] = []
        with self.creating("subscription", queue, lambda: arn and sns.unsubscribe(SubscriptionArn=arn[0])):
            arn.append(
                sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True)[
                    "SubscriptionArn"
                ]
            )
        return Inbox(self, topic, url)

    def rule_name(self, key: str) -> str:
        """Return the name of a rule, which is also the source of its events: at most 64 characters."""
        return self.names.resource("probe", self._run, key, of="aws_cloudwatch_event_rule")

    def rule(self, name: str, target_arn: str, **target: Any) -> None:  # noqa: ANN401  # of PutTargets
        """Create a rule for events whose source is its name, with one target."""
        events = self.client("events")
        with self.creating("rule", name, lambda: events.delete_rule(Name=name)):
            events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
        with self.creating("target", name, lambda: events.remove_targets(Rule=name, Ids=["probe"])):
            events.put_targets(Rule=name, Targets=[{"Id": "probe", "Arn": target_arn, **target}])

    def key_arn(self) -> str:
        """Return the ARN of the key of the environment.

        Raises:
            NotCheckedError: the key is not deployed.
        """
        alias = self.names.key_alias
        with self._deployed(f"the key {alias}"):
            return str(self.client("kms").describe_key(KeyId=alias)["KeyMetadata"]["Arn"])

    def _policies(self) -> tuple[str, str]:
        """Return the policies of the deployed topic `critical` and of the deployed alarm queue."""
        topic, queue = self.names.topic("critical"), self.names.alarm_queue
        with self._deployed(f"the topic {topic} or the queue {queue}"):
            of_topic = self.client("sns").get_topic_attributes(TopicArn=self.arn("sns", topic))
            of_queue = self.client("sqs").get_queue_attributes(
                QueueUrl=_url(self.client("sqs"), queue), AttributeNames=["Policy"]
            )
        return of_topic["Attributes"]["Policy"], of_queue["Attributes"]["Policy"]

    def _deployed(self, what: str) -> _Deployed:
        return _Deployed(f"{what} is not deployed: `make deploy ENV={self.env.environment}`")


class Every:
    """Whether something that is repeated is due."""

    def __init__(self, bench: Bench, interval_s: float) -> None:
        """Make it due immediately, then every `interval_s` seconds in the time of AWS."""
        self._bench = bench
        self._interval_s = interval_s
        self._next_s = 0.0

    def is_due(self) -> bool:
        """Return whether it is due, and if so, start the next interval."""
        now_s = self._bench.clock.now_s()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + self._interval_s
        return True


class _Deployed:
    """Turns the error for a resource that does not exist into a NotCheckedError."""

    def __init__(self, message: str) -> None:
        self._message = message

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ClientError):
            code = str(error.response["Error"]["Code"])
            if any(part in code for part in _GONE):
                raise NotCheckedError(self._message) from error


class Observed:
    """The states of alarms, polled, with how long each lasted."""

    def __init__(self, clock: Clock, states: States) -> None:
        """Observe from now on."""
        self._clock = clock
        self._states = states

    def poll(self) -> None:
        """Poll the states."""
        self._states.poll(self._clock.now_s())

    def now(self, alarm: str) -> str:
        """Return the state of an alarm at the last poll."""
        return self._states.now(alarm)

    def are(self, state: str, *alarms: str) -> bool:
        """Poll, and return whether all of these alarms have a state."""
        self.poll()
        return all(self.now(alarm) == state for alarm in alarms)

    def suppressed_by(self, alarm: str) -> str | None:
        """Poll, and return what suppresses the actions of a composite alarm."""
        self.poll()
        return self._states.suppressed_by(alarm)

    def began_s(self, alarm: str, state: str) -> float | None:
        """Return when an alarm last went into a state; None if it has not."""
        times = [
            change.at_s for change in self._states.changes if (change.alarm, change.new) == (alarm, state)
        ]
        return times[-1] if times else None

    def lasted_s(self, alarm: str, state: str) -> float | None:
        """Return how long an alarm was in a state that has ended; None if there is no such state."""
        began_s = None
        for change in self._states.changes:
            if change.alarm == alarm and change.new == state:
                began_s = change.at_s
            elif change.alarm == alarm and change.old == state and began_s is not None:
                return change.at_s - began_s
        return None


@dataclass
class Inbox:
    """A topic of a run, and the messages in the queue behind it.

    All messages in the queue belong to the run: none must be protected as in `drill.live.mailbox`.
    """

    bench: Bench
    topic: str
    url: str
    messages: list[Mapping[str, Any]] = field(default_factory=list)
    """The messages that alarms and events sent."""

    def arrived(self) -> bool:
        """Receive, and return whether any message has arrived."""
        sqs = self.bench.client("sqs")
        answer = sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        for message in answer.get("Messages", ()):
            self.messages.append(json.loads(json.loads(message["Body"])["Message"]))
            sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return bool(self.messages)


def _renamed(policy: str, names: Mapping[str, str]) -> str:
    """Return a policy with other ARNs in the place of those of deployed resources."""
    for old, new in names.items():
        policy = policy.replace(f'"{old}"', f'"{new}"')
    return policy


def _url(sqs: Any, name: str) -> str:  # noqa: ANN401  # a boto3 client
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
