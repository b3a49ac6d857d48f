"""Existing services of the configuration, compared with the account.

A resource that does not exist stops a deployment: Terraform would not find it, its metric filters could not
be created, or its alarms would never have data. A fact that differs does not stop it: the deployment may be
part of the repair of an incident.

A fact that the file leaves out is not compared: the alarms that need it do not exist. Those in `_COMPARED`
are compared, as alarms depend on their default, or have another meaning without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeAlias

from config import source
from config.errors import Location
from config.explain import counted, listed
from config.models import Environment
from config.services import ExistingEcsService, ExistingFunction, Service, StateMachine
from config.source import Document
from config.words import did_you_mean
from ops.existing import ecs, functions, state_machines
from ops.existing.account import UNREAD, Account, Names, Resource

READERS = 8
"""Resources that are read at the same time."""

_FILTERED = "STANDARD"
"""The class of log groups with metric filters (CloudWatch Logs User Guide, "Log classes")."""

_COMPARED = {
    "autoscaling",
    "batching_window_s",
    "container_insights",
    "insights",
    "launch_type",
    "log_group",
    "sqs_trigger",
}
"""Facts that are compared even if the file leaves them out."""


class Finding(NamedTuple):
    """Something about a service in which the account is not as the file states."""

    at: Location
    text: str


Findings: TypeAlias = tuple[list[Finding], list[Finding]]
"""What does not exist, and what differs."""


class Comparison(NamedTuple):
    """The result: a line for each finding, with the file and line of the value."""

    missing: tuple[str, ...] = ()
    """Resources that do not exist."""
    differences: tuple[str, ...] = ()
    """Facts that are others in the account."""
    unread: tuple[str, ...] = ()
    """What could not be read, and why."""


def existing(env: Environment) -> dict[str, Service]:
    """Return the services of `env` that exist already, by name."""
    return {name: service for name, service in env.services.items() if type(service) in _EXAMINED}


def compare(account: Account, document: Document) -> Comparison:
    """Compare the existing services of an environment with its account.

    Args:
        account: the account.
        document: the data of the environment, with the places of its values.
    """
    services = existing(account.env)

    def examined(name: str) -> Findings:
        service = services[name]
        return _EXAMINED[type(service)](account, ("services", name), service)

    def lines(findings: Iterable[Finding]) -> tuple[str, ...]:
        return tuple(
            f"{document.place(finding.at)}: {source.dotted(finding.at)}: {finding.text}"
            for finding in findings
        )

    with ThreadPoolExecutor(READERS) as pool:
        results = list(pool.map(examined, services))
    return Comparison(
        lines(finding for missing, _ in results for finding in missing),
        lines(finding for _, differences in results for finding in differences),
        tuple(f"{what} could not be read. {why}" for what, why in sorted(account.unread.items())),
    )


def block(env: Environment, differences: Sequence[str]) -> str:
    """Return the differences as a block of lines to be printed; empty without any."""
    if not differences:
        return ""
    one = len(differences) == 1
    head = (
        f"{counted(len(differences), 'fact')} of existing services {'differs' if one else 'differ'} in the "
        "account; alarms use the values of the file:"
    )
    advice = f"Correct the file or the resource, then run `make deploy ENV={env.environment}`."
    return "\n".join([head, *(f"  {line}" for line in differences), advice])


def _function(account: Account, at: Location, service: ExistingFunction) -> Findings:
    name, alias, group = service.function_name, service.alias, service.log_group_name
    resource = functions.read(account, name, alias)
    if resource is UNREAD:
        return [], []
    if resource is None:
        if alias and isinstance(functions.read(account, name), Resource):
            text = _absent(f"the function {name} has no alias {alias}", alias, account.aliases(name))
            return [Finding((*at, "alias"), text)], []
        text = _absent(f"there is no function {name}", name, account.functions())
        return [Finding((*at, "function"), text)], []
    missing = list(_absent_group(account, (*at, "log_group"), group)) if group else []
    queues = (
        service.sqs_trigger.model_dump(include={"queue", "dead_letter_queue"}) if service.sqs_trigger else {}
    )
    missing += [
        Finding((*at, "sqs_trigger", key), f"there is no queue {queue}")
        for key, queue in queues.items()
        if queue and functions.queue_url(account, queue) is None
    ]
    # A log that is not watched may be in any group.
    group = group or resource.facts.get("log_group")
    return missing, list(_differences(at, service, resource, log_group=group))


def _ecs_service(account: Account, at: Location, service: ExistingEcsService) -> Findings:
    cluster, name = service.cluster, service.ecs_service
    resource = ecs.read(account, cluster, name)
    if resource is UNREAD:
        return [], []
    if resource is None:
        clusters = account.clusters()
        if clusters is not UNREAD and cluster not in clusters:
            text = _absent(f"there is no ECS cluster {cluster}", cluster, clusters)
            return [Finding((*at, "cluster"), text)], []
        text = f"the ECS cluster {cluster} has no active service {name}"
        return [Finding((*at, "ecs_service"), _absent(text, name, account.ecs_services(cluster)))], []
    missing = [
        finding
        for position, group in enumerate(service.log_groups)
        for finding in _absent_group(account, (*at, "log_groups", position), group)
    ]
    known = {target["target_group_arn"] for target in resource.facts.get("target_groups") or ()}
    for position, target in enumerate(service.target_groups):
        arn = target.target_group_arn
        if arn not in known and ecs.target_group(account, arn) is None:
            here = (*at, "target_groups", position, "target_group_arn")
            missing.append(Finding(here, f"there is no target group {target.target_group_arn}"))
    return missing, list(_differences(at, service, resource))


def _state_machine(account: Account, at: Location, service: StateMachine) -> Findings:
    name = service.state_machine
    resource = state_machines.read(account, name)
    if resource is UNREAD:
        return [], []
    if resource is None:
        text = _absent(f"there is no state machine {name}", name, account.state_machines())
        return [Finding((*at, "state_machine"), text)], []
    return [], list(_differences(at, service, resource))


_EXAMINED: Mapping[type[Service], Callable[[Account, Location, Any], Findings]] = {
    ExistingFunction: _function,
    ExistingEcsService: _ecs_service,
    StateMachine: _state_machine,
}
"""Model of services that exist already -> how one is compared."""


def _absent(sentence: str, name: str, known: Names) -> str:
    """Return the sentence that something does not exist, with what exists and the most similar name."""
    if known is UNREAD:
        return sentence
    return f"{sentence}; existing: {listed(known) or 'none'}{did_you_mean(name, known)}"


def _absent_group(account: Account, at: Location, group: str) -> Iterator[Finding]:
    """Yield that a log group does not exist, or cannot have metric filters."""
    alike = account.log_groups(group)
    if alike is UNREAD:
        return
    if group not in alike:
        folder = account.log_groups(group[: group.rfind("/") + 1])
        known = UNREAD if folder is UNREAD else tuple(folder)
        sentence = f"there is no log group {group}, which Lambda creates with the first invocation"
        if at[-1] != "log_group":
            sentence = f"there is no log group {group}"
        yield Finding(at, _absent(sentence, group, known))
    elif alike[group] != _FILTERED:
        text = f"the log group {group} has the class {alike[group]}, which has no metric filters"
        yield Finding(at, f"{text}: it must be {_FILTERED}")


def _differences(
    at: Location, service: Service, resource: Resource, **defaults: str | None
) -> Iterator[Finding]:
    """Yield the facts of a resource that the file states otherwise.

    Args:
        at: the place of the service.
        service: the service.
        resource: the resource.
        defaults: values of keys that the file leaves out and that are not those of the model.
    """
    facts = dict(resource.facts)
    # Autoscaling changes the desired count between its bounds. If these cannot be read, neither is known.
    if facts.get("autoscaling", ...) is not None:
        facts.pop("desired_count", None)
    yield from _of_keys(
        at, {**service.model_dump(), **defaults}, service.model_dump(exclude_unset=True), facts
    )


def _of_keys(
    at: Location, stated: Mapping[str, Any], given: Mapping[str, Any], facts: Mapping[str, Any]
) -> Iterator[Finding]:
    """Yield the differences of the keys that the file gives, and of those that are compared without it."""
    for key, actual in facts.items():
        if key in _COMPARED or given.get(key) is not None:
            yield from _differing((*at, key), stated[key], given.get(key), actual)


def _differing(at: Location, stated: Any, given: Any, actual: Any) -> Iterator[Finding]:  # noqa: ANN401  # any fact
    if isinstance(stated, Mapping) and isinstance(actual, Mapping):
        yield from _of_keys(at, stated, given, actual)
    elif isinstance(actual, tuple):
        for position, entry in enumerate(stated):
            if entry not in actual:
                found = ", ".join(_shown(value) for value in actual) or "none"
                yield Finding((*at, position), f"{_shown(entry)} in the file; in the account: {found}")
    elif stated != actual:
        where = "by default" if given is None and stated is not None else "in the file"
        yield Finding(at, f"{_shown(stated)} {where}; in the account: {_shown(actual)}")


def _shown(value: Any) -> str:  # noqa: ANN401  # any fact
    """Return a value as a file has it, on one line."""
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        parts = (f"{key}: {_shown(part)}" for key, part in value.items() if part is not None)
        return f"{{{', '.join(parts)}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)
