"""Plans and states as `terraform show -json` writes them, as a configuration that `configuration` reads.

A plan has the resources of every module and every instance of `count` and `for_each`, with their values. A
value that AWS assigns when the plan is applied is not in it. Where it is the value of another resource, it
becomes a reference, which is followed through the variables and outputs of modules; else it becomes a text
that is an expression without a value.

Source: Terraform, "JSON Output Format": values, plan, configuration and change representations. It has no
locals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from terraform.templates import escaped

_VERSIONS: Final = ("0", "1")
"""Supported major versions. Other ones must be rejected ("JSON Output Format", format_version)."""
_INDEX: Final = re.compile(r"\[[^\]]*\]")
"""The key of an instance in an address."""
_MODULE: Final = re.compile(r"\bmodule\.([\w-]+)")
_REFERENCE: Final = re.compile(r"([\w-]+)\.([\w-]+)(\[[^\]]*\])?(?:\.([\w-]+))?")
"""A resource, variable or module, the key of its instance, and an attribute or output."""
_DATA: Final = re.compile(r"data\.[\w-]+\.[\w-]+(?:\[[^\]]*\])?\.[\w-]+")
"""An attribute of a data source that is read when the plan is applied."""
_REFERENCES: Final = frozenset({"dimensions", "endpoint", "log_group_name", "queue_url", "topic_arn"})
"""Arguments besides actions of alarms whose unknown value is that of the only reference: ARNs and names.

The representation of an expression lists its references, and not what it does with them.
"""


class PlanError(ValueError):
    """A plan that cannot be read completely."""


def is_shown(content: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is what `terraform show -json` writes for a plan or a state."""
    return "format_version" in content or "planned_values" in content


