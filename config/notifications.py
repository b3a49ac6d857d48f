"""Configuration of the recipients of notifications."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.types import Email, HttpsUrl, Model, SecretReference, WebhookUrl, at_most, refuse

Severity = Literal["critical", "warning"]

_RECIPIENTS = 1000


class _Channel:
    """Marks a key of `Recipients` as a channel of the notifier, which holds references to secrets."""


_Secrets = Annotated[tuple[SecretReference, ...], at_most(_RECIPIENTS), _Channel()]
"""Secrets of one channel and severity."""


class Recipients(Model):
    """Recipients of the notifications of one severity."""

    emails: Annotated[tuple[Email, ...], at_most(_RECIPIENTS)] = ()
    """E-mail addresses. Each must confirm the subscription once."""

    webhooks: Annotated[tuple[WebhookUrl, ...], at_most(_RECIPIENTS)] = ()
    """https endpoints, which receive the JSON of SNS. Do not put a URL that is a secret into a file."""

    slack: _Secrets = ()
    """Secrets with URLs of Slack incoming webhooks: `ssm:/a/parameter` or `secretsmanager:a/secret`."""

    pagerduty: _Secrets = ()
    """Secrets with integration keys of PagerDuty services (Events API v2), as for `slack`."""

    ok_notifications: bool = True
    """Whether a message is also sent when an alarm is OK again. PagerDuty resolves its incident by it."""

    @model_validator(mode="after")
    def _nobody_twice(self) -> Recipients:
        for key in ("emails", "webhooks", *self.references):
            values = getattr(self, key)
            # Mail addresses are not case-sensitive: the same person would get each message twice.
            same = [value.casefold() if key == "emails" else value for value in values]
            first: dict[str, int] = {}
            for position, value in enumerate(same):
                if first.setdefault(value, position) != position:
                    raise refuse("is listed twice", at=(key, position))
        return self

    @property
    def references(self) -> dict[str, tuple[str, ...]]:
        """Channel of the notifier -> references to the secrets of its recipients."""
        fields = Recipients.model_fields.items()
        channels = [
            name for name, field in fields if any(isinstance(entry, _Channel) for entry in field.metadata)
        ]
        return {channel: getattr(self, channel) for channel in channels}

    @property
    def addresses(self) -> tuple[str, ...]:
        """All recipients: addresses, and channels with references to secrets."""
        secrets = (f"{channel} {secret}" for channel, keys in self.references.items() for secret in keys)
        return (*self.direct, *secrets)

    @property
    def direct(self) -> tuple[str, ...]:
        """The recipients to which SNS delivers without the notifier."""
        return (*self.emails, *self.webhooks)


class Notifications(Model):
    """Recipients by severity. Every notification is also sent to the alarm queue."""

    critical: Recipients = Recipients()
    """Recipients of pages. Its e-mail addresses and webhooks are also notified when notifications fail,
    without the notifier."""

    warning: Recipients = Recipients()
    """Recipients of tickets."""

    pagerduty_region: Literal["us", "eu"] = "us"
    """Service region of the PagerDuty account."""

    runbooks_url: HttpsUrl | None = None
    """URL of the folder `docs/runbooks`, such as on the site of your repository. Without it, descriptions
    name the file. At most 200 characters, because an alarm description has at most 1,024."""

    queue_retention_days: int = Field(default=4, ge=1, le=13)
    """Days that the alarm queue keeps a notification. Less than in the dead-letter queue: SQS counts from the
    time at which a message was first sent."""

    queue_max_receives: int = Field(default=3, ge=1, le=1000)
    """Times a message of the alarm queue is received before it is moved to the dead-letter queue."""

    dead_letter_retention_days: int = Field(default=14, ge=1, le=14)
    """Days that the dead-letter queues keep notifications."""
