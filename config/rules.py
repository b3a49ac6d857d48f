"""Rules between parts of an environment. Each returns every breach, so that all are reported at once."""

from __future__ import annotations

import json
from collections.abc import Iterator

from config import files, webhooks
from config.alarms import AlarmTunings
from config.errors import Location, cut
from config.headings import anchors
from config.limits import LAMBDA_VARIABLES_BYTES, TASK_DEFINITION_BYTES, has_lambda_insights
from config.models import Environment
from config.paths import PROJECT, ROOT
from config.services import ExistingEcsService, ExistingFunction, LoggingService
from config.source import MOST_BYTES
from config.words import did_you_mean

Breach = tuple[Location, str]
"""Location of the value that breaks a rule, and the message."""


def lambda_insights_exists(env: Environment) -> Iterator[Breach]:
    """The Lambda Insights layer exists for the region and architecture of each function, if it is enabled."""
    layers = {"arm64": env.insights.layer_arn_arm64, "x86_64": env.insights.layer_arn_x86_64}
    for name, function in env.functions.items() if env.insights.functions else ():
        architecture = function.architecture
        if layers[architecture] is None and not has_lambda_insights(env.region, architecture):
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
            text = f"must be at least {2 * memory_mib}, twice tracing.collector_memory_mib (in the same task)"
            yield ("services", name, "memory_mib"), f"{text} (found: {service.memory_mib})"
        if service.cpu <= cpu:
            text = f"must be more than {cpu}, tracing.collector_cpu (in the same task)"
            yield ("services", name, "cpu"), f"{text} (found: {service.cpu})"


def log_buffers_fit(env: Environment) -> Iterator[Breach]:
    """The log buffers of a task take at most half of its memory.

    The collector always has one (`stacks.compute.containers`), the service unless its mode is `blocking`.
    """
    for name, service in env.containers.items():
        awslogs = service.awslogs.over(env.logs.awslogs)
        is_blocking = awslogs.mode == "blocking"
        share, of, times, whose = (
            (2, "half", "twice", "the collector has a buffer")
            if is_blocking
            else (4, "a quarter", "four times", "the service and its collector have a buffer each")
        )
        if awslogs.max_buffer_size_mib * share <= service.memory_mib:
            continue
        if own := service.awslogs.max_buffer_size_mib:
            text = (
                f"must be at most {service.memory_mib // share}, {of} of memory_mib: {whose} (found: {own})"
            )
            yield ("services", name, "awslogs", "max_buffer_size_mib"), text
        else:
            least = awslogs.max_buffer_size_mib * share
            text = f"must be at least {least}, {times} logs.awslogs.max_buffer_size_mib: {whose}"
            yield ("services", name, "memory_mib"), f"{text} (found: {service.memory_mib})"


def pages_have_a_recipient(env: Environment) -> Iterator[Breach]:
    """Critical notifications have a recipient, also when the notifier fails; not required in a local AWS."""
    critical = env.notifications.critical
    if env.is_local or critical.direct:
        return
    if any(critical.references.values()):
        channels = " and ".join(name for name, secrets in critical.references.items() if secrets)
        text = (
            f"requires an e-mail address or an https webhook as well: the notifier delivers to {channels}, "
            "and failures of the notifier need another route"
        )
    else:
        text = "has no recipient: set an e-mail address or an https webhook"
    yield ("notifications", "critical"), text


def webhooks_are_encrypted(env: Environment) -> Iterator[Breach]:
    """Webhooks use TLS, except in a local AWS."""
    for severity in ("critical", "warning") if not env.is_local else ():
        for position, url in enumerate(getattr(env.notifications, severity).webhooks):
            if url.startswith("http://"):
                found = cut(webhooks.masked(url), 200)
                text = f"must be an https:// URL, except in a local AWS (found: {found})"
                yield ("notifications", severity, "webhooks", position), text


def load_balancers_are_here(env: Environment) -> Iterator[Breach]:
    """A load balancer and its target group are in the environment's region and account."""
    for name, service in env.containers.items():
        for key in ("load_balancer_arn", "target_group_arn") if service.load_balancer else ():
            location = ("services", name, "load_balancer", key)
            yield from _not_here(env, location, getattr(service.load_balancer, key))


_OWN_BYTES = 512
"""Bytes that the platform reserves for its own environment variables of a function."""

_OWN_TASK_BYTES = 8192
"""Bytes that the platform reserves in a task definition, for its variables and the collector."""


def variables_fit(env: Environment) -> Iterator[Breach]:
    """The environment variables of a function are within the limit of Lambda."""
    for name, function in env.functions.items():
        size = sum(len((key + value).encode()) for key, value in function.environment.items())
        if size > LAMBDA_VARIABLES_BYTES - _OWN_BYTES:
            most = f"{LAMBDA_VARIABLES_BYTES}, of which {_OWN_BYTES} are the platform's"
            text = f"has {size} bytes; Lambda allows {most}"
            yield ("services", name, "environment"), text


