"""The channels whose recipients are references to secrets; a channel is a module.

Its key in `CHANNELS` is its key in the configuration of recipients too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from functions.notifier import pagerduty, slack
from functions.notifier.notice import Notice
from functions.notifier.settings import Settings


class Channel(Protocol):
    """What a module of a channel has."""

    TITLE: str
    """Its name in the names of metrics, such as `PagerDutySent`."""

    def accepts(self, notice: Notice) -> bool:
        """Return whether a notice is sent through this channel."""

    def request(self, notice: Notice, secret: str, settings: Settings) -> tuple[str, dict[str, Any]]:
        """Return the URL to post to, and the JSON content.

        Args:
            notice: One that it accepts.
            secret: The recipient's secret: a URL, or a key.
            settings: Where the service is.
        """


CHANNELS: Mapping[str, Channel] = {"slack": slack, "pagerduty": pagerduty}
