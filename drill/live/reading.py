"""Read a live scenario: every problem of its file at once, each with its line and key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from catalog import Catalog
from catalog.naming import Names
from config import explain, files, source
from config.errors import ConfigError, Problem
from config.models import Environment
from config.source import Document, Location
from drill.live.scenario import (
    EXPECTATIONS,
    Expectation,
    Invocations,
    MessageExpected,
    NeverExpected,
    StateExpected,
    Whole,
)
from drill.selection import is_pattern

One = TypeVar("One", bound=BaseModel)


@dataclass(frozen=True)
class Sending:
    """Requests to one function, and where they were written."""

    place: str
    """File and line."""
    asks: Invocations
    event: Mapping[str, Any]


@dataclass(frozen=True)
class Expected:
    """Something that is expected, and where it was written."""

    place: str
    expects: Expectation
    alarms: tuple[str, ...]
    """Names in AWS of the alarms that it is about."""


@dataclass(frozen=True)
class Scenario:
    """One live scenario, whole."""

    name: str
    """The file's name without its ending."""
    says: str
    invoke: tuple[Sending, ...]
    expect: tuple[Expected, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """The services that requests are sent to."""
        return tuple(dict.fromkeys(one.asks.service for one in self.invoke))

    @property
    def alarms(self) -> tuple[str, ...]:
        """Names in AWS of the alarms that something is expected of."""
        return tuple(dict.fromkeys(name for one in self.expect for name in one.alarms))

    @property
    def lasts_s(self) -> float:
        """How long it takes at most, in seconds of the drill's clock."""
        by = [one.expects.by_s for one in self.expect if not isinstance(one.expects, NeverExpected)]
        return max([*(one.asks.ends_s for one in self.invoke), *by])


def read(path: Path, env: Environment, catalog: Catalog) -> Scenario:
    """Return the scenario in the file at `path`, whose names are those of an environment.

    Raises:
        ConfigError: with every problem found, each with its file, line and key.
    """
    document = source.read(path)
    found = _Reader(path, document, env, catalog)
    whole = found.model(Whole, document.data, ())
    invoke = tuple(found.sendings())
    expect = tuple(found.expectations())
    found.has_an_end(expect)
    if found.problems or whole is None:
        raise ConfigError(found.problems)
    return Scenario(path.stem, whole.says, invoke, expect)


class _Reader:
    """One file, and what is wrong with it."""

    def __init__(self, path: Path, document: Document, env: Environment, catalog: Catalog) -> None:
        self._path = path
        self._document = document
        self._env = env
        self._full_names = full_names(env, catalog)
        self.problems: list[Problem] = []

    def sendings(self) -> Iterator[Sending]:
        """Yield what is to be sent."""
        for at, entry in self._entries("invoke"):
            asks = self.model(Invocations, entry, at)
            if asks is None:
                continue
            functions = self._env.functions
            if asks.service not in functions:
                hint = explain.did_you_mean(asks.service, functions)
                self._refuse(
                    (*at, "service"), f"no such Lambda function; known: {', '.join(functions)}{hint}"
                )
            event = self._event(asks.event, (*at, "event"))
            if event is not None:
                yield Sending(self._document.place(at), asks, event)

    def expectations(self) -> Iterator[Expected]:
        """Yield what is expected."""
        for at, entry in self._entries("expect"):
            what = [key for key in EXPECTATIONS if isinstance(entry, dict) and key in entry]
            if len(what) != 1:
                known, given = ", ".join(EXPECTATIONS), ", ".join(what) or "none"
                self._refuse(at, f"must have exactly one of the keys {known} (found: {given})")
                continue
            expects = self.model(EXPECTATIONS[what[0]], entry, at)
            if expects is not None:
                here = (*at, what[0])
                names = [full for name in _alarms(expects) for full in self._named(name, here)]
                yield Expected(self._document.place(at), expects, tuple(dict.fromkeys(names)))

    def has_an_end(self, expect: Sequence[Expected]) -> None:
        """Refuse a scenario of which nobody knows when it is over."""
        if expect and all(isinstance(one.expects, NeverExpected) for one in expect):
            text = "needs something that is expected by a time: what is never to happen has no end"
            self._refuse(("expect",), text)

    def model(self, model: type[One], data: Any, at: Location) -> One | None:  # noqa: ANN401  # YAML
        """Return the model of what is at a place in the file, or nothing and the problems."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            self.problems += explain.problems(errors, self._document, model=model, at=at)
            return None

    def _entries(self, key: str) -> Iterator[tuple[Location, Any]]:
        entries = self._document.data.get(key)
        # What is no list has been said by the model of the whole.
        for position, entry in enumerate(entries if isinstance(entries, list) else ()):
            yield (key, position), entry

    def _named(self, name: str, at: Location) -> list[str]:
        """Return the names in AWS of what is called so; of `never`, it may be a pattern of several."""
        if at[-1] == "never" and is_pattern(name):
            found = [full for called, full in self._full_names.items() if fnmatchcase(called, name)]
        else:
            found = [self._full_names[name]] if name in self._full_names else []
        if not found:
            hint = explain.did_you_mean(name, self._full_names)
            self._refuse(at, f"no such alarm in {self._env.environment} (found: {name}){hint}")
        return found

    def _event(self, given: dict[str, Any] | str, at: Location) -> Mapping[str, Any] | None:
        if not isinstance(given, str):
            return given
        try:
            event = json.loads(files.text(self._path.parent / given, source.MOST_BYTES))
        except files.FileError as error:
            self._refuse(at, f"{error} (found: {given})")
            return None
        except (ValueError, RecursionError):
            self._refuse(at, f"must be a file of JSON (found: {given})")
            return None
        if not isinstance(event, dict):
            self._refuse(at, f"must be a file with a JSON object (found: {given})")
            return None
        return event

    def _refuse(self, at: Location, text: str) -> None:
        self.problems.append(Problem(self._document.place(at), source.dotted(at), text))


def full_names(env: Environment, catalog: Catalog) -> dict[str, str]:
    """Return whatever an alarm may be called -> its name in AWS."""
    names = Names.of(env)
    every = [(one.key, one.name) for one in catalog.all_alarms]
    short = {names.without(name): name for _, name in every}
    return {**short, **dict(every), **{name: name for _, name in every}}


def _alarms(expects: Expectation) -> tuple[str, ...]:
    if isinstance(expects, StateExpected):
        return (expects.alarm,)
    return (expects.message,) if isinstance(expects, MessageExpected) else expects.never
