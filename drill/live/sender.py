"""Send requests to deployed functions at their times, and verify their answers.

The requested fault is the member `drill` of the request itself: the event, the JSON body of an HTTP request
of API Gateway, or the JSON body of each message of an SQS batch (functions/README.md, "Drills").
"""

from __future__ import annotations

import base64
import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import Self

from aws.clients import client
from config.errors import CommandError
from config.limits import LAMBDA_TIMEOUT_S
from config.models import Environment
from drill.live.clock import Clock
from drill.scenarios.reading import Sending

MEMBER = "drill"
AT_ONCE = 10
"""Maximum number of concurrent requests: the size of boto3's connection pool."""

AT_ONCE_LOCALLY = 3
"""The same for a local AWS, where each concurrent request starts a Python process."""

_LATE_S = 60
"""Seconds of drill time after the end of an entry in which late requests are still sent."""

_SHOWN = 300
"""Maximum length of an answer in a message."""

_SPARE_S = 30
"""Seconds after a function's timeout within which Lambda answers."""


_AS_REQUESTED = "as requested"


@dataclass
class Tally:
    """The results of the requests of one entry."""

    planned: int
    answers: Counter[str] = field(default_factory=Counter)
    """`as requested`, `throttled` or `unexpected` -> number of answers."""

    @property
    def sent(self) -> int:
        """Number of answered requests."""
        return sum(self.answers.values())

    def sentence(self, service: str, *, all_due: bool) -> str:
        """Return a summary; `all_due` means that the time of every request is over."""
        exceptions = "".join(
            f", {count} {name}" for name, count in self.answers.items() if name != _AS_REQUESTED
        )
        behind = self.sent < self.planned and all_due
        why = ": this machine is too slow" if behind else ""
        return f"{service}: {self.sent} of {self.planned} requests sent{exceptions}{why}"


class Sender:
    """Sends the requests of a scenario in separate threads, until all are sent or it is stopped.

    On a slow machine requests are late. Those that are still due after the end of their entry are skipped.
    """

    def __init__(
        self,
        env: Environment,
        functions: Mapping[str, str],
        sendings: Sequence[Sending],
        clock: Clock,
        *,
        over_s: float,
    ) -> None:
        """Prepare to send.

        Args:
            env: the environment.
            functions: each service's function in AWS.
            sendings: the requests.
            clock: the drill's clock.
            over_s: the end of the scenario.

        Raises:
            CommandError: an event cannot request a fault.
        """
        self._functions = functions
        self._clock = clock
        self._sendings = sendings
        self._ends_s = [sending.request.ends_s(over_s) for sending in sendings]
        times_s = [sending.request.times_s(over_s) for sending in sendings]
        self._events = [
            json.dumps(with_parameters(sending.event, sending.request.parameters)).encode()
            for sending in sendings
        ]
        timeouts = [env.functions[sending.request.service].timeout_s for sending in sendings]
        # No retries: a retry would cause a second failure.
        answers_in_s = max(timeouts, default=LAMBDA_TIMEOUT_S) + _SPARE_S
        self._lambda = client(env, "lambda", answers_in_s=answers_in_s, attempts=1)
        self._plan = sorted(
            (at_s, position) for position, entry_times_s in enumerate(times_s) for at_s in entry_times_s
        )
        self._next_s = 0.0
        self._stop = threading.Event()
        at_once = AT_ONCE_LOCALLY if env.is_local else AT_ONCE
        self._slots = threading.Semaphore(at_once)
        self._pool = ThreadPoolExecutor(at_once)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._lock = threading.Lock()
        self._is_cancelled = False
        self.tallies = [Tally(len(entry_times_s)) for entry_times_s in times_s]
        self.refusal = ""
        """Why the drill cannot continue; empty while functions answer as requested."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._thread.join()
        # After an interruption, do not wait for functions that run into their timeout, and send nothing more.
        self._is_cancelled = kind is not None
        self._pool.shutdown(wait=kind is None, cancel_futures=kind is not None)

    @property
    def late_s(self) -> float:
        """How late the next request is, in seconds of drill time; 0 if it is on time."""
        return max(0.0, self._clock.now_s() - self._next_s) if self._thread.is_alive() else 0.0

    def stop(self) -> None:
        """Stop sending."""
        self._stop.set()

    def _run(self) -> None:
        for at_s, position in self._plan:
            self._next_s = at_s
            # Computed again after each wait, as the clock may have been slowed down.
            while (left_s := at_s - self._clock.now_s()) > 0:
                if self._stop.wait(self._clock.real_s(left_s)):
                    return
            while not self._slots.acquire(timeout=0.1):
                if self._stop.is_set():
                    return
            if self._clock.now_s() > self._ends_s[position] + _LATE_S:
                self._slots.release()
                continue
            self._pool.submit(self._send, position)

    def _send(self, position: int) -> None:
        sending = self._sendings[position]
        if self._is_cancelled:
            return
        try:
            answer = self._lambda.invoke(
                FunctionName=self._functions[sending.request.service], Payload=self._events[position]
            )
            text = answer["Payload"].read().decode("utf-8", errors="replace")
            outcome = _outcome(sending.request.parameters, answer)
        except ClientError as error:
            text = str(error)
            throttled = error.response["Error"]["Code"] == "TooManyRequestsException"
            outcome = "throttled" if throttled else "unexpected"
        except BotoCoreError as error:
            text, outcome = str(error), "unexpected"
        finally:
            self._slots.release()
        with self._lock:
            self.tallies[position].answers[outcome] += 1
            if outcome == "unexpected" and not self.refusal:
                parameters = ", ".join(
                    f"{name} {value}" for name, value in sending.request.parameters.items()
                )
                self.refusal = (
                    f"{sending.request.service} did not answer as requested ({sending.place}): "
                    f"requested {parameters or 'no fault'}, answered {text[:_SHOWN]}"
                )


def _outcome(parameters: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """Return whether an invocation failed exactly if a fault was requested."""
    return _AS_REQUESTED if ("FunctionError" in answer) == ("fault" in parameters) else "unexpected"


def with_parameters(event: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event with drill parameters; unchanged if there are none.

    Raises:
        CommandError: the body of the event is not a JSON object.
    """
    if not parameters:
        return dict(event)
    records = event.get("Records")
    if isinstance(records, list):
        return {**event, "Records": [_with_body(record, parameters) for record in records]}
    if isinstance(event.get("requestContext"), dict):
        return _with_body(event, parameters)
    return {**event, MEMBER: dict(parameters)}


def _with_body(carrier: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401  # JSON
    body: Any = carrier.get("body") if isinstance(carrier, dict) else None
    try:
        text = base64.b64decode(body, validate=True) if carrier.get("isBase64Encoded") else body
        request = json.loads(text)
    except (AttributeError, TypeError, ValueError) as error:
        message = "the body of the event is not JSON, so it cannot request a fault"
        raise CommandError(message) from error
    if not isinstance(request, dict):
        message = "the body of the event is not a JSON object, so it cannot request a fault"
        raise CommandError(message)
    changed = {**carrier, "body": json.dumps({**request, MEMBER: dict(parameters)})}
    if "isBase64Encoded" in carrier:
        changed["isBase64Encoded"] = False
    return changed
