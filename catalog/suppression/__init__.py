"""Which composite is suppressed by which alarms, for how long, and where these alarms come from.

- `table`: who is suppressed by what, as one table, and the composites that follow from it.
- `system`: the alarm about the whole system, and what is suppressed while it pages.
- `sources`: the alarms that are in ALARM during a deployment or a maintenance window.
- `timing`: wait and extension periods, derived from the alarms.
- `trees`: rules within CloudWatch's limits at any number of alarms.

Only the actions of composites can be suppressed, by one alarm each: an *action suppressor* (CloudWatch User
Guide, "Suppressing composite alarm actions"). States are not changed by it.
"""
