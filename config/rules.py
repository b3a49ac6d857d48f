"""Rules that hold between parts of an environment; each yields every breach, so that all are said at once."""

from __future__ import annotations

from collections.abc import Iterator

from config.limits import has_lambda_insights
from config.models import Environment
from config.source import Location

Breach = tuple[Location, str]
"""Where an environment breaks a rule, and what the rule is."""


def lambda_insights_exists(env: Environment) -> Iterator[Breach]:
    """A function has the Lambda Insights layer of its region and architecture, unless told to do without."""
    given = {"arm64": env.insights.layer_arn_arm64, "x86_64": env.insights.layer_arn_x86_64}
    for name, function in env.functions.items() if env.insights.functions else ():
        architecture = function.architecture
        if given[architecture] is None and not has_lambda_insights(env.region, architecture):
            text = (
                f"AWS has no Lambda Insights layer for {architecture} in {env.region}: set "
                f"insights.layer_arn_{architecture}, another architecture, or insights.functions: false"
            )
            yield ("services", name, "architecture"), f"{text} (found: {architecture})"


def collector_fits(env: Environment) -> Iterator[Breach]:
    """A task leaves the service at least as much memory as its collector takes, and some CPU."""
    memory_mib, cpu = env.tracing.collector_memory_mib, env.tracing.collector_cpu
    for name, service in env.containers.items():
        if service.memory_mib < 2 * memory_mib:
            text = (
                f"must be at least {2 * memory_mib}, twice tracing.collector_memory_mib, which runs beside it"
            )
            yield ("services", name, "memory_mib"), f"{text} (found: {service.memory_mib})"
        if service.cpu <= cpu:
            text = f"must be more than {cpu}, tracing.collector_cpu, which runs beside it"
            yield ("services", name, "cpu"), f"{text} (found: {service.cpu})"


def somebody_is_told(env: Environment) -> Iterator[Breach]:
    """Critical alarms of an account reach somebody."""
    if not env.is_local and env.notifications.critical.count == 0:
        yield (
            ("notifications", "critical"),
            "names nobody: give an e-mail address or an https webhook",
        )


_VARIABLES_BYTES = 4096
"""Size of a function's environment variables at most (AWS Lambda quotas, "Environment variables")."""

_OWN_BYTES = 512
"""What the platform's own variables take of it, at most."""


def variables_fit(env: Environment) -> Iterator[Breach]:
    """A function's environment variables fit into what Lambda takes."""
    for name, function in env.functions.items():
        size = sum(len((key + value).encode()) for key, value in function.environment.items())
        if size > _VARIABLES_BYTES - _OWN_BYTES:
            text = (
                f"is {size} bytes; Lambda takes {_VARIABLES_BYTES}, of which {_OWN_BYTES} are the platform's"
            )
            yield ("services", name, "environment"), text


RULES = (lambda_insights_exists, collector_fits, somebody_is_told, variables_fit)
