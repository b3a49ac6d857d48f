"""What config says about an alarm, from all the places where it may say it."""

from __future__ import annotations

from catalog.templates import AlarmTemplate
from config.models import Tuning


def merged(general: Tuning | None, own: Tuning | None) -> Tuning:
    """Return the tuning of one alarm: its own values, then those for all of its kind.

    A threshold and an anomaly band take each other's place: the one that is nearer to the service counts.
    """
    values = (general or Tuning()).model_dump(exclude_none=True)
    nearer = (own or Tuning()).model_dump(exclude_none=True)
    for given, other in (("threshold", "anomaly_band"), ("anomaly_band", "threshold")):
        if given in nearer:
            values.pop(other, None)
    return Tuning.model_validate({**values, **nearer})


def m_of_n(alarm: AlarmTemplate, tuned: Tuning) -> tuple[int, int]:
    """Return how many datapoints must breach, of how many that are looked at."""
    n = tuned.evaluation_periods or alarm.evaluation_periods
    # Fewer periods than the template's M means "all of them", unless M is given too.
    m = tuned.datapoints_to_alarm or min(alarm.datapoints_to_alarm, n)
    return m, n
