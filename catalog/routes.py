"""From a topic to people: topics, their subscriptions, queues, and the recipients of the notifier.

An alarm publishes to the topic of its severity. From there AWS's own message goes to the alarm queue and to
webhooks, and to the notifier, which writes it for e-mail, Slack and PagerDuty. That notifications themselves
fail is published to the topic `fallback`, which reaches people without the notifier.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Literal, get_args

from catalog.naming import Names
from catalog.specs import Delivery, Queue, Routes, Subscription, Topic, TopicRoute
from config.models import Environment, Recipients, Severity

_DAY_S = 86_400
_NOTIFIER_RETENTION_S = 14 * _DAY_S


def routes(env: Environment, names: Names) -> Routes:
    """Return the routes of `env`."""
    config = env.notifications
    mail = {each: f"{each}-mail" for each in get_args(Severity) if _recipients(env, each).emails}
    return Routes(
        topics=(
            *(_topic(env, names, topic) for topic in get_args(Topic)),
            *(
                TopicRoute(
                    key=key,
                    name=names.of_thing(key),
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
                retention_s=config.dead_letter_retention_days * _DAY_S,
            ),
            Queue(
                key="alarms",
                name=names.alarm_queue,
                retention_s=config.queue_retention_days * _DAY_S,
                max_receives=config.queue_max_receives,
                dead_letters="dead-letters",
            ),
            Queue(key="notifier", name=names.notifier_dead_letters, retention_s=_NOTIFIER_RETENTION_S),
        ),
        deliveries={
            severity: Delivery(
                mail_topic=mail.get(severity), references=_recipients(env, severity).references
            )
            for severity in get_args(Severity)
        },
    )


def _topic(env: Environment, names: Names, key: Topic) -> TopicRoute:
    """Return a topic that alarms publish to: to the alarm queue, the notifier, and people without it."""
    queue = Subscription(key="queue", protocol="sqs", endpoint=names.alarm_queue)
    if key == "fallback":
        people = env.notifications.critical
        subscriptions = (queue, *_emails(people), *_webhooks(people))
        return TopicRoute(key=key, name=names.of_thing(key), subscriptions=subscriptions)
    people = _recipients(env, key)
    notifier = Subscription(key="notifier", protocol="lambda", endpoint=names.notifier)
    return TopicRoute(
        key=key,
        name=names.of_thing(key),
        severity=key,
        ok_notices=people.ok_notices,
        subscriptions=(queue, notifier, *_webhooks(people)),
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
    """Return an address as part of a Terraform name: readable, and different for different addresses."""
    readable = re.sub(r"[^a-z0-9]+", "-", address.lower().partition("://")[2] or address.lower()).strip("-")
    return f"{readable[:40]}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"