def task_definitions_fit(env: Environment) -> Iterator[Breach]:
    """Command and environment variables of a container fit into a task definition."""
    for name, service in env.containers.items():
        sizes = {
            "command": len(_json(service.command)),
            "environment": sum(
                len(_json({"name": key, "value": value})) for key, value in service.environment.items()
            ),
        }
        size, most = sum(sizes.values()), TASK_DEFINITION_BYTES - _OWN_TASK_BYTES
        if size > most:
            larger = max(sizes, key=lambda key: sizes[key])
            text = (
                f"command and environment have {size} bytes; a task definition may have "
                f"{TASK_DEFINITION_BYTES}, of which {_OWN_TASK_BYTES} are the platform's"
            )
            yield ("services", name, larger), text


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def tags_differ(env: Environment) -> Iterator[Breach]:
    """Keys of tags differ in more than their case, which IAM does not distinguish."""
    first: dict[str, str] = {}
    for key in env.tags:
        other = first.setdefault(key.lower(), key)
        if other != key:
            yield (
                ("tags", key),
                f"differs only in case from {other}, which is the same key for IAM (found: {key})",
            )


def drills_are_not_for_production(env: Environment) -> Iterator[Breach]:
    """Live drills, which make functions fail, are not allowed in protected environments."""
    if env.drills.allowed and env.deletion_protection:
        text = (
            "must be false where deletion_protection is true: "
            "a drill makes deployed functions fail (found: true)"
        )
        yield ("drills", "allowed"), text


def sources_are_not_the_platforms(env: Environment) -> Iterator[Breach]:
    """The zip files of the notifier and of a function with the same folder name would be one file."""
    for name, function in env.functions.items():
        if function.source in {"functions/notifier", "functions/shared"}:
            text = f"is part of the platform; use another folder (found: {function.source})"
            yield ("services", name, "source"), text


def existing_resources_are_here(env: Environment) -> Iterator[Breach]:
    """What an existing service names by ARN is in the environment's region and account."""
    for name, service in env.services.items():
        arns: dict[Location, str] = {}
        if isinstance(service, ExistingFunction) and ":" in service.function:
            arns = {("function",): service.function}
        elif isinstance(service, ExistingEcsService):
            arns = {
                ("target_groups", position, key): getattr(target, key)
                for position, target in enumerate(service.target_groups)
                for key in ("load_balancer_arn", "target_group_arn")
            }
        for location, arn in arns.items():
            yield from _not_here(env, ("services", name, *location), arn)


def _not_here(env: Environment, location: Location, arn: str) -> Iterator[Breach]:
    region, account = arn.split(":")[3:5]
    if (region, account) != (env.region, env.account_id):
        yield location, f"must be in {env.region} and account {env.account_id} (found: {arn})"


def log_formats_have_the_keys(env: Environment) -> Iterator[Breach]:
    """The settings of log lines are those that the format has."""
    found: dict[Location, str] = {}
    for kind in ("lambda", "ecs"):
        for key, text in env.logs.refused(kind, env.logs.of(kind)):
            found["logs", kind, key] = text
    for name, service in env.services.items():
        if isinstance(service, LoggingService):
            for key, text in env.logs.refused(service.kind, service.logs):
                found.setdefault(env.logs.location(name, service.kind, service.logs, key), text)
    yield from found.items()


def runbooks_exist(env: Environment) -> Iterator[Breach]:
    """The runbook of an own alarm is a file of the project, or of the platform, with this heading."""
    places: list[tuple[Location, AlarmTunings]] = [(("alarms", "environment"), env.alarms.environment)]
    places += [(("services", name, "alarms"), service.alarms) for name, service in env.services.items()]
    for at, tunings in places:
        for key, tuning in tunings.items():
            if tuning.runbook is not None and "://" not in tuning.runbook:
                file, _, heading = tuning.runbook.partition("#")
                if why := _missing_runbook(file, heading):
                    yield (*at, key, "runbook"), f"{why} (found: {tuning.runbook})"


def _missing_runbook(file: str, heading: str) -> str | None:
    """Return why a runbook does not exist, or None."""
    path = next((path for folder in (PROJECT, ROOT) if (path := folder / file).is_file()), None)
    if path is None:
        return f"{file} does not exist"
    try:
        known = anchors(files.content(path, MOST_BYTES).decode("utf-8"))
    except (files.FileError, UnicodeDecodeError):
        return f"{file} cannot be read"
    if heading and heading not in known:
        return f"{file} has no heading {heading}{did_you_mean(heading, known)}"
    return None


RULES = (
    runbooks_exist,
    log_formats_have_the_keys,
    sources_are_not_the_platforms,
    lambda_insights_exists,
    collector_fits,
    log_buffers_fit,
    pages_have_a_recipient,
    webhooks_are_encrypted,
    load_balancers_are_here,
    existing_resources_are_here,
    variables_fit,
    task_definitions_fit,
    tags_differ,
    drills_are_not_for_production,
)
