"""Configuration of log groups, their archive, the log driver of ECS containers, and log formats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from config import formats
from config.errors import Location
from config.formats import DurationUnit, Format
from config.types import ErrorLevel, FilterPattern, JsonKey, Model, RetentionDays, at_most, refuse

DEFAULT_FORMAT = "json"
ERROR_PATTERNS = 20
"""Maximum number of error patterns of a service."""


class Archive(Model):
    """The archive in S3 of the log events of every log group, except that of the archive itself."""

    glacier_after_days: int = Field(default=90, ge=1, le=36_500)
    """Days until archived logs move to S3 Glacier Flexible Retrieval."""

    expire_after_days: int = Field(default=365, ge=1, le=36_500)
    """Days until archived logs are deleted."""

    buffer_s: int = Field(default=300, ge=60, le=900)
    """Seconds that Firehose collects before it writes an object."""

    buffer_mib: int = Field(default=64, ge=1, le=128)
    """MiB that Firehose collects before it writes an object."""

    @model_validator(mode="after")
    def _expires_after_it_moves(self) -> Archive:
        # Glacier Flexible Retrieval bills at least 90 days (S3 pricing, "minimum storage duration").
        least = self.glacier_after_days + 90
        if self.expire_after_days < least:
            raise refuse(
                "must be at least glacier_after_days + 90 = {least}: S3 Glacier bills at least 90 days",
                at=("expire_after_days",),
                because=("glacier_after_days",),
                least=least,
            )
        return self


LogMode = Literal["non-blocking", "blocking"]


class Awslogs(Model):
    """The log driver `awslogs` of ECS containers.

    Source: Amazon ECS API Reference, LogConfiguration, `options`: `mode`, `max-buffer-size`.
    """

    mode: LogMode = "non-blocking"
    """While CloudWatch Logs is slow: `non-blocking` keeps log lines in a buffer and drops those that do not
    fit; `blocking` blocks the application when it writes a line. The collector of an ECS service is always
    `non-blocking`."""

    max_buffer_size_mib: int = Field(default=25, ge=1, le=1024)
    """MiB of the buffer of each container; with `mode: blocking`, only the collector has one."""


class ServiceAwslogs(Model):
    """The log driver of one service, where it differs from `logs.awslogs`."""

    mode: LogMode | None = None
    """As in `logs.awslogs`, for the container of the service; its collector is always `non-blocking`."""

    max_buffer_size_mib: int | None = Field(default=None, ge=1, le=1024)
    """As in `logs.awslogs`, for the containers of the service, one of which is the collector."""

    def over(self, default: Awslogs) -> Awslogs:
        """Return the settings of the service: its own, else those of `default`."""
        return Awslogs.model_validate({**default.model_dump(), **self.model_dump(exclude_none=True)})


def _known_format(value: str) -> str:
    if value not in formats.names():
        raise refuse("must be one of the formats of docs/logs.md: {known}", known=", ".join(formats.names()))
    return value


FormatName = Annotated[
    str, AfterValidator(_known_format), WithJsonSchema({"type": "string", "enum": list(formats.names())})
]


def _listed(value: Any) -> Any:
    """Return a single level or pattern as a list."""
    return [value] if isinstance(value, str | int) and not isinstance(value, bool) else value


_Levels = tuple[ErrorLevel, ...]
_Patterns = tuple[FilterPattern, ...]


class ServiceLogs(Model):
    """The format of log lines: a preset, and what differs from it."""

    format: FormatName | None = None
    """A format of docs/logs.md, such as `pino`; by default that of the kind, else `json`. A service with a
    format of its own does not have the other keys of its kind."""

    level_key: JsonKey | None = None
    """Key of the level in a JSON line: `severity`, `log.level` for a nested key, `['log.level']` for a key
    with a dot."""

    error_levels: Annotated[
        _Levels | None,
        BeforeValidator(_listed, json_schema_input_type=ErrorLevel | _Levels | None),
        at_most(20),
    ] = Field(default=None, min_length=1)
    """Levels that are errors, or one: words, in any case, or numbers, such as `">= 50"`."""

    duration_key: JsonKey | None = None
    """Key of the duration of a request in a JSON line, a number."""

    duration_unit: DurationUnit | None = None
    """Unit of the duration; by default that of the format, else `ms`."""

    error_patterns: Annotated[
        _Patterns,
        BeforeValidator(_listed, json_schema_input_type=FilterPattern | _Patterns),
        at_most(ERROR_PATTERNS),
    ] = ()
    """Filter patterns of CloudWatch Logs for other lines that count as errors, or one: `'%^panic:%'`."""


class Logs(Model):
    """Log groups, their archive, and the formats of log lines."""

    awslogs: Awslogs = Awslogs()
    """The log driver of ECS containers; `services.<name>.awslogs` overrides it for one service."""

    retention_days: RetentionDays = 30
    """Days that CloudWatch Logs keeps events, for every log group of the environment."""

    archive: Archive = Archive()
    """The archive in S3."""

    lambda_: ServiceLogs = Field(default=ServiceLogs(), alias="lambda")
    """The format of the logs of Lambda functions; `services.<name>.logs` overrides it."""

    ecs: ServiceLogs = ServiceLogs()
    """The format of the logs of ECS services; `services.<name>.logs` overrides it."""

    def of(self, kind: str) -> ServiceLogs:
        """Return the format for all services of a kind."""
        return self.lambda_ if kind == "lambda" else self.ecs

    def format_of(self, kind: str, own: ServiceLogs) -> Format:
        """Return the format of a service.

        Args:
            kind: the kind of the service.
            own: the settings of the service.
        """
        settings = self.settings(kind, own)
        name = settings.format or DEFAULT_FORMAT
        preset = formats.preset(name)
        key = settings.level_key
        return Format(
            name=name,
            level_keys=(key,) if key else preset.level_keys,
            error_levels=_in_any_case(settings.error_levels)
            if settings.error_levels
            else preset.error_levels,
            only=None if key or (settings.error_levels and _is_of_level(preset)) else preset.only,
            duration_key=settings.duration_key or preset.duration_key,
            duration_unit=settings.duration_unit or preset.duration_unit or "ms",
            error_patterns=settings.error_patterns,
        )

    def settings(self, kind: str, own: ServiceLogs) -> ServiceLogs:
        """Return the settings of a service, with those of its kind where it has no format of its own."""
        if own.format is not None:
            return own
        of_kind = self.of(kind)
        return ServiceLogs.model_validate(
            {**of_kind.model_dump(exclude_unset=True), **own.model_dump(exclude_unset=True)}
        )

    def location(self, name: str, kind: str, own: ServiceLogs, key: str) -> Location:
        """Return where the format of a service is set.

        Args:
            name: the service.
            kind: its kind.
            own: its settings.
            key: a key of them.
        """
        if own.format is not None or key in own.model_fields_set:
            return ("services", name, "logs", key)
        return ("logs", kind, key)

    def refused(self, kind: str, own: ServiceLogs) -> Iterator[tuple[str, str]]:
        """Yield the settings of a service that its format does not have: the key, and the message."""
        settings = self.settings(kind, own)
        name = settings.format or DEFAULT_FORMAT
        yield from _refused(settings, name, formats.preset(name))


def _refused(settings: ServiceLogs, name: str, preset: formats.Preset) -> Iterator[tuple[str, str]]:
    given = {key for key in ServiceLogs.model_fields if getattr(settings, key)}
    if not preset.json_lines:
        for key in sorted(given - {"format", "error_patterns"}):
            text = f"is not valid with format {name}, whose lines are plain text"
            yield key, f"{text}: use error_patterns, or a format in JSON"
        return
    if settings.error_levels and not (settings.level_key or preset.level_keys):
        yield "error_levels", f"requires level_key: format {name} has no key of a level"
    if settings.level_key and not (settings.error_levels or preset.error_levels):
        yield "level_key", f"requires error_levels: format {name} has no levels"
    if settings.duration_unit and not (settings.duration_key or preset.duration_key):
        yield "duration_unit", f"requires duration_key: format {name} has no duration"


def _is_of_level(preset: formats.Preset) -> bool:
    """Return whether the additional condition of a format is about its level: other levels contradict it."""
    return any(f"$.{key} " in (preset.only or "") for key in preset.level_keys)


def _in_any_case(levels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the spellings of levels: as written, in lower case, in upper case, with a capital."""
    spellings = (
        text for level in levels for text in (level, level.lower(), level.upper(), level.capitalize())
    )
    return tuple(dict.fromkeys(spellings))
