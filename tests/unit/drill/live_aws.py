"""An AWS for tests of the live drill: functions that fail on request, alarms over their failures, a queue."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.drill.live_queue import URL, Queue

ALARMED_AFTER = 3
"""Failed requests that put the errors alarm into ALARM."""

QUIET_S = 0.4
"""Seconds without a failure after which it is OK again."""


class Aws:
    """Stands for the clients of Lambda, CloudWatch and SQS."""

    def __init__(self, topics: dict[str, str]) -> None:
        """Have an alarm on errors and a composite over it, which notifies a topic.

        Args:
            topics: name in AWS of the composite -> the topic's ARN.
        """
        self.topics = topics
        self.queue = Queue(most_receives=3)
        self.states: dict[str, str] = {}
        self.suppressor = ""
        self.held_by: str | None = None
        """What the composite says that holds its actions back."""
        self.rules: dict[str, str] = {}
        """Rule of each composite that has one here."""
        self.failures: list[float] = []
        self.requests: list[tuple[str, Any]] = []
        self.sent_s: list[float] = []
        self.answer: Callable[[Any], dict[str, Any]] = _fails_on_request
        self.variables = {"DRILLS": "allowed"}
        self.delivers = True
        self.lock = threading.Lock()

    def client(self, _env: Any, _service: str, **_: Any) -> Aws:
        """Return the client of any service."""
        return self

    def get_function_configuration(self, **asked: str) -> dict[str, Any]:
        """Answer as Lambda does."""
        assert asked["FunctionName"].startswith("reveille-")
        return {"Environment": {"Variables": self.variables}} if self.variables else {}

    def invoke(self, **asked: Any) -> dict[str, Any]:
        """Run a function."""
        event = json.loads(asked["Payload"])
        with self.lock:
            self.requests.append((asked["FunctionName"], event))
            self.sent_s.append(time.monotonic())
            answer = self.answer(event)
            if "FunctionError" in answer:
                self.failures.append(time.monotonic())
        return {**answer, "Payload": io.BytesIO(b'{"status": "x"}')}

    def describe_alarms(self, **asked: Any) -> dict[str, Any]:
        """Answer as CloudWatch does, having evaluated first."""
        assert asked["AlarmTypes"] == ["MetricAlarm", "CompositeAlarm"]
        assert len(asked["AlarmNames"]) <= 100
        self._evaluate()
        return {
            "MetricAlarms": [self._described(name) for name in asked["AlarmNames"] if name in self.states],
            "ResponseMetadata": {"HTTPHeaders": {"date": datetime.now(timezone.utc).strftime(_HTTP)}},
        }

    def _described(self, name: str) -> dict[str, Any]:
        actions = [self.topics[name]] if name in self.topics else []
        suppressed = {"ActionsSuppressor": f"arn:aws:cloudwatch:r:1:alarm:{self.suppressor}"}
        return {
            "AlarmName": name,
            "StateValue": self.states[name],
            "AlarmActions": actions,
            "OKActions": actions,
            **(suppressed if self.suppressor and name in self.topics else {}),
            **({"AlarmRule": self.rules[name]} if name in self.rules else {}),
            **({"ActionsSuppressedBy": self.held_by} if self.held_by and name in self.topics else {}),
        }

    def _evaluate(self) -> None:
        """Set the alarms of the payment service as its failures say, and send the composite's message."""
        recent = [at for at in self.failures if time.monotonic() - at < QUIET_S]
        was = self.states[ERRORS]
        if len(self.failures) >= ALARMED_AFTER or was == "ALARM":
            self.states[ERRORS] = self.states[IMPACT] = "ALARM" if recent else "OK"
        if self.states[ERRORS] != was and self.delivers:
            self.queue.put(self._notice(IMPACT, self.states[IMPACT]))

    def _notice(self, alarm: str, state: str) -> str:
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        said = {"AlarmName": alarm, "NewStateValue": state, "StateChangeTime": now}
        return json.dumps({"TopicArn": self.topics[alarm], "Message": json.dumps(said)})

    def __getattr__(self, name: str) -> Any:
        """Let the queue answer what is SQS's."""
        return getattr(self.queue, name)


ERRORS = "reveille-payment-handler-errors-local"
IMPACT = "reveille-payment-handler-impact-local"
DEPLOYING = "reveille-payment-handler-deploying-local"
_HTTP = "%a, %d %b %Y %H:%M:%S GMT"

OUTPUTS = {
    "compute": {"lambda_function_names": {"payment-handler": "reveille-payment-handler-local"}},
    "monitoring": {"alarm_queue_url": URL},
}


def _fails_on_request(event: Any) -> dict[str, Any]:
    return {"FunctionError": "Unhandled"} if event.get("drill", {}).get("fault") else {}


def throttled(_: Any) -> dict[str, Any]:
    """Refuse a request, as Lambda does when too many run."""
    raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}}, "Invoke")
