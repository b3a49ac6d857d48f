"""What a function says about each request: one JSON line, two metrics, one trace annotation.

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
    """How one request ended.

    Attributes:
        level: INFO: done. WARNING: refused, as it should be. ERROR: a fault; alarms count these lines.
        message: Constant text, so that a query can group by it.
        metric: Name of the EMF metric that counts this outcome.
        details: Further keys of the log line: identifiers and codes, never what a person typed.
    """

    level: Literal["INFO", "WARNING", "ERROR"]
    message: str
    metric: str
    details: Mapping[str, object] = field(default_factory=dict)


class Telemetry:
    """Logger, tracer and metrics of one function, configured by the `POWERTOOLS_*` variables."""

    def __init__(self, *, latency_metric: str) -> None:
        """Set up all three; `latency_metric` names the EMF metric of the time per request (ms)."""
        self.logger = Logger(use_rfc3339=True, utc=True)
        # Nothing to patch: no boto3, no HTTP client. Patching would import both on every cold start.
        self.tracer = Tracer(auto_patch=False)
        self.metrics = Metrics()
        # NOTE: X-Ray's SDK reports lost traces in plain text; filters would take that for the function's own
        # errors. A trace that is lost is no fault of the request.
        logging.getLogger("aws_xray_sdk").setLevel(logging.CRITICAL)
        self._latency_metric = latency_metric

    def begin(self, correlation_id: str) -> None:
        """Begin a request: its lines carry this id, and nothing of the one before it in the same batch."""
        self.logger.remove_keys([drills.MEMBER])
        self.logger.set_correlation_id(correlation_id)

    def mark(self, drill: drills.Drill) -> None:
        """Say in every line of the request that it is a drill's, and what that asks for."""
        asked = {name: value for name, value in dataclasses.asdict(drill).items() if value}
        self.logger.append_keys(**{drills.MEMBER: asked})

    def finish(self, outcome: Outcome, *, started_s: float) -> None:
        """Write the request's one line and its metrics.

        Args:
            outcome: How it ended.
            started_s: `time.perf_counter()` at its beginning.
        """
        duration_ms = round((time.perf_counter() - started_s) * 1000, 3)
        write = {"INFO": self.logger.info, "WARNING": self.logger.warning, "ERROR": self.logger.error}
        details = {"duration_ms": duration_ms, **outcome.details}
        write[outcome.level](outcome.message, extra=details, stacklevel=3)  # `location` is the caller
        self.tracer.put_annotation("Outcome", outcome.metric)
        self.metrics.add_metric(name=outcome.metric, unit=MetricUnit.Count, value=1)
        self.metrics.add_metric(name=self._latency_metric, unit=MetricUnit.Milliseconds, value=duration_ms)


def fault_details(error: BaseException) -> dict[str, str]:
    """Describe a fault for the log line: type, message if it is safe, and the stack without values."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    message = f": {error}" if isinstance(error, SafeError) else ""
    return {"exception_name": type(error).__name__, "exception": f"{frames}{type(error).__name__}{message}"}


def publishable(error: Exception) -> SafeError:
    """Return what may leave the function: Lambda logs, and X-Ray stores, the message of what is raised."""
    return error if isinstance(error, SafeError) else UnexpectedFaultError(error)


def correlation_id(candidate: object, *, otherwise: str) -> str:
    """Take a caller's correlation id if it is a UUID, else our own: free text could carry anything."""
    return candidate if isinstance(candidate, str) and UUID.fullmatch(candidate) else otherwise
