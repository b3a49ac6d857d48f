"""Stack `monitoring`: metric filters, alarms, and the delivery of notifications."""

from __future__ import annotations

from constructs import Construct

from catalog import Catalog
from config.models import Environment
from stacks.base import Stack
from stacks.contracts import Compute, Monitoring, Security
from stacks.monitoring.alarms import Alarms
from stacks.monitoring.events import add_events
from stacks.monitoring.filters import add_filters, add_queries
from stacks.monitoring.maintenance import add_windows
from stacks.monitoring.notifications import Notifications
from stacks.monitoring.notifier import Notifier


class MonitoringStack(Stack):
    """Metric filters, saved queries, alarms, composites, events, maintenance windows, notifications."""

    def __init__(self, scope: Construct, env: Environment, catalog: Catalog, *, notifier_zip: str) -> None:
        """Add the stack for `env` to `scope`.

        Args:
            scope: the cdktf app.
            env: the environment.
            catalog: its catalog.
            notifier_zip: path of the notifier's zip, relative to the stack's folder.
        """
        super().__init__(scope, Monitoring.STACK, env)
        key_arn = self.read(Security).kms_key_arn
        compute = self.read(Compute)
        add_filters(self, catalog, compute)
        add_queries(self, catalog, compute)
        notifications = Notifications(self, catalog, key_arn)
        notifier = Notifier(
            self,
            catalog.routes,
            notifications,
            log_group=compute.log_group_names["notifier"],
            key_arn=key_arn,
            zip_path=notifier_zip,
        )
        event_dead_letters = add_events(self, catalog, compute, notifications.topic_arns, key_arn=key_arn)
        add_windows(self, catalog)
        alarms = Alarms(self, catalog, notifications.topic_arns)
        self.publish(
            Monitoring(
                alarm_topic_arn=notifications.topic_arns["critical"],
                warning_topic_arn=notifications.topic_arns["warning"],
                fallback_topic_arn=notifications.topic_arns["fallback"],
                alarm_queue_url=notifications.queue_url,
                dead_letter_queue_url=notifications.dead_letter_queue_url,
                notifier_dead_letter_queue_url=notifier.dead_letter_queue_url,
                event_dead_letter_queue_url=event_dead_letters,
                alarm_arns=alarms.arns,
            )
        )
