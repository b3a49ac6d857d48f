"""The settings of an alarm, merged from all places in the configuration."""

from __future__ import annotations

from catalog.templates import AlarmTemplate
from config.models import Tuning


def merged(general: Tuning | None, own: Tuning | None) -> Tuning:
    """Return the settings of one alarm: those of the service override those of the kind.

    A threshold and an anomaly band exclude each other: the one of the service takes precedence.
    """
    values = (general or Tuning()).model_dump(exclude_none=True)
    own_values = (own or Tuning()).model_dump(exclude_none=True)
    for key, other in (("threshold", "anomaly_band"), ("anomaly_band", "threshold")):
        if key in own_values:
            values.pop(other, None)
    return Tuning.model_validate({**values, **own_values})


def m_of_n(alarm: AlarmTemplate, tuned: Tuning) -> tuple[int, int]:
    """Return M and N: the datapoints that must breach, and those that are evaluated."""
    n = tuned.evaluation_periods or alarm.evaluation_periods
    # With fewer periods than the M of the template, all must breach, unless M is set as well.
    m = tuned.datapoints_to_alarm or min(alarm.datapoints_to_alarm, n)
    return m, n
