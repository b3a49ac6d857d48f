"""Reader of scenarios: reports every problem of a file, each with file, line and key."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from config import explain, files, source
from config.errors import ConfigError, Location, Problem
from config.source import Document
from config.words import did_you_mean
from drill import durations
from drill.scenarios.model import (
    EXPECTATIONS,
    HAPPENINGS,
    Consumer,
    Expectation,
    Happening,
    Head,
    Request,
    Span,
)

One = TypeVar("One", bound=BaseModel)
Happens_co = TypeVar("Happens_co", bound=Happening, covariant=True)

_KEYS = (*sorted(Head.model_fields), "happens", "invoke", "expect")
"""All keys of a scenario."""


@dataclass(frozen=True, slots=True)
class Placed(Generic[Happens_co]):
    """An entry of `happens`, with its place."""

    place: str
    """File and line."""
    folder: Path
    """Folder of the file, relative to which recordings are read."""
    happens: Happens_co


@dataclass(frozen=True, slots=True)
class Sending:
    """Requests to a function, with their place."""

    place: str
    """File and line."""
    folder: Path
    """Folder of the file."""
    request: Request
    event: Mapping[str, Any]
    """The event, without drill parameters."""


@dataclass(frozen=True, slots=True)
class Expected:
    """An expectation, with its place."""

    place: str
    expects: Expectation


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario."""

    name: str
    """The file name without its extension."""
    path: Path
    head: Head
    baseline: tuple[Placed[Happening], ...]
    """The entries of its baselines."""
    happens: tuple[Placed[Happening], ...]
    expect: tuple[Expected, ...]
    invoke: tuple[Sending, ...] = ()
    """The requests."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Key of the file -> file and line."""

    def place(self, key: str) -> str:
        """Return file and line of a key; the file if it does not have the key."""
        return self.places.get(key, str(self.path))


@dataclass(frozen=True, slots=True)
class Reading:
    """The valid part of a file, and its problems."""

    scenario: Scenario | None
    """The scenario with its valid entries; None if its head is not valid."""
    problems: tuple[Problem, ...]


def read(path: Path) -> Scenario:
    """Return the scenario in the file at `path`.

    Raises:
        ConfigError: with every problem, each with its file, line and key.
    """
    result = reading(path)
    if result.problems or result.scenario is None:
        raise ConfigError(result.problems)
    return result.scenario


def reading(path: Path) -> Reading:
    """Return the valid part of the file at `path`, and every problem of it.

    Names in the valid part can still be checked, so that all problems are reported at once.
    """
    try:
        document = source.read(path, binary=True)
    except ConfigError as error:
        return Reading(None, error.problems)
    if (problem := _is_baseline(document)) is not None:
        return Reading(None, (problem,))
    data = dict(document.data)
    problems: list[Problem] = []
    happens = list(_entries(document, data.pop("happens", []), "happens", HAPPENINGS, problems))
    invoke = list(_sendings(path.parent, document, data.pop("invoke", []), problems))
    expect = list(_entries(document, data.pop("expect", []), "expect", EXPECTATIONS, problems))
    if not document.data.get("expect"):
        problems.append(Problem(document.place(("expect",)), "expect", "has no expectations"))
    if document.data.get("invoke") == []:
        problems.append(Problem(document.place(("invoke",)), "invoke", "has no requests"))
    problems += _unknown(document, _KEYS)
    data = {key: value for key, value in data.items() if key in _KEYS}
    head = _validated(Head, document, data, (), problems)
    if head is None:
        return Reading(None, tuple(problems))
    baseline: list[Placed[Happening]] = []
    for position, name in enumerate(head.baseline or ()):
        try:
            baseline += _baseline(path.parent / name, document.place(("baseline", position)))
        except ConfigError as error:  # noqa: PERF203  # a few files
            problems += error.problems
    requests = [(sending.place, sending.request) for sending in invoke]
    problems += _of_times(
        head, ((placed.place, placed.happens) for placed in baseline), [*happens, *requests], expect
    )
    return Reading(
        Scenario(
            path.stem,
            path,
            head,
            tuple(baseline),
            tuple(Placed(place, path.parent, happening) for place, happening in happens),
            tuple(Expected(place, state_expected) for place, state_expected in expect),
            tuple(invoke),
            {key: document.place((key,)) for key in document.data if key in _KEYS},
        ),
        tuple(problems),
    )


def _unknown(document: Document, known: tuple[str, ...]) -> Iterator[Problem]:
    """Yield the unknown keys of a file."""
    for key in document.data:
        if key not in known:
            text = f"is not a valid key; known: {', '.join(known)}{did_you_mean(key, known)}"
            yield Problem(document.place((key,)), key, text)


def _is_baseline(document: Document) -> Problem | None:
    """Return the problem that a file is a baseline; None if it is a scenario."""
    if set(document.data) == {"happens"}:
        text = "is a baseline, not a scenario: scenarios refer to it under baseline"
        return Problem(document.place(("happens",)), "", text)
    return None


