"""Configuration of log groups, their archive, and the log driver of ECS containers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from config.types import Model, RetentionDays, refuse


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


class Logs(Model):
    """Log groups and their archive."""

    awslogs: Awslogs = Awslogs()
    """The log driver of ECS containers; `services.<name>.awslogs` overrides it for one service."""

    retention_days: RetentionDays = 30
    """Days that CloudWatch Logs keeps events, for every log group of the environment."""

    archive: Archive = Archive()
    """The archive in S3."""
