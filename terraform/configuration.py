"""Reader of Terraform's JSON: stacks, their resources, and the references between them.

Only the JSON is read; its origin does not matter. A value that AWS assigns at creation, such as a key's ID,
is represented by a unique text for each resource (`<security.aws_kms_key.main.key_id>`), so that all
references to it are equal.

Source: Terraform language, "JSON Configuration Syntax" (a block, or several, may be an object or an array of
objects) and "Files and Configuration Structure" (a folder's files are one module).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from config import files
from config.errors import CommandError
from terraform import expressions, plans
from terraform.arns import ARNS, IDS
from terraform.expressions import UnknownValueError

_NOT_READ: Final = ("count", "dynamic", "for_each", "provider")
"""Arguments that create another number of resources or blocks, or create resources elsewhere."""
_WITHOUT_RESOURCES: Final = frozenset(
    {"//", "action", "check", "data", "ephemeral", "import", "list", "locals", "moved", "output"}
    | {"provider", "removed", "resource", "terraform", "variable"}
)
"""Kinds of blocks that create no resource other than those of `resource`."""
_PLAN: Final = "`terraform show -json PLAN` writes a plan that can be read, with every module and value"
_HCL: Final = re.compile(
    r'^[ \t]*(?:resource[ \t]+"([\w-]+)"[ \t]+"([\w-]+)"|module[ \t]+"([\w-]+)")', re.MULTILINE
)
"""A resource or a module in HCL."""
_UNREAD_FILES: Final = ("*.tf", "*.tofu", "*.tofu.json", "*.tfvars", "*.tfvars.json")
"""Files that Terraform or OpenTofu reads together with `*.tf.json` (Terraform language, "Files and
Configuration Structure"; "Input Variables", "Variable Definitions Files")."""
_OUTPUT: Final = re.compile(
    r'data\.terraform_remote_state\.([\w-]+)\.outputs\.(\w+)(?:\["([^"]+)"\]|\.(\w+))?'
)
"""A reference to an output, and to a key of it: CDKTF writes `["two-words"]`, but `.one` for one word."""


class ConfigurationError(CommandError):
    """The configuration cannot be read, or is not supported."""


class RemoteRead(NamedTuple):
    """A value of another stack that a stack reads."""

    source: str
    """The stack that publishes it."""
    output: str
    key: str
    """Key of the map; empty if the output is a string."""

    def __str__(self) -> str:
        return f"{self.output}[{self.key}]" if self.key else self.output


class Stack:
    """The configuration of one stack."""

    def __init__(self, name: str, content: Mapping[str, Any]) -> None:
        """Read the content of the only file, or of the first one.

        Raises:
            ConfigurationError: as for `add`.
        """
        self.name = name
        self.contents: list[Mapping[str, Any]] = []
        self.resources: dict[str, dict[str, dict[str, Any]]] = {}
        """Type -> key -> arguments, references unresolved."""
        self.outputs: dict[str, dict[str, Any]] = {}
        self.variables: dict[str, dict[str, Any]] = {}
        self.locals: dict[str, Any] = {}
        self.aws_providers: list[dict[str, Any]] = []
        """Each configuration of the AWS provider."""
        self.terraform: dict[str, Any] = {}
        """Settings of Terraform itself: the backend, required versions."""
        self.moved: dict[str, str] = {}
        """Address -> address that it moved to."""
        self.add(content, name)

    def add(self, content: Mapping[str, Any], where: str) -> None:
        """Merge the content of a further file.

        Raises:
            ConfigurationError: it is not Terraform's JSON, or defines a block a second time.
        """
        self.contents.append(content)
        _check_kinds(content, where)
        sections: dict[str, tuple[dict[str, Any], int]] = {
            "resource": (self.resources, 2),
            "output": (self.outputs, 1),
            "variable": (self.variables, 1),
            "locals": (self.locals, 0),
        }
        for kind, (target, depth) in sections.items():
            _merge(target, content.get(kind, {}), depth, f"{where}: {kind}")
        for block in _blocks(content.get("provider", {}), f"{where}: provider"):
            self.aws_providers += _blocks(block.get("aws", []), f"{where}: provider.aws")
        for block in _blocks(content.get("terraform", {}), f"{where}: terraform"):
            self.terraform |= block
        for block in _blocks(content.get("moved", []), f"{where}: moved"):
            self.moved[str(block.get("from"))] = str(block.get("to"))

    @property
    def backend(self) -> dict[str, Any]:
        """The settings of its S3 backend; empty if it has no S3 backend."""
        settings: dict[str, Any] = self.terraform.get("backend", {}).get("s3", {})
        return settings

    @functools.cached_property
    def remote_reads(self) -> frozenset[RemoteRead]:
        """The values that it reads from other stacks."""
        return frozenset(
            RemoteRead(source, output, quoted or plain)
            for text in _texts(self.contents)
            for source, output, quoted, plain in _OUTPUT.findall(text)
        )


def read(folder: Path) -> dict[str, Stack]:
    """Return the stacks in a folder, or in a file, by their names.

    A file contains a plan or state as `terraform show -json` writes it, or Terraform's JSON. The stacks of a
    folder are the stacks in CDKTF's `manifest.json`; else one for each folder in `stacks`; else the folder
    itself; else one for each folder in it.

    Raises:
        ConfigurationError: there is no stack, or a file is not Terraform's JSON or has unsupported blocks.
    """
    if folder.is_file():
        return {folder.stem.partition(".")[0]: read_file(folder.stem.partition(".")[0], folder)}
    if not folder.is_dir():
        message = f"{folder}: the folder does not exist"
        raise ConfigurationError(message)
    manifest = folder / "manifest.json"
    listed = _json(manifest).get("stacks") if manifest.is_file() else None
    if listed:
        try:
            paths = {name: folder / stack["synthesizedStackPath"] for name, stack in listed.items()}
        except (AttributeError, KeyError, TypeError) as error:
            message = f"{manifest}: the paths of the stacks are missing: synthesize again"
            raise ConfigurationError(message) from error
        return {name: read_file(name, path) for name, path in paths.items()}
    inner = folder / "stacks" if (folder / "stacks").is_dir() else folder
    if inner == folder and _files(folder):
        folders = {folder.resolve().name: folder}
    else:
        folders = {path.name: path for path in sorted(inner.iterdir()) if path.is_dir()}
    for path in folders.values():
        _check_other_files(path)
    stacks = {name: _read_folder(name, path) for name, path in folders.items() if _files(path)}
    if not stacks:
        message = f"{folder}: contains no Terraform JSON (*.tf.json): run `make synth ENV=…` first"
        raise ConfigurationError(message)
    return stacks


def _read_folder(name: str, folder: Path) -> Stack:
    stack = Stack(name, {})
    for path in _files(folder):
        stack.add(_json(path), str(path))
    return stack


def read_file(name: str, path: Path) -> Stack:
    """Return the stack in one file.

    Raises:
        ConfigurationError: it cannot be read.
    """
    return of_content(name, _json(path), str(path))


def is_configuration(content: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is Terraform's JSON with resources, or a plan or state."""
    return "resource" in content or plans.is_shown(content)


def of_content(name: str, content: Mapping[str, Any], where: str) -> Stack:
    """Return the stack in a JSON object: Terraform's JSON, or a plan or state.

    Raises:
        ConfigurationError: it is not Terraform's JSON, or a plan that is damaged or not complete.
    """
    try:
        shown = plans.configuration(content) if plans.is_shown(content) else content
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{where}: is not a plan or state that can be read: {error}"
        raise ConfigurationError(message) from error
    stack = Stack(name, {})
    stack.add(shown, where)
    return stack


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.tf.json"))


def _json(path: Path) -> dict[str, Any]:
    try:
        content = files.json_value(path, files.MOST_BYTES)
    except files.FileError as error:
        message = f"{path}: {error}"
        raise ConfigurationError(message) from error
    if not isinstance(content, dict):
        message = f"{path}: must be a JSON object with Terraform blocks"
        raise ConfigurationError(message)
    return content


def _check_kinds(content: Mapping[str, Any], where: str) -> None:
    """Reject blocks that create resources which are not read.

    Raises:
        ConfigurationError: there is such a block; with its name.
    """
    unread = [
        f"{kind}.{name}" if kind == "module" else kind
        for kind, blocks in content.items()
        if kind not in _WITHOUT_RESOURCES and blocks
        for name in (
            (name for block in _blocks(blocks, f"{where}: {kind}") for name in block)
            if kind == "module"
            else ("",)
        )
        if name != "//"
    ]
    if unread:
        message = f"{where}: {', '.join(unread)}: is not read, and may contain alarms: {_PLAN}"
        raise ConfigurationError(message)


def _check_other_files(folder: Path) -> None:
    """Reject files that Terraform reads, and that define resources or values which are not read here.

    Raises:
        ConfigurationError: there is such a file; with the names of the resources and modules in it.
    """
    for path in sorted({path for pattern in _UNREAD_FILES for path in folder.glob(pattern)}):
        try:
            text = files.text(path, files.MOST_BYTES)
        except files.FileError as error:
            message = f"{path}: {error}"
            raise ConfigurationError(message) from error
        if path.suffix in {".tf", ".tofu"}:
            names = [
                f"module.{module}" if module else f"{kind}.{key}" for kind, key, module in _HCL.findall(text)
            ]
            if names:
                message = f"{path}: {', '.join(names)}: HCL is not read: {_PLAN}"
                raise ConfigurationError(message)
        elif text.strip():
            message = f"{path}: is not read: {_PLAN}"
            raise ConfigurationError(message)


def _merge(into: dict[str, Any], content: Any, depth: int, where: str) -> None:  # noqa: ANN401  # JSON
    """Merge blocks with `depth` names into the existing blocks."""
    for block in _blocks(content, where):
        for name, inner in block.items():
            if name == "//":
                continue
            if depth > 1:
                _merge(into.setdefault(name, {}), inner, depth - 1, f"{where}.{name}")
                continue
            if name in into:
                message = f"{where}.{name} is defined twice"
                raise ConfigurationError(message)
            into[name] = inner if depth == 0 else _only(inner, f"{where}.{name}")


def _only(content: Any, where: str) -> dict[str, Any]:  # noqa: ANN401  # JSON
    blocks = list(_blocks(content, where))
    if len(blocks) != 1:
        message = f"{where} must be defined once (found: {len(blocks)} times)"
        raise ConfigurationError(message)
    return blocks[0]


def _blocks(content: Any, where: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # JSON
    for block in content if isinstance(content, list) else [content]:
        if not isinstance(block, dict):
            message = f"{where} must be an object (found: {block!r})"
            raise ConfigurationError(message)
        yield block


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401  # JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


class Resource:
    """A resource of a stack."""

    def __init__(self, configuration: Configuration, stack: str, kind: str, key: str) -> None:
        """Refer to the resource `kind.key` of a stack."""
        self._configuration = configuration
        self.stack = stack
        self.type = kind
        self.key = key

    @functools.cached_property
    def body(self) -> dict[str, Any]:
        """The arguments, with references replaced by their values."""
        return self._configuration.body(self.stack, self.type, self.key)

    @property
    def raw(self) -> Mapping[str, Any]:
        """The arguments as they are written."""
        return self._configuration.raw(self.stack, self.type, self.key)

    def known(self, argument: str) -> Any:  # noqa: ANN401  # JSON
        """Return the value of an argument of any resource, supported or not; None if it is not known."""
        if argument not in self.raw:
            return None
        try:
            value = self._configuration.attribute(self.stack, self.type, self.key, argument)
        except UnknownValueError:
            return None
        return value if expressions.is_known(value) else None

    @functools.cached_property
    def arn(self) -> str:
        """The ARN, computed from the name."""
        return str(self._configuration.attribute(self.stack, self.type, self.key, "arn"))

    @functools.cached_property
    def name(self) -> str:
        """The name in AWS; the address if there is none."""
        arguments = ("alarm_name", "function_name", "dashboard_name", "name")
        return str(
            next((self.body[argument] for argument in arguments if argument in self.body), self.address)
        )

    @property
    def address(self) -> str:
        """The Terraform address without the stack."""
        return plans.address_of(self.type, self.key)

    @property
    def where(self) -> str:
        """The stack and the address, for messages."""
        return f"{self.stack}: {self.address}"

    def text(self, argument: str) -> str:
        """Return an argument as text; empty if it is missing."""
        value = self.body.get(argument)
        return "" if value is None else str(value)

    def plain(self, argument: str) -> Any:  # noqa: ANN401  # JSON
        """Return an argument that is a number or a Boolean; None if it is missing."""
        return expressions.plain(self.body.get(argument))

    def items(self, argument: str) -> list[Any]:
        """Return a list argument; a single value becomes a list, and a missing argument an empty list."""
        value = self.body.get(argument)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def block(self, argument: str) -> dict[str, Any]:
        """Return a block that occurs at most once; empty if it is missing."""
        return next((block for block in self.items(argument) if isinstance(block, dict)), {})


class Configuration:
    """Every resource of the stacks of one environment."""

    def __init__(
        self, stacks: Mapping[str, Stack | Mapping[str, Any]], *, has_defaults: bool = False
    ) -> None:
        """Index the resources of the stacks.

        Args:
            stacks: each stack, or its JSON, by the stack's name.
            has_defaults: whether variables have their default values; verification does not use them, as a
                run may set other values.
        """
        self._stacks = {
            name: stack if isinstance(stack, Stack) else Stack(name, stack) for name, stack in stacks.items()
        }
        self._has_defaults = has_defaults
        self._attributes: dict[tuple[str, str, str, str], Any] = {}
        self._of_type: dict[str, list[Resource]] = {}
        for stack, content in self._stacks.items():
            for kind, of_kind in content.resources.items():
                resources = self._of_type.setdefault(kind, [])
                resources += [Resource(self, stack, kind, key) for key in of_kind]

    @functools.cached_property
    def region(self) -> str:
        """The region of all stacks."""
        return self._common("region", [self._provider(stack).get("region") for stack in self._stacks])

    @functools.cached_property
    def account_id(self) -> str:
        """The account of all stacks."""
        allowed = [self._provider(stack).get("allowed_account_ids") or [] for stack in self._stacks]
        return self._common("account", [ids[0] if len(ids) == 1 else None for ids in allowed])

    @property
    def types(self) -> tuple[str, ...]:
        """The types of the resources."""
        return tuple(self._of_type)

    def raw(self, stack: str, kind: str, key: str) -> Mapping[str, Any]:
        """Return a resource's arguments as they are written."""
        return self._stacks[stack].resources[kind][key]

    def of_type(self, *types: str) -> list[Resource]:
        """Return the resources of the given types."""
        return [resource for kind in types for resource in self._of_type.get(kind, ())]

    @functools.cached_property
    def by_arn(self) -> dict[str, Resource]:
        """ARN -> resource, of every type whose ARN can be computed."""
        return {resource.arn: resource for resource in self.of_type(*ARNS)}

    @functools.cached_property
    def keys(self) -> dict[str, Resource]:
        """ID of a key, or name of an alias -> the key or alias."""
        return {
            str(self.attribute(resource.stack, resource.type, resource.key, "id")): resource
            for resource in self.of_type("aws_kms_key", "aws_kms_alias")
        }

    def find(self, arn: str, *types: str) -> Resource | None:
        """Return the resource of one of the types with this ARN, or None."""
        resource = self.by_arn.get(arn)
        return resource if resource and resource.type in types else None

    def body(self, stack: str, kind: str, key: str) -> dict[str, Any]:
        """Return a resource's arguments with references replaced by their values.

        Raises:
            ConfigurationError: the resource has an argument that is not supported.
        """
        raw = self._stacks[stack].resources[kind][key]
        for argument in _NOT_READ:
            if argument in raw:
                message = (
                    f"{stack}: {kind}.{key}: `{argument}` is not supported: define each resource without it, "
                    f"or read a plan: {_PLAN}"
                )
                raise ConfigurationError(message)
        return {
            argument: expressions.resolved(value, functools.partial(self._lookup, stack))
            for argument, value in raw.items()
            if argument != "//"
        }

    def attribute(self, stack: str, kind: str, key: str, attribute: str) -> Any:  # noqa: ANN401  # JSON
        """Return an attribute of a resource: an argument, the ARN, or the text that represents it.

        Raises:
            UnknownValueError: the resource does not exist, or the attribute refers to itself.
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
        resource = self._stacks[stack].resources.get(kind, {}).get(key)
        if resource is None:
            return None
        if attribute == "arn" and kind in ARNS and attribute not in resource:
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
        """Return the value of a reference in `stack`."""
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
        output = self._stacks[stack].outputs.get(name) if stack in self._stacks else None
        return self._resolved_once((stack, "output", name, "value"), output and output["value"])

    def _named(self, stack: str, kind: str, name: str) -> Any:  # noqa: ANN401
        """Return a local value, or the default of a variable."""
        content, given = self._stacks[stack], None
        if kind == "local":
            given = content.locals.get(name)
        elif self._has_defaults:
            given = content.variables.get(name, {}).get("default")
        return self._resolved_once((stack, kind, name, "value"), given)

    def _resolved_once(self, at: tuple[str, str, str, str], given: Any) -> Any:  # noqa: ANN401
        """Return a value with references replaced, computed once.

        Raises:
            UnknownValueError: the value is missing, or refers to itself.
        """
        if at not in self._attributes:
            self._attributes[at] = None
            self._attributes[at] = expressions.resolved(given, functools.partial(self._lookup, at[0]))
        if self._attributes[at] is None:
            raise UnknownValueError(".".join(at))
        return self._attributes[at]

    def _provider(self, stack: str) -> dict[str, Any]:
        listed = self._stacks[stack].aws_providers
        if len(listed) != 1:
            message = f"{stack} must have one configuration of the AWS provider (found: {len(listed)})."
            raise ConfigurationError(message)
        return listed[0]

    @staticmethod
    def _common(setting: str, values: list[Any]) -> str:
        """Return the value that all stacks have in common.

        Raises:
            ConfigurationError: they have no value, or different ones.
        """
        if len(set(values)) != 1 or not isinstance(values[0], str):
            message = f"all stacks must set the same {setting}: ARNs cannot be computed."
            raise ConfigurationError(message)
        return values[0]
