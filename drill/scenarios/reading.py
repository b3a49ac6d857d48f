"""Read scenarios: every problem of a file at once, each with its file, line and key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config import explain, source
from config.errors import ConfigError, Problem
from config.source import Document, Location
from drill import durations
from drill.scenarios.model import EXPECTATIONS, HAPPENINGS, Consumer, Expectation, Happening, Head, Span

One = TypeVar("One", bound=BaseModel)


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


def read(path: Path) -> Scenario:
    """Return the scenario in the file at `path`.

    Raises:
        ConfigError: with every problem found, each with its file, line and key.
    """
    document = source.read(path)
    data = dict(document.data)
    problems: list[Problem] = []
    happens = list(_entries(document, data.pop("happens", []), "happens", HAPPENINGS, problems))
    expect = list(_entries(document, data.pop("expect", []), "expect", EXPECTATIONS, problems))
    if not document.data.get("expect"):
        problems.append(Problem(document.place(("expect",)), "expect", "says nothing that is expected"))
    head = _validated(Head, document, data, (), problems)
    usual: list[Placed] = []
    if head is not None:
        for position, name in enumerate(head.usual or ()):
            try:
                usual += _usual(path.parent / name, document.place(("usual", position)))
            except ConfigError as error:  # noqa: PERF203  # a few files
                problems += error.problems
    if problems or head is None:
        raise ConfigError(problems)
    placed = tuple(Placed(place, path.parent, one) for place, one in happens)
    expected = tuple(Expected(place, one) for place, one in expect)
    _in_time(head, tuple(usual), placed, expected)
    places = {key: document.place((key,)) for key in data}
    return Scenario(path.stem, path, head, tuple(usual), placed, expected, places)


def _usual(path: Path, asked_at: str) -> Iterator[Placed]:
    """Yield what a file of usual happenings says."""
    if not path.is_file():
        raise ConfigError(
            [Problem(asked_at, "usual", f"no such file beside the scenario (found: {path.name})")]
        )
    document = source.read(path)
    problems = [
        Problem(document.place((key,)), key, "no such key; known: happens")
        for key in document.data
        if key != "happens"
    ]
    entries = list(_entries(document, document.data.get("happens", []), "happens", HAPPENINGS, problems))
    if problems:
        raise ConfigError(problems)
    yield from (Placed(place, path.parent, one) for place, one in entries)


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


def _in_time(
    head: Head, usual: Iterable[Placed], placed: Sequence[Placed], expected: Iterable[Expected]
) -> None:
    """Refuse times at which nothing could happen or be seen; the usual may go on longer than a scenario.

    Raises:
        ConfigError: with each of them.
    """
    problems = [
        *(problem for one in placed for problem in _late(head, one.place, one.happens)),
        *(problem for one in (*usual, *placed) for problem in _between_steps(head, one.place, one.happens)),
        *(problem for one in expected for problem in _late(head, one.place, one.expects)),
    ]
    if problems:
        raise ConfigError(problems)


def _times(entry: Happening | Expectation) -> Iterator[tuple[str, float]]:
    """Yield the key and the offset of every time that an entry says."""
    for name, info in type(entry).model_fields.items():
        value = getattr(entry, name)
        if name.endswith("_s") and value is not None:
            yield str(info.alias), value
    for position, gap in enumerate(getattr(entry, "gaps", ())):
        yield from ((f"gaps.{position}", time_s) for time_s in gap)


def _late(head: Head, place: str, entry: Happening | Expectation) -> Iterator[Problem]:
    begins = {"from", "at"} if isinstance(entry, Span) else set()
    for key, time_s in _times(entry):
        if time_s > head.duration or (time_s == head.duration and key in begins):
            lasts = durations.text_of(head.duration)
            found = durations.text_of(time_s)
            yield Problem(place, key, f"is after the end: the scenario lasts {lasts} (found: {found})")


def _between_steps(head: Head, place: str, entry: Happening) -> Iterator[Problem]:
    # Consumers receive messages at any time; everything else happens in whole steps.
    if isinstance(entry, Consumer):
        return
    for key, time_s in _times(entry):
        if time_s % head.resolution and key != "at":
            step, found = durations.text_of(head.resolution), durations.text_of(time_s)
            yield Problem(place, key, f"must be whole steps of {step}, the resolution (found: {found})")
