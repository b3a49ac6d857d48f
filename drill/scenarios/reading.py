"""Read scenarios: every problem of a file at once, each with its file, line and key."""

from __future__ import annotations

import functools
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config import explain, source
from config.errors import ConfigError, Problem
from config.source import Document, Location
from drill.scenarios import times
from drill.scenarios.model import EXPECTATIONS, HAPPENINGS, Expectation, Happening, Head

One = TypeVar("One", bound=BaseModel)

_KEYS = (*sorted(Head.model_fields), "happens", "expect")
"""Everything that a scenario may have."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Something that happens, and where it was written."""

    place: str
    """File and line."""
    folder: Path
    """Where the file is, from which recordings are read."""
    happens: Happening


@dataclass(frozen=True, slots=True)
class Expected:
    """Something that is expected, and where it was written."""

    place: str
    expects: Expectation


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, whole."""

    name: str
    """The file's name without its ending."""
    path: Path
    head: Head
    usual: tuple[Placed, ...]
    """What always happens."""
    happens: tuple[Placed, ...]
    expect: tuple[Expected, ...]
    places: Mapping[str, str] = field(default_factory=dict)
    """Where each key of `head` was written: file and line."""

    def place(self, key: str) -> str:
        """Return where a key of `head` was written; the file, if it was not."""
        return self.places.get(key, str(self.path))


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a file, and what is wrong with it."""

    scenario: Scenario | None
    """With the entries that are right; None if what is said at its head is not."""
    problems: tuple[Problem, ...]


def read(path: Path) -> Scenario:
    """Return the scenario in the file at `path`.

    Raises:
        ConfigError: with every problem found, each with its file, line and key.
    """
    found = reading(path)
    if found.problems or found.scenario is None:
        raise ConfigError(found.problems)
    return found.scenario


def reading(path: Path) -> Reading:
    """Return what the file at `path` says, as far as it is right, and every problem of it.

    The names that the right part of it uses can be looked at nevertheless, so that all is said at once.
    """
    try:
        document = source.read(path, binary=True)
    except ConfigError as error:
        return Reading(None, error.problems)
    if (other := _of_another_kind(document)) is not None:
        return Reading(None, (other,))
    data = dict(document.data)
    problems: list[Problem] = []
    happens = list(_entries(document, data.pop("happens", []), "happens", HAPPENINGS, problems))
    expect = list(_entries(document, data.pop("expect", []), "expect", EXPECTATIONS, problems))
    if not document.data.get("expect"):
        problems.append(Problem(document.place(("expect",)), "expect", "says nothing that is expected"))
    problems += _unknown(document, _KEYS)
    data = {key: value for key, value in data.items() if key in _KEYS}
    head = _validated(Head, document, data, (), problems)
    if head is None:
        return Reading(None, tuple(problems))
    usual: list[Placed] = []
    for position, name in enumerate(head.usual or ()):
        try:
            usual += _usual(path.parent / name, document.place(("usual", position)))
        except ConfigError as error:  # noqa: PERF203  # a few files
            problems += error.problems
    problems += times.problems(head, ((one.place, one.happens) for one in usual), happens, expect)
    return Reading(
        Scenario(
            path.stem,
            path,
            head,
            tuple(usual),
            tuple(Placed(place, path.parent, one) for place, one in happens),
            tuple(Expected(place, one) for place, one in expect),
            {key: document.place((key,)) for key in data},
        ),
        tuple(problems),
    )


def _unknown(document: Document, known: tuple[str, ...]) -> Iterator[Problem]:
    """Yield the keys of a file that mean nothing in it."""
    for key in document.data:
        if key not in known:
            text = f"no such key; known: {', '.join(known)}{explain.did_you_mean(key, known)}"
            yield Problem(document.place((key,)), key, text)


def _of_another_kind(document: Document) -> Problem | None:
    """Return that a file is a live scenario, or one of usual happenings; None if it is neither."""
    if "invoke" in document.data:
        text = "is for what is deployed: make drill LIVE=1 SCENARIO=… runs it"
        return Problem(document.place(("invoke",)), "invoke", text)
    if set(document.data) == {"happens"}:
        text = "says what is usual and nothing else: scenarios name it under usual"
        return Problem(document.place(("happens",)), "", text)
    return None


def _usual(path: Path, asked_at: str) -> tuple[Placed, ...]:
    """Return what a file of usual happenings says."""
    try:
        found = path.stat()
    except (OSError, ValueError):  # it is not there, or its name is none
        found = None
    if found is None or not stat.S_ISREG(found.st_mode):
        shown = path.name[: source.SHOWN]
        raise ConfigError([Problem(asked_at, "usual", f"no such file beside the scenario (found: {shown})")])
    return _usual_as_it_was(path, found.st_mtime_ns, found.st_size)


@functools.lru_cache(maxsize=64)
def _usual_as_it_was(path: Path, changed_ns: int, size: int) -> tuple[Placed, ...]:
    """Return what a file says that has not changed since: all scenarios of a folder name the same one."""
    del changed_ns, size
    document = source.read(path, binary=True)
    problems = list(_unknown(document, ("happens",)))
    entries = list(_entries(document, document.data.get("happens", []), "happens", HAPPENINGS, problems))
    if problems:
        raise ConfigError(problems)
    return tuple(Placed(place, path.parent, one) for place, one in entries)


def _entries(
    document: Document,
    entries: Any,  # noqa: ANN401  # YAML before it is validated
    key: str,
    models: Mapping[str, type[One]],
    problems: list[Problem],
) -> Iterator[tuple[str, One]]:
    """Yield the place and the value of each entry of a list; what is wrong is added to `problems`."""
    if not isinstance(entries, list):
        problems.append(Problem(document.place((key,)), key, "must be a list"))
        return
    for position, entry in enumerate(entries):
        at: Location = (key, position)
        what = [name for name in models if isinstance(entry, dict) and name in entry]
        if len(what) != 1:
            known = ", ".join(models)
            hint = ""
            if isinstance(entry, dict) and not what:
                hint = next((found for name in entry if (found := explain.did_you_mean(name, models))), "")
            text = (
                f"each entry has exactly one of the keys {known} (found: {', '.join(what) or 'none'}){hint}"
            )
            problems.append(Problem(document.place(at), source.dotted(at), text))
            continue
        made = _validated(models[what[0]], document, entry, at, problems)
        if made is not None:
            yield document.place(at), made


def _validated(
    model: type[One],
    document: Document,
    data: Any,  # noqa: ANN401  # YAML before it is validated
    at: Location,
    problems: list[Problem],
) -> One | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems += explain.problems(found, document, model=model, at=at)
        return None
