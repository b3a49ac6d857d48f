"""Find existing resources by patterns, and propose entries of the configuration file for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, NamedTuple

import catalog
from catalog import kinds as watched
from catalog import naming
from config import loader, source
from config.errors import CommandError, ConfigError, Problem
from config.explain import listed
from config.models import Environment
from config.words import did_you_mean
from ops import log_formats
from ops.existing import proposal
from ops.existing.account import UNREAD, Account, Names, Resource
from ops.existing.comparison import READERS
from ops.existing.kinds import KINDS
from ops.existing.proposal import Entry

Key = tuple[str, ...]
"""Kind and names of a resource: `("lambda", "shop-orders")`, `("ecs", "shop", "web")`."""


class Patterns(NamedTuple):
    """What to find: names in which `*` is any text, `?` a character and `[ab]` one of some characters."""

    functions: tuple[str, ...] = ()
    ecs: tuple[str, ...] = ()
    """Cluster and service: `shop/*`."""
    state_machines: tuple[str, ...] = ()


class Proposal(NamedTuple):
    """The result."""

    text: str
    """The entries as a part of a configuration file; empty without any."""
    notes: tuple[str, ...]
    """A line for each resource that is left out, and for what could not be read or must be set as well."""
    unmatched: tuple[str, ...] = ()
    """A line for each pattern that matches nothing, with what exists."""


def propose(account: Account, patterns: Patterns) -> Proposal:
    """Return the entries for what matches `patterns`.

    Raises:
        CommandError: no pattern matches anything, or a list of resources cannot be read.
    """
    env = account.env
    found, unmatched = _found(account, patterns)
    if not found:
        raise CommandError("\n".join(unmatched))
    tags = account.tags(*(kind.tagged for kind in KINDS.values()))
    known = _known(env)
    notes, new = [], []
    for key in found:
        owner = known.get(key) or _created(env, key, tags.get(_arn(account, key), {}))
        if owner:
            notes.append(f"{_label(key)} is left out: {owner}")
        else:
            new.append(key)
    resources, gone = _read(account, new)
    notes += [f"{_label(key)} is left out: it could not be read" for key in gone]
    entries = proposal.entries(
        resources,
        environment=env.environment,
        taken=env.services,
        tags=lambda resource: tags.get(_arn(account, _key(resource)), {}),
        log_keys=lambda resource: _log_keys(account, resource),
        groups={group.name: group.service for group in catalog.build(env).log_groups if group.service},
    )
    entries, problems = _valid(env, entries)
    notes += problems
    notes += [f"{what} could not be read. {why}" for what, why in sorted(account.unread.items())]
    return Proposal(proposal.document(entries) if entries else "", tuple(notes), tuple(unmatched))


def _found(account: Account, patterns: Patterns) -> tuple[list[Key], list[str]]:
    """Return what matches, each once, in the order of the patterns, and a line for each without a match."""
    keys: dict[Key, None] = {}
    problems: list[str] = []
    finders: tuple[tuple[Sequence[str], str, Callable[[str], tuple[list[Key], Sequence[str]]]], ...] = (
        (patterns.functions, "function", partial(_functions, account)),
        (patterns.ecs, "ECS service", partial(_ecs, account)),
        (patterns.state_machines, "state machine", partial(_state_machines, account)),
    )
    for texts, words, find in finders:
        for text in texts:
            matching, existing = find(text)
            keys |= dict.fromkeys(matching)
            if not matching:
                hint = did_you_mean(text.replace("*", ""), existing)
                shown = listed(existing) or "none"
                problems.append(f"no {words} matches {text} in {account.env.region}; existing: {shown}{hint}")
    return list(keys), problems


def _functions(account: Account, pattern: str) -> tuple[list[Key], Sequence[str]]:
    existing = _readable(account, "the list of functions", account.functions())
    return [("lambda", name) for name in existing if fnmatchcase(name, pattern)], existing


def _state_machines(account: Account, pattern: str) -> tuple[list[Key], Sequence[str]]:
    existing = _readable(account, "the list of state machines", account.state_machines())
    return [("state-machine", name) for name in existing if fnmatchcase(name, pattern)], existing


def _ecs(account: Account, pattern: str) -> tuple[list[Key], Sequence[str]]:
    """Return the ECS services that match, and all of the clusters that match; without any, all clusters."""
    of_cluster, _, of_service = pattern.partition("/")
    clusters = _readable(account, "the list of ECS clusters", account.clusters())
    matching = [cluster for cluster in clusters if fnmatchcase(cluster, of_cluster)]
    pairs = [
        (cluster, service)
        for cluster in matching
        for service in _readable(account, "the list of ECS services", account.ecs_services(cluster))
    ]
    keys: list[Key] = [("ecs", *pair) for pair in pairs if fnmatchcase(pair[1], of_service)]
    existing = ["/".join(pair) for pair in pairs] or [f"{cluster}/…" for cluster in clusters]
    return keys, existing


def _readable(account: Account, what: str, names: Names) -> tuple[str, ...]:
    if names is UNREAD:
        message = f"{what} could not be read. {account.unread[what]}"
        raise CommandError(message)
    return names


def _known(env: Environment) -> dict[Key, str]:
    """Return the resources that the file has already -> the reason to leave them out."""
    names = naming.Names.of(env)
    known: dict[Key, str] = {("lambda", names.notifier): "the platform creates it"}
    for name, service in env.services.items():
        kind = watched.KINDS[service.kind]
        dimensions = kind.dimensions(names, name, service)
        own = (dimensions[key] for key in ("ClusterName", kind.resource) if key in dimensions)
        key: Key = (kind.name, *own)
        known[key] = f"it is services.{name}"
    return known


def _created(env: Environment, key: Key, tags: Mapping[str, str]) -> str | None:
    """Return the reason to leave out what another environment of the project creates; None for all others.

    Tags alone are no evidence, as another project may use the same: the name must be what they result in.
    """
    if tags.get("Project") != env.project or key[0] == "state-machine":
        return None
    names = dataclasses.replace(naming.Names.of(env), environment=tags.get("Environment", ""))
    created = {names.notifier, names.of_service(tags.get("Service", ""))}
    return f"the environment {names.environment} creates it" if key[-1] in created else None


def _read(account: Account, keys: Sequence[Key]) -> tuple[list[Resource], list[Key]]:
    """Return the resources, and the keys of those that could not be read."""

    def read(key: Key) -> Resource | None:
        resource = KINDS[key[0]].read(account, *key[1:])
        return resource if isinstance(resource, Resource) else None

    with ThreadPoolExecutor(READERS) as pool:
        resources = list(pool.map(read, keys))
    found = [resource for resource in resources if resource]
    return found, [key for key, resource in zip(keys, resources, strict=True) if not resource]


def _log_keys(account: Account, resource: Resource) -> Mapping[str, Any] | None:
    lines = [line for group in resource.log_groups for line in account.newest_lines(group)]
    name = log_formats.format_of(lines)
    return {"logs": {"format": name}} if name else None


def _valid(env: Environment, entries: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
    """Return the entries that are valid in the file, and a line for each problem.

    A problem of an entry leaves it out. One of another key, such as a threshold without a default that the
    first service of its kind needs, remains to be solved in the file.
    """
    entries, lines = list(entries), list[str]()
    while entries:
        problems = _problems(env, proposal.document(entries))
        invalid = {name: problem for problem in problems if (name := _service(problem, entries))}
        if not invalid:
            return entries, [*lines, *(f"to be set as well: {problem}" for problem in problems)]
        lines += [f"{name} is left out: {problem.key}: {problem.text}" for name, problem in invalid.items()]
        entries = [entry for entry in entries if entry.name not in invalid]
    return entries, lines


def _problems(env: Environment, text: str) -> Sequence[Problem]:
    """Return the problems of the configuration of `env` with the entries of `text`."""
    try:
        loader.load(env.environment, rules=[catalog.check], over=source.parsed(text, "the proposal"))
    except ConfigError as error:
        return error.problems
    return ()


def _service(problem: Problem, entries: Sequence[Entry]) -> str | None:
    """Return the name of the entry that a problem is about."""
    top, _, rest = problem.key.partition(".")
    name = rest.partition(".")[0]
    return name if top == "services" and name in {entry.name for entry in entries} else None


def _key(resource: Resource) -> Key:
    return (resource.kind, *resource.names.values())


def _label(key: Key) -> str:
    return f"{KINDS[key[0]].words} {'/'.join(key[1:])}"


def _arn(account: Account, key: Key) -> str:
    kind = KINDS[key[0]]
    return account.arn(kind.service, kind.resource + "/".join(key[1:]))
