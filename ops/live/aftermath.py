"""Which alarms a drill leaves in ALARM, and when they will be OK again by themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from catalog import Catalog
from catalog.specs import Alarm, Composite

_DELAY_S = 120
"""Seconds until a period's last data are there and have been evaluated: each takes up to a minute."""


@dataclass(frozen=True)
class Lasting:
    """An alarm that is still in ALARM."""

    alarm: str
    until_s: float | None
    """On the drill's clock, at the latest, if nothing else fails; None when no data would change nothing."""


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
