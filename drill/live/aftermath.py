"""The alarms that are in ALARM after a drill, and when they return to OK."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalog import Catalog
from catalog.specs import Alarm, Composite
from drill.durations import text_of

_DELAY_S = 120
"""Seconds until the last data of a period are available and evaluated: up to a minute each."""


_SHOWN = 5
"""Maximum number of listed alarms."""


@dataclass(frozen=True)
class Lasting:
    """An alarm that is still in ALARM."""

    alarm: str
    until_s: float | None
    """Latest end, in drill time, without further failures. None if missing data does not end it."""
    is_expected: bool = False
    """Whether the scenario has expectations of it."""


def lasting(catalog: Catalog, states: Mapping[str, str], last_s: float) -> Iterator[Lasting]:
    """Yield the alarms that are in ALARM.

    Args:
        catalog: the deployed catalog.
        states: state of each observed alarm, by its name in AWS.
        last_s: the time of the last request, in drill time.
    """
    by_key = {alarm.key: alarm for alarm in catalog.all_alarms}
    in_alarm = {name for name, state in states.items() if state == "ALARM"}
    for alarm in catalog.all_alarms:
        if alarm.name in in_alarm:
            yield Lasting(alarm.name, _until_s(list(_leaves(alarm, by_key, in_alarm)), last_s))


def _leaves(
    alarm: Alarm | Composite, by_key: Mapping[str, Alarm | Composite], in_alarm: Collection[str]
) -> Iterator[Alarm]:
    """Yield the metric alarms that keep an alarm in ALARM: itself, or those below it."""
    if isinstance(alarm, Alarm):
        yield alarm
        return
    for child in (by_key[key] for key in alarm.children()):
        if child.name in in_alarm:
            yield from _leaves(child, by_key, in_alarm)


def _until_s(alarms: Collection[Alarm], last_s: float) -> float | None:
    """Return when all of these alarms return to OK."""
    if any(alarm.treat_missing_data != "notBreaching" for alarm in alarms):
        return None
    # The period of the last failure ends within one period. N - M + 1 periods later, M of N cannot breach.
    waits_s = [
        alarm.period_s * (alarm.evaluation_periods - alarm.datapoints_to_alarm + 2) + _DELAY_S
        for alarm in alarms
    ]
    return last_s + max(waits_s, default=_DELAY_S)


def sentences(alarms: Sequence[Lasting], now_s: float, speed: float) -> Iterator[str]:
    """Yield a sentence for each alarm with expectations, and one for all others.

    Args:
        alarms: the alarms.
        now_s: the drill time.
        speed: the speed of AWS from now on, as a multiple of real time.
    """
    for alarm in alarms:
        if alarm.is_expected:
            yield f"still in ALARM: {alarm.alarm}, {_until([alarm], now_s, speed)}"
    unexpected = [alarm for alarm in alarms if not alarm.is_expected]
    if unexpected:
        names = ", ".join(alarm.alarm for alarm in unexpected[:_SHOWN])
        more = f" and {len(unexpected) - _SHOWN} more" if unexpected[_SHOWN:] else ""
        until = _until(unexpected, now_s, speed)
        yield f"still in ALARM, without expectations: {names}{more}; {until}"


def _until(alarms: Sequence[Lasting], now_s: float, speed: float) -> str:
    """Return when all of these alarms return to OK."""
    ends_s = [alarm.until_s for alarm in alarms if alarm.until_s is not None]
    if len(ends_s) < len(alarms):
        return "until there is data again"
    return f"OK again within {text_of(max(0.0, max(ends_s) - now_s) / speed)}"
