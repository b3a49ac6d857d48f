"""The environment as a whole: own alarms of the configuration that are about no single service."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import override

from catalog.kinds.kind import Kind, Part
from catalog.naming import Names
from catalog.specs import ENVIRONMENT_NAME
from catalog.templates import CompositeTemplate
from config.models import Environment


class WholeEnvironment(Kind[Environment]):
    """The environment as a whole. It has no alarms but those of the configuration."""

    name = ENVIRONMENT_NAME
    alarms = ()
    composites = (
        CompositeTemplate(
            key="impact",
            severity="critical",
            summary="users are affected",
            look="the section of the environment on the dashboard, then the overview of the services",
        ),
        CompositeTemplate(
            key="degraded",
            severity="warning",
            summary="the environment works, but not as it should",
            look="the section of the environment on the dashboard, then the overview of the services",
        ),
        CompositeTemplate(
            key="saturation",
            severity="warning",
            summary="a shared resource is running out",
            look="the graph of the resource; increase its limit, or reduce the load",
        ),
    )

    @override
    def parts(self, env: Environment, names: Names, name: str, config: Environment) -> Iterator[Part]:
        yield Part(label="The environment", dimensions={}, facts={})
