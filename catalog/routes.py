"""Routes of notifications: topics, their subscriptions, queues, and the recipients of the notifier.

An alarm publishes to the topic of its severity, which delivers the JSON of CloudWatch to the alarm queue, to
webhooks, and to the notifier, which formats it for e-mail, Slack and PagerDuty. Failures of notifications are
published to the topic `fallback`, which delivers to recipients without the notifier.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Literal, get_args

from catalog.naming import Names
from catalog.specs import Delivery, Queue, Routes, Subscription, Topic, TopicRoute
from cloudwatch import quotas
from config.limits import SQS_LONGEST_RETENTION_S
from config.models import Environment
from config.notifications import Recipients, Severity


def routes(env: Environment, names: Names) -> Routes:
    """Return the routes of `env`."""
    config = env.notifications
    mail = {
        severity: f"{severity}-mail" for severity in get_args(Severity) if _recipients(env, severity).emails
    }
    return Routes(
        topics=(
            *(_topic(env, names, topic) for topic in get_args(Topic)),
            *(
                TopicRoute(
                    key=key,
                    name=names.resource(key),
                    alarms_publish=False,
                    subscriptions=tuple(_emails(_recipients(env, severity))),
                )
                for severity, key in mail.items()
            ),
        ),
        queues=(
            Queue(
                key="dead-letters",
                name=names.alarm_dead_letters,
                retention_s=config.dead_letter_retention_days * quotas.DAY_S,
            ),
            Queue(
                key="alarms",
                name=names.alarm_queue,
                retention_s=config.queue_retention_days * quotas.DAY_S,
                max_receives=config.queue_max_receives,
                dead_letters="dead-letters",
            ),
            Queue(key="notifier", name=names.notifier_dead_letters, retention_s=SQS_LONGEST_RETENTION_S),
        ),
        deliveries={
            severity: Delivery(
                mail_topic=mail.get(severity), references=_recipients(env, severity).references
            )
            for severity in get_args(Severity)
        },
    )


def event_dead_letters(env: Environment, names: Names) -> Queue:
    """Return the queue of AWS events that could not be delivered to a topic or a log group."""
    return Queue(
        key="events",
        name=names.event_dead_letters,
        retention_s=env.notifications.dead_letter_retention_days * quotas.DAY_S,
    )


def _topic(env: Environment, names: Names, key: Topic) -> TopicRoute:
    """Return a topic that alarms publish to, with its subscriptions: queue, notifier, webhooks, e-mail."""
    queue = Subscription(key="queue", protocol="sqs", endpoint=names.alarm_queue)
    if key == "fallback":
        recipients = env.notifications.critical
        subscriptions = (queue, *_emails(recipients), *_webhooks(recipients))
        return TopicRoute(key=key, name=names.resource(key), subscriptions=subscriptions)
    recipients = _recipients(env, key)
    notifier = Subscription(key="notifier", protocol="lambda", endpoint=names.notifier)
    return TopicRoute(
        key=key,
        name=names.resource(key),
        severity=key,
        ok_notifications=recipients.ok_notifications,
        subscriptions=(queue, notifier, *_webhooks(recipients)),
    )


def _recipients(env: Environment, severity: Severity) -> Recipients:
    recipients: Recipients = getattr(env.notifications, severity)
    return recipients


def _emails(recipients: Recipients) -> Iterator[Subscription]:
    for address in recipients.emails:
        yield Subscription(key=f"email_{_address_key(address)}", protocol="email", endpoint=address)


def _webhooks(recipients: Recipients) -> Iterator[Subscription]:
    for url in recipients.webhooks:
        protocol: Literal["http", "https"] = "https" if url.startswith("https:") else "http"
        yield Subscription(key=f"{protocol}_{_address_key(url)}", protocol=protocol, endpoint=url)


def _address_key(address: str) -> str:
    """Return an address as part of a Terraform name: readable, and unique by a hash."""
    readable = re.sub(r"[^a-z0-9]+", "-", address.lower().partition("://")[2] or address.lower()).strip("-")
    return f"{readable[:40]}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"
