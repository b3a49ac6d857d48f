"""A kind of what is watched: a class with everything that differs between kinds.

What only some kinds have is empty unless a kind says otherwise: IAM roles, queues, log groups.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar, Generic, TypeVar

from catalog.naming import Names
from catalog.specs import Event, LogFilter, LogGroup, Spec
from catalog.templates import (
    AlarmTemplate,
    CompositeTemplate,
    EventsTemplate,
    Facts,
    FilterTemplate,
    GraphTemplate,
)
from config.models import Environment, Service
from config.types import Model

C = TypeVar("C", bound=Model)
"""The configuration model of what is of a kind."""
S = TypeVar("S", bound=Service)
"""The configuration model of a kind's services."""


class Part(Spec):
    """One thing that the alarms of a kind are about: a service, or a part of the platform."""

    key: str = ""
    """What tells it from other parts of the same thing; empty where it is the only one."""
    label: str
    """As people call it."""
    dimensions: Mapping[str, str]
    facts: Facts


class Kind(ABC, Generic[C]):
    """Everything that follows from something being of a kind."""

    name: ClassVar[str]
    """As config names it; the file in docs/runbooks has the same name."""
    facts_words: ClassVar[Mapping[str, str]] = {}
    """Fact -> what is missing without it, such as "no queue feeds it"."""
    alarms: ClassVar[tuple[AlarmTemplate, ...]]
    composites: ClassVar[tuple[CompositeTemplate, ...]]
    events: ClassVar[tuple[EventsTemplate, ...]] = ()
    """What SLOs may count; the first unless config says another."""

    @property
    def runbook(self) -> str:
        """The file in docs/runbooks about it."""
        return f"{self.name}.md"

    @abstractmethod
    def parts(self, env: Environment, names: Names, name: str, config: C) -> Iterator[Part]:
        """Yield what its alarms are about.

        Args:
            env: the environment.
            names: the names of the environment.
            name: its name in the configuration.
            config: its configuration.
        """


class ServiceKind(Kind[S]):
    """A kind of service: its alarms are about one thing, the service."""

    title: ClassVar[str]
    """As people call it."""
    resource: ClassVar[str]
    """The dimension that holds the service's own name in AWS."""
    failing: ClassVar[str]
    """Key of the alarm that says that a service of this kind fails: the system-wide composite asks for it."""
    filters: ClassVar[tuple[FilterTemplate, ...]] = ()
    graphs: ClassVar[tuple[GraphTemplate, ...]]

    def parts(self, env: Environment, names: Names, name: str, config: S) -> Iterator[Part]:
        """Yield the service."""
        yield Part(label=name, dimensions=self.dimensions(names, name, config), facts=self.facts(env, config))

    @abstractmethod
    def dimensions(self, names: Names, name: str, service: S) -> Mapping[str, str]:
        """Return the values of the dimensions that its metrics have.

        Args:
            names: the names of the environment.
            name: the service's name in the configuration.
            service: the service.
        """

    @abstractmethod
    def facts(self, env: Environment, service: S) -> Facts:
        """Return what alarms may depend on; what is not there does not apply."""

    def deployed(self, names: Names, name: str) -> str | None:  # noqa: ARG002 - of kinds that have some
        """Return what its deployments are counted under; None where nothing counts them."""
        return None

    def functions(self, names: Names, name: str) -> tuple[str, ...]:  # noqa: ARG002 - as for deployed
        """Return the names of its Lambda functions."""
        return ()

    def roles(self, names: Names, name: str) -> tuple[str, ...]:  # noqa: ARG002 - as for deployed
        """Return the names of its IAM roles."""
        return ()

    def queues(self, names: Names, name: str, service: S) -> tuple[str, ...]:  # noqa: ARG002 - as for deployed
        """Return the names of its queues."""
        return ()

    def log_groups(self, names: Names, name: str) -> tuple[LogGroup, ...]:  # noqa: ARG002 - as for deployed
        """Return its log groups that the platform owns; the first is the one it writes itself."""
        return ()

    def shared_log_groups(self, env: Environment, names: Names) -> tuple[LogGroup, ...]:  # noqa: ARG002 - as for deployed
        """Return the log groups that all services of the kind share."""
        return ()

    def shared_filters(self, names: Names) -> Iterator[LogFilter]:  # noqa: ARG002 - as for deployed
        """Yield the filters on those."""
        yield from ()

    def notices(self, names: Names) -> Iterator[Event]:  # noqa: ARG002 - as for deployed
        """Yield the events of AWS about services of the kind that notify."""
        yield from ()
