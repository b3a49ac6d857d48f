"""The settings of an alarm, merged from all places in the configuration."""

from __future__ import annotations

from catalog.specs import Unit
from catalog.templates import AlarmTemplate, Percent, SeriesTemplate
from config.alarms import Tuning
from config.types import Share


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


_UNIT_WORDS: dict[Unit, str] = {"Milliseconds": "ms", "Seconds": "s", "Percent": "%", "Count": "", "None": ""}


def in_unit(unit: Unit, words: str) -> str:
    """Return the quantity in `words` with its unit before it, as it follows a number."""
    return f"{_UNIT_WORDS.get(unit, unit)} {words}".strip()


def effective(alarm: AlarmTemplate, tuned: Tuning) -> AlarmTemplate:
    """Return an alarm of a kind with the statistic, the operator and the missing data of its settings.

    The words of an alarm name its statistic; with another one, they are made from the metric.
    """
    changes: dict[str, object] = {}
    if tuned.comparison is not None:
        changes["comparison"] = tuned.comparison
    if tuned.missing is not None:
        changes["missing"] = tuned.missing
    watches = alarm.watches
    if isinstance(watches, SeriesTemplate) and tuned.stat not in {None, watches.stat}:
        series = watches.metric.stat(str(tuned.stat), f"{tuned.stat} of {watches.metric.name}")
        words = in_unit(series.unit, f"({series.label})")
        changes |= {"watches": series, "unit_words": words, "summary": alarm.any_stat or alarm.summary}
    return alarm.model_copy(update=changes) if changes else alarm


def threshold_of(alarm: AlarmTemplate, tuned: Tuning) -> float | Percent | None:
    """Return the threshold of an alarm in its unit, or relative to a fact.

    A number for an alarm with a relative threshold is a percentage of the same fact. None with an anomaly
    band, and if the configuration has to set the threshold and does not.
    """
    own = tuned.threshold
    if tuned.anomaly_band is not None:
        return None
    if isinstance(own, str):
        share = Share.read(own)
        fact = alarm.shares.get(share.of) if share else None
        # `check` rejects a share of something else.
        return Percent(value=share.percent, of=fact) if share and fact else alarm.threshold
    if own is not None and isinstance(alarm.threshold, Percent):
        return Percent(value=own, of=alarm.threshold.of, words=alarm.threshold.words)
    return alarm.threshold if own is None else own


def m_of_n(alarm: AlarmTemplate, tuned: Tuning) -> tuple[int, int]:
    """Return M and N: the datapoints that must breach, and those that are evaluated."""
    n = tuned.evaluation_periods or alarm.evaluation_periods
    # With fewer periods than the M of the template, all must breach, unless M is set as well.
    m = tuned.datapoints_to_alarm or min(alarm.datapoints_to_alarm, n)
    return m, n
