"""What is said about several services together: who is in trouble, and what is left of budgets."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.specs import Composite, ServiceView
from stacks.dashboard.alarm_states import alarm_rows, alarm_widget
from stacks.dashboard.budgets import budget_rows
from stacks.dashboard.layout import COLUMNS, QUARTER, Block, Widget, chunks, text
from stacks.dashboard.limits import MAX_ALARMS_PER_WIDGET
from stacks.dashboard.scene import AnyAlarm, Scene, is_ticket, pages_somebody, silences


def paging(scene: Scene, alarms: Sequence[AnyAlarm]) -> Block:
    """Return the states of what wakes somebody, but for budgets that burn."""
    chosen = [one for one in alarms if pages_somebody(one) and one.key not in scene.burning]
    return Block("alarms that page", alarm_rows(scene, "Pages somebody", chosen))


def burning(scene: Scene, alarms: Sequence[AnyAlarm]) -> Block:
    """Return the states of what wakes somebody because an error budget burns."""
    chosen = [one for one in alarms if pages_somebody(one) and one.key in scene.burning]
    return Block(
        "error budgets that page", alarm_rows(scene, "Pages somebody: error budgets that burn", chosen)
    )


def tickets(scene: Scene, alarms: Sequence[AnyAlarm]) -> Block:
    """Return the states of what is told in working hours."""
    chosen = [one for one in alarms if is_ticket(one)]
    return Block("tickets", alarm_rows(scene, "Tickets, for working hours", chosen))


def health(scene: Scene, services: Sequence[ServiceView]) -> Block:
    """Return one block for each service: the states of its composites."""
    widgets: list[Widget] = []
    for service in services:
        composites = [
            one for one in scene.alarms[service.name] if isinstance(one, Composite) and not silences(one)
        ]
        widgets += [
            alarm_widget(service.name, list(part), width=QUARTER)
            for part in chunks(scene.arns(composites), MAX_ALARMS_PER_WIDGET)
        ]
    rows = tuple(tuple(row) for row in chunks(widgets, COLUMNS // QUARTER))
    return Block("the health of each service", rows)


def budgets(scene: Scene, services: Sequence[ServiceView]) -> Block:
    """Return what is left of the error budgets of `services`."""
    return Block("error budgets", budget_rows(scene, services))


def the_rest(scene: Scene) -> Block:
    """Return the states of what is of no service and notifies nobody by itself."""
    alarms = scene.alarms[None]
    parts = [one for one in alarms if one.topic is None and not silences(one)]
    quiet = [one for one in alarms if silences(one)]
    rows = (
        *alarm_rows(scene, "The platform, in detail", parts),
        *alarm_rows(scene, "Notifications are held back while one of these is in ALARM", quiet),
    )
    heading = ((text("## The platform itself", height=1),),) if rows else ()
    return Block("the platform's own alarms", (*heading, *rows))
