"""The base classes of kinds: a kind has everything that differs between kinds of services.

Resources that only some kinds have are empty by default: IAM roles, queues, log groups.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar, Generic, NamedTuple, TypeVar

from catalog.naming import Names
from catalog.specs import CountedBy, Event, EventRule, ExistingResource, LogFilter, LogGroup, Spec
from catalog.templates import (
    AlarmTemplate,
    CompositeTemplate,
    EventsTemplate,
    Facts,
    FilterTemplate,
    GraphTemplate,
    SeriesTemplate,
)
from config.formats import Format
from config.models import Environment
from config.services import Service
from config.types import Model

C = TypeVar("C", bound=Model)
"""The configuration model of a kind."""
S = TypeVar("S", bound=Service)
"""The configuration model of a kind's services."""


class Deployed(NamedTuple):
    """How the deployments of a service are counted."""

    resource: str
    """The value of the dimension `Resource` of their metric."""
    by: CountedBy


class Part(Spec):
    """A subject of the alarms of a kind: a service, or a part of the platform."""

    key: str = ""
    """Distinguishes it from the other parts; empty if there is only one."""
    label: str
    """Name in descriptions of alarms."""
    dimensions: Mapping[str, str]
    facts: Facts
    words: Mapping[str, str] = {}
    """Reasons of missing facts, where they differ from `Kind.facts_words`."""


class Kind(ABC, Generic[C]):
    """Alarms, composites and texts of a kind."""

    name: ClassVar[str]
    """Name in the configuration, and of the file in docs/runbooks."""
    facts_words: ClassVar[Mapping[str, str]] = {}
    """Fact or dimension -> the reason when it is missing, such as "no queue invokes it"."""
    alarms: ClassVar[tuple[AlarmTemplate, ...]]
    composites: ClassVar[tuple[CompositeTemplate, ...]]
    events: ClassVar[tuple[EventsTemplate, ...]] = ()
    """Events that SLOs may count; the first is the default."""
    series: ClassVar[Mapping[str, SeriesTemplate]] = {}
    """Series that own alarms, SLOs and widgets of the configuration may name, by id."""

    @property
    def runbook(self) -> str:
        """Its file in docs/runbooks."""
        return f"{self.name}.md"

    @abstractmethod
    def parts(self, env: Environment, names: Names, name: str, config: C) -> Iterator[Part]:
        """Yield the subjects of its alarms.

        Args:
            env: the environment.
            names: the names of the environment.
            name: its name in the configuration.
            config: its configuration.
        """


class ServiceKind(Kind[S]):
    """A kind of service.

    The first subject of its alarms is the service; others are further resources of it, such as a log group.
    """

    title: ClassVar[str]
    """Name of the kind in texts."""
    resource: ClassVar[str]
    """The dimension whose value is the name of the service in AWS."""
    within: ClassVar[tuple[str, ...]] = ()
    """Dimensions that distinguish services with the same name, such as the cluster."""
    failing: ClassVar[str]
    """Key of the alarm on errors of a service, which is part of the system-wide composite."""
    graphs: ClassVar[tuple[GraphTemplate, ...]]

    def parts(self, env: Environment, names: Names, name: str, config: S) -> Iterator[Part]:
        """Yield the service, and its further resources."""
        yield Part(
            label=name,
            dimensions=self.dimensions(names, name, config),
            facts=self.facts(env, config),
            words=self.words(config),
        )

    @abstractmethod
    def dimensions(self, names: Names, name: str, service: S) -> Mapping[str, str]:
        """Return the dimensions of its metrics.

        Args:
            names: the names of the environment.
            name: the service's name in the configuration.
            service: the service.
        """

    @abstractmethod
    def facts(self, env: Environment, service: S) -> Facts:
        """Return the facts that alarms may depend on. An alarm whose fact is missing does not apply."""

    def words(self, service: S) -> Mapping[str, str]:  # noqa: ARG002 - used by subclasses
        """Return the reasons of facts that the service does not have, where they are its own."""
        return {}

    def deployed(self, names: Names, name: str, service: S) -> Deployed | None:  # noqa: ARG002 - as for words
        """Return how its deployments are counted; None if they are not."""
        return None

    def functions(self, names: Names, name: str) -> tuple[str, ...]:  # noqa: ARG002 - as for words
        """Return the names of the Lambda functions that are created for it."""
        return ()

    def roles(self, names: Names, name: str) -> tuple[str, ...]:  # noqa: ARG002 - as for words
        """Return the names of the IAM roles that are created for it."""
        return ()

    def queues(self, names: Names, name: str, service: S) -> tuple[str, ...]:  # noqa: ARG002 - as for words
        """Return the names of the queues that are created for it."""
        return ()

    def existing(self, service: S) -> Iterator[ExistingResource]:  # noqa: ARG002 - as for words
        """Yield the resources of an existing service."""
        yield from ()

    def log_groups(self, names: Names, name: str, service: S) -> tuple[LogGroup, ...]:  # noqa: ARG002 - as for words
        """Return its log groups; the first is that of the service."""
        return ()

    def filters(self, log: Format) -> tuple[FilterTemplate, ...]:  # noqa: ARG002 - as for words
        """Return the metric filters on the log of a service.

        Args:
            log: the format of the log.
        """
        return ()

    def shared_log_groups(self, env: Environment, names: Names) -> tuple[LogGroup, ...]:  # noqa: ARG002 - as for words
        """Return the log groups that all services of the kind share."""
        return ()

    def shared_filters(self, names: Names) -> Iterator[LogFilter]:  # noqa: ARG002 - as for words
        """Yield the metric filters on the shared log groups."""
        yield from ()

    def notifying_events(self, env: Environment, names: Names) -> Iterator[Event]:  # noqa: ARG002 - as for words
        """Yield the AWS events about services of the kind that notify."""
        yield from ()

    def logged_events(self, env: Environment, names: Names) -> Iterator[EventRule]:  # noqa: ARG002 - as for words
        """Yield the rules on AWS events about services of the kind that are logged, to be counted."""
        yield from ()
