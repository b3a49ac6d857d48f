"""Construct every resource of every service in use, with every argument, and print what came of it.

    python -m tests.synth.every_service [folder of slim assemblies]

Prints JSON: the synthesized stack, what reading each property gave, and how the bindings were loaded.
Arguments are made up from the constructors' type annotations, nested structs included.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import sys
import typing
from pathlib import Path
from typing import Any

from stacks import aws, kernel

# Terraform's own arguments, which every resource has: they are cdktf's, not the bindings'.
META = {"connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioners"}


def main() -> None:
    """Print the report."""
    if sys.argv[1:]:
        kernel.BUILD = Path(sys.argv[1])
    aws.load_package()
    import cdktf  # noqa: PLC0415  # starts Node, which must not happen before the assembly is chosen

    stack = cdktf.TerraformStack(cdktf.Testing.app(), "every-service")
    reads = {}
    for service in aws.SERVICES:
        for class_ in constructs(aws.service_module(service), cdktf):
            assert getattr(aws, class_.__name__) is class_, class_
            made = class_(stack, f"{service}-{class_.__name__}", **arguments(class_))
            reads[class_.__name__] = read_all(made)
    report = {
        "stack": cdktf.Testing.synth(stack),
        "reads": reads,
        "types_loaded": types_loaded(),
        "package_init_ran": hasattr(sys.modules[kernel.PACKAGE], "__all__"),
        "modules": sorted(name for name in sys.modules if name.startswith(f"{kernel.PACKAGE}.")),
    }
    sys.stdout.write(json.dumps(report))


def constructs(module: Any, cdktf: Any) -> list[Any]:  # the bindings are untyped
    """Return the resources, data sources and providers that a service defines."""
    bases = (cdktf.TerraformResource, cdktf.TerraformDataSource, cdktf.TerraformProvider)
    found = [getattr(module, name) for name in module.__all__]
    return [class_ for class_ in found if isinstance(class_, type) and issubclass(class_, bases)]


def arguments(class_: Any) -> dict[str, Any]:  # the bindings are untyped
    """Make up a value for every keyword argument of a constructor."""
    hints = typing.get_type_hints(class_.__init__)
    keywords = [
        parameter.name
        for parameter in inspect.signature(class_.__init__).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in META
    ]
    return {name: value(name, hints[name]) for name in keywords}


def value(name: str, hint: Any) -> Any:  # a type annotation is not a type
    """Make up a value of an annotated type."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:
        # cdktf offers other spellings of a value: struct | dict, value | IResolvable, value | None.
        return value(name, next(part for part in parts if not is_alternative(part)))
    if origin is not None and issubclass(origin, typing.Mapping):
        return {"key": value(name, parts[1])}
    if origin is not None and issubclass(origin, typing.Sequence):
        return [value(name, parts[0])]
    simple = {str: f"some {name}", int: 7, float: 7, bool: True}
    if hint in simple:
        return simple[hint]
    if hasattr(hint, "__jsii_struct_bases__"):
        return hint(**arguments(hint))
    return {}  # "any": only maps of nested blocks are typed so


def is_alternative(hint: Any) -> bool:  # a type annotation is not a type
    """Tell whether an annotation is a dict or a token that may stand for the value proper."""
    return typing.get_origin(hint) is dict or getattr(hint, "__name__", "") == "IResolvable"


def read_all(made: object) -> dict[str, str]:
    """Read every property: strings and numbers as they are, objects by their type."""
    found = {}
    for name, _ in inspect.getmembers(type(made), lambda member: isinstance(member, property)):
        try:
            got = getattr(made, name)
        except RuntimeError as error:
            got = f"refused: {str(error).splitlines()[0]}"
        found[name] = got if isinstance(got, str) else type(got).__name__
    return found


def types_loaded() -> int:
    """Return how many types the kernel knows of the bindings (a load of what is loaded only asks)."""
    import jsii  # noqa: PLC0415  # as in main
    from jsii._kernel.types import LoadRequest  # noqa: PLC0415  # the public call drops the answer

    version = importlib.metadata.version(kernel.PACKAGE)
    request = LoadRequest(name=kernel.ASSEMBLY, version=version, tarball="")
    return int(jsii.kernel.provider.load(request).types)


if __name__ == "__main__":
    main()
