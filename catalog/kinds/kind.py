"""A kind of service: a class with everything that differs between kinds.

What only some kinds have is empty unless a kind says otherwise: IAM roles, queues, log groups.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

from catalog.naming import Names
from catalog.specs import LogGroup
from catalog.templates import (
    AlarmTemplate,
    CompositeTemplate,
    EventsTemplate,
    Facts,
    FilterTemplate,
    GraphTemplate,
)
from config.models import Environment, Service

S = TypeVar("S", bound=Service)
"""The configuration model of a kind's services."""


class Kind(ABC, Generic[S]):
    """Everything that follows from a service being of a kind."""

    name: ClassVar[str]
    """As config names it; the file in docs/runbooks has the same name."""
    title: ClassVar[str]
    """As people call it."""
    resource: ClassVar[str]
    """The dimension that holds the service's own name in AWS."""
    facts_words: ClassVar[Mapping[str, str]] = {}
    """Fact -> what is missing without it, such as "no queue feeds it"."""
    failing: ClassVar[str]
    """Key of the alarm that says that a service of this kind fails: the system-wide composite asks for it."""
    filters: ClassVar[tuple[FilterTemplate, ...]] = ()
    alarms: ClassVar[tuple[AlarmTemplate, ...]]
    composites: ClassVar[tuple[CompositeTemplate, ...]]
    graphs: ClassVar[tuple[GraphTemplate, ...]]
    events: ClassVar[tuple[EventsTemplate, ...]]
    """What SLOs may count; the first unless config says another."""

    @property
    def runbook(self) -> str:
        """The file in docs/runbooks about it."""
        return f"{self.name}.md"

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

    def deployed(self, names: Names, name: str) -> str:
        """Return what its deployments are counted under: the name of its resource."""
        return names.of_service(name)

    def roles(self, names: Names, name: str) -> tuple[str, ...]:  # noqa: ARG002 - of kinds that have some
        """Return the names of its IAM roles."""
        return ()

    def queues(self, names: Names, name: str, service: S) -> tuple[str, ...]:  # noqa: ARG002 - as for roles
        """Return the names of its queues."""
        return ()

    def log_groups(self, names: Names, name: str) -> tuple[LogGroup, ...]:  # noqa: ARG002 - as for roles
        """Return its log groups; the first is the one it writes itself."""
        return ()

    def shared_log_groups(self, env: Environment, names: Names) -> tuple[LogGroup, ...]:  # noqa: ARG002 - as for roles
        """Return the log groups that all services of the kind share."""
        return ()
