"""Probes of action suppression: the wait period and the extension period.

The alarms have no data and ignore that, so that they keep the states that are set.
"""

from __future__ import annotations

from typing import NamedTuple

from probe.bench import Bench, Inbox, Observed
from probe.verdicts import DoesNotHoldError

_PERIOD_S = 120
"""Wait period and extension period of the composite alarms."""

_EARLY_S = 15
"""Seconds that a message may be early, because states and queues are polled."""

_ARRIVES_S = 180
"""Maximum seconds from the end of a period until the message is in the queue."""


class _Setup(NamedTuple):
    cause: str
    suppressor: str
    composite: str
    inbox: Inbox
    states: Observed


def wait(bench: Bench) -> str:
    """Return how long the actions wait for a suppressor that does not go into ALARM."""
    setup = _create(bench, "wait")
    bench.set_state(setup.cause, "ALARM")
    changed_s = _in_alarm_s(bench, setup)
    _require_suppressed(bench, setup, "WaitPeriod")
    waited_s = _arrived_s(bench, setup.inbox) - changed_s
    if waited_s < _PERIOD_S - _EARLY_S:
        message = f"the message arrived after {waited_s:.0f} s, before the end of {_PERIOD_S} s"
        raise DoesNotHoldError(message)
    return f"the message arrived after {waited_s:.0f} s, with a wait period of {_PERIOD_S} s"


def extension(bench: Bench) -> str:
    """Return how long the actions are suppressed after the suppressor has left ALARM."""
    setup = _create(bench, "extension")
    bench.set_state(setup.cause, "ALARM")
    _in_alarm_s(bench, setup)
    bench.set_state(setup.suppressor, "ALARM")
    _require_suppressed(bench, setup, "Alarm")
    if bench.until(setup.inbox.arrived, _PERIOD_S + _EARLY_S):
        message = "a message arrived while the suppressor was in ALARM"
        raise DoesNotHoldError(message)
    left_s = bench.clock.now_s()
    bench.set_state(setup.suppressor, "OK")
    waited_s = _arrived_s(bench, setup.inbox) - left_s
    if waited_s < _PERIOD_S - _EARLY_S:
        message = f"the message arrived {waited_s:.0f} s after the suppressor left ALARM"
        raise DoesNotHoldError(message)
    return f"the message arrived after {waited_s:.0f} s, with an extension period of {_PERIOD_S} s"


def _create(bench: Bench, key: str) -> _Setup:
    inbox = bench.queue(key)
    cause = bench.alarm(f"{key}-cause", TreatMissingData="ignore")
    suppressor = bench.alarm(f"{key}-suppressor", TreatMissingData="ignore")
    for alarm in (cause, suppressor):
        bench.set_state(alarm, "OK")
    composite = bench.composite(
        key,
        f'ALARM("{cause}")',
        actions=[inbox.topic],
        ActionsSuppressor=suppressor,
        ActionsSuppressorWaitPeriod=_PERIOD_S,
        ActionsSuppressorExtensionPeriod=_PERIOD_S,
    )
    states = bench.states(cause, suppressor, composite)
    if not bench.until(lambda: states.are("OK", composite), _ARRIVES_S):
        message = "a composite alarm whose rule is false does not go into OK"
        raise DoesNotHoldError(message)
    return _Setup(cause, suppressor, composite, inbox, states)


def _in_alarm_s(bench: Bench, setup: _Setup) -> float:
    if not bench.until(lambda: setup.states.are("ALARM", setup.composite), _ARRIVES_S):
        message = "a composite alarm does not follow its child into ALARM"
        raise DoesNotHoldError(message)
    return setup.states.began_s(setup.composite, "ALARM") or 0.0


def _require_suppressed(bench: Bench, setup: _Setup, by: str) -> None:
    found: set[str] = set()

    def is_suppressed() -> bool:
        found.add(setup.states.suppressed_by(setup.composite) or "nothing")
        return by in found or setup.inbox.arrived()

    bench.until(is_suppressed, _PERIOD_S)
    if by not in found:
        message = f"the actions are suppressed by {' and '.join(sorted(found))}, not by {by}"
        raise DoesNotHoldError(message)


def _arrived_s(bench: Bench, inbox: Inbox) -> float:
    if not bench.until(inbox.arrived, _PERIOD_S + _ARRIVES_S):
        within = f"within {(_PERIOD_S + _ARRIVES_S) // 60} minutes"
        message = f"no message arrived {within}, unless `topic-policy` does not hold either"
        raise DoesNotHoldError(message)
    return bench.clock.now_s()