def configuration(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan or a state as Terraform's JSON.

    The key of a resource is its address without its type, such as `module.shop.errors[0]`.

    Raises:
        PlanError: the version is not supported, or the plan is not complete.
    """
    version = str(content.get("format_version", _VERSIONS[-1]))
    if version.partition(".")[0] not in _VERSIONS:
        message = f"format_version must be {' or '.join(_VERSIONS)} (found: {version})"
        raise PlanError(message)
    changes = content.get("deferred_changes") or []
    deferred = [str((change.get("resource_change") or {}).get("address")) for change in changes]
    if content.get("errored") or deferred:
        message = f"the plan is not complete{': ' if deferred else ''}{', '.join(deferred)}: plan again"
        raise PlanError(message)
    values = content.get("planned_values") or content.get("values") or {}
    managed = list(_resources(values.get("root_module") or {}))
    addresses = tuple(str(resource["address"]) for resource in managed)
    plan = _Plan(content.get("configuration") or {}, dict(_unknown(content)), addresses)
    resources: dict[str, dict[str, Any]] = {}
    for resource, address in zip(managed, addresses, strict=True):
        kind = str(resource["type"])
        resources.setdefault(kind, {})[_key_of(address, kind)] = plan.body(resource)
    return {"resource": resources, "provider": plan.provider}


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the managed resources of a module and its child modules."""
    yield from (resource for resource in module.get("resources") or [] if resource.get("mode") != "data")
    for child in module.get("child_modules") or []:
        yield from _resources(child)


def _unknown(content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each address with its values that are not known before the plan is applied."""
    for change in content.get("resource_changes") or []:
        yield str(change.get("address")), (change.get("change") or {}).get("after_unknown") or {}


def _key_of(address: str, kind: str) -> str:
    """Return the address without the type. A reference cannot contain double quotes in a key."""
    module = _module_of(address)
    return f"{module}{address[len(module) :].removeprefix(f'{kind}.')}".replace('"', "'")


@dataclass(frozen=True)
class _Module:
    """A module in the configuration."""

    path: str
    """Its address without keys of instances; empty for the root module."""
    content: Mapping[str, Any]
    parent: _Module | None = None

    def called(self, name: str) -> _Module:
        """Return the module that a module block calls."""
        call = (self.content.get("module_calls") or {}).get(name) or {}
        path = f"{self.path}.module.{name}" if self.path else f"module.{name}"
        return _Module(path, call.get("module") or {}, self)

    def argument(self, name: str) -> Mapping[str, Any]:
        """Return the expression of a variable, in the module block that calls this module."""
        calls = (self.parent.content.get("module_calls") or {}) if self.parent else {}
        call = calls.get(self.path.rpartition(".")[2]) or {}
        expression: Mapping[str, Any] = (call.get("expressions") or {}).get(name) or {}
        return expression


@dataclass(frozen=True)
class _Plan:
    """The parts of a plan that are needed to compute the arguments of resources."""

    configuration: Mapping[str, Any]
    unknown: Mapping[str, Any]
    """Address -> its values that are not known."""
    addresses: tuple[str, ...]
    """Every resource."""

    @property
    def provider(self) -> dict[str, Any]:
        """The configuration of the AWS provider, as far as it is constant."""
        providers = (self.configuration.get("provider_config") or {}).values()
        own = [given for given in providers if given.get("name") == "aws" and "alias" not in given]
        return {"aws": [_constants(provider.get("expressions") or {}) for provider in own[:1]]}

    def body(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a resource."""
        address = str(resource["address"])
        values: dict[str, Any] = escaped(dict(resource.get("values") or {}))
        module = self._module(_module_of(address))
        expressions = self._expressions(module, resource)
        for argument, unknown in (self.unknown.get(address) or {}).items():
            if argument not in expressions:
                continue  # AWS assigns it, and the reader computes what it can from the other arguments
            is_reference = argument in _REFERENCES or argument.endswith("_actions")
            expression = expressions[argument] if is_reference else None
            references = self._references(module, expression, address)
            where = f"{address}.{argument}".replace('"', "'")
            if unknown is True and argument.endswith("_actions"):
                values[argument] = references or [_unresolved(where)]
            else:
                values[argument] = _filled(values.get(argument), unknown, references, where)
        # Those of the resource, and the default ones of the provider.
        if isinstance(values.get("tags_all"), Mapping):
            values["tags"] = values["tags_all"]
        return values

    def _module(self, path: str) -> _Module:
        module = _Module("", self.configuration.get("root_module") or {})
        for name in _MODULE.findall(path):
            module = module.called(name)
        return module

    @staticmethod
    def _expressions(module: _Module, resource: Mapping[str, Any]) -> Mapping[str, Any]:
        for configured in module.content.get("resources") or []:
            if (configured.get("type"), configured.get("name")) == (resource["type"], resource["name"]):
                expressions: Mapping[str, Any] = configured.get("expressions") or {}
                return expressions
        return {}

    def _references(self, module: _Module, expression: Any, user: str) -> list[str]:  # noqa: ANN401  # JSON
        """Return the attributes of resources in an expression of a resource, as templates."""
        references = expression.get("references") if isinstance(expression, Mapping) else None
        templates = [
            template
            for reference in references or ()
            for template in self._resolved(module, str(reference), user)
        ]
        return list(dict.fromkeys(templates))

    def _resolved(self, module: _Module, reference: str, user: str) -> Iterator[str]:
        """Yield the attributes of resources that a reference is computed from.

        An expression that refers to an attribute also lists the resource, which has no attribute here.
        """
        if _DATA.fullmatch(reference):
            yield f"${{{reference}}}"
            return
        parts = _REFERENCE.fullmatch(reference)
        if parts is None:
            return
        kind, name, key, attribute = parts[1], parts[2], parts[3] or "", parts[4]
        if kind == "var" and module.parent:
            yield from self._references(module.parent, module.argument(name), user)
        elif kind == "module" and attribute:
            called = module.called(name)
            output = (called.content.get("outputs") or {}).get(attribute) or {}
            yield from self._references(called, output.get("expression"), user)
        elif attribute:
            address = f"{module.path}.{kind}.{name}" if module.path else f"{kind}.{name}"
            found = self._instance(address, key, user)
            if found is not None:
                yield f'${{{kind}["{_key_of(found, kind)}"].{attribute}}}'

    def _instance(self, address: str, key: str, user: str) -> str | None:
        """Return the only resource with an address without keys of instances; None if there are several.

        Args:
            address: the address in the configuration.
            key: the key of its instance, if the reference has one.
            user: the resource with the reference. An instance of its own module is preferred.
        """
        named = [
            known for known in self.addresses if _INDEX.sub("", known) == address and known.endswith(key)
        ]
        own = [known for known in named if _module_of(known) == _module_of(user)]
        candidates = own or named
        return candidates[0] if len(candidates) == 1 else None


def address_of(kind: str, key: str) -> str:
    """Return the address of a resource from its type and its key, which may begin with its module."""
    module = _module_of(key)
    return f"{module}{kind}.{key[len(module) :]}"


def _module_of(address: str) -> str:
    """Return the part of an address that is its module."""
    return "".join(match[0] for match in re.finditer(r"\bmodule\.[\w-]+(?:\[[^\]]*\])?\.", address))


def _unresolved(where: str) -> str:
    """Return the text for a value that is not known: as an expression that is not evaluated."""
    return f"${{unknown({where})}}"


def _constants(expressions: Any) -> Any:  # noqa: ANN401  # JSON
    """Return the constant values of expressions and of blocks of them; None for others."""
    if isinstance(expressions, list):
        return [_constants(entry) for entry in expressions]
    if not isinstance(expressions, Mapping) or "references" in expressions:
        return None
    if "constant_value" in expressions:
        return expressions["constant_value"]
    return {name: _constants(expression) for name, expression in expressions.items()}


def _filled(value: Any, unknown: Any, references: list[str], where: str) -> Any:  # noqa: ANN401  # JSON
    """Return a value with a reference, or a text, in place of each part that is not known."""
    if unknown is True:
        return references[0] if len(references) == 1 else _unresolved(where)
    if isinstance(unknown, Mapping):
        given = dict(value) if isinstance(value, Mapping) else {}
        parts = {
            name: _filled(given.get(name), part, references, f"{where}.{name}")
            for name, part in unknown.items()
            if part
        }
        return {**given, **parts}
    if isinstance(unknown, list) and any(unknown):
        given_list = list(value) if isinstance(value, list) else []
        given_list += [None] * (len(unknown) - len(given_list))
        return [
            _filled(
                entry,
                part,
                references[at : at + 1] if len(references) == len(unknown) else references,
                f"{where}[{at}]",
            )
            if part
            else entry
            for at, (entry, part) in enumerate(zip(given_list, unknown, strict=False))
        ]
    return value
