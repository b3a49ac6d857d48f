"""The deliveries of this execution environment, to avoid duplicates."""

from __future__ import annotations

from collections import OrderedDict

from functions.notifier.delivery import Recipient

SIZE = 1000
"""Number of deliveries that are remembered: about an hour of a large incident, in about 200 KB."""


class Delivered:
    """Prevents duplicate deliveries when SNS or Lambda repeats an event that was delivered.

    Lambda does so if the function ends between a delivery and its result (`redelivery`). Best effort: it does
    not know the deliveries of other execution environments. PagerDuty drops duplicates by `dedup_key`; e-mail
    and Slack may get a message twice.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, Recipient], None] = OrderedDict()

    def add(self, message_id: str, recipient: Recipient) -> None:
        """Add a delivery, and remove the oldest above `SIZE`."""
        self._known[message_id, recipient] = None
        while len(self._known) > SIZE:
            self._known.popitem(last=False)

    def has(self, message_id: str, recipient: Recipient) -> bool:
        """Return whether a message was delivered; false for a message without an id."""
        return bool(message_id) and (message_id, recipient) in self._known
