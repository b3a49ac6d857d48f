"""The channels whose recipients are references to secrets. Each channel is a module.

The keys of `CHANNELS` are the keys of recipients in the configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from functions.notifier import pagerduty, slack
from functions.notifier.notice import Notice
from functions.notifier.settings import Settings


class Channel(Protocol):
    """The interface of a channel's module."""

    TITLE: str
    """Prefix of the names of its metrics, such as `PagerDutySent`."""

    def accepts(self, notice: Notice) -> bool:
        """Return whether a notice is sent through this channel."""

    def request(self, notice: Notice, secret: str, settings: Settings) -> tuple[str, dict[str, Any]]:
        """Return the URL to post to, and the JSON content.

        Args:
            notice: A notice that the channel accepts.
            secret: The recipient's secret: a URL or a key.
            settings: The URL of the service.
        """


CHANNELS: Mapping[str, Channel] = {"slack": slack, "pagerduty": pagerduty}
