"""Faults on request, if the platform allows them: a drill makes the alarms of a deployed function fire.

The request has a member `drill`, an object with at least one of

- `log_level`: write an entry of this level before the request's own line.
- `slow_ms`: wait this long before the work.
- `fault`: `error`, fail; `timeout`, wait until Lambda ends the invocation.

A request for a fault is validated like any other, but never processed: a drill charges no customer. Where
drills are not allowed, `drill` is an unknown field and the request is rejected. Ignoring the member would
process the request, and a drill would charge a customer.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.shared.errors import SafeError
from functions.shared.validation import Fields

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.typing import LambdaContext

VARIABLE = "DRILLS"
"""The environment variable that allows drills with the value `allowed` (`drills.allowed` in the config)."""

MEMBER = "drill"
"""Name of the member, and of the key that marks every log line of such a request."""

FAULTS = frozenset({"error", "timeout"})
LOG_LEVELS = frozenset({"WARNING", "ERROR", "CRITICAL"})

_MAX_SLOW_MS = 900_000
"""Maximum timeout of a function (AWS Lambda Developer Guide, "Lambda quotas")."""

_SPARE_S = 5
"""Seconds after the remaining time, by which Lambda has ended the invocation."""


class RequestedFaultError(SafeError):
    """The fault that a drill requested."""


@dataclass(frozen=True)
class Drill:
    """The faults that a request asks for; empty texts and 0 for those it does not."""

    fault: str = ""
    slow_ms: int = 0
    log_level: str = ""

    def act(self, logger: Logger, context: LambdaContext) -> None:
        """Cause the requested faults.

        Raises:
            RequestedFaultError: `fault` is set.
        """
        write = {"WARNING": logger.warning, "ERROR": logger.error, "CRITICAL": logger.critical}
        if self.log_level:
            write[self.log_level]("drill: entry of the requested level")
        time.sleep(self.slow_ms / 1000)
        if self.fault == "timeout":
            # The request will have no line of its own: this line has the reason.
            logger.warning("drill: waiting for the timeout")
            time.sleep(context.get_remaining_time_in_millis() / 1000 + _SPARE_S)
        if self.fault:
            message = f"a drill requested this fault: {self.fault}"
            raise RequestedFaultError(message)


def take_out(request: object) -> tuple[object, Drill | None]:
    """Return the request without its member `drill`, and the drill.

    If drills are not allowed, the request is returned unchanged.

    Raises:
        InvalidRequestError: The member is not valid.
    """
    if os.environ.get(VARIABLE) != "allowed" or not isinstance(request, dict) or MEMBER not in request:
        return request, None
    without_drill = {name: value for name, value in request.items() if name != MEMBER}
    return without_drill, _read(request[MEMBER])


def _read(source: object) -> Drill:
    fields = Fields(source, names=frozenset({"fault", "slow_ms", "log_level"}), at=MEMBER)
    keys = source.keys() if isinstance(source, dict) else ()
    if not keys:
        fields.problems.setdefault(MEMBER, "must have at least one of fault, slow_ms, log_level")
    drill = Drill(
        fault=fields.choice("fault", FAULTS) if "fault" in keys else "",
        slow_ms=fields.integer("slow_ms", minimum=1, maximum=_MAX_SLOW_MS) if "slow_ms" in keys else 0,
        log_level=fields.choice("log_level", LOG_LEVELS) if "log_level" in keys else "",
    )
    fields.finish()
    return drill
