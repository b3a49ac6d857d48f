"""The stacks of one environment as Terraform would see them: resources, and what refers to what.

Read from synthesized JSON alone; how that was made does not matter. What AWS makes up at creation, such as
a key's id, is a text of its own for each resource (`<security.aws_kms_key.main.key_id>`): equal to itself
wherever it is referred to, and to nothing else.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from config.errors import CommandError
from verify import expressions
from verify.arns import ARNS, IDS
from verify.expressions import UnknownValueError

_NOT_READ = ("count", "for_each", "provider")
"""Arguments that make another number of resources, or make them elsewhere."""


class ProofError(CommandError):
    """The configuration is of a form that is not read here, so nothing can be proved about it."""


class Resource:
    """One resource of one stack."""

    def __init__(self, configuration: Configuration, stack: str, kind: str, key: str) -> None:
        """Take the resource `kind.key` of a stack."""
        self._configuration = configuration
        self.stack = stack
        self.type = kind
        self.key = key

    @functools.cached_property
    def body(self) -> dict[str, Any]:
        """Its arguments, with references replaced by their values."""
        return self._configuration.body(self.stack, self.type, self.key)

    @functools.cached_property
    def arn(self) -> str:
        """Its ARN."""
        return str(self._configuration.attribute(self.stack, self.type, self.key, "arn"))

    @functools.cached_property
    def name(self) -> str:
        """The name that it has in AWS."""
        names = ("alarm_name", "function_name", "dashboard_name", "name")
        return str(next((self.body[one] for one in names if one in self.body), self.address))

    @property
    def address(self) -> str:
        """Its Terraform address."""
        return f"{self.type}.{self.key}"

    def text(self, argument: str) -> str:
        """Return an argument as text; empty if it is not given."""
        value = self.body.get(argument)
        return "" if value is None else str(value)

    def plain(self, argument: str) -> Any:  # noqa: ANN401  # JSON
        """Return an argument that is a number or a truth; None if it is not given."""
        return expressions.plain(self.body.get(argument))

    def items(self, argument: str) -> list[Any]:
        """Return an argument that is a list, or one thing in place of it, or not given."""
        value = self.body.get(argument)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def block(self, argument: str) -> dict[str, Any]:
        """Return an argument that is a block of which there is one at most; empty if there is none."""
        return next((one for one in self.items(argument) if isinstance(one, dict)), {})


class Configuration:
    """Every resource of the stacks of one environment."""

    def __init__(self, stacks: Mapping[str, Mapping[str, Any]], *, has_defaults: bool = False) -> None:
        """Take the stacks.

        Args:
            stacks: each stack's JSON by the stack's name.
            has_defaults: whether variables are their defaults; a run may give them other values, so nothing
                would be proved by them.
        """
        self._stacks = stacks
        self._has_defaults = has_defaults
        self._attributes: dict[tuple[str, str, str, str], Any] = {}
        self._of_type: dict[str, list[Resource]] = {}
        for stack, content in stacks.items():
            for kind, of_kind in content.get("resource", {}).items():
                made = self._of_type.setdefault(kind, [])
                made += [Resource(self, stack, kind, key) for key in of_kind]

    @functools.cached_property
    def region(self) -> str:
        """The region of all stacks."""
        return self._one("region", [self._provider(stack).get("region") for stack in self._stacks])

    @functools.cached_property
    def account_id(self) -> str:
        """The account of all stacks."""
        allowed = [self._provider(stack).get("allowed_account_ids") or [] for stack in self._stacks]
        return self._one("account", [ids[0] if len(ids) == 1 else None for ids in allowed])

    def of_type(self, *types: str) -> list[Resource]:
        """Return the resources of the given types."""
        return [one for kind in types for one in self._of_type.get(kind, ())]

    @functools.cached_property
    def by_arn(self) -> dict[str, Resource]:
        """ARN -> resource, of every type whose ARN can be computed."""
        return {one.arn: one for one in self.of_type(*ARNS)}

    @functools.cached_property
    def keys(self) -> dict[str, Resource]:
        """Id of a key, or name of an alias -> the key or alias."""
        return {
            str(self.attribute(one.stack, one.type, one.key, "id")): one
            for one in self.of_type("aws_kms_key", "aws_kms_alias")
        }

    def find(self, arn: str, *types: str) -> Resource | None:
        """Return the resource of one of the types that has this ARN."""
        found = self.by_arn.get(arn)
        return found if found and found.type in types else None

    def body(self, stack: str, kind: str, key: str) -> dict[str, Any]:
        """Return a resource's arguments, resolved.

        Raises:
            ProofError: it stands for another number of resources, or for one elsewhere.
        """
        raw = self._stacks[stack]["resource"][kind][key]
        for argument in _NOT_READ:
            if argument in raw:
                message = (
                    f"{stack}: {kind}.{key} has `{argument}`, which is not read here: write the resource "
                    "out, or nothing can be proved about it."
                )
                raise ProofError(message)
        return {
            argument: expressions.resolved(value, functools.partial(self._lookup, stack))
            for argument, value in raw.items()
            if argument != "//"
        }

    def attribute(self, stack: str, kind: str, key: str, attribute: str) -> Any:  # noqa: ANN401  # JSON
        """Return an attribute of a resource: its argument, its ARN, or the text that stands for it.

        Raises:
            UnknownValueError: there is no such resource, or the attribute refers to itself.
        """
        at = (stack, kind, key, attribute)
        if at not in self._attributes:
            self._attributes[at] = None
            self._attributes[at] = self._attribute(*at)
        value = self._attributes[at]
        if value is None:
            raise UnknownValueError(".".join(at))
        return value

    def _attribute(self, stack: str, kind: str, key: str, attribute: str) -> Any:  # noqa: ANN401
        resource = self._stacks[stack].get("resource", {}).get(kind, {}).get(key)
        if resource is None:
            return None
        if attribute == "arn" and kind in ARNS:
            return ARNS[kind](
                functools.partial(self.attribute, stack, kind, key), self.region, self.account_id
            )
        if attribute == "id" and kind in IDS:
            return self.attribute(stack, kind, key, IDS[kind])
        if attribute == "url" and kind == "aws_sqs_queue":
            name = self.attribute(stack, kind, key, "name")
            return f"https://sqs.{self.region}.amazonaws.com/{self.account_id}/{name}"
        if attribute in resource:
            return expressions.resolved(resource[attribute], functools.partial(self._lookup, stack))
        return f"<{stack}.{kind}.{key}.{attribute}>"

    def _lookup(self, stack: str, path: tuple[str, ...]) -> Any:  # noqa: ANN401
        """Return what a reference in `stack` stands for."""
        if path[0] in {"local", "var"} and len(path) > 1:
            value, rest = self._named(stack, path[0], path[1]), list(path[2:])
        elif path[0] != "data":
            kind, key, attribute, *inner = (*path, "", "", "")
            value = self.attribute(stack, kind, key, attribute)
            rest = [part for part in inner if part]
        elif path[1] == "terraform_remote_state" and len(path) > 4 and path[3] == "outputs":  # noqa: PLR2004
            value, rest = self._output(path[2], path[4]), list(path[5:])
        elif path[1] == "aws_caller_identity" and path[3:] == ("account_id",):
            value, rest = self.account_id, []
        elif path[1] == "aws_region" and path[3:] in {("name",), ("region",)}:
            value, rest = self.region, []
        elif path[1] == "aws_partition" and path[3:] == ("partition",):
            value, rest = "aws", []
        else:
            raise UnknownValueError(".".join(path))
        for part in rest:
            if not isinstance(value, Mapping) or part not in value:
                raise UnknownValueError(".".join(path))
            value = value[part]
        return value

    def _output(self, stack: str, name: str) -> Any:  # noqa: ANN401
        output = self._stacks.get(stack, {}).get("output", {}).get(name)
        return self._resolved_once((stack, "output", name, "value"), output and output["value"])

    def _named(self, stack: str, kind: str, name: str) -> Any:  # noqa: ANN401
        """Return a local value, or the default of a variable."""
        content, given = self._stacks[stack], None
        if kind == "local":
            given = content.get("locals", {}).get(name)
        elif self._has_defaults:
            given = content.get("variable", {}).get(name, {}).get("default")
        return self._resolved_once((stack, kind, name, "value"), given)

    def _resolved_once(self, at: tuple[str, str, str, str], given: Any) -> Any:  # noqa: ANN401
        """Return the value of what is given.

        Raises:
            UnknownValueError: nothing is given, or it refers to itself.
        """
        if at not in self._attributes:
            self._attributes[at] = None
            self._attributes[at] = expressions.resolved(given, functools.partial(self._lookup, at[0]))
        if self._attributes[at] is None:
            raise UnknownValueError(".".join(at))
        return self._attributes[at]

    def _provider(self, stack: str) -> dict[str, Any]:
        providers = self._stacks[stack].get("provider", {}).get("aws", [])
        listed: list[dict[str, Any]] = providers if isinstance(providers, list) else [providers]
        if len(listed) != 1:
            message = f"{stack} has {len(listed)} configurations of the AWS provider; one is read here."
            raise ProofError(message)
        return listed[0]

    @staticmethod
    def _one(what: str, values: list[Any]) -> str:
        """Return the one value that all stacks have.

        Raises:
            ProofError: they have none, or several.
        """
        if len(set(values)) != 1 or not isinstance(values[0], str):
            message = f"the stacks name no {what}, or not the same: ARNs cannot be computed."
            raise ProofError(message)
        return values[0]
