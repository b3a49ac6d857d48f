"""What config says about an alarm of a service, from all the places where it may say it."""

from __future__ import annotations

from catalog.templates import AlarmTemplate
from config.models import AnyService, Environment, Tuning


def tunings_by_kind(env: Environment) -> dict[str, dict[str, Tuning]]:
    """Return kind -> alarm key -> tuning, as config says it for all services of a kind."""
    return {"lambda": env.alarms.lambda_, "ecs": env.alarms.ecs}


def tuned(env: Environment, service: AnyService, alarm: AlarmTemplate) -> Tuning:
    """Return the tuning of one alarm of one service: its own values, then those for all of its kind."""
    general = tunings_by_kind(env)[service.kind].get(alarm.key, Tuning())
    own = service.alarms.get(alarm.key, Tuning())
    return Tuning.model_validate(
        {**general.model_dump(exclude_none=True), **own.model_dump(exclude_none=True)}
    )


def m_of_n(alarm: AlarmTemplate, tuned: Tuning) -> tuple[int, int]:
    """Return how many datapoints must breach, of how many that are looked at."""
    n = tuned.evaluation_periods or alarm.evaluation_periods
    # Fewer periods than the template's M means "all of them", unless M is given too.
    m = tuned.datapoints_to_alarm or min(alarm.datapoints_to_alarm, n)
    return m, n
