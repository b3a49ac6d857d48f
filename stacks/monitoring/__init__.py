"""Stack `monitoring`: log lines become metrics, metrics become alarms, alarms reach people."""

from __future__ import annotations

from constructs import Construct

from catalog import Catalog
from config.models import Environment
from stacks.base import Stack
from stacks.contracts import Compute, Monitoring, Security
from stacks.monitoring.alarms import Alarms
from stacks.monitoring.filters import add_filters, add_queries
from stacks.monitoring.notifications import Notifications


class MonitoringStack(Stack):
    """Metric filters, saved queries, alarms, composites, notifications."""

    def __init__(self, scope: Construct, env: Environment, catalog: Catalog) -> None:
        """Add the stack for `env` to `scope`."""
        super().__init__(scope, Monitoring.STACK, env)
        key_arn = self.read(Security).kms_key_arn
        compute = self.read(Compute)
        add_filters(self, catalog, compute)
        add_queries(self, catalog, compute)
        notifications = Notifications(self, key_arn)
        alarms = Alarms(self, catalog, notifications.topic_arns)
        self.publish(
            Monitoring(
                alarm_topic_arn=notifications.topic_arns["critical"],
                warning_topic_arn=notifications.topic_arns["warning"],
                alarm_queue_url=notifications.queue_url,
                dead_letter_queue_url=notifications.dead_letter_queue_url,
                alarm_arns=alarms.arns,
            )
        )
