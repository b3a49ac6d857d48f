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
    by_key = {one.key: one for one in catalog.all_alarms}
    in_alarm = {name for name, state in states.items() if state == "ALARM"}
    for one in catalog.all_alarms:
        if one.name in in_alarm:
            yield Lasting(one.name, _until_s(list(_leaves(one, by_key, in_alarm)), last_s))


def _leaves(
    one: Alarm | Composite, by_key: Mapping[str, Alarm | Composite], in_alarm: Collection[str]
) -> Iterator[Alarm]:
    """Yield the metric alarms in ALARM that keep an alarm there: itself, or those below it."""
    if isinstance(one, Alarm):
        yield one
        return
    for child in (by_key[key] for key in one.children()):
        if child.name in in_alarm:
            yield from _leaves(child, by_key, in_alarm)


def _until_s(alarms: Collection[Alarm], last_s: float) -> float | None:
    """Return when all of these alarms are over."""
    if any(one.treat_missing_data != "notBreaching" for one in alarms):
        return None
    # The period of the last failure ends within one; M of N cannot breach any more N - M + 1 periods later.
    waits_s = [
        one.period_s * (one.evaluation_periods - one.datapoints_to_alarm + 2) + _DELAY_S for one in alarms
    ]
    return last_s + max(waits_s, default=_DELAY_S)


def sentences(found: Sequence[Lasting], now_s: float, speed: float) -> Iterator[str]:
    """Yield what a person is told: each alarm that the scenario is about, the others together.

    Args:
        found: the alarms.
        now_s: the drill's time.
        speed: how many times faster than the world AWS goes from now on.
    """
    for one in found:
        if one.is_expected:
            yield f"still in ALARM: {one.alarm}, {_until([one], now_s, speed)}"
    beside = [one for one in found if not one.is_expected]
    if beside:
        names = ", ".join(one.alarm for one in beside[:_SHOWN])
        more = f" and {len(beside) - _SHOWN} more" if beside[_SHOWN:] else ""
        until = _until(beside, now_s, speed)
        yield f"still in ALARM, of which nothing was expected: {names}{more}; {until}"


def _until(some: Sequence[Lasting], now_s: float, speed: float) -> str:
    """Return when all of these are over."""
    ends_s = [one.until_s for one in some if one.until_s is not None]
    if len(ends_s) < len(some):
        return "until there are data again"
    return f"OK again within {text_of(max(0.0, max(ends_s) - now_s) / speed)}"
