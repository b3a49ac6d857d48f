"""Read an environment: base.yaml, then <env>.yaml, then variables, into one frozen `Environment`.

Mappings merge key by key; everything else is replaced by the later value. All problems are reported at once,
each with the file and line it comes from.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from config import explain, overrides, source
from config.errors import ConfigError, Problem
from config.models import Environment
from config.source import Location

FOLDER = Path(__file__).resolve().parent
BASE = "base"

Rule = Callable[[Environment], Iterable[tuple[Location, str]]]
"""A check of a valid environment by whoever knows more (the catalog): yields where and what is wrong."""


def environments(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the names of the environments that have a file in `folder`, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.yaml") if path.stem != BASE))


def load(
    name: str,
    *,
    rules: Iterable[Rule] = (),
    folder: Path = FOLDER,
    variables: Mapping[str, str] | None = None,
) -> Environment:
    """Return the environment `name`.

    Args:
        name: the file's name without `.yaml`, which is what the file must call itself.
        rules: checks beyond the models' own, run when those pass.
        folder: where the files are.
        variables: environment variables to take overrides from; the process's own unless given.

    Raises:
        ConfigError: with every problem found, each with its file, line and key.
    """
    known = environments(folder)
    if name not in known:
        hint = explain.did_you_mean(name, known)
        text = f"no such environment (there is no {name}.yaml); known: {', '.join(known) or 'none'}{hint}"
        raise ConfigError([Problem(place="ENV", key=name, text=text)])
    document = source.merge(source.read(folder / f"{BASE}.yaml"), source.read(folder / f"{name}.yaml"))
    document = overrides.apply(document, os.environ if variables is None else variables)
    try:
        environment = Environment.model_validate(document.data)
    except ValidationError as error:
        problems = [explain.problem(item, document) for item in error.errors(include_url=False)]
        raise ConfigError(problems) from error
    if environment.environment != name:
        place = document.place(("environment",))
        text = f"is '{environment.environment}', but the file is named {name}.yaml: both must be the same"
        raise ConfigError([Problem(place=place, key="environment", text=text)])
    broken = [(location, text) for rule in rules for location, text in rule(environment)]
    if broken:
        raise ConfigError(
            [
                Problem(document.place(location), ".".join(map(str, location)), text)
                for location, text in broken
            ]
        )
    return environment
