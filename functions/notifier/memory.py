"""Who has been told what, for as long as the execution environment lives."""

from __future__ import annotations

from collections import OrderedDict

from functions.notifier.delivery import Receiver

SIZE = 1000
"""Deliveries remembered: an hour of a very bad night, in some 200 KB."""


class Delivered:
    """Keeps Lambda's repetition of a partly failed invocation from telling the same people twice.

    Best effort: another execution environment does not know. PagerDuty drops repetitions by `dedup_key`; mail
    and Slack may then get a message twice, which is better than never.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, Receiver], None] = OrderedDict()

    def add(self, message_id: str, receiver: Receiver) -> None:
        """Note a delivery; the oldest is forgotten."""
        self._known[message_id, receiver] = None
        while len(self._known) > SIZE:
            self._known.popitem(last=False)

    def has(self, message_id: str, receiver: Receiver) -> bool:
        """Tell whether a message was delivered; one without an id never counts as known."""
        return bool(message_id) and (message_id, receiver) in self._known
