"""Read scenarios: every problem of a file at once, each with its file, line and key."""

from __future__ import annotations

import functools
import json
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config import explain, files, source
from config.errors import ConfigError, Problem
from config.source import Document, Location
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

_KEYS = (*sorted(Head.model_fields), "happens", "invoke", "expect")
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
class Sending:
    """Requests to one function, and where they were written."""

    place: str
    """File and line."""
    folder: Path
    """Where the file is."""
    request: Request
    event: Mapping[str, Any]
    """What the function is invoked with, without what is asked for."""


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
    invoke: tuple[Sending, ...] = ()
    """What is sent."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Where each key of the file was written: file and line."""

    def place(self, key: str) -> str:
        """Return where a key was written; the file, if it was not."""
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
    invoke = list(_sendings(path.parent, document, data.pop("invoke", []), problems))
    expect = list(_entries(document, data.pop("expect", []), "expect", EXPECTATIONS, problems))
    if not document.data.get("expect"):
        problems.append(Problem(document.place(("expect",)), "expect", "says nothing that is expected"))
    if document.data.get("invoke") == []:
        problems.append(Problem(document.place(("invoke",)), "invoke", "says nothing that is sent"))
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
    requests = [(sending.place, sending.request) for sending in invoke]
    problems += _of_times(
        head, ((placed.place, placed.happens) for placed in usual), [*happens, *requests], expect
    )
    return Reading(
        Scenario(
            path.stem,
            path,
            head,
            tuple(usual),
            tuple(Placed(place, path.parent, happening) for place, happening in happens),
            tuple(Expected(place, state_expected) for place, state_expected in expect),
            tuple(invoke),
            {key: document.place((key,)) for key in document.data if key in _KEYS},
        ),
        tuple(problems),
    )


def _unknown(document: Document, known: tuple[str, ...]) -> Iterator[Problem]:
    """Yield the keys of a file that mean nothing in it."""
    for key in document.data:
        if key not in known:
            text = f"is not a valid key; known: {', '.join(known)}{explain.did_you_mean(key, known)}"
            yield Problem(document.place((key,)), key, text)


def _of_another_kind(document: Document) -> Problem | None:
    """Return that a file is one of usual happenings; None if it is a scenario."""
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
    return tuple(Placed(place, path.parent, lines) for place, lines in entries)


def _sendings(
    folder: Path,
    document: Document,
    entries: Any,  # noqa: ANN401  # YAML before it is validated
    problems: list[Problem],
) -> Iterator[Sending]:
    """Yield what is sent, each request with its event; what is wrong is added to `problems`."""
    for at, entry in _listed(document, entries, "invoke", problems):
        request = _validated(Request, document, entry, at, problems)
        if request is None:
            continue
        event = request.event
        if isinstance(event, str):
            try:
                event = _event(folder / event)
            except (files.FileError, ValueError) as error:
                found = f"{error} (found: {str(event)[: source.SHOWN]})"
                where = (*at, "event")
                problems.append(Problem(document.place(where), source.dotted(where), found))
                continue
        yield Sending(document.place(at), folder, request, event)


def _event(path: Path) -> dict[str, Any]:
    """Return the event in a file.

    Raises:
        FileError: it cannot be read.
        ValueError: it holds no event.
    """
    text = files.text(path, source.MOST_BYTES)
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("must be a file of JSON") from error
    if not isinstance(event, dict):
        raise ValueError("must be a file with a JSON object")  # noqa: TRY004  # of a file, not of a type
    return event


def _listed(
    document: Document,
    entries: Any,  # noqa: ANN401  # YAML before it is validated
    key: str,
    problems: list[Problem],
) -> Iterator[tuple[Location, Any]]:
    """Yield the entries of a list, each with where it is."""
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
    """Yield the place and the value of each entry of a list; what is wrong is added to `problems`."""
    for at, entry in _listed(document, entries, key, problems):
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


Entry = tuple[str, Happening | Request]
"""File and line of something that happens, and what it is."""


def _of_times(
    head: Head, usual: Iterable[Entry], happens: Iterable[Entry], expect: Iterable[tuple[str, Expectation]]
) -> Iterator[Problem]:
    """Yield what is after the end or between steps; the usual may go on longer than a scenario."""
    happens = tuple(happens)
    for place, happening in happens:
        yield from _late(head, place, happening)
    for place, happening in (*usual, *happens):
        yield from _between_steps(head, place, happening)
    for place, expected in expect:
        yield from _late(head, place, expected)


def _times(entry: Happening | Request | Expectation) -> Iterator[tuple[str, float]]:
    """Yield the key and the offset of every time that an entry says."""
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
    # Consumers receive messages at any time; everything else happens in whole steps.
    if isinstance(entry, Consumer):
        return
    for key, time_s in _times(entry):
        if time_s % head.resolution and key != "at":
            step, found = durations.text_of(head.resolution), durations.text_of(time_s)
            yield Problem(place, key, f"must be whole steps of {step}, the resolution (found: {found})")
