"""Whether commands of the AWS CLI exist, by the service models that the CLI is made from (botocore)."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterator
from typing import Any

import botocore.session
import jmespath  # type: ignore[import-untyped]  # botocore brings it along, without types
from botocore import xform_name

from tests.unit.docs.documents import code

_GLOBAL = {"query", "output", "region", "profile", "no-cli-pager", "endpoint-url"}
_PAGING = {"max-items", "starting-token", "page-size", "no-paginate"}
"""AWS CLI User Guide, "Command line options" and "Pagination"."""

_OF_THE_CLI_ALONE = {("sso", "login")}
"""Commands that are no operation of a service (AWS CLI Command Reference)."""

_INNER = re.compile(r"\$\((aws [^()]*)\)")


def commands(text: str) -> list[str]:
    """Return the commands of the AWS CLI in the code of a Markdown text, one within another too."""
    found = []
    for line in (line.strip() for name in code(text) for line in name.splitlines()):
        if re.match(r"aws [a-z]", line):
            found += [_INNER.sub("inner", line), *_INNER.findall(line)]
    return found


def problems(command: str) -> Iterator[str]:
    """Yield what is wrong with a command."""
    words = shlex.split(command)
    service, operation, *rest = words[1:]
    if (service, operation) in _OF_THE_CLI_ALONE:
        return
    if service not in _session().get_available_services():
        yield f"no such service: {service}"
        return
    model = _session().get_service_model(service)
    known = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in known:
        yield f"{service} has no {operation}"
        return
    shape = model.operation_model(known[operation])
    yield from _options(rest, shape)


def options(words: list[str]) -> dict[str, list[str]]:
    """Return option -> its values, of the words after an operation."""
    given: dict[str, list[str]] = {}
    name = ""
    for word in words:
        if word.startswith("--"):
            name = word[2:]
            given[name] = []
        else:
            given.setdefault(name, []).append(word)
    return given


def _options(words: list[str], shape: Any) -> Iterator[str]:
    members = shape.input_shape.members if shape.input_shape else {}
    takes = {xform_name(name, "-"): member for name, member in members.items()}
    required = {xform_name(name, "-") for name in (shape.input_shape.required_members if members else ())}
    given = options(words)
    for name, values in given.items():
        plain = name.removeprefix("no-")
        if name in _GLOBAL | _PAGING:
            if name == "query":
                yield from _query(values, shape.output_shape)
        elif plain not in takes or (plain != name and takes[plain].type_name != "boolean"):
            yield f"{shape.name} has no option --{name}"
        else:
            yield from _values(name, values, takes[plain])
    missing = required - given.keys() - {name.removeprefix("no-") for name in given}
    yield from (f"{shape.name} needs --{name}" for name in sorted(missing))


def _values(name: str, values: list[str], member: Any) -> Iterator[str]:
    """Yield what is wrong with the values of an option: how many there are, or not a word of AWS's."""
    if member.type_name == "boolean":
        if values:
            yield f"--{name} takes no value"
        return
    if not values:
        yield f"--{name} needs a value"
    of = member.member if member.type_name == "list" else member
    if member.type_name != "list" and len(values) > 1:
        yield f"--{name} takes one value: {values}"
    legal = getattr(of, "enum", None)
    yield from (f"--{name} cannot be {value}" for value in values if legal and value not in legal)


def _query(values: list[str], output: Any) -> Iterator[str]:
    """Yield what a `--query` names that the answer does not have."""
    try:
        parsed = jmespath.compile(" ".join(values)).parsed
    except jmespath.exceptions.JMESPathError as error:
        yield f"--query: {error}"
        return
    known = set(_members(output, ()))
    yield from (f"the answer has no {field}" for field in _fields(parsed) if field not in known)


def _fields(node: Any) -> Iterator[str]:
    if node.get("type") == "field":
        yield node["value"]
    for child in node.get("children", ()):
        if isinstance(child, dict):  # else the end of a slice
            yield from _fields(child)


def _members(shape: Any, above: tuple[str, ...]) -> Iterator[str]:
    if shape is None or shape.name in above:
        return
    here = (*above, shape.name)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield name
            yield from _members(member, here)
    elif shape.type_name == "list":
        yield from _members(shape.member, here)


@functools.cache
def _session() -> Any:
    return botocore.session.Session()
