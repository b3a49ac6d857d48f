"""The proof of an environment: all alarms, EventBridge rules, metrics and dashboards."""

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
from verify.metrics import Existing, Metrics
from verify.notifications import Notifications
from verify.topics import Topics

ITSELF = "itself"


class Route(NamedTuple):
    """The route from an alarm, or from an EventBridge rule, to its recipients."""

    name: str
    through: tuple[str, ...]
    """Itself, and the composite alarms that notify for it, with the other alarms that they require."""
    topics: tuple[str, ...]
    endpoints: tuple[str, ...]
    is_event: bool = False
    """Whether it begins at an EventBridge rule."""


class Proof(NamedTuple):
    """The result of the verification of an environment."""

    faults: tuple[Fault, ...]
    routes: tuple[Route, ...]
    """Routes of the alarms that notify, and of the EventBridge rules that publish to a topic."""
    suppressors: tuple[str, ...]
    """Alarms that only suppress others and have no recipient."""
    metrics: int
    """Number of different metrics of alarms and graphs that were looked up."""
    declared: tuple[str, ...] = ()
    """Those of them that only the configuration declares: what publishes them is not in these stacks."""


def prove(
    stacks: Mapping[str, Stack | Mapping[str, Any]],
    *,
    published: Iterable[Published] = (),
    existing: Iterable[Existing] = (),
) -> Proof:
    """Verify the route of every alarm of an environment, and the existence of every metric.

    Args:
        stacks: each stack, or its Terraform JSON, by the stack's name.
        published: the metrics that functions and commands of the platform publish.
        existing: the resources that exist outside these stacks, as the configuration declares them.

    Raises:
        ConfigurationError: the JSON has a form that is not supported.
    """
    configuration = Configuration(stacks)
    alarms, topics = Alarms(configuration), Topics(configuration)
    events, metrics = Events(configuration, topics), Metrics(configuration, published, existing)
    routing = _Routing(configuration, alarms, topics)
    faults = [
        *routing.faults(),
        *events.faults(),
        *(finding.of(f"metric filter {name}") for name, finding in metrics.broken_filters),
        *accepted.faults(configuration, alarms, metrics),
        *dashboards.faults(configuration, metrics),
    ]
    routes = [
        *routing.routes(),
        *(_of_rule(rule, events, topics) for rule in events.rules if events.topics_of(rule)),
    ]
    suppressors = tuple(suppressor.name for suppressor in routing.suppressors())
    return Proof(
        tuple(dict.fromkeys(faults)),
        tuple(routes),
        suppressors,
        metrics.looked_up,
        tuple(sorted(map(str, metrics.declared))),
    )


def _of_rule(rule: Resource, events: Events, topics: Topics) -> Route:
    published_to = events.topics_of(rule)
    endpoints = [endpoint for topic in published_to for endpoint in topics.delivery(topic).endpoints]
    names = tuple(topic.name for topic in published_to)
    distinct = tuple(dict.fromkeys(endpoints))
    return Route(f"event rule {rule.name}", (ITSELF,), names, distinct, is_event=True)


class _Routing:
    """The routes of the alarms of an environment."""

    def __init__(self, configuration: Configuration, alarms: Alarms, topics: Topics) -> None:
        self._configuration = configuration
        self._alarms = alarms
        self._notifications = Notifications(alarms)
        self._topics = topics

    def faults(self) -> Iterator[Fault]:
        """Yield the broken links on the route of each alarm."""
        for alarm in self._alarms.all:
            subject = f"alarm {alarm.name}"
            if finding := self._notifications.finding(alarm):
                yield finding.of(subject)
            service = Service("cloudwatch.amazonaws.com", alarm.arn, self._configuration.account_id)
            for arn in actions(alarm):
                topic = self._topics.named(arn)
                if isinstance(topic, Resource):
                    yield from (finding.of(subject) for finding in self._topics.publishable(topic, service))
                    yield from (finding.of(subject) for finding in self._topics.delivery(topic).findings)
                else:
                    yield topic.of(subject)

    def routes(self) -> Iterator[Route]:
        """Yield the route of each alarm that notifies."""
        for alarm in self._alarms.all:
            composites = self._notifications.composites(alarm.name)
            own = (alarm,) if notifies(alarm) else ()
            notifying = [*own, *(self._alarms.by_name[composite.name] for composite in composites)]
            if not notifying:
                continue
            targets = [
                self._topics.named(arn) for source in notifying for arn in actions(source, ["alarm_actions"])
            ]
            topics = dict.fromkeys(target for target in targets if isinstance(target, Resource))
            endpoints = [endpoint for topic in topics for endpoint in self._topics.delivery(topic).endpoints]
            yield Route(
                alarm.name,
                (*([ITSELF] if own else []), *map(str, composites)),
                tuple(topic.name for topic in topics),
                tuple(dict.fromkeys(endpoints)),
            )

    def suppressors(self) -> Iterator[Resource]:
        """Yield the alarms that only suppress others."""
        for alarm in self._alarms.all:
            if alarm.name in self._alarms.suppress_only and not self._notifications.composites(alarm.name):
                yield alarm