def _baseline(path: Path, place: str) -> tuple[Placed[Happening], ...]:
    """Return the entries of a baseline; `place` is where the scenario refers to it."""
    try:
        status = path.stat()
    except (OSError, ValueError):  # the file does not exist, or its name is not valid
        status = None
    if status is None or not stat.S_ISREG(status.st_mode):
        text = (
            "file does not exist beside the scenario. Remove the key if the alarms are of the configuration: "
            f"its services have a baseline without a file (found: {path.name[: source.SHOWN]})"
        )
        raise ConfigError([Problem(place, "baseline", text)])
    document = source.read(path, binary=True)
    problems = list(_unknown(document, ("happens",)))
    entries = list(_entries(document, document.data.get("happens", []), "happens", HAPPENINGS, problems))
    if problems:
        raise ConfigError(problems)
    return tuple(Placed(place, path.parent, lines) for place, lines in entries)


def _sendings(
    folder: Path,
    document: Document,
    entries: Any,  # noqa: ANN401  # YAML before it is validated
    problems: list[Problem],
) -> Iterator[Sending]:
    """Yield requests with their events; problems are added to `problems`."""
    for at, entry in _listed(document, entries, "invoke", problems):
        request = _validated(Request, document, entry, at, problems)
        if request is None:
            continue
        event = request.event
        if isinstance(event, str):
            try:
                event = _event(folder / event)
            except (files.FileError, ValueError) as error:
                text = f"{error} (found: {str(event)[: source.SHOWN]})"
                location = (*at, "event")
                problems.append(Problem(document.place(location), source.dotted(location), text))
                continue
        yield Sending(document.place(at), folder, request, event)


def _event(path: Path) -> dict[str, Any]:
    """Return the event in a file.

    Raises:
        FileError: the file cannot be read.
        ValueError: the file does not contain an event.
    """
    text = files.text(path, source.MOST_BYTES)
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("must be a JSON file") from error
    if not isinstance(event, dict):
        raise ValueError("must be a JSON file with an object")  # noqa: TRY004  # the content, not an argument
    return event


def _listed(
    document: Document,
    entries: Any,  # noqa: ANN401  # YAML before it is validated
    key: str,
    problems: list[Problem],
) -> Iterator[tuple[Location, Any]]:
    """Yield the entries of a list, each with its location."""
    if not isinstance(entries, list):
        problems.append(Problem(document.place((key,)), key, "must be a list"))
        return
    for position, entry in enumerate(entries):
        yield (key, position), entry


def _entries(
    document: Document,
    entries: Any,  # noqa: ANN401  # YAML before it is validated
    key: str,
    models: Mapping[str, type[One]],
    problems: list[Problem],
) -> Iterator[tuple[str, One]]:
    """Yield the place and the value of each entry of a list; problems are added to `problems`."""
    for at, entry in _listed(document, entries, key, problems):
        keys = [name for name in models if isinstance(entry, dict) and name in entry]
        if len(keys) != 1:
            known = ", ".join(models)
            hint = ""
            if isinstance(entry, dict) and not keys:
                hint = next((meant for name in entry if (meant := did_you_mean(name, models))), "")
            found = ", ".join(keys) or "none"
            text = f"each entry must have exactly one of the keys {known} (found: {found}){hint}"
            problems.append(Problem(document.place(at), source.dotted(at), text))
            continue
        value = _validated(models[keys[0]], document, entry, at, problems)
        if value is not None:
            yield document.place(at), value


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
        details = error.errors(include_url=False)
        problems += explain.problems(details, document, model=model, at=at)
        return None


Entry = tuple[str, Happening | Request]
"""File and line of an entry, and the entry."""


def _of_times(
    head: Head, baseline: Iterable[Entry], happens: Iterable[Entry], expect: Iterable[tuple[str, Expectation]]
) -> Iterator[Problem]:
    """Yield times after the end or between steps. A baseline may be longer than a scenario."""
    happens = tuple(happens)
    for place, happening in happens:
        yield from _late(head, place, happening)
    for place, happening in (*baseline, *happens):
        yield from _between_steps(head, place, happening)
    for place, expected in expect:
        yield from _late(head, place, expected)


def _times(entry: Happening | Request | Expectation) -> Iterator[tuple[str, float]]:
    """Yield the key and the offset of every time of an entry."""
    for name, info in type(entry).model_fields.items():
        value = getattr(entry, name)
        if name.endswith("_s") and value is not None:
            yield str(info.alias), value
    for position, gap in enumerate(getattr(entry, "gaps", ())):
        yield from ((f"gaps.{position}", time_s) for time_s in gap)


def _late(head: Head, place: str, entry: Happening | Request | Expectation) -> Iterator[Problem]:
    begins = {"from", "at"} if isinstance(entry, Span) else set()
    for key, time_s in _times(entry):
        if time_s > head.duration or (time_s == head.duration and key in begins):
            lasts = durations.text_of(head.duration)
            found = durations.text_of(time_s)
            yield Problem(place, key, f"is after the end: the scenario lasts {lasts} (found: {found})")


def _between_steps(head: Head, place: str, entry: Happening | Request) -> Iterator[Problem]:
    # Consumers receive messages at any time. Other entries have whole steps.
    if isinstance(entry, Consumer):
        return
    for key, time_s in _times(entry):
        if time_s % head.resolution and key != "at":
            step, found = durations.text_of(head.resolution), durations.text_of(time_s)
            yield Problem(place, key, f"must be whole steps of {step}, the resolution (found: {found})")
