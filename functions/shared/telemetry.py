"""Telemetry of each request: a JSON log line, two metrics and a trace annotation.

The keys of the line are a contract with the platform's metric filters and queries; README.md lists them.
"""

from __future__ import annotations

import dataclasses
import logging
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from functions.shared import drills
from functions.shared.errors import SafeError, UnexpectedFaultError
from functions.shared.validation import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Outcome:
    """The outcome of a request.

    Attributes:
        level: INFO: done. WARNING: rejected as expected. ERROR: a fault; alarms count these lines.
        message: Constant text, so that a query can group by it.
        metric: Name of the EMF metric that counts this outcome.
        details: Further keys of the log line: identifiers and codes, never user input.
    """

    level: Literal["INFO", "WARNING", "ERROR"]
    message: str
    metric: str
    details: Mapping[str, object] = field(default_factory=dict)


class Telemetry:
    """Logger, tracer and metrics of one function, configured by the `POWERTOOLS_*` variables."""

    def __init__(self, *, latency_metric: str) -> None:
        """Create all three; `latency_metric` is the name of the EMF metric of the time per request (ms)."""
        self.logger = Logger(use_rfc3339=True, utc=True)
        # The functions use neither boto3 nor an HTTP client; patching would import both on every cold start.
        self.tracer = Tracer(auto_patch=False)
        self.metrics = Metrics()
        # NOTE: X-Ray's SDK reports lost traces in plain text, which metric filters would count as errors of
        # the function. A lost trace is not a fault of the request.
        logging.getLogger("aws_xray_sdk").setLevel(logging.CRITICAL)
        self._latency_metric = latency_metric

    def begin(self, correlation_id: str) -> None:
        """Begin a request: its log lines have this id, and no keys of the previous request of the batch."""
        self.logger.remove_keys([drills.MEMBER])
        self.logger.set_correlation_id(correlation_id)

    def mark(self, drill: drills.Drill) -> None:
        """Add the drill to every log line of the request."""
        faults = {name: value for name, value in dataclasses.asdict(drill).items() if value}
        self.logger.append_keys(**{drills.MEMBER: faults})

    def finish(self, outcome: Outcome, *, started_s: float) -> None:
        """Write the request's log line and metrics.

        Args:
            outcome: The outcome.
            started_s: `time.perf_counter()` at its start.
        """
        duration_ms = round((time.perf_counter() - started_s) * 1000, 3)
        write = {"INFO": self.logger.info, "WARNING": self.logger.warning, "ERROR": self.logger.error}
        details = {"duration_ms": duration_ms, **outcome.details}
        write[outcome.level](outcome.message, extra=details, stacklevel=3)  # `location` is the caller
        self.tracer.put_annotation("Outcome", outcome.metric)
        self.metrics.add_metric(name=outcome.metric, unit=MetricUnit.Count, value=1)
        self.metrics.add_metric(name=self._latency_metric, unit=MetricUnit.Milliseconds, value=duration_ms)


def fault_details(error: BaseException) -> dict[str, str]:
    """Return the log keys of a fault: type, message if it is safe, and stack without values."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    message = f": {error}" if isinstance(error, SafeError) else ""
    return {"exception_name": type(error).__name__, "exception": f"{frames}{type(error).__name__}{message}"}


def publishable(error: Exception) -> SafeError:
    """Return the error to raise: Lambda logs its message and X-Ray stores it, so it must be safe."""
    return error if isinstance(error, SafeError) else UnexpectedFaultError(error)


def correlation_id(candidate: object, *, otherwise: str) -> str:
    """Return the caller's correlation id if it is a UUID, else `otherwise`: free text may contain secrets."""
    return candidate if isinstance(candidate, str) and UUID.fullmatch(candidate) else otherwise
