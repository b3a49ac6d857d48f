"""The whole proof of one environment: every alarm, every rule of events, every metric."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from catalog.known_metrics import Published
from terraform.configuration import Configuration, Resource, Stack
from verify import accepted, dashboards
from verify.alarms import Alarms, actions, notifies
from verify.callers import Service
from verify.events import Events
from verify.faults import Fault
from verify.hearing import Hearing
from verify.metrics import Metrics
from verify.topics import Topics

ITSELF = "itself"


class Route(NamedTuple):
    """The way from an alarm, or from a rule of events, to people."""

    name: str
    through: tuple[str, ...]
    """Itself, and the composites that notify for it: those that need another alarm too say which."""
    topics: tuple[str, ...]
    endpoints: tuple[str, ...]
    is_event: bool = False
    """Whether it begins at a rule of events."""


class Proof(NamedTuple):
    """What was found."""

    faults: tuple[Fault, ...]
    routes: tuple[Route, ...]
    """Of the alarms that notify, and of the rules that publish to a topic."""
    suppressors: tuple[str, ...]
    """Alarms that only suppress others, and so notify nobody."""
    metrics: int
    """How many metrics were looked up, those of alarms and graphs."""


def prove(stacks: Mapping[str, Stack | Mapping[str, Any]], *, published: Iterable[Published] = ()) -> Proof:
    """Walk every alarm of an environment to the people it notifies, and look every metric up.

    Args:
        stacks: each stack, or its Terraform JSON, by the stack's name.
        published: the metrics that functions and commands of ours publish themselves.

    Raises:
        ConfigurationError: the JSON is of a form that is not read here.
    """
    configuration = Configuration(stacks)
    alarms, topics = Alarms(configuration), Topics(configuration)
    events, metrics = Events(configuration, topics), Metrics(configuration, published)
    walk = _Walk(configuration, alarms, topics)
    faults = [
        *walk.faults(),
        *events.faults(),
        *(pair.of(f"metric filter {name}") for name, pair in metrics.broken_filters),
        *accepted.faults(configuration, alarms, metrics),
        *dashboards.faults(configuration, metrics),
    ]
    routes = [
        *walk.routes(),
        *(_of_rule(rule, events, topics) for rule in events.rules if events.topics_of(rule)),
    ]
    suppressors = tuple(suppressor.name for suppressor in walk.suppressors())
    return Proof(tuple(dict.fromkeys(faults)), tuple(routes), suppressors, metrics.looked_up)


def _of_rule(rule: Resource, events: Events, topics: Topics) -> Route:
    published_to = events.topics_of(rule)
    reached = [endpoint for topic in published_to for endpoint in topics.reach(topic).endpoints]
    names = tuple(resource.name for resource in published_to)
    endpoints = tuple(dict.fromkeys(reached))
    return Route(f"event rule {rule.name}", (ITSELF,), names, endpoints, is_event=True)


class _Walk:
    """The alarms of an environment on their way to people."""

    def __init__(self, configuration: Configuration, alarms: Alarms, topics: Topics) -> None:
        self._configuration = configuration
        self._alarms = alarms
        self._hearing = Hearing(alarms)
        self._topics = topics

    def faults(self) -> Iterator[Fault]:
        """Yield what is broken on the way of each alarm."""
        for alarm in self._alarms.all:
            subject = f"alarm {alarm.name}"
            if finding := self._hearing.finding(alarm):
                yield finding.of(subject)
            service = Service("cloudwatch.amazonaws.com", alarm.arn, self._configuration.account_id)
            for arn in actions(alarm):
                topic = self._topics.named(arn)
                if isinstance(topic, Resource):
                    yield from (pair.of(subject) for pair in self._topics.publishable(topic, service))
                    yield from (pair.of(subject) for pair in self._topics.reach(topic).findings)
                else:
                    yield topic.of(subject)

    def routes(self) -> Iterator[Route]:
        """Yield the way of each alarm that notifies somebody."""
        for alarm in self._alarms.all:
            ways = self._hearing.ways(alarm.name)
            own = (alarm,) if notifies(alarm) else ()
            speakers = [*own, *(self._alarms.by_name[way.through] for way in ways)]
            if not speakers:
                continue
            named = [
                self._topics.named(arn) for speaker in speakers for arn in actions(speaker, ["alarm_actions"])
            ]
            topics = dict.fromkeys(resource for resource in named if isinstance(resource, Resource))
            reached = [endpoint for topic in topics for endpoint in self._topics.reach(topic).endpoints]
            yield Route(
                alarm.name,
                (*([ITSELF] if own else []), *map(str, ways)),
                tuple(topic.name for topic in topics),
                tuple(dict.fromkeys(reached)),
            )

    def suppressors(self) -> Iterator[Resource]:
        """Yield the alarms that only suppress others."""
        for alarm in self._alarms.all:
            if alarm.name in self._alarms.silences and not self._hearing.ways(alarm.name):
                yield alarm
