"""The error that ends a command with one message."""

from __future__ import annotations


class OpsError(Exception):
    """A command cannot go on; the message says why and what to do next."""
