"""Failing on request, where the platform allows it: so a drill makes a deployed function's alarms fire.

A request asks with a member `drill`, an object of at least one of

- `log_level`: write an entry of this level before the request's own line.
- `slow_ms`: wait so long before the work begins.
- `fault`: `error`, fail; `timeout`, wait until Lambda ends the invocation.

A request that asks for a fault is checked as any other, and its work is never begun: nobody is charged for a
drill. Where drills are not allowed the member is a field that no contract knows, and the request is refused.
To pass over the member would be worse: who wanted to see a failure would have charged somebody.
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
"""The environment variable that allows drills by the value `allowed`; the platform sets it as config says."""

MEMBER = "drill"
"""Name of the member, and of the key by which every line of such a request is known for a drill's."""

FAULTS = frozenset({"error", "timeout"})
LOG_LEVELS = frozenset({"WARNING", "ERROR", "CRITICAL"})

_LONGEST_MS = 900_000
"""A function's longest timeout (AWS Lambda Developer Guide, "Lambda quotas")."""

_SPARE_S = 5
"""Seconds after the end of the time that is left, by which Lambda has ended the invocation."""


class RequestedFaultError(SafeError):
    """The fault that a drill asked for."""


@dataclass(frozen=True)
class Drill:
    """What a request asks for; empty texts and 0 where it does not."""

    fault: str = ""
    slow_ms: int = 0
    log_level: str = ""

    def act(self, logger: Logger, context: LambdaContext) -> None:
        """Do what is asked for.

        Raises:
            RequestedFaultError: A fault is.
        """
        write = {"WARNING": logger.warning, "ERROR": logger.error, "CRITICAL": logger.critical}
        if self.log_level:
            write[self.log_level]("drill: an entry of this level")
        time.sleep(self.slow_ms / 1000)
        if self.fault == "timeout":
            # The request will have no line of its own: this one tells why its invocation was ended.
            logger.warning("drill: waiting for the timeout")
            time.sleep(context.get_remaining_time_in_millis() / 1000 + _SPARE_S)
        if self.fault:
            message = f"a drill asked for this fault: {self.fault}"
            raise RequestedFaultError(message)


def take_out(request: object) -> tuple[object, Drill | None]:
    """Return the request without its member `drill`, and what that asks for.

    Where drills are not allowed the request is returned as it came.

    Raises:
        InvalidRequestError: The member is not understood.
    """
    if os.environ.get(VARIABLE) != "allowed" or not isinstance(request, dict) or MEMBER not in request:
        return request, None
    rest = {name: value for name, value in request.items() if name != MEMBER}
    return rest, _read(request[MEMBER])


def _read(source: object) -> Drill:
    fields = Fields(source, names=frozenset({"fault", "slow_ms", "log_level"}), at=MEMBER)
    given = source.keys() if isinstance(source, dict) else ()
    if not given:
        fields.problems.setdefault(MEMBER, "must ask for at least one of fault, slow_ms, log_level")
    drill = Drill(
        fault=fields.choice("fault", FAULTS) if "fault" in given else "",
        slow_ms=fields.integer("slow_ms", minimum=1, maximum=_LONGEST_MS) if "slow_ms" in given else 0,
        log_level=fields.choice("log_level", LOG_LEVELS) if "log_level" in given else "",
    )
    fields.finish()
    return drill
