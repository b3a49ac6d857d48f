"""Entries of `services:` for existing resources, as text of a configuration file.

An entry has the facts that differ from the defaults of its model; comments have what could not be read and
what is to be decided.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from catalog.naming import shortened
from config.services import ExistingService, Service, model_of
from config.types import SERVICE_NAME, Description, OwnerName, accepts
from ops.existing.account import Resource
from ops.existing.kinds import KINDS
from ops.yaml_text import flow

LINE = 110
"""Characters of a line at most, as in the files of the project."""

_OWNERS = ("owner", "team")
"""Tags, in any case, whose value is the owner."""


@dataclass(frozen=True)
class Entry:
    """The proposal for one resource."""

    name: str
    """Name of the service."""

    resource: Resource
    data: Mapping[str, Any]
    """The keys and values."""

    comments: Mapping[str, str]
    """Key -> the comment beside it."""

    open_points: tuple[str, ...]
    """What could not be read or is to be decided, in the order of its comments after the entry."""

    def text(self) -> str:
        """Return the entry as it stands below `services:`."""
        lines = [f"  {self.name}:"]
        for key, value in self.data.items():
            comment = self.comments.get(key)
            lines += _lines(key, value, 4, f" # {comment}" if comment else "")
        lines += [f"    # {point}" for point in self.open_points]
        return "\n".join(lines) + "\n"


def entries(  # noqa: PLR0913 - what an entry is made of
    resources: Sequence[Resource],
    *,
    environment: str,
    taken: Collection[str],
    tags: Callable[[Resource], Mapping[str, str]],
    log_keys: Callable[[Resource], Mapping[str, Any] | None],
    groups: Mapping[str, str] | None = None,
) -> list[Entry]:
    """Return the proposals for `resources`.

    Args:
        resources: what was found.
        environment: name of the environment, which is left out at the end of names.
        taken: names of services that the file has.
        tags: returns the tags of a resource.
        log_keys: returns the keys that describe the log of a resource; None if it is not known.
        groups: log groups of the services that the file has -> their names.
    """
    owners = dict(groups or {})
    made = []
    for name, found in zip(names(resources, environment, taken), resources, strict=True):
        resource = _with_own_log(found, owners)
        owners |= dict.fromkeys(resource.log_groups, name)
        made.append(_entry(name, resource, tags(resource), log_keys(resource)))
    return made


def _with_own_log(resource: Resource, owners: Mapping[str, str]) -> Resource:
    """Return a resource without the log groups of others: a log group belongs to one service."""
    others = [group for group in resource.log_groups if group in owners]
    if not others:
        return resource
    own = tuple(group for group in resource.log_groups if group not in owners)
    key = "log_groups" if "log_groups" in resource.facts else "log_group"
    facts = {name: value for name, value in resource.facts.items() if name != key}
    facts |= {key: own} if key == "log_groups" else {"watch_log": False}
    words = "its log is not watched for this service"
    remarks = (f"{key}: {group} is that of {owners[group]}: {words}" for group in others)
    return dataclasses.replace(resource, facts=facts, log_groups=own, remarks=(*resource.remarks, *remarks))


def document(proposed: Sequence[Entry]) -> str:
    """Return the entries as a part of a configuration file."""
    return "services:\n" + "\n".join(entry.text() for entry in proposed)


def names(resources: Sequence[Resource], environment: str, taken: Collection[str]) -> list[str]:
    """Return the name of the service for each of `resources`, all different and valid.

    The name is that of the resource, without the environment at its end. Of two ECS services with one name,
    the second gets its cluster's name before it; other duplicates get a number.
    """
    used = set(taken)
    chosen = []
    for resource in resources:
        *around, own = resource.names.values()
        candidates = [_slug(own, environment), _slug("-".join((*around, own)), environment)]
        candidates += [
            _numbered(candidates[0], number) for number in range(2, len(resources) + len(used) + 3)
        ]
        name = next(name for name in candidates if name not in used)
        used.add(name)
        chosen.append(name)
    return chosen


def _slug(text: str, environment: str) -> str:
    """Return a name of a service that is as near as possible to `text`."""
    words = [word for word in re.split(r"[^a-z0-9]+", _hyphenated(text).lower()) if word]
    if words[1:] and words[-1] == environment:
        words.pop()
    name = "-".join(words)
    if not name or not name[0].isalpha():
        name = f"service-{name}".rstrip("-")
    return shortened(name, SERVICE_NAME)


def _hyphenated(text: str) -> str:
    """Return `orderPlaced` as `order-Placed`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)


