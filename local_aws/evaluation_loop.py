"""The evaluation loop: every simulated minute it emits samples, evaluates alarms and performs their actions.

MiniStack stores the states and evaluates composites when one of their children changes. All states of one
evaluation are set before any actions are performed, so that a composite that changes and changes back within
one evaluation does not notify.

An alarm that uses only metrics which the local AWS does not emit is not evaluated (`Watch.is_evaluable`): for
example, no containers run here, and missing metrics of containers are not a failure.

Source: Amazon CloudWatch User Guide, "Alarm evaluation".
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from cloudwatch.errors import InputError
from cloudwatch.evaluation import breaches, evaluate, low_samples
from cloudwatch.quotas import FAST_S, MINUTE_S
from local_aws import alarm_actions, alarms, emission, state_reason
from local_aws.calls import internal_call
from local_aws.metrics import metrics_of
from local_aws.violations import is_violated
from local_aws.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloudwatch.states import State
    from local_aws.calls import Call, Store
    from local_aws.clock import Clock
    from local_aws.http import AsgiApp
    from local_aws.protocols import Value
    from local_aws.watching import Datapoints

_GRACE_S = 0.2
"""Delay between the end of a minute and its evaluation, because storing a log line takes time."""

log = logging.getLogger("local_aws.cloudwatch")


class Transition(NamedTuple):
    """The new state of an alarm, as the result of an evaluation.

    Args:
        alarm: the alarm's name.
        state: its new state.
        reason: the state reason.
        reason_data: the state reason as JSON.
    """

    alarm: str
    state: State
    reason: str
    reason_data: str


def register(call: Call) -> None:
    """Add an account and region to the evaluation loop."""
    call.store.table("evaluation loop").setdefault("scopes", set()).add((call.account, call.region))


async def run(upstream: AsgiApp, store: Store, clock: Clock) -> None:
    """Evaluate every simulated minute, without end; every 10 s if an alarm has a period under a minute.

    If an evaluation takes longer than the interval, the evaluations that became due meanwhile are skipped.
    """
    last_s = clock.now_s()
    while True:
        scopes = sorted(store.table("evaluation loop").get("scopes", ()))
        calls = [internal_call(upstream, store, clock, account, region) for account, region in scopes]
        step_s = FAST_S if any(_is_short(watch) for call in calls for watch in _watches(call)) else MINUTE_S
        over_s = clock.now_s() - _GRACE_S * clock.speed
        next_s = max((last_s // step_s + 1) * step_s, over_s // step_s * step_s)
        await clock.sleep_until(next_s)
        await asyncio.sleep(_GRACE_S)
        for call in calls:
            await _evaluate(call, int(next_s))
        last_s = next_s


async def _evaluate(call: Call, at_s: int) -> None:
    """Evaluate an account and region. An error is logged, and the loop continues."""
    try:
        await evaluate_at(call, at_s)
    except Exception:
        log.exception("the evaluation of account %s in %s failed", call.account, call.region)


async def evaluate_at(call: Call, at_s: int) -> None:
    """Emit samples, evaluate alarms and perform actions, as due at a simulated time."""
    if at_s % MINUTE_S == 0:
        await emission.report(call, at_s)
    if not call.clock.evaluating:
        return
    async with alarm_actions.lock(call):
        transitions = list(_transitions(call, at_s))
        for transition in transitions:
            parameters = {
                "AlarmName": transition.alarm,
                "StateValue": transition.state,
                "StateReason": transition.reason,
                "StateReasonData": transition.reason_data,
            }
            await alarms.ask(call, "SetAlarmState", parameters)
        if transitions:
            await alarm_actions.process_changes(call)


def _transitions(call: Call, at_s: int) -> Iterator[Transition]:
    """Yield the alarms whose state changes."""
    metrics = metrics_of(call.store, call.account, call.region)
    states: dict[str, State] = call.table("states")
    for watch in _watches(call):
        state = states.get(watch.config["AlarmName"])
        if state and watch.is_due(at_s) and watch.is_evaluable(metrics):
            datapoints = watch.datapoints(
                metrics,
                call.clock,
                at_s,
                looks_back=not is_violated(call.store, "evaluation-range"),
                fills=not is_violated(call.store, "fill"),
            )
            new = _state(watch, datapoints, state)
            if new != state:
                yield Transition(
                    watch.config["AlarmName"],
                    new,
                    state_reason.reason(watch, datapoints, new, call.clock),
                    state_reason.data(watch, datapoints, call.clock),
                )


def _state(watch: Watch, datapoints: Datapoints, state: State) -> State:
    """Return the new state of an alarm with these datapoints and the current state."""
    stat = str(watch.config.get("ExtendedStatistic", ""))
    counts = datapoints.counts
    if watch.ignores_low_sample_counts and counts is not None and low_samples(counts[-1], stat):
        return state
    flags = breaches(datapoints.values, watch.comparison, watch.threshold)
    return evaluate([None if flag < 0 else bool(flag) for flag in flags], watch.settings, state)


def _watches(call: Call) -> Iterator[Watch]:
    """Yield the metric alarms that can be evaluated. A configuration is parsed again when it changes."""
    cache: dict[str, tuple[Value, Watch | None]] = call.table("watches")
    treats = not is_violated(call.store, "missing-data")
    configs: dict[str, Value] = call.table("PutMetricAlarm")
    for name in [name for name in cache if name not in configs]:
        del cache[name]
    for name, config in configs.items():
        if name not in cache or cache[name][0] is not config:
            cache[name] = (config, _watch(config))
        watch = cache[name][1]
        if watch:
            yield watch if treats else _without_treatment(watch)


def _watch(config: Value) -> Watch | None:
    try:
        return Watch.of(config)
    except (InputError, KeyError, TypeError) as error:
        # The gateway accepts alarms that are valid on AWS but cannot be evaluated here.
        log.warning("alarm %s is not evaluated: %r", config["AlarmName"], error)
        return None


def _without_treatment(watch: Watch) -> Watch:
    """Return an alarm that treats missing data as `missing`."""
    return replace(watch, settings=replace(watch.settings, treat_missing_data="missing"))


def _is_short(watch: Watch) -> bool:
    return watch.period_s < MINUTE_S
