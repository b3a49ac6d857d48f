"""The formats of log lines: presets of loggers, and the format of a service.

A preset is a file in `config/loggers/`: which lines are errors, where the duration of a request is, and
recorded lines with the answer that is expected. `config/crashes/` has the lines that runtimes write in plain
text when a program crashes. Both are part of the program, and are read when they are needed.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import Field

from config.types import Model

DurationUnit = Literal["s", "ms", "us", "ns"]

UNITS_PER_S: Final[Mapping[DurationUnit, int]] = {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}

_LOGGERS = Path(__file__).with_name("loggers")
_CRASHES = Path(__file__).with_name("crashes")


class Crash(Model):
    """The lines of a runtime whose program crashes."""

    title: str
    source: str
    """The document of the format; "measured" if the named version printed the lines."""
    errors: str
    """The filter pattern of the lines that count: one of each crash."""
    logged: bool = False
    """Whether a logger writes such lines too, after its own line of the error."""
    error_lines: tuple[str, ...] = Field(min_length=1)
    """Recorded lines that count."""
    other_lines: tuple[str, ...] = Field(min_length=1)
    """Recorded lines that do not."""


class Preset(Model):
    """The format of a logger: which lines are errors, and which have the duration of a request."""

    title: str
    source: str
    """The document of the format; "measured" if the named version printed the lines."""
    json_lines: bool = Field(default=False, alias="json")
    """Whether its lines are JSON."""
    runtime: bool = False
    """Whether the runtime of Lambda writes its lines: an exception that a handler raises is one of them."""
    level_keys: tuple[str, ...] = ()
    """Keys of the level, without `$.`."""
    error_levels: tuple[str, ...] = ()
    """Values of the level that are errors: exact words, of which `*` may be the end, or `>= 50`."""
    only: str | None = None
    """A condition that holds in addition, because other formats have the same key."""
    errors: str | None = None
    """The filter pattern of errors, where no key has a level."""
    duration_key: str | None = None
    """Key of the duration of a request, in JSON."""
    duration_unit: DurationUnit | None = None
    requests: str | None = None
    """The filter pattern of lines with a duration, in plain text, with the field `$duration_ms`."""
    handled: str | None = None
    """The line of a request, with `{duration}`; in plain text."""
    lines: str | None = None
    """The filter pattern of every line of the logger, in plain text, to recognize the format. Without it, a
    line fits if `errors` matches once its level is replaced by that of an error."""
    error_lines: tuple[str, ...] = Field(min_length=1)
    """Recorded lines that are errors."""
    other_lines: tuple[str, ...] = Field(min_length=1)
    """Recorded lines that are not errors; the first is that of a healthy service."""


@functools.cache
def names() -> tuple[str, ...]:
    """Return the names of all presets, sorted."""
    return tuple(sorted(path.stem for path in _LOGGERS.glob("*.yaml")))


@functools.cache
def preset(name: str) -> Preset:
    """Return a preset by its name."""
    return Preset.model_validate(_read(_LOGGERS / f"{name}.yaml"))


@functools.cache
def crashes() -> Mapping[str, Crash]:
    """Return the crashes of runtimes, by the name of the language."""
    return {path.stem: Crash.model_validate(_read(path)) for path in sorted(_CRASHES.glob("*.yaml"))}


def _read(path: Path) -> Any:  # YAML
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times as fast
    return yaml.load(path.read_bytes(), Loader=loader)  # noqa: S506  # both are safe


@dataclass(frozen=True)
class Format:
    """The format of the log of a service: a preset, with what the configuration overrides."""

    name: str
    level_keys: tuple[str, ...] = ()
    error_levels: tuple[str, ...] = ()
    only: str | None = None
    duration_key: str | None = None
    duration_unit: DurationUnit = "ms"
    error_patterns: tuple[str, ...] = ()
    """Filter patterns of other lines that count as errors."""

    @property
    def preset(self) -> Preset:
        """Its preset."""
        return preset(self.name)

    @property
    def has_durations(self) -> bool:
        """Whether lines have the duration of a request."""
        return self.duration_key is not None or self.preset.requests is not None

    @property
    def units_per_s(self) -> int:
        """Units of its durations in a second: 1000 for `ms`."""
        return UNITS_PER_S[self.duration_unit]