def _numbered(name: str, number: int) -> str:
    end = f"-{number}"
    return name[: SERVICE_NAME - len(end)].rstrip("-") + end


def _entry(
    name: str, resource: Resource, tags: Mapping[str, str], log_keys: Mapping[str, Any] | None
) -> Entry:
    model = cast("type[Service]", model_of({"kind": resource.kind, **resource.names}))
    comments: dict[str, str] = {}
    points: list[str] = []
    data: dict[str, Any] = {"kind": resource.kind, **resource.names}
    if accepts(Description, resource.description):
        data["description"] = resource.description
    else:
        data["description"] = f"{KINDS[resource.kind].description} {'/'.join(resource.names.values())}"
        comments["description"] = "to be decided: what it does, in one line"
    owner = next((value for key, value in sorted(tags.items()) if key.lower() in _OWNERS), "")
    if accepts(OwnerName, owner):
        data["owner"] = owner
    else:
        points.append(f"to be decided: owner, the team that owns it; now {_default(model, 'owner')}")
    for key, value in resource.facts.items():
        if value == 0 and key == "reserved_concurrency":
            points.append("reserved_concurrency: it is 0, so Lambda throttles every invocation")
        elif (stated := _stated(model, key, value, resource)) is not None:
            data[key] = stated
    if resource.alarms:
        data["alarms"] = {key: dict(settings) for key, settings in resource.alarms.items()}
    unread = [key for key in _facts(model) if key not in resource.facts]
    points += [f"{key}: could not be read" for key in unread if not _is_remarked(resource, key)]
    points += resource.remarks
    data |= {key: value for key, value in (log_keys or {}).items() if value != _default(model, key)}
    if resource.log_groups and log_keys is None:
        points.append("to be decided: the format of its log, of which no lines could be read")
    return Entry(name, resource, data, comments, tuple(points))


def _facts(model: type[Service]) -> Iterator[str]:
    """Yield the keys of a model that are facts: those that are neither general nor name the resource."""
    general = {*Service.model_fields, *ExistingService.model_fields, "kind", "alias", "watch_log"}
    yield from (
        key for key, field in model.model_fields.items() if key not in general and not field.is_required()
    )


def _is_remarked(resource: Resource, key: str) -> bool:
    return any(remark.startswith(f"{key}: ") for remark in resource.remarks)


def _stated(model: type[Service], key: str, value: Any, resource: Resource) -> Any:  # noqa: ANN401  # any fact
    """Return the value of a fact as an entry has it; None if the entry does not need it."""
    if isinstance(value, Mapping):
        return {name: part for name, part in value.items() if part is not None and part != 0}
    if isinstance(value, tuple):
        return [dict(part) if isinstance(part, Mapping) else part for part in value] or None
    if key == "log_group" and value == f"/aws/lambda/{resource.names['function']}":
        return None
    return None if value == _default(model, key) else value


def _default(model: type[Service], key: str) -> Any:  # noqa: ANN401  # as above
    return model.model_fields[key].default


def _lines(key: str, value: Any, indent: int, comment: str) -> Iterator[str]:  # noqa: ANN401  # any value
    """Yield the lines of a key: one, or a block for a list or mapping that is longer than a line."""
    start = " " * indent
    one = f"{start}{key}: {flow(value)}{comment}"
    if not isinstance(value, list | dict) or len(one) <= LINE:
        yield one
        return
    yield f"{start}{key}:{comment}"
    if isinstance(value, dict):
        yield from (f"{start}  {name}: {flow(part)}" for name, part in value.items())
        return
    for part in value:
        rows = [f"{name}: {flow(entry)}" for name, entry in part.items()] if isinstance(part, dict) else []
        first, *others = rows or [flow(part)]
        yield f"{start}  - {first}"
        yield from (f"{start}    {row}" for row in others)
