"""What is done every simulated minute: samples are made, alarms are evaluated, what changed is acted on.

MiniStack keeps the states and evaluates composites when one of their children changes. All changes of a
round are made before any is acted on, so that a composite that moved and moved back within it says nothing.

An alarm over nothing but metrics that the local AWS cannot report is left alone (`Watch.is_known`): it runs
no containers, and their silence is no failure.

Source: Amazon CloudWatch User Guide, "Alarm evaluation".
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple

from cloudwatch.errors import InputError
from cloudwatch.evaluation import breaches, evaluate, low_samples
from cloudwatch.quotas import FAST_S, MINUTE_S
from local_aws import alarm_actions, alarms, emission, reasons
from local_aws.calls import own_call
from local_aws.metrics import metrics_of
from local_aws.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloudwatch.states import State
    from local_aws.calls import Call, Store
    from local_aws.clock import Clock
    from local_aws.protocols import Value
    from local_aws.watching import Datapoints
    from local_aws.wire import AsgiApp

_GRACE_S = 0.2
"""How long after a minute's end its samples are looked for: who writes a line takes a moment to store it."""

log = logging.getLogger("local_aws.cloudwatch")


class Verdict(NamedTuple):
    """What an evaluation found.

    Args:
        alarm: the alarm's name.
        state: its state now.
        reason: why, in words.
        reason_data: why, as JSON.
    """

    alarm: str
    state: State
    reason: str
    reason_data: str


def remember(call: Call) -> None:
    """Note that an account uses a region: rounds are made for those that do."""
    call.store.table("rounds").setdefault("scopes", set()).add((call.account, call.region))


async def run(upstream: AsgiApp, store: Store, clock: Clock) -> None:
    """Make a round every simulated minute, for ever; every ten seconds when an alarm wants that.

    When rounds take longer than the time between them, those in between are left out.
    """
    last_s = clock.now_s()
    while True:
        scopes = sorted(store.table("rounds").get("scopes", ()))
        calls = [own_call(upstream, store, clock, account, region) for account, region in scopes]
        step_s = FAST_S if any(_is_short(watch) for call in calls for watch in _watches(call)) else MINUTE_S
        over_s = clock.now_s() - _GRACE_S * clock.speed
        next_s = max((last_s // step_s + 1) * step_s, over_s // step_s * step_s)
        await clock.sleep_until(next_s)
        await asyncio.sleep(_GRACE_S)
        for call in calls:
            await _round(call, int(next_s))
        last_s = next_s


async def _round(call: Call, at_s: int) -> None:
    """Make a round; the next one is made whatever becomes of it."""
    try:
        await round_at(call, at_s)
    except Exception:
        log.exception("a round of %s in %s failed", call.account, call.region)


async def round_at(call: Call, at_s: int) -> None:
    """Make the round that is due at a simulated time."""
    if at_s % MINUTE_S == 0:
        await emission.report(call, at_s)
    if not call.clock.evaluating:
        return
    async with alarm_actions.lock(call):
        verdicts = list(_verdicts(call, at_s))
        for verdict in verdicts:
            given = {
                "AlarmName": verdict.alarm,
                "StateValue": verdict.state,
                "StateReason": verdict.reason,
                "StateReasonData": verdict.reason_data,
            }
            await alarms.ask(call, "SetAlarmState", given)
        if verdicts:
            await alarm_actions.settle(call)


def _verdicts(call: Call, at_s: int) -> Iterator[Verdict]:
    """Yield the alarms whose state is another one now."""
    metrics = metrics_of(call.store, call.account, call.region)
    states: dict[str, State] = call.table("states")
    for watch in _watches(call):
        before = states.get(watch.config["AlarmName"])
        if before and watch.is_due(at_s) and watch.is_known(metrics):
            seen = watch.datapoints(metrics, call.clock, at_s)
            state = _state(watch, seen, before)
            if state != before:
                yield Verdict(
                    watch.config["AlarmName"],
                    state,
                    reasons.reason(watch, seen, state, call.clock),
                    reasons.data(watch, seen, call.clock),
                )


def _state(watch: Watch, seen: Datapoints, before: State) -> State:
    """Return the state of an alarm that sees these datapoints."""
    stat = str(watch.config.get("ExtendedStatistic", ""))
    if watch.ignores_few and seen.counts is not None and low_samples(seen.counts[-1], stat):
        return before
    flags = breaches(seen.values, watch.comparison, watch.threshold)
    return evaluate([None if flag < 0 else bool(flag) for flag in flags], watch.settings, before)


def _watches(call: Call) -> Iterator[Watch]:
    """Yield what each metric alarm watches that can be evaluated; read again when it is put again."""
    kept: dict[str, tuple[Value, Watch | None]] = call.table("watches")
    configs: dict[str, Value] = call.table("PutMetricAlarm")
    for name in [name for name in kept if name not in configs]:
        del kept[name]
    for name, config in configs.items():
        if name not in kept or kept[name][0] is not config:
            kept[name] = (config, _watch(config))
        watch = kept[name][1]
        if watch:
            yield watch


def _watch(config: Value) -> Watch | None:
    try:
        return Watch.of(config)
    except (InputError, KeyError, TypeError) as error:
        # MiniStack took it, which does not look that closely.
        log.warning("alarm %s is not evaluated: %r", config["AlarmName"], error)
        return None


def _is_short(watch: Watch) -> bool:
    return watch.period_s < MINUTE_S
