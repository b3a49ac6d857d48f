"""Which alarms a drill leaves in ALARM, and when they will be OK again by themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalog import Catalog
from catalog.specs import Alarm, Composite
from drill.durations import text_of

_DELAY_S = 120
"""Seconds until a period's last data are there and have been evaluated: each takes up to a minute."""


_SHOWN = 5
"""Alarms that are listed before they are counted."""


@dataclass(frozen=True)
class Lasting:
    """An alarm that is still in ALARM."""

    alarm: str
    until_s: float | None
    """On the drill's clock, at the latest, if nothing else fails; None when no data would change nothing."""
    is_expected: bool = False
    """Whether the scenario expects something of it."""


def lasting(catalog: Catalog, states: Mapping[str, str], last_s: float) -> Iterator[Lasting]:
    """Yield the alarms that are in ALARM.

    Args:
        catalog: what is deployed.
        states: state of each alarm that was watched, by its name in AWS.
        last_s: when the last request was sent, on the drill's clock.
    """
    by_key = {alarm.key: alarm for alarm in catalog.all_alarms}
    in_alarm = {name for name, state in states.items() if state == "ALARM"}
    for alarm in catalog.all_alarms:
        if alarm.name in in_alarm:
            yield Lasting(alarm.name, _until_s(list(_leaves(alarm, by_key, in_alarm)), last_s))


def _leaves(
    alarm: Alarm | Composite, by_key: Mapping[str, Alarm | Composite], in_alarm: Collection[str]
) -> Iterator[Alarm]:
    """Yield the metric alarms in ALARM that keep an alarm there: itself, or those below it."""
    if isinstance(alarm, Alarm):
        yield alarm
        return
    for child in (by_key[key] for key in alarm.children()):
        if child.name in in_alarm:
            yield from _leaves(child, by_key, in_alarm)


def _until_s(alarms: Collection[Alarm], last_s: float) -> float | None:
    """Return when all of these alarms are over."""
    if any(alarm.treat_missing_data != "notBreaching" for alarm in alarms):
        return None
    # The period of the last failure ends within one; M of N cannot breach any more N - M + 1 periods later.
    waits_s = [
        alarm.period_s * (alarm.evaluation_periods - alarm.datapoints_to_alarm + 2) + _DELAY_S
        for alarm in alarms
    ]
    return last_s + max(waits_s, default=_DELAY_S)


def sentences(found: Sequence[Lasting], now_s: float, speed: float) -> Iterator[str]:
    """Yield what a person is told: each alarm that the scenario is about, the others together.

    Args:
        found: the alarms.
        now_s: the drill's time.
        speed: how many times faster than the world AWS goes from now on.
    """
    for item in found:
        if item.is_expected:
            yield f"still in ALARM: {item.alarm}, {_until([item], now_s, speed)}"
    beside = [item for item in found if not item.is_expected]
    if beside:
        names = ", ".join(item.alarm for item in beside[:_SHOWN])
        more = f" and {len(beside) - _SHOWN} more" if beside[_SHOWN:] else ""
        until = _until(beside, now_s, speed)
        yield f"still in ALARM, of which nothing was expected: {names}{more}; {until}"


def _until(some: Sequence[Lasting], now_s: float, speed: float) -> str:
    """Return when all of these are over."""
    ends_s = [item.until_s for item in some if item.until_s is not None]
    if len(ends_s) < len(some):
        return "until there are data again"
    return f"OK again within {text_of(max(0.0, max(ends_s) - now_s) / speed)}"
