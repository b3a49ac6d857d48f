"""Send requests to deployed functions at their times, and see that they do what they are asked.

What is asked for goes as member `drill` into the request itself: the event, the JSON body of an HTTP request
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
"""Requests under way at most: what boto3's pool of connections holds."""

AT_ONCE_LOCALLY = 3
"""In a local AWS: each request beside another starts a Python of its own, all of them on one machine."""

_LATE_S = 60
"""Seconds of the drill's time after the end of an entry in which its requests are still sent."""

_SHOWN = 300
"""Characters of an answer that are shown."""

_SPARE_S = 30
"""Seconds beyond a function's timeout in which Lambda answers."""


_AS_ASKED = "as asked"


@dataclass
class Tally:
    """What became of the requests of one entry."""

    planned: int
    answers: Counter[str] = field(default_factory=Counter)
    """`as asked`, `throttled` or `otherwise` -> how many."""

    @property
    def sent(self) -> int:
        """How many were sent and answered."""
        return sum(self.answers.values())

    def sentence(self, service: str, *, all_due: bool) -> str:
        """Return what a person is told; `all_due`: the time of each request has come."""
        beside = "".join(f", {count} {name}" for name, count in self.answers.items() if name != _AS_ASKED)
        behind = self.sent < self.planned and all_due
        why = ": this machine is too slow" if behind else ""
        return f"{service}: {self.sent} of {self.planned} requests sent{beside}{why}"


class Sender:
    """Sends what a scenario says, in threads of its own, until it is done or told to stop.

    A machine that cannot keep up sends later; what is still to be sent after its entry's time is left out.
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
            over_s: when the scenario is over.

        Raises:
            CommandError: an event cannot ask for anything.
        """
        self._functions = functions
        self._clock = clock
        self._sendings = sendings
        self._ends_s = [sending.request.ends_s(over_s) for sending in sendings]
        times_s = [sending.request.times_s(over_s) for sending in sendings]
        self._events = [
            json.dumps(asking(sending.event, sending.request.asked)).encode() for sending in sendings
        ]
        timeouts = [env.functions[sending.request.service].timeout_s for sending in sendings]
        # Tried once: a second try would be a second failure.
        answers_in_s = max(timeouts, default=LAMBDA_TIMEOUT_S) + _SPARE_S
        self._lambda = client(env, "lambda", answers_in_s=answers_in_s, attempts=1)
        self._plan = sorted((at_s, position) for position, some in enumerate(times_s) for at_s in some)
        self._next_s = 0.0
        self._stop = threading.Event()
        at_once = AT_ONCE_LOCALLY if env.is_local else AT_ONCE
        self._slots = threading.Semaphore(at_once)
        self._pool = ThreadPoolExecutor(at_once)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._lock = threading.Lock()
        self.tallies = [Tally(len(some)) for some in times_s]
        self.refusal = ""
        """Why it is of no use to go on; empty as long as functions do what they are asked."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._thread.join()
        # Who has interrupted does not wait for a function that waits for its timeout.
        self._pool.shutdown(wait=kind is None)

    @property
    def late_s(self) -> float:
        """How late the next request is, in seconds of the drill's time; 0 if it is not."""
        return max(0.0, self._clock.now_s() - self._next_s) if self._thread.is_alive() else 0.0

    def stop(self) -> None:
        """Send no more."""
        self._stop.set()

    def _run(self) -> None:
        for at_s, position in self._plan:
            self._next_s = at_s
            # Asked again after each wait: the clock may have been slowed down meanwhile.
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
        try:
            answer = self._lambda.invoke(
                FunctionName=self._functions[sending.request.service], Payload=self._events[position]
            )
            text = answer["Payload"].read().decode("utf-8", errors="replace")
            outcome = _outcome(sending.request.asked, answer)
        except ClientError as error:
            text = str(error)
            throttled = error.response["Error"]["Code"] == "TooManyRequestsException"
            outcome = "throttled" if throttled else "otherwise"
        except BotoCoreError as error:
            text, outcome = str(error), "otherwise"
        finally:
            self._slots.release()
        with self._lock:
            self.tallies[position].answers[outcome] += 1
            if outcome == "otherwise" and not self.refusal:
                asked = ", ".join(f"{name} {value}" for name, value in sending.request.asked.items())
                self.refusal = (
                    f"{sending.request.service} did not do what it was asked ({sending.place}): "
                    f"asked for {asked or 'nothing'}, it answered {text[:_SHOWN]}"
                )


def _outcome(asked: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """Tell whether an invocation ended as it should: failed when a fault was asked for, and else not."""
    return _AS_ASKED if ("FunctionError" in answer) == ("fault" in asked) else "otherwise"


def asking(event: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event that asks for `asked`; one that asks for nothing as it is.

    Raises:
        CommandError: the event carries a body that is no JSON object.
    """
    if not asked:
        return dict(event)
    records = event.get("Records")
    if isinstance(records, list):
        return {**event, "Records": [_with_body(record, asked) for record in records]}
    if isinstance(event.get("requestContext"), dict):
        return _with_body(event, asked)
    return {**event, MEMBER: dict(asked)}


def _with_body(carrier: Any, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401  # JSON
    body: Any = carrier.get("body") if isinstance(carrier, dict) else None
    try:
        text = base64.b64decode(body, validate=True) if carrier.get("isBase64Encoded") else body
        request = json.loads(text)
    except (AttributeError, TypeError, ValueError) as error:
        message = "the event's body is no JSON, so that nothing can be asked for in it"
        raise CommandError(message) from error
    if not isinstance(request, dict):
        message = "the event's body is no JSON object, so that nothing can be asked for in it"
        raise CommandError(message)
    changed = {**carrier, "body": json.dumps({**request, MEMBER: dict(asked)})}
    if "isBase64Encoded" in carrier:
        changed["isBase64Encoded"] = False
    return changed
