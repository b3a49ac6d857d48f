"""Read an environment: base.yaml, then <env>.yaml, then variables, into one frozen `Environment`.

Mappings merge key by key; everything else is replaced by the later value. All problems are reported at once,
each with the file and line it comes from.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from config import errors, explain, overrides, source
from config.errors import ConfigError, Location, Problem, Text
from config.models import Environment
from config.paths import PROJECT
from config.rules import RULES
from config.source import Document
from config.words import did_you_mean

FOLDER = PROJECT / "config"
BASE = "base"

Rule = Callable[[Environment], Iterable[tuple[Location, Text]]]
"""An additional check of a valid environment, such as by the catalog. It returns locations and messages."""


_MANY = 1000
"""Number of services above which slow checks run only if the other rules find nothing."""


def environments(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the names of the environments that have a file in `folder`, sorted."""
    if not folder.is_dir():
        text = f"does not exist (found: {folder}); it must contain {BASE}.yaml and a file per environment"
        place = "environment variable PROJECT_DIR" if os.environ.get("PROJECT_DIR") else "config"
        raise ConfigError([Problem(place, "", text)])
    return tuple(sorted(path.stem for path in folder.glob("*.yaml") if path.stem != BASE))


def load(
    name: str,
    *,
    rules: Iterable[Rule] = (),
    folder: Path = FOLDER,
    variables: Mapping[str, str] | None = None,
    over: Document | None = None,
) -> Environment:
    """Return the environment `name`.

    Args:
        name: the file's name without `.yaml`, which is what the file must call itself.
        rules: checks beyond our own, run when the models find nothing wrong.
        folder: where the files are.
        variables: environment variables with overrides; by default those of the process.
        over: a further document, which is merged over that of the environment.

    Raises:
        ConfigError: with every problem found, each with its file, line and key.
    """
    rules = tuple(rules)
    document, problems = document_of(name, folder=folder, variables=variables, over=over)
    try:
        environment = Environment.model_validate(document.data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        problems += explain.problems(found, document)
        raise ConfigError(_in_order(problems)) from error
    breaches: list[tuple[str, Location, Text]] = []
    for rule in (_named_as_its_file(name), *RULES, *rules):
        # A check of others may build everything that is watched: of thousands of services, only where our own
        # rules find nothing.
        if not breaches or rule not in rules or len(environment.services) <= _MANY:
            breaches += [(document.place(at), document.written(at), text) for at, text in rule(environment)]
    breaches.sort(key=lambda breach: errors.order(breach[0]))
    problems += [
        Problem(place, source.dotted(location), text)
        if isinstance(text, str)
        else Problem(place, source.dotted(location), text(document.cite), most=errors.LISTED)
        for place, location, text in breaches[: errors.MOST]
    ]
    problems = errors.first(problems, max(0, len(breaches) - errors.MOST))
    if problems:
        raise ConfigError(_in_order(problems))
    return environment


def document_of(
    name: str,
    *,
    folder: Path = FOLDER,
    variables: Mapping[str, str] | None = None,
    over: Document | None = None,
) -> tuple[Document, list[Problem]]:
    """Return the merged data of the environment `name`, and problems of variables that override them.

    Args:
        name: as for `load`.
        folder: as for `load`.
        variables: as for `load`.
        over: as for `load`.

    Raises:
        ConfigError: a file cannot be read.
    """
    known = environments(folder)
    if name not in known:
        hint = did_you_mean(name, known)
        text = f"is not defined; known: {explain.listed(known) or 'none'}{hint}"
        raise ConfigError([Problem(place="ENV", key=name, text=text)])
    document = _read(folder, name)
    if over is not None:
        document = source.merge(document, over)
    return overrides.apply(document, os.environ if variables is None else variables)


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Return problems in the order of files and lines; those that are only counted are last."""
    return sorted(problems, key=lambda problem: (bool(problem.more), errors.order(problem.place)))


def _read(folder: Path, name: str) -> Document:
    """Return base.yaml merged with the file of the environment; problems of both are reported."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for stem in (BASE, name):
        try:
            documents.append(source.read(folder / f"{stem}.yaml"))
        except ConfigError as error:  # noqa: PERF203  # two files
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return source.merge(*documents)


def _named_as_its_file(name: str) -> Rule:
    def rule(env: Environment) -> Iterable[tuple[Location, str]]:
        if env.environment != name:
            yield (
                ("environment",),
                f"must be {name}, the name of the file {name}.yaml (found: {env.environment})",
            )

    return rule
