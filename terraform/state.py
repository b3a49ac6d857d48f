"""Parsing and validation of a state object: it must belong to the stack and the environment.

Terraform treats an empty object as "nothing deployed" and would create everything again, so a state is
validated before Terraform reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from config.errors import visible
from config.models import Environment

FORMAT = 4
"""Format of state objects, `version` in them (Terraform, `internal/states/statefile/version4.go`)."""
_FORMAT_NAME = "1.10 and newer write format 4"

_VERSION = re.compile(r"^(\d{1,9})\.(\d{1,9})\.(\d{1,9})([-+].*)?$")
_PROVIDER = r'^(module\..+\.)?provider\["[^"]+"\](\.[\w-]+)?$'
_SHOWN = 100


class _Part(BaseModel, strict=True, frozen=True):
    pass


class _Instance(_Part):
    attributes: dict[str, Any] | None = None


class _Resource(_Part):
    module: str = ""
    mode: Literal["managed", "data"]
    type: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    provider: Annotated[str, Field(pattern=_PROVIDER)]
    """Terraform drops a resource whose provider it cannot read (measured with 1.11.4)."""
    instances: list[_Instance]


class _Output(_Part):
    value: Any


class _State(_Part):
    """The parts of a state on which this program and Terraform rely."""

    version: int
    terraform_version: Annotated[str, Field(pattern=_VERSION.pattern)]
    serial: Annotated[int, Field(ge=0, lt=2**64)]
    lineage: Annotated[str, Field(min_length=1)]
    outputs: dict[str, _Output]
    resources: list[_Resource]


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version of Terraform, such as (1, 11, 4)."""
    found = _VERSION.match(version)
    return tuple(map(int, found.groups()[:3])) if found else ()


def parse(
    body: bytes, env: Environment, stack: str, published: Mapping[str, Collection[str]]
) -> dict[str, Any]:
    """Return the state in `body`.

    Args:
        body: the object's content.
        env: the environment to which it must belong.
        stack: the stack to which it must belong.
        published: stack -> names of the outputs that only this stack has.

    Raises:
        ValueError: the state is not valid; the message completes "the state ...".
    """
    state = _json(body)
    if not isinstance(state, dict) or type(state.get("version")) is not int:
        message = "is not a Terraform state"
        raise ValueError(message)
    if state["version"] != FORMAT:
        message = f"has format {visible(str(state['version']), 20)}; Terraform {_FORMAT_NAME}"
        raise ValueError(message)
    try:
        _State.model_validate(state)
    except ValidationError as error:
        where = ".".join(map(str, error.errors(include_url=False, include_input=False)[0]["loc"]))
        message = f"is not a Terraform state: {visible(where, _SHOWN)} is missing or damaged"
        raise ValueError(message) from error
    if key := _misspelt(state):
        message = f"is not a Terraform state: {visible(key, _SHOWN)} is misspelt"
        raise ValueError(message)
    if foreign := _foreign(state, env, stack, published):
        raise ValueError(foreign)
    return state


def _json(body: bytes) -> Any:  # noqa: ANN401  # JSON
    if not body.strip():
        message = "is empty"
        raise ValueError(message)
    try:
        text = body.decode("utf-8")
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)
    except UnicodeDecodeError:
        problem = "is not JSON: it is not UTF-8 text"
    except json.JSONDecodeError as error:
        end = len(text.rstrip())
        if text.startswith("\ufeff"):
            problem = "is not JSON: it begins with a byte order mark"
        elif error.msg == "Extra data":
            problem = f"is not JSON: more text follows its end, at character {error.pos + 1}"
        elif text.lstrip()[:1] == "{" and (error.pos >= end - 1 or error.msg.startswith("Unterminated")):
            problem = "is not JSON: it is truncated"
        else:
            problem = f"is not JSON: a syntax error at character {error.pos + 1}"
    except RecursionError:
        problem = "is not JSON: it is nested too deeply"
    except _ContentError as error:
        problem = str(error)
    except ValueError:
        # "Integer string conversion length limitation", Python documentation
        problem = "contains a number of more than 4,300 digits"
    raise ValueError(problem)


class _ContentError(ValueError):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object without duplicate keys, of which Terraform would use the last one."""
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
        message = f"has the key {visible(twice, _SHOWN)} twice"
        raise _ContentError(message)
    return content


_WORDS = {"version", "terraform_version", "serial", "lineage", "outputs", "resources", "check_results"}
_WORDS |= {"module", "mode", "type", "name", "each", "provider", "instances"}
_WORDS |= {"index_key", "status", "deposed", "schema_version", "attributes", "attributes_flat", "private"}
_WORDS |= {"sensitive_attributes", "dependencies", "create_before_destroy"}


def _misspelt(state: dict[str, Any]) -> str:
    """Return a key that differs from a known key only in case, which Terraform ignores; empty if none."""
    resources = state["resources"]
    instances = [instance for resource in resources for instance in resource["instances"]]
    keys = {key for part in (state, *resources, *instances) for key in part}
    return next((key for key in sorted(keys) if key not in _WORDS and key.lower() in _WORDS), "")


def addresses(state: dict[str, Any]) -> dict[str, int]:
    """Return address of a resource -> number of instances; a deposed instance has that of its successor."""
    return {
        ".".join(
            [
                *filter(None, [resource.get("module")]),
                *(["data"] if resource["mode"] == "data" else []),
                resource["type"],
                resource["name"],
            ]
        ): len({json.dumps(instance.get("index_key")) for instance in resource["instances"]})
        for resource in state["resources"]
    }


def _refuse_constant(name: str) -> None:
    message = f"is not JSON: it contains {name}"
    raise _ContentError(message)


def _foreign(
    state: dict[str, Any], env: Environment, stack: str, published: Mapping[str, Collection[str]]
) -> str:
    """Return why a state belongs to another stack or environment; else an empty text."""
    outputs = set(state.get("outputs", {}))
    owner = next((name for name, names in published.items() if outputs & set(names)), None)
    if owner and not outputs & set(published[stack]):
        return f"is the state of {owner}"
    expected = {"Project": env.project, "Environment": env.environment}
    for resource in state.get("resources", []):
        for instance in resource["instances"]:
            tags = (instance.get("attributes") or {}).get("tags_all")
            tags = tags if isinstance(tags, dict) else {}
            if set(expected) <= set(tags) and any(tags[name] != value for name, value in expected.items()):
                return visible(f"is the state of {tags['Project']} {tags['Environment']}", _SHOWN)
    return ""
