"""Which composite is suppressed by which alarms, for how long, and where these alarms come from.

- `table`: the suppressors of each type of composite, as one table, and the resulting composites.
- `system`: the alarm on the whole system, and the alarms that it suppresses.
- `sources`: the alarms that are in ALARM during a deployment or a maintenance window.
- `timing`: wait and extension periods, derived from the alarms.
- `trees`: rules within CloudWatch's limits at any number of alarms.

Only the actions of composites can be suppressed, by one alarm each: an *action suppressor* (CloudWatch User
Guide, "Suppressing composite alarm actions"). Suppression does not change states.
"""
